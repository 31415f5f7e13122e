"""What is counted, under which names and in which bins; and which counts are too small to be told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum

from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.rules import HANOI, LIMITS
from bluezone.protocols.gaen import INTERVAL_SECONDS, MAX_ROLLING_PERIOD

__all__ = [
    "AGE_BINS",
    "ONSET_BINS",
    "ONSET_UNKNOWN",
    "REPORT_TYPE_BINS",
    "Measure",
    "age_bin",
    "hanoi_day",
    "key_age",
    "onset_bin",
    "onset_to_upload",
]

AGE_BINS = 17
"""Days from a key's day to its upload: 0 to 15, then all that are older."""

ONSET_BINS = 31
"""Days from the first symptoms to the upload: 0 to 29, then all that are longer."""

ONSET_UNKNOWN = -1
"""The bin of uploads without a usable day of onset."""

REPORT_TYPE_BINS = {
    ReportTypeName.UNKNOWN: 0,
    ReportTypeName.CONFIRMED: 1,
    ReportTypeName.LIKELY: 2,
    ReportTypeName.NEGATIVE: 3,
    ReportTypeName.USER_REPORT: 4,
}
"""Stored; new ones go to the end."""


class Measure(StrEnum):
    """What is counted; each by the Hà Nội day on which it happened."""

    ISSUED = "codes-issued"
    """By report type."""
    CLAIMED = "codes-claimed"
    """By report type."""
    EXPIRED = "codes-expired"
    """Unused and not revoked; by report type."""
    REVOKED = "codes-revoked"
    """By report type."""
    PUBLISHES = "publishes"
    """Requests that brought new keys, by report type. Codes have an area; these do not."""
    REVISIONS = "revisions"
    """Requests that changed the report type of keys published before, by report type."""
    KEYS = "keys-by-age"
    """New keys, by age in days."""
    ONSETS = "onset-to-upload"
    """Requests that brought new keys, by days since onset."""
    CHAFF = "chaff"
    """Requests that were only noise; for the operator, in no statistic."""


def hanoi_day(moment: datetime) -> date:
    """The day in Hà Nội."""
    return moment.astimezone(HANOI).date()


def key_age(rolling_start: int, now: datetime) -> int:
    """Days between a key's UTC day and the present one."""
    return (
        int(now.timestamp()) // INTERVAL_SECONDS // MAX_ROLLING_PERIOD - rolling_start // MAX_ROLLING_PERIOD
    )


def onset_to_upload(sent: int, certified: int, now: datetime) -> int | None:
    """Whole days from onset to now; ``None`` when neither the phone nor the certificate names a usable day.

    :param sent: interval number of the request's onset, ``certified`` the certificate's; 0: none.
    """
    today = (hanoi_day(now) - datetime(1970, 1, 1, tzinfo=UTC).date()).days
    for one in (sent, certified):
        days = today - one // MAX_ROLLING_PERIOD
        if one and 0 <= days <= LIMITS.max_onset_age_days + 1:  # the rule of publishing reckons in UTC
            return days
    return None


def age_bin(days: int) -> int:
    """The bin of a key's age."""
    return min(max(days, 0), AGE_BINS - 1)


def onset_bin(days: int | None) -> int:
    """The bin of the time from onset to upload."""
    return ONSET_UNKNOWN if days is None else min(max(days, 0), ONSET_BINS - 1)
