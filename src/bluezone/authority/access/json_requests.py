"""What addresses for machines share: who may call how, and how much of a body is read."""

from __future__ import annotations

import functools
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

__all__ = ["Unacceptable", "View", "json_post", "read_body"]

_log = structlog.get_logger("bluezone.authority.api")
View = Callable[[HttpRequest], HttpResponse]


class Unacceptable(Exception):
    """A request that is turned down before its fields are looked at."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def json_post(refuse: Callable[[str, str, int], HttpResponse], fault: str) -> Callable[[View], View]:
    """Only POST, and every error in JSON: ``refuse`` writes it, ``fault`` is our own's code."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @functools.wraps(view)
        def answer(request: HttpRequest) -> HttpResponse:
            if request.method != "POST":
                response = refuse("method_not_allowed", "use POST", 405)
                response["Allow"] = "POST"
                return response
            try:
                return view(request)
            except Exception:  # noqa: BLE001 # logged with its traceback; phones read JSON only
                _log.exception("request failed")
                return refuse(fault, "Internal Server Error", 500)

        return answer

    return decorate


def read_body(request: HttpRequest, most_bytes: int) -> bytes:
    """The request's body.

    :raises Unacceptable: another content type, or too much.
    """
    if request.content_type != "application/json":
        raise Unacceptable(415, "content-type is not application/json")
    if int(request.META.get("CONTENT_LENGTH") or 0) > most_bytes:
        raise Unacceptable(413, f"the body is larger than {most_bytes} bytes")
    body = request.read(most_bytes + 1)
    if len(body) > most_bytes:
        raise Unacceptable(413, f"the body is larger than {most_bytes} bytes")
    return body
