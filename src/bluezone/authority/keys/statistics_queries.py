"""Reads of the statistics, with what is too small to be told already withheld."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db.models import Min, Q, QuerySet, Sum

from bluezone.authority.access.disclosure_rules import Figure, Withheld, tell
from bluezone.authority.access.scope import EVERYWHERE, Scope
from bluezone.authority.keys.models import StatisticCount
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.statistics_rules import (
    AGE_BINS,
    ONSET_BINS,
    ONSET_UNKNOWN,
    REPORT_TYPE_BINS,
    Measure,
    area_group,
    last_day_told,
    monday_of,
    tell_outcomes,
    tell_parts,
)

__all__ = [
    "DayFigures",
    "PublishCounts",
    "WeekFigures",
    "counted_codes",
    "counted_publishes",
    "day_figures",
    "figures_until",
    "week_figures",
    "weeks_told",
]

DAYS_TOLD = 30
WEEKS_TOLD = 13

_OF_CODES = (Measure.ISSUED, Measure.CLAIMED, Measure.EXPIRED, Measure.REVOKED)
_OF_PUBLISHES = (Measure.PUBLISHES, Measure.KEYS, Measure.REVISIONS, Measure.ONSETS)
_WEEK = timedelta(days=7)
_Name = TypeVar("_Name")


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What happened on a day: to the codes of a scope, and to keys of the whole region."""

    day: date
    issued: Figure
    claimed: Figure
    expired: Figure
    revoked: Figure
    publishes: Figure
    keys: Figure
    revisions: Figure


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """What a week's figures are made up of; each ``None`` where too little happened to tell it.

    ``ages`` has :data:`AGE_BINS` figures, ``onsets`` :data:`ONSET_BINS` and one of those without an onset.
    """

    monday: date
    issued_by_type: Mapping[ReportTypeName, Figure] | None
    issued_by_area: Mapping[str, Figure] | None
    claimed_by_area: Mapping[str, Figure] | None
    publishes_by_type: Mapping[ReportTypeName, Figure] | None
    ages: Sequence[Figure] | None
    onsets: Sequence[Figure] | None

    @property
    def sunday(self) -> date:
        return self.monday + _WEEK - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PublishCounts:
    """All that was ever counted, for those who run the server."""

    publishes: int
    keys: int
    chaff: int


def counted_publishes(now: datetime) -> PublishCounts:
    """Until the end of the last day that is over; not withheld, so for no other eyes."""
    counts = _sums_of_days_over(now)
    publishes, keys, chaff = (
        counts.get(measure.value, 0) for measure in (Measure.PUBLISHES, Measure.KEYS, Measure.CHAFF)
    )
    return PublishCounts(publishes, keys, chaff)


def counted_codes(now: datetime) -> Mapping[str, int]:
    """What happened to codes everywhere, as long as :func:`counted_publishes`, and for the same eyes."""
    counts = _sums_of_days_over(now)
    return {measure.removeprefix("codes-"): counts.get(measure.value, 0) for measure in _OF_CODES}


def _sums_of_days_over(now: datetime) -> Mapping[str, int]:
    rows = StatisticCount.objects.filter(day__lte=last_day_told(now, timedelta()))
    return dict(rows.values_list("measure").annotate(Sum("count")).order_by())


def figures_until(now: datetime) -> date:
    """The last day of which figures are told, by the setting ``BLUEZONE_STATISTICS_EMBARGO_HOURS``."""
    return last_day_told(now, timedelta(hours=settings.BLUEZONE_STATISTICS_EMBARGO_HOURS))


def day_figures(scope: Scope, now: datetime, days: int = DAYS_TOLD) -> Sequence[DayFigures]:
    """The last days, newest first, as far back as anything has been counted."""
    last, first = figures_until(now), _first_day()
    if first is None:
        return []
    wanted = [last - timedelta(days=ago) for ago in range(days) if last - timedelta(days=ago) >= first]
    counts = _by_day(scope, wanted)
    return [_day(day, counts) for day in wanted]


def weeks_told(now: datetime) -> Sequence[date]:
    """The Mondays of the last weeks that are over, newest first, as far back as anything has been counted."""
    first = _first_day()
    if first is None:
        return []
    newest = monday_of(figures_until(now) + timedelta(days=1)) - _WEEK
    mondays = [newest - _WEEK * ago for ago in range(WEEKS_TOLD)]
    return [monday for monday in mondays if monday >= monday_of(first)]


