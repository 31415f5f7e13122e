"""What everybody may see: the newest letter's rate of cities, districts and wards, or that it is withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.public_rules import is_small, withheld_parts
from bluezone.authority.adoption.queries import Rate, letters_rate, newest_day, rates_on
from bluezone.authority.areas.models import Area, Level
from bluezone.authority.areas.queries import areas_on, parents_on, parts_on

__all__ = ["PublicRow", "PublicTable", "Telling", "public_table"]

_EVERYWHERE = Scope.everything()
_LEVELS = (Level.CITY, Level.DISTRICT, Level.WARD)
"""Residential groups and alleys are too small for everybody's eyes."""


class Telling(StrEnum):
    """What is told of an area."""

    TOLD = "told"
    WITHHELD = "withheld"
    NO_FIGURE = "no-figure"


@dataclass(frozen=True, slots=True)
class PublicRow:
    """An area; ``rate`` only where it is told."""

    area: Area
    telling: Telling
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class PublicTable:
    """An area with its parts, or the highest areas."""

    day: date
    whole: PublicRow | None
    parts: Sequence[PublicRow]
    above: Sequence[Area]


def public_table(path: str) -> PublicTable | None:
    """Of an area on the day of the newest figures, or with an empty path the highest areas of that day.

    An area of which one above is withheld is withheld too: its parts would give the sum. ``None`` where there
    is no such area, or no figure at all.
    """
    day = newest_day(_EVERYWHERE)
    if day is None:
        return None
    public = areas_on(day, _EVERYWHERE).filter(level__in=_LEVELS)
    if not path:
        highest = list(public.filter(parent=None))
        return PublicTable(day, None, _rows(None, highest, day, told=True), ())
    area = public.filter(path=path).first()
    if area is None:
        return None
    above = parents_on(area, day, _EVERYWHERE)
    told = True
    for one in (*above, area):
        upper = public.filter(path=one.path.rpartition("/")[0]).first()
        siblings = [one] if upper is None else list(parts_on(upper, day, _EVERYWHERE))
        rows = _rows(upper, siblings, day, told=told)
        whole = next(row for row in rows if row.area.pk == one.pk)
        told = whole.telling is not Telling.WITHHELD
    parts = list(parts_on(area, day, _EVERYWHERE).filter(level__in=_LEVELS))
    return PublicTable(day, whole, _rows(area, parts, day, told=told), above)


def _rows(whole: Area | None, areas: Sequence[Area], day: date, *, told: bool) -> Sequence[PublicRow]:
    rates = rates_on([*areas, *([] if whole is None else [whole])], day, _EVERYWHERE)
    found: Mapping[int, Rate | None] = {key: letters_rate(one) for key, one in rates.items()}
    if not told:
        withheld = frozenset(range(len(areas)))
    elif whole is None:
        withheld = frozenset(
            place for place, one in enumerate(areas) if (rate := found[one.pk]) and is_small(_counts(rate))
        )
    else:
        total = found[whole.pk]
        parts = [None if (rate := found[one.pk]) is None else _counts(rate) for one in areas]
        withheld = withheld_parts(None if total is None else _counts(total), parts)
    return [_row(one, found[one.pk], place in withheld) for place, one in enumerate(areas)]


def _row(area: Area, rate: Rate | None, withheld: bool) -> PublicRow:
    if withheld:
        return PublicRow(area, Telling.WITHHELD, None)
    return PublicRow(area, Telling.NO_FIGURE if rate is None else Telling.TOLD, rate)


def _counts(rate: Rate) -> tuple[int, int]:
    return rate.numerator.value, rate.denominator.value
