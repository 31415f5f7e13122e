"""``/v1/heartbeats``: what installs say of themselves once a day."""

from __future__ import annotations

import json
from datetime import timedelta

from django.http import HttpRequest, HttpResponse

from bluezone.authority import runtime
from bluezone.authority.access.json_requests import Unacceptable, json_post, read_body
from bluezone.authority.access.rate_limit import FixedWindow, client_address
from bluezone.authority.access.strict_json import BadRequest
from bluezone.authority.heartbeats import services
from bluezone.authority.heartbeats.wire import MAX_HEARTBEAT_BYTES, parse_heartbeat

__all__ = ["HEARTBEAT_LIMIT", "heartbeats"]

HEARTBEAT_LIMIT = FixedWindow(limit=3_000, window=timedelta(hours=1))
"""Of one network: thousands of phones share a carrier's address, and each has one heartbeat a day."""


def _answer(fields: dict[str, str], status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(fields), "application/json", status, headers={"Cache-Control": "no-store"})


def _refuse(code: str, message: str, status: int) -> HttpResponse:
    return _answer({"error": message, "code": code}, status)


@json_post(_refuse, "internal_error")
def heartbeats(request: HttpRequest) -> HttpResponse:
    """``POST /v1/heartbeats``; to send one again is harmless."""
    now = runtime.now()
    if not HEARTBEAT_LIMIT.allows(client_address(request), now):
        response = _refuse("too_many_requests", "too many requests", 429)
        response["Retry-After"] = str(HEARTBEAT_LIMIT.retry_after(now))
        return response
    try:
        report = parse_heartbeat(read_body(request, MAX_HEARTBEAT_BYTES))
        services.take_heartbeat(report, now)
    except Unacceptable as error:
        return _refuse("bad_request", str(error), error.status)
    except BadRequest as error:
        return _refuse("bad_request", str(error), 400)
    except services.HeartbeatRefused as error:
        return _refuse(error.code, str(error), error.status)
    return _answer({"day": report.day.isoformat()})
