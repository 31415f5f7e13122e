"""Reads of targets, within a scope: how far areas are from theirs, where the trend leads, who owes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import OuterRef, Subquery

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import Metric, definition_of
from bluezone.authority.adoption.models import Fact, Target
from bluezone.authority.adoption.queries import Rate, letters_rates_on, rate_histories
from bluezone.authority.adoption.rules import (
    Forecast,
    NoForecast,
    Point,
    Standing,
    forecast,
    is_overdue,
    phones_missing,
    standing,
)
from bluezone.authority.areas.models import Area, Level

__all__ = [
    "Overdue",
    "Progress",
    "farthest_from_target",
    "overdue_reports",
    "progress_of",
    "reporting_of",
    "targets_of",
]

_HISTORY = timedelta(days=60)
_BELOW_WARDS = (Level.RESIDENTIAL_GROUP, Level.ALLEY)


@dataclass(frozen=True, slots=True)
class Progress:
    """An area, its target, and how far it is; ``rate`` is ``None`` where it has not reported."""

    area: Area
    percent: Decimal
    due: date
    rate: Rate | None
    phones_missing: int | None
    ahead: Forecast | NoForecast | None
    """Only before the day, where the target is not reached."""

    standing: Standing

    @property
    def points_missing(self) -> Decimal | None:
        """Percentage points to the target; negative beyond it."""
        if self.rate is None or self.rate.percent is None:
            return None
        return self.percent - self.rate.percent


@dataclass(frozen=True, slots=True)
class Overdue:
    """An area that owes a figure, and the day of its last one."""

    area: Area
    last: date | None
    days: int | None


def progress_of(
    areas: Sequence[Area], day: date, scope: Scope, rates: Mapping[int, Rate] | None = None
) -> Sequence[Progress]:
    """How each area that has a target stands to it on a day: the next one due, or else the last that was.

    :param rates: the letter's rates of that day by the areas' keys, where they are known already.
    """
    targets = _targets_on(areas, day, scope)
    wanted = [one for one in areas if one.pk in targets]
    if rates is None:
        rates = letters_rates_on(wanted, day, scope)
    open_ones = [one for one in wanted if _looks_ahead(rates.get(one.pk), targets[one.pk])]
    histories = rate_histories(
        open_ones, Metric.PHONE_LINKED, Metric.SMARTPHONES, scope, since=day - _HISTORY, until=day
    )
    found = []
    for area in wanted:
        points = [
            Point(one.as_of, float(one.rate.percent), one.definitions, one.rate.numerator.source.value)
            for one in histories.get(area.pk, [])
            if one.rate.percent is not None
        ]
        found.append(_progress(area, targets[area.pk], rates.get(area.pk), points))
    return found


def farthest_from_target(
    areas: Sequence[Area], day: date, scope: Scope, rates: Mapping[int, Rate], most: int
) -> tuple[Sequence[Progress], int]:
    """How the areas that have the most to go to their targets stand, and how many others have one.

    A forecast reads two months of figures: of six hundred wards nobody waits for all. Who missed a target
    goes first, who reached theirs last.

    :param rates: the letter's rates of that day, by the areas' keys.
    """
    targets = _targets_on(areas, day, scope)
    wanted = [one for one in areas if one.pk in targets]
    if len(wanted) > most:
        wanted.sort(key=lambda one: _to_go(rates.get(one.pk), targets[one.pk]), reverse=True)
    return progress_of(wanted[:most], day, scope, rates), len(wanted[most:])


def reporting_of(area: Area, parts: Sequence[Area]) -> Sequence[Area]:
    """Who is to report what an area adds up to: its parts, and a ward itself though it has groups."""
    return [*([area] if not parts or area.level == Level.WARD else []), *parts]


def targets_of(area: Area, scope: Scope) -> Sequence[Target]:
    """Every target that an area has or had, the latest day first."""
    return list(
        scope.filter(Target.objects.filter(area=area), "area__path").order_by("-due", "-set_at", "-pk")
    )


def overdue_reports(areas: Iterable[Area], day: date, scope: Scope) -> Sequence[Overdue]:
    """The areas that owe a figure of installs on a day, those that never gave one first.

    Residential groups and alleys owe none before their first: most wards count without them.
    """
    wanted = [one for one in areas if scope.allows(one.path)]
    # One look into the index for each: a maximum by area would read all that they ever reported.
    reports = Fact.objects.filter(
        area=OuterRef("pk"), metric=Metric.PHONE_LINKED.value, as_of__lte=day, ended_at=None
    )
    newest = Subquery(reports.order_by("-as_of").values("as_of")[:1])
    keys = [one.pk for one in wanted]
    last: dict[int, date | None] = dict(Area.objects.filter(pk__in=keys).values_list("pk", newest))
    late = [
        one
        for one in wanted
        if is_overdue(last.get(one.pk), day) and not (one.level in _BELOW_WARDS and last.get(one.pk) is None)
    ]
    late.sort(key=lambda one: (last.get(one.pk) or date.min, one.path))
    return [
        Overdue(one, found, None if found is None else (day - found).days)
        for one in late
        for found in [last.get(one.pk)]
    ]


def _targets_on(areas: Sequence[Area], day: date, scope: Scope) -> Mapping[int, Target]:
    found: dict[int, Target] = {}
    current = Target.objects.filter(area__in=[one.pk for one in areas], ended_at=None)
    for target in scope.filter(current, "area__path").order_by("due"):
        before = found.get(target.area_id)
        if before is None or before.due < day:
            found[target.area_id] = target
    return found


def _progress(area: Area, target: Target, rate: Rate | None, points: Sequence[Point]) -> Progress:
    if rate is None or not rate.denominator.value:
        return Progress(area, target.percent, target.due, None, None, None, Standing.OPEN)
    counts, as_of = (rate.numerator.value, rate.denominator.value), rate.numerator.as_of
    missing = phones_missing(*counts, target.percent)
    ahead = None
    if _looks_ahead(rate, target):
        of_due = tuple(
            definition_of(one, target.due).code for one in (Metric.PHONE_LINKED, Metric.SMARTPHONES)
        )
        ahead = forecast(points, target.due, (of_due[0], of_due[1]))
    stands = standing(counts, as_of, target.percent, target.due, ahead)
    return Progress(area, target.percent, target.due, rate, missing, ahead, stands)


def _looks_ahead(rate: Rate | None, target: Target) -> bool:
    """Whether a forecast is asked for: before the day, where the target is not reached."""
    if rate is None or not rate.denominator.value or rate.numerator.as_of >= target.due:
        return False
    return phones_missing(rate.numerator.value, rate.denominator.value, target.percent) > 0


def _to_go(rate: Rate | None, target: Target) -> tuple[bool, bool, Decimal]:
    """For sorting, the greater the farther: missed, then not reached or not known, by the points to go."""
    if rate is None or rate.percent is None:
        return False, True, Decimal(0)
    missing = phones_missing(rate.numerator.value, rate.denominator.value, target.percent) > 0
    return missing and rate.numerator.as_of >= target.due, missing, target.percent - rate.percent
