"""Heartbeats: what an install says once a day, if its owner agreed (``spec/heartbeat.md``)."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

__all__ = [
    "CONSENT_WORDING",
    "HEARTBEAT_PATH",
    "PSEUDONYM_BYTES",
    "WARD_CODE",
    "Platform",
    "hanoi_day",
    "heartbeat_fields",
]

HEARTBEAT_PATH = "/v1/heartbeats"
PSEUDONYM_BYTES = 16
CONSENT_WORDING = 1
"""Of the texts in the specification. Who agreed to an earlier one is asked again."""

WARD_CODE = re.compile(r"(?=.{1,20}\Z)[0-9A-Z]+(?:-[0-9A-Z]+)*", re.ASCII)
_HANOI = timezone(timedelta(hours=7))


class Platform(StrEnum):
    """What kind of install it is; the value is what is sent and stored."""

    ANDROID = "android"
    IOS = "ios"
    DEVICE = "device"
    """A computer, a wearable's gateway, anything that runs ``bluezone device``."""

    WEB = "web"
    """A browser, which cannot trace."""


def hanoi_day(moment: datetime) -> date:
    """The day of a moment in Hà Nội: heartbeats are by those."""
    return moment.astimezone(_HANOI).date()


def heartbeat_fields(
    *, day: date, ward: str, platform: Platform, tracing: bool, pseudonym: bytes
) -> dict[str, str | bool]:
    """The request's fields.

    :param pseudonym: of this day alone, from a secure source: nothing links it with that of another day.
    """
    return {
        "day": day.isoformat(),
        "ward": ward,
        "platform": platform.value,
        "tracing": tracing,
        "pseudonym": b64encode(pseudonym).decode(),
    }
