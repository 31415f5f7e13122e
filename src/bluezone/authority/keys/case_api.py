"""``/api/link-case``, ``/api/unlink-case``: an F0's consent that keys belong to their case, and its end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse

from bluezone.authority import runtime
from bluezone.authority.access.rate_limit import FixedWindow, client_address
from bluezone.authority.keys import services
from bluezone.authority.keys.verification_json import (
    answer_json,
    expiry_fields,
    known_fields,
    short_text,
    too_many,
)
from bluezone.authority.keys.verify_api import device_post
from bluezone.authority.keys.wire import BadRequest, decode_base64, parse_keys

__all__ = ["LINK_LIMIT", "link_case", "unlink_case"]

LINK_LIMIT = FixedWindow(limit=20, window=timedelta(hours=1))
"""Refused requests of one network: an app is refused once or twice."""

_FIELDS = ("token", "temporaryExposureKeys", "hmacKey", "caseReference", "consentWordingVersion")


@device_post
def link_case(request: HttpRequest) -> HttpResponse:
    """``POST /api/link-case``"""
    now, address = runtime.now(), client_address(request)
    if not LINK_LIMIT.allows(address, now):
        return too_many(LINK_LIMIT.retry_after(now))

    def answer(fields: Mapping[str, Any]) -> dict[str, Any]:
        known_fields(fields, _FIELDS)
        wording = fields.get("consentWordingVersion")
        if type(wording) is not int:
            raise BadRequest('field "consentWordingVersion" must be an integer')
        try:
            secret = decode_base64(short_text(fields, "hmacKey"))
        except ValueError as error:
            raise BadRequest(f'field "hmacKey" is {error}') from None
        given = services.link_case(
            short_text(fields, "token"),
            parse_keys(fields.get("temporaryExposureKeys")),
            secret,
            case_reference=short_text(fields, "caseReference"),
            wording_version=wording,
            now=now,
        )
        return {**expiry_fields(given.expires_at), "withdrawal": given.withdrawal}

    response = answer_json(request, answer)
    if response.status_code == 200:
        LINK_LIMIT.give_back(address, now)
    return response


@device_post
def unlink_case(request: HttpRequest) -> HttpResponse:
    """``POST /api/unlink-case``"""

    def answer(fields: Mapping[str, Any]) -> dict[str, Any]:
        known_fields(fields, ("withdrawal",))
        services.withdraw_case_link(short_text(fields, "withdrawal"), runtime.now())
        return {}

    return answer_json(request, answer)
