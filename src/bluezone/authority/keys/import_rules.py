"""Which keys of another authority's exports are taken in, and as what; pure decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bluezone.authority.keys.report_types import EXPORT_TYPE, ReportTypeName
from bluezone.authority.keys.rules import LIMITS, PublishLimits, release_time
from bluezone.protocols.gaen import INTERVAL_SECONDS, DiagnosisKey

__all__ = ["ImportedKey", "decide_import"]

_NAMES = {number: name for name, number in EXPORT_TYPE.items()}


@dataclass(frozen=True, slots=True)
class ImportedKey:
    """A key to store, with the type and days that the other authority gave it."""

    tek: bytes = field(repr=False)
    rolling_start: int
    rolling_period: int
    transmission_risk: int
    report_type: ReportTypeName
    days_since_onset: int | None
    release_at: datetime


def decide_import(
    keys: Iterable[DiagnosisKey], now: datetime, limits: PublishLimits = LIMITS
) -> list[ImportedKey]:
    """The keys worth keeping, each once, in their order.

    Left out: what ended longer ago than a key is kept, what starts in the future, a report type that this
    server cannot express, a risk outside 0-8. Days beyond two weeks of onset are taken as not said.
    """
    oldest = int((now - limits.max_age).timestamp()) // INTERVAL_SECONDS
    present = int(now.timestamp()) // INTERVAL_SECONDS
    taken: dict[bytes, ImportedKey] = {}
    for key in keys:
        tek = key.tek
        name = _NAMES.get(key.report_type)
        end = tek.rolling_start + tek.rolling_period
        if end <= oldest or tek.rolling_start > present or name is None:
            continue
        if not 0 <= key.transmission_risk <= limits.max_risk:
            continue
        days = key.days_since_onset
        if days is not None and abs(days) > limits.max_days_from_onset:
            days = None
        taken.setdefault(
            tek.data,
            ImportedKey(
                tek.data,
                tek.rolling_start,
                tek.rolling_period,
                key.transmission_risk,
                name,
                days,
                release_time(end, now=now, limits=limits),
            ),
        )
    return list(taken.values())
