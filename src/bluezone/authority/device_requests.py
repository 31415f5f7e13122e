"""The short way of phones' requests to their views: no session, no language, no form that needs protection.

Pages go through the framework's layers, which take a large part of the time of a small request. A reply gets
the same headers either way. There is no line in the log: when somebody published is nobody's business. A
fault is logged where it happens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpResponse
from django.urls import resolve

from bluezone.authority.middleware import CONTENT_SECURITY_POLICY
from bluezone.authority.request_metrics import observe_request
from bluezone.protocols.heartbeat import HEARTBEAT_PATH

__all__ = ["DEVICE_PATHS", "DeviceRequests"]

DEVICE_PATHS = ("/v1/publish", "/api/verify", "/api/certificate", HEARTBEAT_PATH)

_Start = Callable[..., Any]
_Application = Callable[[dict[str, Any], _Start], Iterable[bytes]]


class DeviceRequests:
    """Answers the paths of phones itself and passes on the others; a WSGI application."""

    def __init__(self, others: _Application) -> None:
        self._others = others
        self._views = {path: resolve(path).func for path in DEVICE_PATHS}
        self._headers = [
            ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", settings.X_FRAME_OPTIONS),
            ("Referrer-Policy", str(settings.SECURE_REFERRER_POLICY)),
        ]
        if settings.SECURE_HSTS_SECONDS:
            self._headers.append(("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}"))

    def __call__(self, environ: dict[str, Any], start_response: _Start) -> Iterable[bytes]:
        view = self._views.get(environ["PATH_INFO"])
        if view is None:
            return self._others(environ, start_response)
        start = time.perf_counter()
        connection.close_if_unusable_or_obsolete()
        response = _answer(view, WSGIRequest(environ))
        observe_request(environ["PATH_INFO"][1:], response.status_code, time.perf_counter() - start)
        start_response(
            f"{response.status_code} {response.reason_phrase}",
            [*response.headers.items(), *self._headers, ("Content-Length", str(len(response.content)))],
        )
        return [response.content]


def _answer(view: Callable[..., HttpResponse], request: WSGIRequest) -> HttpResponse:
    try:
        request.get_host()
    except DisallowedHost:
        return HttpResponse(status=400)
    return view(request)
