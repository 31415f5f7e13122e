"""Reads of the limits of a day: what was set, by whom and why."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from bluezone.authority.access.scope import Scope
from bluezone.authority.keys.models import IssueLimit

__all__ = ["limits_set"]


def limits_set(since: date, scope: Scope) -> QuerySet[IssueLimit]:
    """Every limit that was set inside the scope for a day or one after it, also those that were replaced."""
    rows = IssueLimit.objects.filter(day__gte=since).select_related("set_by")
    return scope.filter(rows, "area_path").order_by("-pk")
