"""What the key server's JSON endpoints share: how much is read, and padded replies."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from typing import Any

from django.http import HttpRequest, HttpResponse

from bluezone.authority.access.json_requests import Unacceptable, View, json_post, read_body
from bluezone.authority.keys.wire import MAX_PUBLISH_BYTES

__all__ = ["Unacceptable", "View", "json_body", "json_post", "padded"]

_PADDING = 1024


def json_body(request: HttpRequest) -> bytes:
    """The request's body.

    :raises Unacceptable: another content type, or too much.
    """
    return read_body(request, MAX_PUBLISH_BYTES)


def padded(reply: dict[str, Any], status: int = 200) -> HttpResponse:
    """Replies vary in size by themselves, so that their size does not tell what they say."""
    padding = secrets.token_bytes(_PADDING + secrets.randbelow(_PADDING + 1))
    body = json.dumps({**reply, "padding": b64encode(padding).decode()})
    return HttpResponse(body, "application/json", status, headers={"Cache-Control": "no-store"})
