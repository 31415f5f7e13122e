"""Reads of imports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, QuerySet

from bluezone.authority.tabular.models import ImportRun

__all__ = ["runs_within"]

_LOOKED_AT = 200
_SHOWN = 50


def runs_within(kind: str, rows: QuerySet[Any], inside: QuerySet[Any]) -> Sequence[ImportRun]:
    """The last imports of a kind all of whose rows lie in a scope, newest first, those taken back too.

    :param rows: what imports of this kind wrote, by ``import_run``; ``inside``: what of it lies in the scope.
    """
    runs = list(ImportRun.objects.filter(kind=kind).order_by("-imported_at")[:_LOOKED_AT])
    all_of, within = (
        dict(
            some.filter(import_run__in=runs).order_by().values_list("import_run").annotate(count=Count("pk"))
        )
        for some in (rows, inside)
    )
    return [run for run in runs if run.pk in within and within[run.pk] == all_of[run.pk]][:_SHOWN]
