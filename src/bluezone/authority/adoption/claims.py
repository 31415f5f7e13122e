"""Reads of what apps say of themselves, within a scope: unauthenticated, and apart from what was counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import UNAUTHENTICATED, Metric
from bluezone.authority.adoption.models import Fact
from bluezone.authority.areas.models import Area

__all__ = ["claimed_on"]


def claimed_on(areas: Iterable[Area], day: date, scope: Scope) -> Mapping[int, Mapping[Metric, int]]:
    """By areas' keys what apps said on that very day; areas of which nothing is told are absent."""
    facts = Fact.objects.filter(
        area__in=[one.pk for one in areas], as_of=day, source__in=UNAUTHENTICATED, ended_at=None
    )
    found: dict[int, dict[Metric, int]] = {}
    for area, metric, value in scope.filter(facts, "area__path").values_list("area", "metric", "value"):
        found.setdefault(area, {})[Metric(metric)] = value
    return found
