"""What every reply gets: a content security policy, and one log line without addresses or contents."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import resolve

__all__ = ["DEVICE_PATHS", "DeviceRequests", "ReplyHeaders", "RequestLog"]

DEVICE_PATHS = ("v1/publish", "api/verify", "api/certificate")

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_log = structlog.get_logger("bluezone.authority.request")

_GetResponse = Callable[[HttpRequest], HttpResponseBase]


class ReplyHeaders:
    """Pages load and run only what this server serves, nothing inline; public files are the same for all."""

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        if response.headers.get("Cache-Control", "").startswith("public"):
            response.headers.pop("Vary", None)  # or a cache would keep one copy for each browser language
        return response


class DeviceRequests:
    """Requests of phones go straight to their view: they have no session, no language and no form to protect.

    What every reply gets they get too, but for a line in the log: when somebody published is nobody's
    business. A fault is logged where it happens.
    """

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response
        self._views = {f"/{path}": resolve(f"/{path}").func for path in DEVICE_PATHS}
        self._headers = {
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
            "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        }
        if settings.SECURE_HSTS_SECONDS:
            self._headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = self._views.get(request.path_info)
        if view is None:
            return self.get_response(request)
        request.get_host()  # refuses names that are not ours
        response: HttpResponseBase = view(request)
        for name, value in self._headers.items():
            response.headers[name] = value
        if isinstance(response, HttpResponse):
            response.headers["Content-Length"] = str(len(response.content))
        return response


class RequestLog:
    """One line a request: which route, which status, how long. The path and the address are not written."""

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        _log.info(
            "request",
            method=request.method,
            route=match.route if match else "",
            status=response.status_code,
            milliseconds=round((time.perf_counter() - start) * 1000, 1),
        )
        return response
