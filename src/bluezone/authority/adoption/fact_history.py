"""Everything that was ever said of one figure: what counts, what was replaced and withdrawn, by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import TRUST, Metric, Source
from bluezone.authority.adoption.models import Fact
from bluezone.authority.areas.models import Area

__all__ = ["FactState", "Saying", "history_of", "shown_instead", "typed_in"]

_COLUMNS = ("metric", "value", "source")


class FactState(StrEnum):
    """Whether what was said still counts."""

    CURRENT = "current"
    BESIDE = "beside"
    """Current too, but of several sources another one is shown."""

    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Saying:
    """One value that a source gave for an area, metric and day."""

    id: int
    value: int
    source: Source
    definition: str
    file_name: str
    """Of the import that brought it; empty where it was typed in."""

    entered_at: datetime
    entered_by: str
    state: FactState
    ended_at: datetime | None
    ended_by: str
    replaced_by: int | None
    """The value that came in its place."""


def history_of(area: Area, metric: Metric, as_of: date, scope: Scope) -> Sequence[Saying]:
    """All that was said of one figure, the newest first; nothing outside the scope."""
    facts = scope.filter(Fact.objects.filter(area=area, metric=metric.value, as_of=as_of), "area__path")
    rows = facts.select_related("superseded_by", "import_run").order_by("-entered_at", "-pk")
    said = [_saying(one) for one in rows]
    current = [one.source for one in said if one.state is FactState.CURRENT and one.source in TRUST]
    shown = min(current, key=TRUST.index, default=None)
    return [replace(one, state=FactState.BESIDE) if _is_beside(one, shown) else one for one in said]


def shown_instead(area: Area, as_of: date, scope: Scope) -> Mapping[Metric, tuple[int, Source]]:
    """Of a day the figures that are shown whatever is typed in: those of sources that go before it."""
    before = TRUST[: TRUST.index(Source.TYPED)]
    facts = scope.filter(
        Fact.objects.filter(area=area, as_of=as_of, source__in=before, ended_at=None), "area__path"
    )
    found = [(Metric(name), value, Source(one)) for name, value, one in facts.values_list(*_COLUMNS)]
    found.sort(key=lambda one: -before.index(one[2]))
    return {metric: (value, source) for metric, value, source in found}


def typed_in(area: Area, as_of: date, scope: Scope) -> Mapping[Metric, int]:
    """What counts of the figures that were typed in for a day."""
    facts = scope.filter(
        Fact.objects.filter(area=area, as_of=as_of, source=Source.TYPED.value, ended_at=None), "area__path"
    )
    return {Metric(metric): value for metric, value in facts.values_list("metric", "value")}


def _is_beside(one: Saying, shown: Source | None) -> bool:
    return one.state is FactState.CURRENT and one.source in TRUST and one.source is not shown


def _saying(fact: Fact) -> Saying:
    after = fact.superseded_by
    if fact.ended_at is None:
        state = FactState.CURRENT
    else:
        state = FactState.WITHDRAWN if after is None else FactState.SUPERSEDED
    return Saying(
        fact.pk,
        fact.value,
        Source(fact.source),
        fact.definition,
        "" if fact.import_run is None else fact.import_run.file_name,
        fact.entered_at,
        fact.entered_by,
        state,
        fact.ended_at,
        fact.ended_by if after is None else after.entered_by,
        None if after is None else after.value,
    )
