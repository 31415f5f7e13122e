"""Pure decisions on heartbeats: which days are taken, what of one is told, under which number it is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from bluezone.authority.access.disclosure_rules import SMALLEST_TOLD, parts_withheld
from bluezone.authority.adoption.metrics import Metric
from bluezone.protocols.heartbeat import Platform, hanoi_day

__all__ = [
    "COUNTED_AFTER",
    "GONE_AFTER",
    "TAKEN_FOR",
    "Count",
    "DayState",
    "WardCount",
    "counted_until",
    "day_state",
    "mark_of",
    "told_platforms",
    "told_wards",
]

TAKEN_FOR = timedelta(hours=6)
"""So long after its end a day is taken still: for phones whose clock or network was slow at midnight."""

COUNTED_AFTER = timedelta(hours=6, minutes=15)
"""And so long after its end it is counted: by then every request that was taken is in the table."""


GONE_AFTER = timedelta(hours=6, minutes=30)
"""And so long after its end they are deleted, where the server runs: it looks each quarter of an hour."""


class DayState(StrEnum):
    """Whether heartbeats of a day are taken."""

    OPEN = "open"
    NOT_BEGUN = "not-begun"
    CLOSED = "closed"


def day_state(day: date, now: datetime) -> DayState:
    """:param day: in Hà Nội."""
    if day > hanoi_day(now):
        return DayState.NOT_BEGUN
    return DayState.CLOSED if day < hanoi_day(now - TAKEN_FOR) else DayState.OPEN


def counted_until(now: datetime) -> date:
    """The last day that is to be counted and closed by now, with all before it."""
    return hanoi_day(now - COUNTED_AFTER) - timedelta(days=1)


def mark_of(day: date, pseudonym: bytes) -> int:
    """The number under which a heartbeat is kept: 63 bits of a digest over day and pseudonym.

    What is kept does not tell the pseudonym, nor would an app that used one twice be known again. Two of a
    million heartbeats a day share a number by chance on one of some twenty million days; they count as one.
    """
    return int.from_bytes(sha256(day.isoformat().encode() + pseudonym).digest()[:8], "big") >> 1


class WardCount(NamedTuple):
    """Heartbeats of one ward from one platform."""

    ward: int
    platform: Platform
    active: int
    tracing: int


class Count(NamedTuple):
    """How many apps ran, and on how many of them tracing did."""

    active: int
    tracing: int


def told_wards(counts: list[WardCount]) -> Mapping[int, Mapping[Metric, int]]:
    """By wards' keys what is kept of a day: nothing below 10, no sum of such, no two that differ by such."""
    sums: dict[int, Count] = {}
    for one in counts:
        active, tracing = sums.get(one.ward, Count(0, 0))
        sums[one.ward] = Count(active + one.active, tracing + one.tracing)
    told: dict[int, dict[Metric, int]] = {}
    for ward, count in sums.items():
        if count.active < SMALLEST_TOLD:
            continue
        told[ward] = {Metric.ACTIVE_24H: count.active}
        if min(count.tracing, count.active - count.tracing) >= SMALLEST_TOLD:
            told[ward][Metric.TRACING_ON] = count.tracing
    return told


def told_platforms(counts: list[WardCount], wards: Mapping[int, object]) -> Mapping[Platform, int]:
    """Apps by platform in the wards that are told, unless they and those wards give a small number away."""
    sums: Counter[Platform] = Counter()
    for one in counts:
        if one.ward in wards:
            sums[one.platform] += one.active
    platforms = sorted(sums)
    withheld = parts_withheld([(sums[one],) for one in platforms], least_left=SMALLEST_TOLD)
    if withheld is None:
        return {}
    return {one: sums[one] for place, one in enumerate(platforms) if place not in withheld}
