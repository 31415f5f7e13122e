"""What the endpoints below ``/api/`` share: the reference's way to ask, to answer and to tell errors."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from bluezone.authority import runtime
from bluezone.authority.keys import services
from bluezone.authority.keys.json_endpoints import Unacceptable, json_body, padded
from bluezone.authority.keys.models import ApiKind
from bluezone.authority.keys.sms.phone_numbers import PhoneRefused
from bluezone.authority.keys.wire import BadRequest
from bluezone.errors import Refused

__all__ = [
    "TooOften",
    "answer_json",
    "caller_of",
    "code_error",
    "day",
    "error_fields",
    "expiry_fields",
    "known_fields",
    "short_text",
    "too_many",
    "uuid_or_none",
]

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]
_SHORT = 1000


def code_error(code: str, message: str, status: int) -> HttpResponse:
    """An error as clients of the reference read it; the old name of the code comes along."""
    return padded({"error": message, "errorCode": code, "error_code": code}, status)


class TooOften(Refused):
    """Not now: after so many seconds again."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many requests")
        self.seconds = seconds


def too_many(seconds: int) -> HttpResponse:
    """Its answer."""
    response = code_error("too_many_requests", "too many requests", 429)
    response["Retry-After"] = str(seconds)
    return response


def caller_of(request: HttpRequest, *kinds: ApiKind) -> services.ApiCaller:
    """Whose API key a request carries in ``X-API-Key``.

    :raises ApiKeyRefused: none, or none of these kinds.
    """
    return services.api_caller(request.headers.get("X-API-Key", ""), kinds, runtime.now())


def answer_json(request: HttpRequest, answer: Answer) -> HttpResponse:
    """Read a JSON object, answer it, and tell errors."""
    try:
        try:
            fields = json.loads(json_body(request))
        except (ValueError, RecursionError):
            raise BadRequest("the body is not JSON") from None
        if not isinstance(fields, dict):
            raise BadRequest("the body must be a JSON object")
        return padded(answer(fields))
    except Unacceptable as error:
        return code_error("unparsable_request", str(error), error.status)
    except TooOften as error:
        return too_many(error.seconds)
    except Refused as error:
        return code_error(*error_fields(error))


def error_fields(error: Refused) -> tuple[str, str, int]:
    """Code, message and status of a refusal.

    :raises Refused: the refusal itself, when it is not one that a client causes.
    """
    match error:
        case services.CodeRefused():
            return error.code, error.english, error.status
        case services.ApiKeyRefused():
            return "unauthorized", str(error), 401
        case BadRequest():
            return "unparsable_request", str(error), 400
        case PhoneRefused():
            return "unparsable_request", f'field "phone" {error.english}', 400
    raise error


def known_fields(fields: Mapping[str, Any], names: Collection[str]) -> None:
    """Refuse what the reference does not know either: a typing error must not pass as an absent field.

    :raises BadRequest: naming the field.
    """
    for name in fields:
        if name not in names and name != "padding":
            shown = name[:60].encode("ascii", "backslashreplace").decode()
            raise BadRequest(f'unknown field "{shown}"')


def short_text(fields: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A field's text, ASCII.

    :raises BadRequest: it is no short string, or absent without a default.
    """
    value = fields.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or not value.isascii() or len(value) > _SHORT:
        raise BadRequest(f'field "{name}" must be a short string')
    return value


def day(fields: Mapping[str, Any], name: str) -> date | None:
    """A field's day; ``None`` when it is absent or empty.

    :raises BadRequest: it is no day.
    """
    text = short_text(fields, name, "")
    if not text:
        return None
    try:
        if len(text) != len("YYYY-MM-DD"):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest(f'field "{name}" must be a day as YYYY-MM-DD') from None


def uuid_or_none(fields: Mapping[str, Any], name: str = "uuid") -> uuid.UUID | None:
    """A field's UUID; ``None`` when it is absent or empty.

    :raises BadRequest: it is none.
    """
    text = short_text(fields, name, "")
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        raise BadRequest(f'field "{name}" must be a UUID') from None


def expiry_fields(expires_at: datetime, name: str = "expiresAt") -> dict[str, Any]:
    """A moment in the reference's two forms: RFC 1123 in UTC, and seconds since the epoch."""
    text = format_datetime(expires_at.astimezone(UTC), usegmt=True).replace("GMT", "UTC")
    return {name: text, f"{name}Timestamp": int(expires_at.timestamp())}
