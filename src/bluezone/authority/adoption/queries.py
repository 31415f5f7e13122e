"""Reads of the ledger, within a scope: rates of a day with all that they rest on, and how they moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, Max, OuterRef, QuerySet, Subquery, Value, When

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import BASES, INSTALLS, TRUST, UNAUTHENTICATED, Metric, Source
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
    "PartsSum",
    "Rate",
    "RateOfDay",
    "Remainder",
    "figures_alone",
    "imports",
    "letters_rate",
    "letters_rates_on",
    "newest_day",
    "overview",
    "rate_histories",
    "rate_history",
    "rates_on",
]

_RANKS = {one.value: at for at, one in enumerate(TRUST)}
_BY_TRUST = Case(*(When(source=one.value, then=Value(at)) for at, one in enumerate(TRUST)))
_LETTERS = (Metric.PHONE_LINKED, Metric.SMARTPHONES)
_FIGURE = ("metric", "value", "definition", "source", "as_of")
_AREAS_AT_ONCE = 500
"""Databases take so many values in a query, and not many times as many."""


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

    @property
    def definitions(self) -> tuple[str, str]:
        """Of numerator and denominator: rates with others are not comparable."""
        return (self.numerator.definition, self.denominator.definition)


@dataclass(frozen=True, slots=True)
class RateOfDay:
    """A point of a chart; a line does not run on to the next one where a definition changed."""

    as_of: date
    rate: Rate

    @property
    def definitions(self) -> tuple[str, str]:
        """Of numerator and denominator: points with others are not comparable."""
        return self.rate.definitions


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an area: its rate, if it has reported, and where that stands among the others'."""

    area: Area
    rate: Rate | None
    rank: RankRange | None
    alone: tuple[Figure, ...] = ()
    """Without a rate: what there is of installs and smartphones."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """What an area's total has beyond what its parts reported for the very day of that total."""

    total: Figure
    reported: int
    reporting: int
    """How many parts reported for that day."""

    @property
    def left(self) -> int:
        """Not broken down; below 0 where the parts add up to more than the total."""
        return self.total.value - self.reported


@dataclass(frozen=True, slots=True)
class PartsSum:
    """What the parts that reported add up to; of those that did not it says nothing."""

    numerator: int
    denominator: int
    reporting: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Overview:
    """An area and its parts on a day."""

    area: Area
    day: date
    rates: Sequence[Rate]
    alone: Sequence[Figure]
    """Figures of the area that are in no rate."""

    parts: tuple[Part, ...]
    remainder: Remainder | None
    """Of the area's installs, where there is a total and parts."""

    @property
    def mixed(self) -> bool:
        """Whether the parts are not all counted by the same definitions."""
        return len({one.rate.definitions for one in self.parts if one.rate is not None}) > 1

    @property
    def sum_of_parts(self) -> PartsSum | None:
        """Where nobody gave a total; ``None`` too where parts are counted by several definitions."""
        known = [one.rate for one in self.parts if one.rate is not None]
        if not known or self.mixed or letters_rate(self.rates) is not None:
            return None
        days = [figure.as_of for one in known for figure in (one.numerator, one.denominator)]
        return PartsSum(
            sum(one.numerator.value for one in known),
            sum(one.denominator.value for one in known),
            len(known),
            min(days),
            max(days),
        )


def rates_on(
    areas: Iterable[Area],
    day: date,
    scope: Scope,
    installs: Sequence[Metric] = INSTALLS,
    bases: Sequence[Metric] = BASES,
) -> Mapping[int, Sequence[Rate]]:
    """For each area (by key) the rates as they were known of a day.

    Each is of the newest figure up to that day, over the newest base up to the figure's own day. The letter's
    rate, of phone-linked installs over smartphones, comes first.
    """
    keys = [one.pk for one in areas if scope.allows(one.path)]
    rates: dict[int, list[Rate]] = {key: [] for key in keys}
    for at in range(0, len(keys), _AREAS_AT_ONCE):
        numerators = _newest(keys[at : at + _AREAS_AT_ONCE], installs, day)
        known = _newest_bases(numerators, bases)
        for key, _, numerator in numerators:
            found = (known.get((key, numerator.as_of, base)) for base in bases)
            rates[key] += [Rate(numerator, denominator) for denominator in found if denominator is not None]
    return rates


