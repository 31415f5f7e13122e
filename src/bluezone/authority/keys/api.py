"""The key server's JSON: verify, certificate and publish, with the field names of the public reference."""

from __future__ import annotations

import functools
import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from bluezone.authority import runtime
from bluezone.authority.access.rate_limit import AlarmCounter, FixedWindow, client_address
from bluezone.authority.keys import services
from bluezone.authority.keys.rules import PublishRefused
from bluezone.authority.keys.services.publishing import PublishOutcome
from bluezone.authority.keys.wire import MAX_PUBLISH_BYTES, BadRequest, parse_publish

__all__ = ["VERIFY_LIMIT", "WRONG_CODES", "certificate", "publish", "verify"]

VERIFY_LIMIT = FixedWindow(limit=60, window=timedelta(minutes=1))
"""Wrong codes of one network; right ones and requests that name no code are not counted."""

WRONG_CODES = AlarmCounter(threshold=200, window=timedelta(minutes=15))
"""Wrong codes of everybody. Many tighten each network's own limit; nobody is refused for others' guesses."""

_LIMIT_UNDER_ATTACK = 10
_PADDING = 1024

_log = structlog.get_logger("bluezone.authority.keys")
_View = Callable[[HttpRequest], HttpResponse]


class _Unacceptable(Exception):
    """A request that is turned down before its fields are looked at."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _json_post(refuse: Callable[[str, str, int], HttpResponse], fault: str) -> Callable[[_View], _View]:
    """Only POST, and every error in JSON with padding: ``refuse`` writes it, ``fault`` is our own's code."""

    def decorate(view: _View) -> _View:
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


def _publish_error(code: str, message: str, status: int, warnings: tuple[str, ...] = ()) -> HttpResponse:
    reply: dict[str, Any] = {"error": message, "code": code}
    if warnings:
        reply["warnings"] = list(warnings)
    return _padded(reply, status)


def _code_error(code: str, message: str, status: int) -> HttpResponse:
    return _padded({"error": message, "errorCode": code, "error_code": code}, status)


@_json_post(_publish_error, "internal_error")
def publish(request: HttpRequest) -> HttpResponse:
    """``POST /v1/publish``"""
    try:
        outcome = services.publish(parse_publish(_json_body(request)), runtime.now())
    except _Unacceptable as error:
        return _publish_error("bad_request", str(error), error.status)
    except BadRequest as error:
        return _publish_error("bad_request", str(error), 400)
    except PublishRefused as error:
        return _publish_error(error.code, str(error), error.status, error.warnings)
    return _padded(_publish_reply(outcome))


@_json_post(_code_error, "internal_server_error")
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


@_json_post(_code_error, "internal_server_error")
def certificate(request: HttpRequest) -> HttpResponse:
    """``POST /api/certificate``: a token and the MAC of a device's keys for a certificate."""

    def answer(fields: Mapping[str, Any]) -> dict[str, Any]:
        token, ekeyhmac = _text(fields, "token"), _text(fields, "ekeyhmac")
        return {"certificate": services.issue_certificate(token, ekeyhmac, runtime.now())}

    return _answer(request, answer)


def _json_body(request: HttpRequest) -> bytes:
    if request.content_type != "application/json":
        raise _Unacceptable(415, "content-type is not application/json")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_PUBLISH_BYTES:
        raise _Unacceptable(413, f"the body is larger than {MAX_PUBLISH_BYTES} bytes")
    body = request.read(MAX_PUBLISH_BYTES + 1)
    if len(body) > MAX_PUBLISH_BYTES:
        raise _Unacceptable(413, f"the body is larger than {MAX_PUBLISH_BYTES} bytes")
    return body


def _publish_reply(outcome: PublishOutcome) -> dict[str, Any]:
    reply: dict[str, Any] = {}
    if outcome.revision_token:
        reply["revisionToken"] = outcome.revision_token
    if outcome.inserted:
        reply["insertedExposures"] = outcome.inserted
    if outcome.errors:
        reply["error"] = "; ".join(outcome.errors)
        reply["code"] = "partial_failure"
    if outcome.warnings:
        reply["warnings"] = list(outcome.warnings)
    return reply


def _answer(request: HttpRequest, answer: Callable[[Mapping[str, Any]], dict[str, Any]]) -> HttpResponse:
    """Read a JSON object, answer it, and tell errors in the verification server's way."""
    try:
        try:
            fields = json.loads(_json_body(request))
        except (ValueError, RecursionError):
            raise BadRequest("the body is not JSON") from None
        if not isinstance(fields, dict):
            raise BadRequest("the body must be a JSON object")
        return _padded(answer(fields))
    except _Unacceptable as error:
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


def _padded(reply: dict[str, Any], status: int = 200) -> HttpResponse:
    """Replies vary in size by themselves, so that their size does not tell what they say."""
    padding = secrets.token_bytes(_PADDING + secrets.randbelow(_PADDING + 1))
    response = JsonResponse({**reply, "padding": b64encode(padding).decode()}, status=status)
    response["Cache-Control"] = "no-store"
    return response
