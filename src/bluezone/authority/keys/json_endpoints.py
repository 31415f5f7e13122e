"""What the key server's JSON endpoints share: who may call how, how much is read, and padded replies."""

from __future__ import annotations

import functools
import json
import secrets
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from bluezone.authority.keys.wire import MAX_PUBLISH_BYTES

__all__ = ["Unacceptable", "View", "json_body", "json_post", "padded"]

_PADDING = 1024

_log = structlog.get_logger("bluezone.authority.keys")
View = Callable[[HttpRequest], HttpResponse]


class Unacceptable(Exception):
    """A request that is turned down before its fields are looked at."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def json_post(refuse: Callable[[str, str, int], HttpResponse], fault: str) -> Callable[[View], View]:
    """Only POST, and every error in JSON with padding: ``refuse`` writes it, ``fault`` is our own's code."""

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


def json_body(request: HttpRequest) -> bytes:
    """The request's body.

    :raises Unacceptable: another content type, or too much.
    """
    if request.content_type != "application/json":
        raise Unacceptable(415, "content-type is not application/json")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_PUBLISH_BYTES:
        raise Unacceptable(413, f"the body is larger than {MAX_PUBLISH_BYTES} bytes")
    body = request.read(MAX_PUBLISH_BYTES + 1)
    if len(body) > MAX_PUBLISH_BYTES:
        raise Unacceptable(413, f"the body is larger than {MAX_PUBLISH_BYTES} bytes")
    return body


def padded(reply: dict[str, Any], status: int = 200) -> HttpResponse:
    """Replies vary in size by themselves, so that their size does not tell what they say."""
    padding = secrets.token_bytes(_PADDING + secrets.randbelow(_PADDING + 1))
    body = json.dumps({**reply, "padding": b64encode(padding).decode()})
    return HttpResponse(body, "application/json", status, headers={"Cache-Control": "no-store"})
