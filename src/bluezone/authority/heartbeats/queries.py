"""Reads of heartbeats, within a scope: what remains of closed days, ward by ward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.claims import claimed_on
from bluezone.authority.adoption.metrics import Metric
from bluezone.authority.areas.models import Area, Level
from bluezone.authority.areas.queries import areas_on
from bluezone.authority.heartbeats.models import ClosedDay, PlatformCount
from bluezone.protocols.heartbeat import Platform

__all__ = ["WardOfDay", "last_closed_day", "platforms_of", "wards_of"]


@dataclass(frozen=True, slots=True)
class WardOfDay:
    """A ward and what apps there said of themselves; ``None``: fewer than 10, or nobody asked them yet."""

    area: Area
    active: int | None
    tracing: int | None


def last_closed_day() -> date | None:
    """The newest day of which there are counts; ``None`` before the first."""
    return ClosedDay.objects.order_by("-day").values_list("day", flat=True).first()


def wards_of(area: Area, day: date, scope: Scope) -> Sequence[WardOfDay]:
    """The wards in an area on a day, itself if it is one, in the order of the tree."""
    wards = list(Scope.of([area.path]).filter(areas_on(day, scope), "path").filter(level=Level.WARD))
    claimed = claimed_on(wards, day, scope)
    return [
        WardOfDay(one, found.get(Metric.ACTIVE_24H), found.get(Metric.TRACING_ON))
        for one in wards
        for found in [claimed.get(one.pk, {})]
    ]


def platforms_of(day: date, scope: Scope) -> Mapping[Platform, int]:
    """Apps by platform, of all wards together: for those alone who may see all wards."""
    if not scope.unlimited:
        return {}
    rows = PlatformCount.objects.filter(day=day).values_list("platform", "active")
    return {Platform(platform): active for platform, active in rows}
