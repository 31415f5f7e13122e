"""Which of a device's own keys goes on the air: none that a report has frozen, and no interval twice.

Any two keys of a device have the same start or no interval in common, because a key server refuses reports
with other overlaps. The clock may be wrong in either direction, so no rule here gives up a key or a part of
one: what was on the air stays publishable, and another key is drawn beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bluezone.protocols.gaen import MATCH_TOLERANCE_INTERVALS, MAX_ROLLING_PERIOD, TemporaryExposureKey

__all__ = ["MAX_SILENT_INTERVALS", "NEVER_AIRED", "OwnKey", "Unmade", "key_for"]

MAX_SILENT_INTERVALS = MATCH_TOLERANCE_INTERVALS
"""A clock set back by more than this (two hours) gets another key instead of silence."""

NEVER_AIRED = -1


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key of this device; ``id`` grows in the order of drawing.

    ``aired``: the last interval whose identifier went on the air. ``cut``: part of a report, so that it
    neither changes nor goes on the air any more. ``published_at``: Unix seconds.
    """

    tek: TemporaryExposureKey
    id: int
    aired: int = NEVER_AIRED
    cut: bool = False
    published_at: int | None = field(default=None)

    @property
    def frozen(self) -> bool:
        """Cut or published."""
        return self.cut or self.published_at is not None


@dataclass(frozen=True, slots=True)
class Unmade:
    """A key that is still to be drawn, for the intervals ``[start, start + period)``."""

    start: int
    period: int


def key_for(keys: Sequence[OwnKey], interval: int) -> OwnKey | Unmade:
    """The key for an interval: one per UTC day, and another where that one is frozen or its time came back.

    The key may have aired this interval, or up to two hours more, already: then nobody may air it again.
    In the last interval of a frozen key it is the following one, which starts with the next interval.
    """
    covering = [key for key in keys if key.tek.rolling_start <= interval < key.tek.rolling_end]
    if not covering:
        return _gap(keys, interval)
    open_keys = [key for key in covering if not key.frozen]
    near = [key for key in open_keys if key.aired - interval <= MAX_SILENT_INTERVALS]
    if near:
        return max(near, key=lambda key: (key.aired < interval, key.id))
    newest = max(covering, key=lambda key: key.id)
    if not open_keys and interval == newest.tek.rolling_end - 1:
        return key_for(keys, interval + 1)
    return Unmade(newest.tek.rolling_start, newest.tek.rolling_period)


def _gap(keys: Sequence[OwnKey], interval: int) -> Unmade:
    """All of the UTC day around an interval that no key covers."""
    day = interval - interval % MAX_ROLLING_PERIOD
    start = max((key.tek.rolling_end for key in keys if day <= key.tek.rolling_end <= interval), default=day)
    end = min(
        (key.tek.rolling_start for key in keys if key.tek.rolling_start > interval),
        default=day + MAX_ROLLING_PERIOD,
    )
    return Unmade(start, min(end, day + MAX_ROLLING_PERIOD) - start)
