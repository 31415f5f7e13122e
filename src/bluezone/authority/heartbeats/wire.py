"""A heartbeat as sent: strict JSON in, checked values out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bluezone.authority.access.strict_json import BadRequest, checked_fields, decode_base64, read_json
from bluezone.protocols.heartbeat import PSEUDONYM_BYTES, WARD_CODE, Platform

__all__ = ["MAX_HEARTBEAT_BYTES", "Report", "parse_heartbeat"]

MAX_HEARTBEAT_BYTES = 2_000

_FIELDS: Mapping[str, type] = {
    "day": str,
    "ward": str,
    "platform": str,
    "tracing": bool,
    "pseudonym": str,
    "padding": str,
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PLATFORMS = {one.value: one for one in Platform}


@dataclass(frozen=True, slots=True)
class Report:
    """What one install says of itself for one day."""

    day: date
    ward: str
    platform: Platform
    tracing: bool
    pseudonym: bytes = field(repr=False)


def parse_heartbeat(body: bytes) -> Report:
    """Read a heartbeat's body; padding is dropped.

    :raises BadRequest: naming the field that is unknown, missing, or not what was agreed.
    """
    fields = checked_fields(read_json(body), _FIELDS)
    ward = _given(fields, "ward")
    if not WARD_CODE.fullmatch(ward):
        raise BadRequest('field "ward" must be the code of a ward, such as "00343"')
    platform = _PLATFORMS.get(_given(fields, "platform"))
    if platform is None:
        raise BadRequest(f'field "platform" must be one of {", ".join(_PLATFORMS)}')
    return Report(_day(_given(fields, "day")), ward, platform, _given(fields, "tracing"), _pseudonym(fields))


def _given(fields: Mapping[str, Any], name: str) -> Any:
    if name not in fields:
        raise BadRequest(f'field "{name}" is missing')
    return fields[name]


def _day(text: str) -> date:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadRequest('field "day" must be a day such as "2021-03-08"')


def _pseudonym(fields: Mapping[str, Any]) -> bytes:
    try:
        pseudonym = decode_base64(_given(fields, "pseudonym"))
    except ValueError:
        pseudonym = b""
    if len(pseudonym) != PSEUDONYM_BYTES:
        raise BadRequest(f'field "pseudonym" must be base64 of {PSEUDONYM_BYTES} bytes')
    return pseudonym
