"""Pure decisions on padding: which keys that nobody has a batch gets, so that it tells less about real ones.

What an attacker can go by is a key's metadata. Keys of one person share their report type and day of onset
(a *class* below), and have one key a day. So padding comes as such sets, of classes that are in the batch:
whoever finds a class finds at least :data:`ALIKE` sets in it, and cannot tell which keys belong together.
A set for a class that no real key has would hide nothing. Why so: ``docs/adr/0012-padding.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
_Kind = tuple[KeyShape, range | None]
"""A shape; of one that a report cut short all but the period, and the ends that it may have."""


def onset_day(rolling_start: int, days_since_onset: int | None) -> int | None:
    """The UTC day of first symptoms that a key gives away, in days since the epoch."""
    if days_since_onset is None:
        return None
    return rolling_start // MAX_ROLLING_PERIOD - days_since_onset


def invent_shapes(
    real: Mapping[KeyShape, int], wanted: int, ends: Sequence[range], chance: Random
) -> list[KeyShape]:
    """The shapes of a batch's padding.

    :param real: how often each shape is in the batch; without keys that are public elsewhere.
    :param wanted: how many keys the batch shall have at least; the last set may exceed it.
    :param ends: the intervals at which keys end that were cut short by a report in time for this batch, by
        the export window of the report. Such a key's end is drawn anew, since two people hardly report within
        the same ten minutes; and from the same window, since another may have nobody of the class.
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
    real: Mapping[KeyShape, int], made: Iterable[KeyShape], ends: Sequence[range], chance: Random
) -> Iterable[KeyShape]:
    """Keys until each shape is there as often as a class has sets, whatever period a report cut it to.

    Sets alone leave keys alone: on days from before most people of the class had the app, and with a risk
    of the app's own.
    """
    alike: Counter[_Kind] = Counter()
    examples: dict[_Kind, KeyShape] = {}
    for shape, count in real.items():
        kind = _kind(shape, ends)
        alike[kind] += count
        examples.setdefault(kind, shape)
    phantoms = Counter(_kind(shape, ends) for shape in made)
    for kind, count in alike.items():
        wanted = ALIKE - count
        if may_be_revised(ReportTypeName(examples[kind].report_type)):
            # For each to be revised alone, and those left over; of many, some are revised together.
            wanted = min((ALIKE - 1) * count + ALIKE, _MOST_TO_REVISE)
        for _ in range(wanted - phantoms[kind]):
            yield _with_own_end(examples[kind], ends, chance)


def _kind(shape: KeyShape, ends: Sequence[range]) -> _Kind:
    cut = _cut_in(shape, ends)
    return (shape, None) if cut is None else (shape._replace(rolling_period=0), cut)


def _cut_in(shape: KeyShape, ends: Sequence[range]) -> range | None:
    """Among which ends a key's is that a report cut short; ``None`` if it is whole, or of another time."""
    end = shape.rolling_start + shape.rolling_period
    if end % MAX_ROLLING_PERIOD == 0:  # the day's end, whenever the key began
        return None
    return next((one for one in ends if end in one), None)


def _height(days: Mapping[int, Counter[KeyShape]]) -> int:
    """How many people's sets a class seems to have: most have a key for each day."""
    return max(day.total() for day in days.values())


def _one_set(
    days: Mapping[int, Counter[KeyShape]], ends: Sequence[range], chance: Random
) -> Iterable[KeyShape]:
    """The keys of a person of this class, with the days that people of it have."""
    level = chance.randint(1, _height(days))
    for day in days.values():
        if day.total() >= level:
            (shape,) = chance.choices(list(day), list(day.values()))
            yield _with_own_end(shape, ends, chance)


def _with_own_end(shape: KeyShape, ends: Sequence[range], chance: Random) -> KeyShape:
    cut = _cut_in(shape, ends)
    if cut is None:
        return shape
    first = max(cut.start, shape.rolling_start + 1)
    last = min(cut.stop - 1, shape.rolling_start + MAX_ROLLING_PERIOD - 1)
    return shape._replace(rolling_period=chance.randint(first, last) - shape.rolling_start)
