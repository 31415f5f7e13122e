"""All that the registry knows of one area on a day: above and below it, what it came of and became."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area, Succession
from bluezone.authority.areas.queries import any_boundary, areas_in_use, highest_on, parents_on, parts_on

__all__ = ["AreaCard", "Kin", "card_of", "highest_areas"]


class Kin(NamedTuple):
    """An area that another came of or became; of areas outside the scope no more than this is told."""

    area: Area
    whole: bool


@dataclass(frozen=True, slots=True)
class AreaCard:
    """One version of an area."""

    area: Area
    parents: Sequence[Area]
    parts: Sequence[Area]
    came_from: Sequence[Kin]
    became: Sequence[Kin]
    other_versions: Sequence[Area]
    """Of the same code at other times, in the scope: codes are reused."""

    has_boundary: bool


def card_of(area: Area, day: date, scope: Scope) -> AreaCard:
    """The card of a version that the scope holds, with its parts of a day."""
    links = Succession.objects.select_related("predecessor", "successor")
    versions = scope.filter(Area.objects.filter(code=area.code), "path").exclude(pk=area.pk)
    return AreaCard(
        area,
        parents_on(area, day, scope),
        list(parts_on(area, day, scope)),
        [
            Kin(one.predecessor, one.whole)
            for one in links.filter(successor=area).order_by("predecessor__code")
        ],
        [Kin(one.successor, one.whole) for one in links.filter(predecessor=area).order_by("successor__code")],
        list(versions.order_by("valid_from")),
        any_boundary([area], scope),
    )


def highest_areas(day: date, scope: Scope) -> Sequence[Area]:
    """The areas that a scope is made of on a day; where it holds none any more, the last."""
    if present := list(highest_on(day, scope)):
        return present
    areas = list(areas_in_use(day, scope))
    paths = {one.path for one in areas}
    return [one for one in areas if one.path.rpartition("/")[0] not in paths]