def letters_rates_on(areas: Iterable[Area], day: date, scope: Scope) -> Mapping[int, Rate]:
    """By the areas' keys their letter's rate alone, as it was known of a day; those without are left out."""
    found = rates_on(areas, day, scope, _LETTERS[:1], _LETTERS[1:])
    return {key: rates[0] for key, rates in found.items() if rates}


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
    # A page may ask for a hundred thousand of them: figures are made of those that are told alone.
    pairs: dict[tuple[date, int, int], dict[str, tuple[int, str]]] = {}
    columns = ("area_id", "as_of", "source", "metric", "value", "definition")
    for key, day, source, metric, *said in facts.values_list(*columns):
        pairs.setdefault((day, _RANKS[source], key), {})[metric] = (said[0], said[1])
    points: dict[int, dict[date, RateOfDay]] = {}
    for day, rank, key in sorted(slot for slot, pair in pairs.items() if len(pair) == 2):
        if day not in points.setdefault(key, {}):
            pair, source = pairs[day, rank, key], TRUST[rank]
            over, under = (Figure(metric, *pair[metric], source, day) for metric in (numerator, denominator))
            points[key][day] = RateOfDay(day, Rate(over, under))
    return {key: list(found.values()) for key, found in points.items()}


def overview(area: Area, day: date, scope: Scope) -> Overview:
    """The letter's rate of an area and of each of its parts, as of a day.

    The parts are those that existed on that day. What they do not add up to is told, never spread over them.
    """
    parts = list(parts_on(area, day, scope))
    rates = rates_on([area], day, scope).get(area.pk, ())
    alone = figures_alone(area, rates, day, scope)
    letters = letters_rates_on(parts, day, scope)
    known = [(one, rate) for one in parts if (rate := letters.get(one.pk)) and rate.denominator.value]
    by_area = _ranks({one.pk: rate for one, rate in known})
    without = _newest_by_area([one.pk for one in parts if one.pk not in letters], _LETTERS, day)
    installs = [one.numerator for one in rates] + list(alone)
    total = next((one for one in installs if one.metric is Metric.PHONE_LINKED), None)
    return Overview(
        area,
        day,
        rates,
        alone,
        tuple(Part(one, letters.get(one.pk), by_area.get(one.pk), without.get(one.pk, ())) for one in parts),
        None if total is None or not parts else _remainder(total, [one.pk for one in parts]),
    )


def _ranks(rates: Mapping[int, Rate]) -> Mapping[int, RankRange]:
    """Among those that are counted by the same definitions: others are not comparable."""
    alike: dict[tuple[str, str], list[int]] = {}
    for key, rate in rates.items():
        alike.setdefault(rate.definitions, []).append(key)
    found: dict[int, RankRange] = {}
    for keys in alike.values():
        ranks = rank_ranges([(rates[one].numerator.value, rates[one].denominator.value) for one in keys])
        found |= dict(zip(keys, ranks, strict=True))
    return found


def figures_alone(area: Area, rates: Sequence[Rate], day: date, scope: Scope) -> Sequence[Figure]:
    """The newest figures of an area whose metric is in none of its rates: installs that lack their base."""
    told = {figure.metric for one in rates for figure in (one.numerator, one.denominator)}
    metrics = [one for one in Metric if one not in told]
    if not metrics or not scope.allows(area.path):
        return ()
    return _newest_by_area([area.pk], metrics, day).get(area.pk, ())


def newest_day(scope: Scope) -> date | None:
    """The day of the newest counted figures in a scope; ``None`` without any.

    One look into the index for each area and metric: a maximum over the ledger would read all of it. The
    letter's metrics go first. Apps tell others of themselves, which is not counted: of years of that only
    what is newer is passed over.
    """
    areas = scope.filter(Area.objects.order_by(), "path")
    first = _newest_of(areas, _LETTERS, None)
    others = [metric for metric in Metric if metric not in _LETTERS]
    return _newest_of(areas, others, first) or first


def imports(scope: Scope) -> Sequence[ImportRun]:
    """The last imports all of whose rows lie in a scope, newest first, those taken back too."""
    facts = Fact.objects.filter(import_run__isnull=False)
    areas = scope.filter(Area.objects.all(), "path").values("pk")  # looked up once, rather than for each fact
    return runs_within("adoption", facts, facts.filter(area__in=areas))


