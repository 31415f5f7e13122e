"""Reads of imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from bluezone.authority.tabular.models import ImportRun

__all__ = ["runs_within"]

_LOOKED_AT = 200
_SHOWN = 50


def runs_within(
    kind: str,
    rows: QuerySet[Any],
    inside: QuerySet[Any],
    *more: tuple[QuerySet[Any], QuerySet[Any]],
    by: str = "import_run",
) -> Sequence[ImportRun]:
    """The last imports of a kind all of whose rows lie in a scope, newest first, those taken back too.

    :param rows: what imports of this kind wrote; ``inside``: what of it lies in the scope.
    :param by: the rows' field that names their import.
    :param more: the same of other tables that they wrote to.
    """
    runs = list(ImportRun.objects.filter(kind=kind).order_by("-imported_at")[:_LOOKED_AT])
    found: list[ImportRun] = []
    for at in range(0, len(runs), _SHOWN):
        some = runs[at : at + _SHOWN]  # rows of all would be millions, and often the first will do
        tables = [
            (_counts(all_of, some, by), _counts(within, some, by))
            for all_of, within in ((rows, inside), *more)
        ]
        found += [
            run
            for run in some
            if any(run.pk in all_of for all_of, _ in tables)
            and all(all_of.get(run.pk) == within.get(run.pk) for all_of, within in tables)
        ]
        if len(found) >= _SHOWN:
            break
    return found[:_SHOWN]


def _counts(rows: QuerySet[Any], runs: Sequence[ImportRun], by: str) -> Mapping[UUID, int]:
    some = rows.filter(**{f"{by}__in": runs}).order_by()
    return dict(some.values_list(by).annotate(count=Count("*")))
