"""Reads of the ledger, within a scope: rates of a day with all that they rest on, and how they moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, Max, OuterRef, QuerySet, Subquery, Value, When

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import BASES, INSTALLS, UNAUTHENTICATED, Metric, Source
from bluezone.authority.adoption.models import Fact
from bluezone.authority.adoption.rules import RankRange, percent_of, rank_ranges, rate_text
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import parts_on
from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.queries import runs_within

__all__ = [
    "Figure",
    "Overview",
    "Part",
    "Rate",
    "RateOfDay",
    "imports",
    "letters_rate",
    "newest_day",
    "overview",
    "rate_histories",
    "rate_history",
    "rates_on",
]

_TRUST = (Source.CITY_SHEET, Source.TYPED, Source.RETURN, Source.CAMPAIGN)
"""Of several sources on the same day, the earlier in this order is shown."""

_BY_TRUST = Case(*(When(source=one.value, then=Value(at)) for at, one in enumerate(_TRUST)))


@dataclass(frozen=True, slots=True)
class Figure:
    """A count with what it is a count of."""

    metric: Metric
    value: int
    definition: str
    source: Source
    as_of: date


@dataclass(frozen=True, slots=True)
class Rate:
    """One figure over another. They may be of different days, which are told."""

    numerator: Figure
    denominator: Figure

    @property
    def percent(self) -> Decimal | None:
        """With two decimals; ``None`` over nothing."""
        return percent_of(self.numerator.value, self.denominator.value)

    @property
    def text(self) -> str:
        """As official letters have it."""
        return rate_text(self.numerator.value, self.denominator.value)


@dataclass(frozen=True, slots=True)
class RateOfDay:
    """A point of a chart; a line does not run on to the next one where a definition changed."""

    as_of: date
    rate: Rate

    @property
    def definitions(self) -> tuple[str, str]:
        """Of numerator and denominator: points with others are not comparable."""
        return (self.rate.numerator.definition, self.rate.denominator.definition)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an area: its rate, if it has reported, and where that stands among the others'."""

    area: Area
    rate: Rate | None
    rank: RankRange | None


@dataclass(frozen=True, slots=True)
class Overview:
    """An area and its parts on a day."""

    area: Area
    day: date
    rates: Sequence[Rate]
    parts: tuple[Part, ...]
    not_broken_down: int | None
    """Installs of the area's total that no part has reported; may be negative, where dates differ."""


def rates_on(areas: Iterable[Area], day: date, scope: Scope) -> Mapping[int, Sequence[Rate]]:
    """For each area (by key) the rates as they were known of a day.

    Each is of the newest figure up to that day, over the newest base up to the figure's own day. The letter's
    rate, of phone-linked installs over smartphones, comes first.
    """
    keys = [one.pk for one in areas if scope.allows(one.path)]
    installs = _newest(keys, INSTALLS, day)
    rates: dict[int, list[Rate]] = {key: [] for key in keys}
    bases: dict[date, Mapping[tuple[int, Metric], Figure]] = {}
    for key in keys:
        for metric in INSTALLS:
            numerator = installs.get((key, metric))
            if numerator is None:
                continue
            if numerator.as_of not in bases:
                bases[numerator.as_of] = _newest(keys, BASES, numerator.as_of)
            found = (bases[numerator.as_of].get((key, base)) for base in BASES)
            rates[key] += [Rate(numerator, denominator) for denominator in found if denominator is not None]
    return rates


def rate_history(area: Area, numerator: Metric, denominator: Metric, scope: Scope) -> Sequence[RateOfDay]:
    """How a rate moved: one point for each day of which one source has both figures."""
    return rate_histories([area], numerator, denominator, scope).get(area.pk, [])