def letters_rate(rates: Sequence[Rate]) -> Rate | None:
    """Of the rates of an area the one that the letter tells: phone-linked installs over smartphones."""
    return next((one for one in rates if (one.numerator.metric, one.denominator.metric) == _LETTERS), None)


def _newest_by_area(
    keys: Sequence[int], metrics: Sequence[Metric], day: date
) -> Mapping[int, tuple[Figure, ...]]:
    found: dict[int, tuple[Figure, ...]] = {}
    for at in range(0, len(keys), _AREAS_AT_ONCE):
        for key, _, figure in _newest(keys[at : at + _AREAS_AT_ONCE], metrics, day):
            found[key] = (*found.get(key, ()), figure)
    return found


def _remainder(total: Figure, parts: Sequence[int]) -> Remainder:
    """Of one day alone: what was counted since then is not missing from the parts."""
    reported: dict[int, int] = {}
    for at in range(0, len(parts), _AREAS_AT_ONCE):
        facts = _counted().filter(
            area__in=parts[at : at + _AREAS_AT_ONCE], metric=total.metric.value, as_of=total.as_of
        )
        # The most trusted source of a part is the last.
        reported |= dict(facts.order_by(_BY_TRUST.desc()).values_list("area_id", "value"))
    return Remainder(total, sum(reported.values()), len(reported))


def _newest(keys: Sequence[int], metrics: Sequence[Metric], day: date) -> Sequence[tuple[int, int, Figure]]:
    """Areas with the newest current figure of each metric up to a day, and the number of that fact.

    One look into the index for each; areas and metrics in the order in which they are given.
    """
    wanted = [_first("pk", metric, Value(day)) for metric in metrics]
    facts = {key: found for key, *found in Area.objects.filter(pk__in=keys).values_list("pk", *wanted)}
    figures = _figures(one for found in facts.values() for one in found if one is not None)
    return [(key, one, figures[one]) for key in keys for one in facts.get(key, ()) if one is not None]


def _newest_bases(
    numerators: Sequence[tuple[int, int, Figure]], bases: Sequence[Metric]
) -> Mapping[tuple[int, date, Metric], Figure]:
    """For each area and day of a numerator the newest bases up to that day: one look for each, too."""
    days = {(key, figure.as_of): fact for key, fact, figure in numerators}
    wanted = [_first("area", metric, OuterRef("as_of")) for metric in bases]
    rows = list(Fact.objects.filter(pk__in=days.values()).values_list("area_id", "as_of", *wanted))
    figures = _figures(one for _, _, *found in rows for one in found if one is not None)
    return {
        (key, as_of, metric): figures[one]
        for key, as_of, *found in rows
        for metric, one in zip(bases, found, strict=True)
        if one is not None
    }


def _first(area: str, metric: Metric, day: Value | OuterRef) -> Subquery:
    """The number of the newest fact up to a day, in the area that a column of the query around it names."""
    facts = _counted().filter(area=OuterRef(area), metric=metric.value, as_of__lte=day)
    return Subquery(facts.order_by("-as_of", _BY_TRUST).values("pk")[:1])


def _newest_of(areas: QuerySet[Area], metrics: Sequence[Metric], after: date | None) -> date | None:
    """The newest day of counted figures of some metrics, if it is after another."""
    facts = _counted() if after is None else _counted().filter(as_of__gt=after)
    days = {
        metric.name: Subquery(
            facts.filter(area=OuterRef("pk"), metric=metric.value).order_by("-as_of").values("as_of")[:1]
        )
        for metric in metrics
    }
    found = areas.annotate(**days).aggregate(**{f"last_{name}": Max(name) for name in days})
    return max((one for one in found.values() if one is not None), default=None)


def _figures(facts: Iterable[int]) -> Mapping[int, Figure]:
    rows = Fact.objects.filter(pk__in=set(facts)).values_list("pk", *_FIGURE)
    return {key: _figure(*columns) for key, *columns in rows}


def _counted() -> QuerySet[Fact]:
    """What counts, without what apps say of themselves, which stands in the place of no other figure."""
    return Fact.objects.filter(ended_at=None).exclude(source__in=UNAUTHENTICATED)


def _figure(metric: str, value: int, definition: str, source: str, as_of: date) -> Figure:
    return Figure(Metric(metric), value, definition, Source(source), as_of)
