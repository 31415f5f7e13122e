"""``/api/…``: codes for tokens and tokens for certificates, with the field names of the public reference."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from bluezone.authority import runtime
from bluezone.authority.access.rate_limit import AlarmCounter, FixedWindow, client_address
from bluezone.authority.keys import services
from bluezone.authority.keys.json_endpoints import Unacceptable, json_body, json_post, padded
from bluezone.authority.keys.wire import BadRequest

__all__ = ["VERIFY_LIMIT", "WRONG_CODES", "certificate", "verify"]

VERIFY_LIMIT = FixedWindow(limit=60, window=timedelta(minutes=1))
"""Wrong codes of one network; right ones and requests that name no code are not counted."""

WRONG_CODES = AlarmCounter(threshold=200, window=timedelta(minutes=15))
"""Wrong codes of everybody. Many tighten each network's own limit; nobody is refused for others' guesses."""

_LIMIT_UNDER_ATTACK = 10

_log = structlog.get_logger("bluezone.authority.keys")


def _code_error(code: str, message: str, status: int) -> HttpResponse:
    return padded({"error": message, "errorCode": code, "error_code": code}, status)


@json_post(_code_error, "internal_server_error")
def verify(request: HttpRequest) -> HttpResponse:
    """``POST /api/verify``: a code for a token."""
    now, address = runtime.now(), client_address(request)
    # every try is counted before it is made, so that many at once are no more than the limit
    if not VERIFY_LIMIT.allows(
        address, now, limit=_LIMIT_UNDER_ATTACK if WRONG_CODES.is_raised(now) else None
    ):
        response = _code_error("too_many_requests", "too many requests", 429)
        response["Retry-After"] = str(VERIFY_LIMIT.retry_after(now))
        return response

    wrong = False

    def answer(fields: Mapping[str, Any]) -> dict[str, Any]:
        nonlocal wrong
        accept = fields.get("accept") or []
        if not isinstance(accept, list) or not all(isinstance(one, str) for one in accept):
            raise BadRequest('field "accept" must be an array of strings')
        try:
            verified = services.verify_code(_text(fields, "code"), accept, now)
        except services.CodeRefused as refusal:
            wrong = refusal.code == "code_invalid"
            raise
        return {
            "testtype": verified.report_type.value,
            "symptomDate": verified.onset_date.isoformat() if verified.onset_date else "",
            "testDate": verified.test_date.isoformat() if verified.test_date else "",
            "token": verified.token,
        }

    try:
        response = _answer(request, answer)
    finally:  # a fault of ours is no try of theirs either
        if not wrong:
            VERIFY_LIMIT.give_back(address, now)
    if wrong and (count := WRONG_CODES.add(now)):
        _log.warning("many wrong verification codes: somebody may be guessing", count=count)
    return response


@json_post(_code_error, "internal_server_error")
def certificate(request: HttpRequest) -> HttpResponse:
    """``POST /api/certificate``: a token and the MAC of a device's keys for a certificate."""

    def answer(fields: Mapping[str, Any]) -> dict[str, Any]:
        token, ekeyhmac = _text(fields, "token"), _text(fields, "ekeyhmac")
        return {"certificate": services.issue_certificate(token, ekeyhmac, runtime.now())}

    return _answer(request, answer)


def _answer(request: HttpRequest, answer: Callable[[Mapping[str, Any]], dict[str, Any]]) -> HttpResponse:
    """Read a JSON object, answer it, and tell errors in the verification server's way."""
    try:
        try:
            fields = json.loads(json_body(request))
        except (ValueError, RecursionError):
            raise BadRequest("the body is not JSON") from None
        if not isinstance(fields, dict):
            raise BadRequest("the body must be a JSON object")
        return padded(answer(fields))
    except Unacceptable as error:
        return _code_error("unparsable_request", str(error), error.status)
    except BadRequest as error:
        return _code_error("unparsable_request", str(error), 400)
    except services.CodeRefused as error:
        return _code_error(error.code, str(error), error.status)


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.isascii() or len(value) > 1000:
        raise BadRequest(f'field "{name}" must be a short string')
    return value
