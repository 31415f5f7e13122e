"""The rates of one day's areas in the areas of another day: exact, or with the reason why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.queries import Rate, letters_rate, rates_on
from bluezone.authority.adoption.rules import percent_of, rate_text
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import areas_on, parts_on, successions
from bluezone.authority.areas.reasons import reason_said
from bluezone.authority.areas.rules import AreaKey, CannotTell, related, trace_back, trace_forward
from bluezone.authority.tabular.faults import Said

__all__ = ["Carried", "CarriedRate", "CarriedRow", "carried_rates"]


@dataclass(frozen=True, slots=True)
class CarriedRate:
    """Sums over whole areas of another day."""

    numerator: int
    denominator: int
    made_of: tuple[Area, ...]
    first_day: date
    last_day: date
    """Of the figures, which may differ in their days."""

    @property
    def percent(self) -> Decimal | None:
        """With two decimals; ``None`` over nothing."""
        return percent_of(self.numerator, self.denominator)

    @property
    def text(self) -> str:
        """As official letters have it."""
        return rate_text(self.numerator, self.denominator)


@dataclass(frozen=True, slots=True)
class CarriedRow:
    """An area of the other day, with its rate or with the reason why there is none."""

    area: Area
    rate: CarriedRate | None
    reason: Said
    """Empty beside a rate."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The rates of a day in the areas of another; for each either a rate or a reason."""

    day: date
    areas_of: date
    rows: tuple[CarriedRow, ...]
    unexplained: tuple[Area, ...]
    """Areas that ended or began in between, nobody knows in favour of which; others may have their ground."""


def carried_rates(area: Area, day: date, areas_of: date, scope: Scope) -> Carried:
    """The letter's rates of ``day`` in the areas of ``areas_of``: the area itself and its parts on that day.

    Where the area does not exist then, what its parts became (or came of) stands for it.
    """
    links, elsewhere = successions()
    later = areas_of > day
    then = {_key(one): one for one in areas_on(areas_of, scope)}
    same = next((one for one in then.values() if one.path == area.path), None)
    if same is not None:
        wanted = [_key(same), *(_key(one) for one in parts_on(same, areas_of, scope))]
    else:
        below = Scope.of([area.path]).filter(areas_on(day, scope), "path")
        reached = related([_key(one) for one in below], links, later=later)
        wanted = [key for key in then if key in reached]
    present = {_key(one): one for one in areas_on(day, scope)}
    sources = related(wanted, links, later=not later)
    rates = _letters_rates([one for key, one in present.items() if key in sources], day, scope)
    trace = trace_forward if later else trace_back
    traced = trace(rates, wanted, links, elsewhere)
    names = _names(one for of in traced.values() if isinstance(of, CannotTell) for one in of.areas)
    rows: list[CarriedRow] = []
    for key, of in traced.items():
        if isinstance(of, CannotTell):
            reason = _outside(of, names, scope) or _said(of, names, present, later=later)
            rows.append(CarriedRow(then[key], None, reason))
        else:
            rows.append(_sum(then[key], [present[one] for one in of], [rates[one] for one in of]))
    return Carried(day, areas_of, tuple(rows), _unexplained(same or area, day, areas_of, scope))


def _letters_rates(areas: Sequence[Area], day: date, scope: Scope) -> Mapping[AreaKey, Rate]:
    known = rates_on(areas, day, scope)
    return {_key(one): rate for one in areas if (rate := letters_rate(known.get(one.pk, ()))) is not None}


def _sum(area: Area, areas: Sequence[Area], rates: Sequence[Rate]) -> CarriedRow:
    definitions = {(one.numerator.definition, one.denominator.definition) for one in rates}
    if len(definitions) > 1:
        names = ", ".join(f"{one.name} ({one.code})" for one in areas)
        vi, en = f"{names} được tính theo những cách khác nhau", f"{names} are counted differently"
        return CarriedRow(area, None, Said(vi, en))
    days = [figure.as_of for one in rates for figure in (one.numerator, one.denominator)]
    rate = CarriedRate(
        sum(one.numerator.value for one in rates),
        sum(one.denominator.value for one in rates),
        tuple(areas),
        min(days),
        max(days),
    )
    return CarriedRow(area, rate, Said("", ""))


def _said(
    why: CannotTell, names: Mapping[AreaKey, Area], present: Mapping[AreaKey, Area], *, later: bool
) -> Said:
    return reason_said(why, {key: one.name for key, one in names.items()}, present, later=later)


def _outside(why: CannotTell, names: Mapping[AreaKey, Area], scope: Scope) -> Said | None:
    """Figures outside the scope are not looked at: that they are missing would be a guess."""
    if all(scope.allows(names[one].path) for one in why.areas):
        return None
    return Said("số liệu của địa bàn ngoài phạm vi của bạn", "it needs figures outside your scope")


def _names(keys: Iterable[AreaKey]) -> Mapping[AreaKey, Area]:
    wanted = set(keys)
    found = Area.objects.filter(code__in={one.code for one in wanted})
    return {_key(one): one for one in found if _key(one) in wanted}


def _unexplained(area: Area, day: date, areas_of: date, scope: Scope) -> tuple[Area, ...]:
    first, last = sorted((day, areas_of))
    within = Scope.of([area.path]).filter(scope.filter(Area.objects.all(), "path"), "path")
    ended = Q(valid_until__gt=first, valid_until__lte=last, became=None)
    began = Q(valid_from__gt=first, valid_from__lte=last, came_from=None)
    return tuple(within.filter(ended | began, children=None).order_by("valid_from", "path"))


def _key(area: Area) -> AreaKey:
    return AreaKey(area.code, area.valid_from)
