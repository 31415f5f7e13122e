"""What every reply gets: a content security policy, and one log line without addresses or contents."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from bluezone.authority.request_metrics import observe_request
from bluezone.protocols.heartbeat import HEARTBEAT_PATH

__all__ = ["CONTENT_SECURITY_POLICY", "ReplyHeaders", "RequestLog"]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_UNLOGGED = HEARTBEAT_PATH.lstrip("/")
"""A line would tell the moment of a heartbeat, of which nothing but the day is kept. Refused ones have it."""

_log = structlog.get_logger("bluezone.authority.request")

_GetResponse = Callable[[HttpRequest], HttpResponseBase]


class ReplyHeaders:
    """Pages load and run only what this server serves, nothing inline; public files are the same for all."""

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        if response.headers.get("Cache-Control", "").startswith("public"):
            response.headers.pop("Vary", None)  # or a cache would keep one copy for each browser language
        return response


class RequestLog:
    """One line and one count a request: which route and status, how long; not the path nor the address."""

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - start
        route = request.resolver_match.route if request.resolver_match else ""
        observe_request(route, response.status_code, seconds)
        if route == _UNLOGGED and response.status_code == 200:
            return response
        _log.info(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            milliseconds=round(seconds * 1000, 1),
        )
        return response