def rate_histories(
    areas: Iterable[Area],
    numerator: Metric,
    denominator: Metric,
    scope: Scope,
    *,
    since: date = date.min,
    until: date = date.max,
) -> Mapping[int, Sequence[RateOfDay]]:
    """How a rate moved in each area (by key), in one look into the ledger; areas without any are left out."""
    keys = [one.pk for one in areas if scope.allows(one.path)]
    facts = _counted().filter(
        area__in=keys, metric__in=[numerator.value, denominator.value], as_of__range=(since, until)
    )
    by_day: dict[tuple[int, date, Source], dict[Metric, Figure]] = {}
    for fact in facts:
        slot = (fact.area_id, fact.as_of, Source(fact.source))
        by_day.setdefault(slot, {})[Metric(fact.metric)] = _figure(fact)
    points: dict[int, dict[date, RateOfDay]] = {}
    for key, day, source in sorted(by_day, key=lambda one: (one[1], _TRUST.index(one[2]))):
        pair = by_day[key, day, source]
        if len(pair) == 2:
            rate = RateOfDay(day, Rate(pair[numerator], pair[denominator]))
            points.setdefault(key, {}).setdefault(day, rate)
    return {key: list(found.values()) for key, found in points.items()}


def overview(area: Area, day: date, scope: Scope) -> Overview:
    """The letter's rate of an area and of each of its parts, as of a day.

    The parts are those that existed on that day. What they do not add up to is told, never spread over them.
    """
    parts = parts_on(area, day, scope)
    rates = rates_on([area, *parts], day, scope)
    letters = {key: letters_rate(found) for key, found in rates.items()}
    known = [(one, rate) for one in parts if (rate := letters.get(one.pk)) and rate.denominator.value]
    ranks = rank_ranges([(rate.numerator.value, rate.denominator.value) for _, rate in known])
    by_area = {one.pk: rank for (one, _), rank in zip(known, ranks, strict=True)}
    total, broken_down = letters.get(area.pk), [rate for _, rate in known]
    return Overview(
        area,
        day,
        rates.get(area.pk, ()),
        tuple(Part(one, letters.get(one.pk), by_area.get(one.pk)) for one in parts),
        None if total is None else total.numerator.value - sum(one.numerator.value for one in broken_down),
    )


def newest_day(scope: Scope) -> date | None:
    """The day of the newest counted figures in a scope; ``None`` without any."""
    found: date | None = scope.filter(_counted(), "area__path").aggregate(newest=Max("as_of"))["newest"]
    return found


def imports(scope: Scope) -> Sequence[ImportRun]:
    """The last imports all of whose rows lie in a scope, newest first, those taken back too."""
    facts = Fact.objects.filter(import_run__isnull=False)
    return runs_within("adoption", facts, scope.filter(facts, "area__path"))


def letters_rate(rates: Sequence[Rate]) -> Rate | None:
    """Of the rates of an area the one that the letter tells: phone-linked installs over smartphones."""
    wanted = (Metric.PHONE_LINKED, Metric.SMARTPHONES)
    return next((one for one in rates if (one.numerator.metric, one.denominator.metric) == wanted), None)


def _newest(keys: Sequence[int], metrics: Sequence[Metric], day: date) -> Mapping[tuple[int, Metric], Figure]:
    """The newest current fact of each area and metric up to a day: one look into the index for each."""
    wanted = {
        metric.name: Subquery(
            _counted()
            .filter(area=OuterRef("pk"), metric=metric.value, as_of__lte=day)
            .order_by("-as_of", _BY_TRUST)
            .values("pk")[:1]
        )
        for metric in metrics
    }
    rows = Area.objects.filter(pk__in=keys).values_list(*wanted.values())
    facts = Fact.objects.in_bulk([one for row in rows for one in row if one is not None])
    return {(one.area_id, Metric(one.metric)): _figure(one) for one in facts.values()}


def _counted() -> QuerySet[Fact]:
    """What counts, without what apps say of themselves, which stands in the place of no other figure."""
    return Fact.objects.filter(ended_at=None).exclude(source__in=UNAUTHENTICATED)


def _figure(fact: Fact) -> Figure:
    return Figure(Metric(fact.metric), fact.value, fact.definition, Source(fact.source), fact.as_of)