def week_figures(scope: Scope, monday: date) -> WeekFigures:
    """What the figures of one of :func:`weeks_told` are made up of."""
    days = [monday + timedelta(days=at) for at in range(7)]
    by_day = _by_day(scope, days)
    issued, claimed, publishes = (
        [by_day[day, measure] for day in days]
        for measure in (Measure.ISSUED, Measure.CLAIMED, Measure.PUBLISHES)
    )
    covering = any(_day(day, by_day).claimed is Withheld.COVER for day in days)
    ages, onsets = _bins(scope, days, Measure.KEYS), _bins(scope, days, Measure.ONSETS)
    return WeekFigures(
        monday=monday,
        issued_by_type=_tell_named(issued, _by_type(scope, days, Measure.ISSUED)),
        issued_by_area=_tell_named(issued, _by_area(scope, days, Measure.ISSUED)),
        # Days that cover others would be given away by the sum of the week.
        claimed_by_area=None if covering else _tell_named(claimed, _by_area(scope, days, Measure.CLAIMED)),
        publishes_by_type=_tell_named(publishes, _by_type(scope, days, Measure.PUBLISHES)),
        ages=tell_parts(publishes, [ages[age] for age in range(AGE_BINS)]),
        onsets=tell_parts(publishes, [onsets[at] for at in (*range(ONSET_BINS), ONSET_UNKNOWN)]),
    )


def _day(day: date, counts: Mapping[tuple[date, str], int]) -> DayFigures:
    def of(measure: Measure) -> int:
        return counts[day, measure]

    issued = of(Measure.ISSUED)
    outcomes = tell_outcomes(issued, [of(Measure.CLAIMED), of(Measure.EXPIRED), of(Measure.REVOKED)])
    claimed, expired, revoked = outcomes
    return DayFigures(
        day=day,
        issued=tell(issued),
        claimed=claimed,
        expired=expired,
        revoked=revoked,
        publishes=tell(of(Measure.PUBLISHES)),
        keys=tell(of(Measure.KEYS), people=of(Measure.PUBLISHES)),
        revisions=tell(of(Measure.REVISIONS)),
    )


def _tell_named(days: Sequence[int], parts: Mapping[_Name, int]) -> Mapping[_Name, Figure] | None:
    told = tell_parts(days, list(parts.values()))
    return None if told is None else dict(zip(parts, told, strict=True))


def _first_day() -> date | None:
    measures = [*_OF_CODES, *_OF_PUBLISHES]
    first: date | None = StatisticCount.objects.filter(measure__in=measures).aggregate(day=Min("day"))["day"]
    return first


def _counts(scope: Scope, days: Iterable[date]) -> QuerySet[StatisticCount]:
    """Codes of the scope; publishes have no area and are everybody's."""
    rows = StatisticCount.objects.filter(day__in=days)
    codes = scope.filter(rows.filter(measure__in=_OF_CODES), "area_path")
    publishes = rows.filter(measure__in=_OF_PUBLISHES, area_path=EVERYWHERE)
    return rows.filter(Q(pk__in=codes.values("pk")) | Q(pk__in=publishes.values("pk")))


def _by_day(scope: Scope, days: Sequence[date]) -> Counter[tuple[date, str]]:
    rows = _counts(scope, days).values_list("day", "measure").annotate(total=Sum("count")).order_by()
    return Counter({(day, measure): total for day, measure, total in rows})


def _bins(scope: Scope, days: Sequence[date], measure: Measure) -> Counter[int]:
    rows = _counts(scope, days).filter(measure=measure).values_list("bin").annotate(total=Sum("count"))
    return Counter(dict(rows.order_by()))


def _by_type(scope: Scope, days: Sequence[date], measure: Measure) -> Mapping[ReportTypeName, int]:
    bins = _bins(scope, days, measure)
    return {report_type: bins[place] for report_type, place in REPORT_TYPE_BINS.items()}


def _by_area(scope: Scope, days: Sequence[date], measure: Measure) -> Mapping[str, int]:
    rows = _counts(scope, days).filter(measure=measure).values_list("area_path").annotate(total=Sum("count"))
    groups: Counter[str] = Counter()
    prefixes = () if scope.unlimited else sorted(scope.prefixes)
    for path, total in rows.order_by():
        groups[area_group(path, prefixes)] += total
    return dict(sorted(groups.items()))
