"""What is counted, under which names and in which bins; and how small counts are kept from being told.

Figures are told by whole days that are over, and how they are made up by whole weeks (Monday to Sunday) that
are over: so no two figures overlap in part, and none changes afterwards. What is told of a week is a way to
its total, and from there to a day that is not told; :func:`tell_parts` sees to it that this leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from bluezone.authority.access.disclosure_rules import (
    SMALLEST_TOLD,
    Figure,
    Withheld,
    hides,
    parts_withheld,
    tell,
)
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
    "area_group",
    "hanoi_day",
    "key_ages",
    "last_day_told",
    "monday_of",
    "onset_bin",
    "onset_to_upload",
    "tell_outcomes",
    "tell_parts",
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


_FIRST_DAY = date(1970, 1, 1)
_SETTLED = timedelta(hours=1)
"""A day is told no sooner after its end: by then everything that happened has been counted."""


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


def key_ages(rolling_starts: Iterable[int], now: datetime) -> tuple[int, ...]:
    """Days between each key's UTC day and the present one."""
    today = int(now.timestamp()) // INTERVAL_SECONDS // MAX_ROLLING_PERIOD
    return tuple([today - start // MAX_ROLLING_PERIOD for start in rolling_starts])


def onset_to_upload(sent: int, certified: int, now: datetime) -> int | None:
    """Whole days from onset to now; ``None`` when neither the phone nor the certificate names a usable day.

    :param sent: interval number of the request's onset, ``certified`` the certificate's; 0: none.
    """
    if not sent and not certified:
        return None
    today = (hanoi_day(now) - _FIRST_DAY).days
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


def last_day_told(now: datetime, embargo: timedelta) -> date:
    """The last day that has been over for long enough."""
    return hanoi_day(now - max(embargo, _SETTLED)) - timedelta(days=1)


def monday_of(day: date) -> date:
    """The first day of a day's week."""
    return day - timedelta(days=day.weekday())


def tell_outcomes(issued: int, outcomes: Sequence[int]) -> tuple[Figure, ...]:
    """What became of a day's codes: those of short codes add up to those issued, so one gives the rest.

    :param issued: told by :func:`tell`; below 10 it is no sum to subtract from.
    """
    most_hidden = (SMALLEST_TOLD - 1) * len(outcomes)
    if issued < SMALLEST_TOLD or (issued > most_hidden and max(outcomes) < SMALLEST_TOLD):
        return tuple(tell(count) for count in outcomes)
    return tell_parts([issued], outcomes) or (Withheld.COVER,) * len(outcomes)


def tell_parts(days: Sequence[int], parts: Sequence[int]) -> tuple[Figure, ...] | None:
    """What a week's total is made up of; ``None`` when it would give away one of its days.

    Parts below 10 are withheld, and as many of the next greater ones as it takes for any of the small ones to
    be anything from 0 to 9, for whoever knows the week's total and all that is told.

    :param days: the counts of its days, each told by :func:`tell`.
    :param parts: with the same sum, or one from which that sum could be guessed.
    """
    if not hides([count for count in days if count < SMALLEST_TOLD], []):
        return None
    withheld = parts_withheld([(count,) for count in parts])
    if withheld is None:
        return None
    return tuple(
        count if place not in withheld else tell(count) if count < SMALLEST_TOLD else Withheld.COVER
        for place, count in enumerate(parts)
    )


def area_group(path: str, prefixes: Sequence[str]) -> str:
    """The part of a scope that an area belongs to: one level below the grant, or a district.

    :param prefixes: the areas of the scope; empty: everything.
    """
    above = [one for one in prefixes if path == one or path.startswith(f"{one}/")]
    levels = min((one.count("/") + 2 for one in above), default=2)
    return "/".join(path.split("/")[:levels])
