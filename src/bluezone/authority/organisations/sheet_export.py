"""Organisations as a sheet that an import understands; brought in again as it is, it changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from django.db.models import QuerySet

from bluezone.authority.organisations.kinds import KIND_NAMES, Kind, People
from bluezone.authority.organisations.models import Headcount, Organisation, SchoolClass
from bluezone.authority.organisations.rules import school_year_text
from bluezone.authority.organisations.sheet_cells import COLUMNS
from bluezone.authority.tabular.sheets import Cell

__all__ = ["HEADING", "sheet_rows"]

_KEYS = (
    "key", "code", "name", "kind", "manager", "manager_code", "area_code", "area", "address", "as_of",
    "staff", "pupils", "members", "school_year", "class",
)  # fmt: skip
HEADING = tuple({column.key: column.title for column in COLUMNS}[key] for key in _KEYS)
"""Without contact persons: they are shown one by one, and on record."""

_BATCH = 1_000

_Newest = Mapping[int, tuple[date, Mapping[str, int]]]


def sheet_rows(organisations: QuerySet[Organisation]) -> Iterator[Sequence[Cell]]:
    """Each organisation with the figures of the newest day on which it was counted, then its classes."""
    keys = list(organisations.values_list("pk", flat=True))
    for start in range(0, len(keys), _BATCH):
        part = keys[start : start + _BATCH]
        rows = Organisation.objects.select_related("located_in", "managed_by").in_bulk(part)
        counts = Headcount.objects.filter(ended_at=None, organisation__in=part)
        whole = _newest(
            counts.filter(school_class=None).values_list("organisation", "as_of", "people", "value")
        )
        rolls = _newest(
            counts.filter(school_class__isnull=False).values_list("school_class", "as_of", "people", "value")
        )
        classes: dict[int, list[SchoolClass]] = {}
        for one in SchoolClass.objects.filter(withdrawn_at=None, school__in=part).order_by(
            "school_year", "name"
        ):
            classes.setdefault(one.school_id, []).append(one)
        for pk in part:
            yield _row(rows[pk], whole)
            for school_class in classes.get(pk, ()):
                yield _class_row(rows[pk], school_class, rolls)


def _newest(counts: Iterable[tuple[int, date, str, int]]) -> _Newest:
    found: dict[int, tuple[date, dict[str, int]]] = {}
    for pk, as_of, people, value in counts:
        if pk not in found or found[pk][0] < as_of:
            found[pk] = (as_of, {})
        if found[pk][0] == as_of:
            found[pk][1][people] = value
    return found


def _row(one: Organisation, whole: _Newest) -> Sequence[Cell]:
    manager = one.managed_by
    return (
        one.key,
        one.code or None,
        one.name,
        KIND_NAMES[Kind(one.kind)],
        (one.managed_by_name if manager is None else manager.name) or None,
        None if manager is None else manager.code or None,
        one.located_in.code,
        one.located_in.name,
        one.address or None,
        *_counts(one.pk, whole),
        None,
        None,
    )


def _class_row(school: Organisation, one: SchoolClass, rolls: _Newest) -> Sequence[Cell]:
    return (
        school.key,
        school.code or None,
        school.name,
        *[None] * 6,
        *_counts(one.pk, rolls),
        school_year_text(one.school_year),
        one.name,
    )


def _counts(pk: int, newest: _Newest) -> Sequence[Cell]:
    day, counts = newest.get(pk, (None, {}))
    return (day, *(counts.get(people.value) for people in (People.STAFF, People.PUPILS, People.MEMBERS)))
