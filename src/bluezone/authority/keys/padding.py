"""Pure decisions on padding: which keys that nobody has a batch gets, so that it tells less about real ones.

What an attacker can go by is a key's metadata. Keys of one person share their report type and day of onset
(a *class* below), and have one key a day. So padding comes as such sets, of classes that are in the batch:
whoever finds a class finds at least :data:`ALIKE` sets in it, and cannot tell which keys belong together.
A set for a class that no real key has would hide nothing. Why so: ``docs/adr/0012-padding.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from random import Random
from typing import NamedTuple

from bluezone.authority.keys.report_types import ReportTypeName, may_be_revised
from bluezone.protocols.gaen import MAX_ROLLING_PERIOD

__all__ = ["ALIKE", "KeyShape", "invent_shapes", "onset_day", "share_to_revise"]

ALIKE = 5
"""So many sets of keys a class has at least, and so many keys of a class and day are revised at least."""

_MOST_TO_REVISE = 100
"""Phantoms of one kind that wait for revisions. Without a limit, a region that reports every case as likely
would send each device five times the keys."""


class KeyShape(NamedTuple):
    """All of a key but its random bytes."""

    rolling_start: int
    rolling_period: int
    transmission_risk: int
    report_type: str
    days_since_onset: int | None
    traveler: bool = False


_Class = tuple[str, int | None]


def onset_day(rolling_start: int, days_since_onset: int | None) -> int | None:
    """The UTC day of first symptoms that a key gives away, in days since the epoch."""
    if days_since_onset is None:
        return None
    return rolling_start // MAX_ROLLING_PERIOD - days_since_onset


def invent_shapes(real: Mapping[KeyShape, int], wanted: int, ends: range, chance: Random) -> list[KeyShape]:
    """The shapes of a batch's padding.

    :param real: how often each shape is in the batch.
    :param wanted: how many keys the batch shall have at least; the last set may exceed it.
    :param ends: the intervals at which keys end that were cut short by a report in time for this batch; such
        a key's end is drawn anew, since two people hardly report within the same ten minutes.
    """
    classes: dict[_Class, dict[int, Counter[KeyShape]]] = {}
    for shape, count in real.items():
        days = classes.setdefault(
            (shape.report_type, onset_day(shape.rolling_start, shape.days_since_onset)), {}
        )
        days.setdefault(shape.rolling_start // MAX_ROLLING_PERIOD, Counter())[shape] += count
    if not classes:
        return []
    made: list[KeyShape] = []
    for (report_type, _), days in classes.items():
        for _ in range(_sets_missing(report_type, days)):
            made += _one_set(days, ends, chance)
    of_class = list(classes.values())
    weights = [sum(day.total() for day in days.values()) for days in of_class]
    missing = wanted - sum(weights)
    while len(made) < missing:
        (days,) = chance.choices(of_class, weights)
        made += _one_set(days, ends, chance)
    return made + list(_filled_up(real, made, ends, chance))


def share_to_revise(real_before: int, real_revised: int, phantoms: int) -> int:
    """How many phantoms of a class and day are revised together with real keys.

    The same share, so that a key that is never revised is no likelier to be a phantom; and enough that those
    revised are not alone.
    """
    if not real_revised:
        return 0
    same_share = -(-phantoms * real_revised // max(real_before, real_revised))
    return min(phantoms, max(same_share, ALIKE - real_revised))


def _sets_missing(report_type: str, days: Mapping[int, Counter[KeyShape]]) -> int:
    if may_be_revised(ReportTypeName(report_type)):
        return ALIKE  # however many there are: when one of them is revised, phantoms go along
    return max(0, ALIKE - _height(days))


def _filled_up(
    real: Mapping[KeyShape, int], made: Iterable[KeyShape], ends: range, chance: Random
) -> Iterable[KeyShape]:
    """Keys until each shape is there as often as a class has sets, whatever period a report cut it to.

    Sets alone leave keys alone: on days from before most people of the class had the app, and with a risk
    of the app's own.
    """
    alike: Counter[KeyShape] = Counter()
    examples: dict[KeyShape, KeyShape] = {}
    for shape, count in real.items():
        kind = _without_own_end(shape, ends)
        alike[kind] += count
        examples.setdefault(kind, shape)
    phantoms = Counter(_without_own_end(shape, ends) for shape in made)
    for kind, count in alike.items():
        wanted = ALIKE - count
        if may_be_revised(ReportTypeName(kind.report_type)):
            # For each to be revised alone, and those left over; of many, some are revised together.
            wanted = min((ALIKE - 1) * count + ALIKE, _MOST_TO_REVISE)
        for _ in range(wanted - phantoms[kind]):
            yield _with_own_end(examples[kind], ends, chance)


def _without_own_end(shape: KeyShape, ends: range) -> KeyShape:
    return shape._replace(rolling_period=0) if _was_cut(shape, ends) else shape


def _was_cut(shape: KeyShape, ends: range) -> bool:
    return shape.rolling_period != MAX_ROLLING_PERIOD and shape.rolling_start + shape.rolling_period in ends


def _height(days: Mapping[int, Counter[KeyShape]]) -> int:
    """How many people's sets a class seems to have: most have a key for each day."""
    return max(day.total() for day in days.values())


def _one_set(days: Mapping[int, Counter[KeyShape]], ends: range, chance: Random) -> Iterable[KeyShape]:
    """The keys of a person of this class, with the days that people of it have."""
    level = chance.randint(1, _height(days))
    for day in days.values():
        if day.total() >= level:
            (shape,) = chance.choices(list(day), list(day.values()))
            yield _with_own_end(shape, ends, chance)


def _with_own_end(shape: KeyShape, ends: range, chance: Random) -> KeyShape:
    if not _was_cut(shape, ends):
        return shape
    first = max(ends.start, shape.rolling_start + 1)
    last = min(ends.stop - 1, shape.rolling_start + MAX_ROLLING_PERIOD - 1)
    return shape._replace(rolling_period=chance.randint(first, last) - shape.rolling_start)
