"""The key server's JSON: verify, certificate and publish, with the field names of the public reference."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bluezone.authority import runtime
from bluezone.authority.access.rate_limit import FixedWindow, client_address
from bluezone.authority.keys import services
from bluezone.authority.keys.rules import PublishRefused
from bluezone.authority.keys.services.publishing import PublishOutcome
from bluezone.authority.keys.wire import MAX_PUBLISH_BYTES, BadRequest, parse_publish

__all__ = ["VERIFY_LIMIT", "WRONG_CODES", "certificate", "publish", "verify"]

VERIFY_LIMIT = FixedWindow(limit=60, window=timedelta(minutes=1))
WRONG_CODES = FixedWindow(limit=0, window=timedelta(minutes=15))
"""Only counted, never refused: an attacker must not be able to shut every F0 out."""

_ALARM_EVERY = 200
_PADDING = 1024

_log = structlog.get_logger("bluezone.authority.keys")


class _Unacceptable(Exception):
    """A request that is turned down before its fields are looked at."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@csrf_exempt
@require_POST
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
    except DatabaseError:
        _log.exception("publish failed")
        return _publish_error("internal_error", "Internal Server Error", 500)
    return _padded(_publish_reply(outcome))


@csrf_exempt
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """``POST /api/verify``: a code for a token."""
    now = runtime.now()
    if not VERIFY_LIMIT.allows(client_address(request), now):
        response = _code_error("too_many_requests", "too many requests", 429)
        response["Retry-After"] = str(VERIFY_LIMIT.retry_after(now))
        return response

    def answer(fields: Mapping[str, Any]) -> dict[str, Any]:
        accept = fields.get("accept") or []
        if not isinstance(accept, list) or not all(isinstance(one, str) for one in accept):
            raise BadRequest('field "accept" must be an array of strings')
        verified = services.verify_code(_text(fields, "code"), accept, now)
        return {
            "testtype": verified.report_type.value,
            "symptomDate": verified.onset_date.isoformat() if verified.onset_date else "",
            "testDate": verified.test_date.isoformat() if verified.test_date else "",
            "token": verified.token,
        }

    response = _answer(request, answer)
    if response.status_code == 400:
        _count_wrong_code(request)
    return response


@csrf_exempt
@require_POST
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


def _publish_error(code: str, message: str, status: int, warnings: tuple[str, ...] = ()) -> HttpResponse:
    reply: dict[str, Any] = {"error": message, "code": code}
    if warnings:
        reply["warnings"] = list(warnings)
    return _padded(reply, status)


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
    except DatabaseError:
        _log.exception("request failed")
        return _code_error("internal_server_error", "internal error", 500)


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.isascii() or len(value) > 1000:
        raise BadRequest(f'field "{name}" must be a short string')
    return value


def _code_error(code: str, message: str, status: int) -> HttpResponse:
    return _padded({"error": message, "errorCode": code, "error_code": code}, status)


def _padded(reply: dict[str, Any], status: int = 200) -> HttpResponse:
    """Replies vary in size by themselves, so that their size does not tell what they say."""
    padding = secrets.token_bytes(_PADDING + secrets.randbelow(_PADDING + 1))
    response = JsonResponse({**reply, "padding": b64encode(padding).decode()}, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _count_wrong_code(request: HttpRequest) -> None:
    now = runtime.now()
    WRONG_CODES.allows(client_address(request), now)
    if WRONG_CODES.total(now) % _ALARM_EVERY == 0:
        _log.warning("many wrong verification codes: somebody may be guessing", count=WRONG_CODES.total(now))
