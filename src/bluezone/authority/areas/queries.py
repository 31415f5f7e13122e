"""Reads of areas, within a scope and on a date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import takewhile
from typing import Any

from django.db.models import Max, Q, QuerySet

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area, Boundary, Level, Succession
from bluezone.authority.areas.rules import AreaKey, Link

__all__ = [
    "any_boundary",
    "area_on",
    "areas_in_use",
    "areas_on",
    "boundaries_of",
    "highest_on",
    "known_path",
    "offered",
    "parents_on",
    "parts_of_all_on",
    "parts_on",
    "paths_of_code",
    "shared_area",
    "successions",
    "turning_days",
    "versions_at",
]

_KEYS_AT_ONCE = 500


def areas_on(day: date, scope: Scope) -> QuerySet[Area]:
    """The areas that exist on a day and lie inside the scope, in the order of the tree."""
    valid = Area.objects.filter(Q(valid_until=None) | Q(valid_until__gt=day), valid_from__lte=day)
    return scope.filter(valid, "path").order_by("path")


def areas_in_use(day: date, scope: Scope) -> QuerySet[Area]:
    """The areas of a day; where a scope holds none any more, those that it held last.

    A district that was abolished still has staff, until somebody grants them what came after it.
    """
    present = areas_on(day, scope)
    if present.exists():
        return present
    ended = scope.filter(Area.objects.filter(valid_until__lte=day), "path")
    last = ended.aggregate(last=Max("valid_until"))["last"]
    return ended.filter(valid_until=last).order_by("path")


def offered(areas: QuerySet[Area], near: Area | None = None) -> QuerySet[Area]:
    """Of some areas those that a form offers: down to wards, and below the ward of one that is chosen.

    A city has tens of thousands of alleys. Who holds a single ward, or less, is offered all of it.
    """
    if len(areas.filter(level=Level.WARD)[:2]) < 2:
        return areas
    wanted = ~Q(level__in=(Level.RESIDENTIAL_GROUP, Level.ALLEY))
    if near is not None:
        above = ["/".join(near.path.split("/")[:depth]) for depth in range(1, near.path.count("/") + 2)]
        ward = areas.filter(level=Level.WARD, path__in=above).first()
        if ward is not None:
            return areas.filter(wanted) | Scope.of([ward.path]).filter(areas, "path")
    return areas.filter(wanted)


def highest_on(day: date, scope: Scope) -> QuerySet[Area]:
    """The areas of a day that a scope is made of: those that were granted, or the cities where all are."""
    present = areas_on(day, scope)
    return present.filter(parent=None) if scope.unlimited else present.filter(path__in=scope.prefixes)


def area_on(code: str, day: date, scope: Scope) -> Area | None:
    """The area of this code on a day, or the last that had it; ``None`` where the scope has no such."""
    versions = scope.filter(Area.objects.filter(code=code, valid_from__lte=day), "path")
    return versions.order_by("-valid_from").first()


def parts_on(area: Area, day: date, scope: Scope) -> QuerySet[Area]:
    """The areas right below one that exist on a day. They may have come to be under its former name."""
    return areas_on(day, scope).filter(parent__path=area.path)


def parts_of_all_on(areas: Iterable[Area], day: date, scope: Scope) -> QuerySet[Area]:
    """The areas right below any of these that exist on a day."""
    return areas_on(day, scope).filter(parent__path__in={one.path for one in areas})


def parents_on(area: Area, day: date, scope: Scope) -> Sequence[Area]:
    """The areas above one as they were on a day, from the highest that the scope allows."""
    codes = area.path.split("/")
    paths = ["/".join(codes[:depth]) for depth in range(1, len(codes))]
    return list(areas_on(day, scope).filter(path__in=paths))


def boundaries_of(areas: Iterable[Area], scope: Scope) -> Mapping[int, Any]:
    """By the areas' keys, where they lie: polygons of rings of longitude and latitude."""
    return dict(_current_boundaries(areas, scope).values_list("area", "polygons"))


def any_boundary(areas: Iterable[Area], scope: Scope) -> bool:
    """Whether it is known where any of these areas lies."""
    return _current_boundaries(areas, scope).exists()


def known_path(path: str, scope: Scope) -> bool:
    """Whether any version of an area inside the scope has this path."""
    return scope.filter(Area.objects.filter(path=path), "path").exists()


def paths_of_code(code: str, scope: Scope) -> Sequence[str]:
    """Every path at which areas of this code are or were: codes are used again."""
    found = scope.filter(Area.objects.filter(code=code), "path").values_list("path", flat=True)
    return sorted(set(found))


def versions_at(paths: Iterable[str], scope: Scope) -> QuerySet[Area]:
    """Every version of the areas at these paths, the newest last."""
    return scope.filter(Area.objects.filter(path__in=list(paths)), "path").order_by("path", "valid_from")


def successions() -> tuple[Sequence[Link], frozenset[AreaKey]]:
    """What became of areas, and which gained ground elsewhere: what :mod:`.rules` decides on."""
    links = [
        Link(
            AreaKey(one.predecessor.code, one.predecessor.valid_from),
            AreaKey(one.successor.code, one.successor.valid_from),
            one.whole,
        )
        for one in Succession.objects.select_related("predecessor", "successor")
    ]
    gained = Area.objects.filter(gained_elsewhere=True).values_list("code", "valid_from")
    return links, frozenset(AreaKey(code, day) for code, day in gained)


def turning_days(scope: Scope) -> Sequence[date]:
    """The days in order on which areas of a scope begin or end; between two of them there are the same."""
    areas = scope.filter(Area.objects.order_by(), "path")
    begin = areas.values_list("valid_from", flat=True).distinct()
    end = areas.filter(valid_until__isnull=False).values_list("valid_until", flat=True).distinct()
    return sorted({*begin, *(day for day in end if day is not None)})


def _current_boundaries(areas: Iterable[Area], scope: Scope) -> QuerySet[Boundary]:
    current = Boundary.objects.filter(area__in=[one.pk for one in areas], replaced_in=None)
    return scope.filter(current, "area__path")


def shared_area(areas: Iterable[int]) -> str | None:
    """The path of the smallest area that holds all of these, by their keys; ``None`` where none does."""
    keys, shared = sorted(set(areas)), None
    for at in range(0, len(keys), _KEYS_AT_ONCE):
        for path in Area.objects.filter(pk__in=keys[at : at + _KEYS_AT_ONCE]).values_list("path", flat=True):
            segments = path.split("/")
            pairs = zip(segments if shared is None else shared, segments, strict=False)
            shared = [one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]
    return "/".join(shared) if shared else None
