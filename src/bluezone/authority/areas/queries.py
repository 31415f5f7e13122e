"""Reads of areas, within a scope and on a date."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area

__all__ = ["areas_on", "known_path"]


def areas_on(day: date, scope: Scope) -> QuerySet[Area]:
    """The areas that exist on a day and lie inside the scope, in the order of the tree."""
    valid = Area.objects.filter(Q(valid_until=None) | Q(valid_until__gt=day), valid_from__lte=day)
    return scope.filter(valid, "path").order_by("path")


def known_path(path: str, scope: Scope) -> bool:
    """Whether any version of an area inside the scope has this path."""
    return scope.filter(Area.objects.filter(path=path), "path").exists()
