"""``/api/…`` for laboratories: issue codes, see what became of one, take one back.

Field names are those of the public reference.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from bluezone.authority import runtime
from bluezone.authority.keys import queries, services
from bluezone.authority.keys.issue_rules import CodeState
from bluezone.authority.keys.json_endpoints import View, json_post
from bluezone.authority.keys.models import ApiKind, VerificationCode
from bluezone.authority.keys.report_types import ISSUABLE, ReportTypeName
from bluezone.authority.keys.verification_json import (
    answer_json,
    caller_of,
    code_error,
    day,
    error_fields,
    expiry_fields,
    known_fields,
    short_text,
    uuid_or_none,
)
from bluezone.authority.keys.wire import BadRequest
from bluezone.errors import Refused

__all__ = ["batch_issue", "check_code_status", "expire_code", "issue"]

_MOST_IN_A_BATCH = 10
_FIELDS = frozenset(
    (
        "testType",
        "testDate",
        "symptomDate",
        "tzOffset",
        "phone",
        "smsTemplateLabel",
        "uuid",
        "externalIssuerID",
        "onlyGenerateSMS",
    )
)

_log = structlog.get_logger("bluezone.authority.keys")
_CallerView = Callable[[HttpRequest, services.ApiCaller], HttpResponse]


def _admin_post(view: _CallerView) -> View:
    """A POST endpoint of laboratories: always with an ADMIN key, whose area is where it may act."""

    @functools.wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        try:
            caller = caller_of(request, ApiKind.ADMIN)
        except services.ApiKeyRefused as error:
            return code_error("unauthorized", str(error), 401)
        return view(request, caller)

    return json_post(code_error, "internal_server_error")(answer)


@_admin_post
def issue(request: HttpRequest, caller: services.ApiCaller) -> HttpResponse:
    """``POST /api/issue``: a code for a test, read aloud or sent to a phone."""
    return answer_json(request, lambda fields: _issue(fields, caller))


@_admin_post
def batch_issue(request: HttpRequest, caller: services.ApiCaller) -> HttpResponse:
    """``POST /api/batch-issue``: up to ten codes, each by itself; those that fail stop no other.

    The reply has the status and code of the first that failed, as the reference's.
    """
    status = 200

    def answer(fields: Mapping[str, Any]) -> dict[str, Any]:
        nonlocal status
        known_fields(fields, ("codes",))
        wanted = fields.get("codes")
        if not isinstance(wanted, list):
            raise BadRequest('field "codes" must be an array')
        if len(wanted) > _MOST_IN_A_BATCH:
            raise BadRequest(f'field "codes" has {len(wanted)} entries, at most {_MOST_IN_A_BATCH} may be')
        rows = [_row(one, caller) for one in wanted]
        failed = [(row, code) for row, code in rows if code != 200]
        reply: dict[str, Any] = {"codes": [row for row, _ in rows]}
        if failed:
            status = failed[0][1]
            reply["error"] = (
                f"Failed to issue {len(failed)} codes. Issued {len(rows) - len(failed)} codes successfully. "
                "See each error status in the codes array."
            )
            reply["errorCode"] = reply["error_code"] = failed[0][0]["errorCode"]
        return reply

    response = answer_json(request, answer)
    if response.status_code == 200:
        response.status_code = status
    return response


@_admin_post
def check_code_status(request: HttpRequest, caller: services.ApiCaller) -> HttpResponse:
    """``POST /api/checkcodestatus``: whether a code was used, and until when it can be."""

    def answer(fields: Mapping[str, Any]) -> dict[str, Any]:
        known_fields(fields, ("uuid",))
        row = queries.code_row(_uuid(fields), caller.scope)
        claimed = queries.state_of(row, runtime.now()) is CodeState.CLAIMED
        return {"claimed": claimed, **_ends(row)}

    return answer_json(request, answer)


@_admin_post
def expire_code(request: HttpRequest, caller: services.ApiCaller) -> HttpResponse:
    """``POST /api/expirecode``: take a code back that has not been used."""

    def answer(fields: Mapping[str, Any]) -> dict[str, Any]:
        known_fields(fields, ("uuid",))
        wanted = _uuid(fields)
        services.revoke_code(wanted, scope=caller.scope, by=caller.actor, now=runtime.now())
        return _ends(queries.code_row(wanted, caller.scope))

    return answer_json(request, answer)


def _issue(fields: Mapping[str, Any], caller: services.ApiCaller) -> dict[str, Any]:
    known_fields(fields, _FIELDS)
    kind = short_text(fields, "testType", "").lower()
    if kind not in set(ISSUABLE):
        raise services.CodeRefused(f"testType must be one of {', '.join(ISSUABLE)}", "invalid_test_type")
    if fields.get("onlyGenerateSMS"):
        raise BadRequest('field "onlyGenerateSMS" must be false: messages are sent from here only')
    phone = fields.get("phone") or None
    if phone is not None and not isinstance(phone, str):
        raise BadRequest('field "phone" must be a string')
    issued = services.issue_for_caller(
        caller,
        report_type=ReportTypeName(kind),
        test_date=day(fields, "testDate"),
        onset_date=day(fields, "symptomDate"),
        uuid=uuid_or_none(fields),
        phone=phone,
        now=runtime.now(),
    )
    reply = {"uuid": str(issued.uuid), "code": issued.code, **expiry_fields(issued.expires_at)}
    if issued.long_expires_at is not None:
        reply |= expiry_fields(issued.long_expires_at, "longExpiresAt")
    return reply


def _row(fields: Any, caller: services.ApiCaller) -> tuple[dict[str, Any], int]:
    """A row's reply and status; a fault of ours in one row is told there, since others have been issued."""
    try:
        if not isinstance(fields, dict):
            raise BadRequest("each code must be a JSON object")
        return _issue(fields, caller), 200
    except Refused as refusal:
        code, message, status = error_fields(refusal)
    except Exception:  # noqa: BLE001 # logged with its traceback
        _log.exception("issuing one code of a batch failed")
        code, message, status = "internal_server_error", "Internal Server Error", 500
    return {"error": message, "errorCode": code, "error_code": code}, status


def _ends(row: VerificationCode) -> dict[str, Any]:
    """When a code ends, or ended by being taken back."""

    def end(planned: datetime) -> int:
        return int(min(planned, row.revoked_at or planned).timestamp())

    ends = {"expiresAtTimestamp": end(row.expires_at)}
    if row.long_expires_at is not None:
        ends["longExpiresAtTimestamp"] = end(row.long_expires_at)
    return ends


def _uuid(fields: Mapping[str, Any]) -> uuid.UUID:
    wanted = uuid_or_none(fields)
    if wanted is None:
        raise BadRequest('field "uuid" must be a UUID')
    return wanted
