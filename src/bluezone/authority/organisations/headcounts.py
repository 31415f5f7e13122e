"""Headcounts are added; what the same organisation or class had for that day ends, and is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from bluezone.authority.organisations.models import Headcount

__all__ = ["add_headcounts", "current_counts"]

_BATCH = 2_000


def add_headcounts(wanted: Sequence[Headcount], now: datetime) -> int:
    """Add those that tell something new, inside the caller's transaction; how many."""
    organisations = {one.organisation_id for one in wanted}
    days = {one.as_of for one in wanted}
    rows = Headcount.objects.select_for_update().filter(
        ended_at=None, as_of__in=days, organisation_id__in=organisations
    )
    current = {_slot(one): one for one in rows}
    new = [one for one in wanted if _slot(one) not in current or current[_slot(one)].value != one.value]
    old = [current[_slot(one)] for one in new if _slot(one) in current]
    Headcount.objects.filter(pk__in=[one.pk for one in old]).update(ended_at=now)
    Headcount.objects.bulk_create(new, batch_size=_BATCH)
    by_slot = {_slot(one): one for one in new}
    for one in old:
        one.ended_at, one.superseded_by = now, by_slot[_slot(one)]
    Headcount.objects.bulk_update(old, ["ended_at", "superseded_by"], batch_size=500)
    return len(new)


def current_counts(
    organisations: Collection[int], days: Collection[date]
) -> Mapping[tuple[int, tuple[int, str] | None, str, date], int]:
    """What counts now, by organisation, class (the year it begins and its name), kind of people and day."""
    found: dict[tuple[int, tuple[int, str] | None, str, date], int] = {}
    wanted = sorted(organisations)
    for start in range(0, len(wanted), _BATCH):
        rows = Headcount.objects.filter(
            ended_at=None, as_of__in=days, organisation_id__in=wanted[start : start + _BATCH]
        )
        fields = (
            "school_class__school_year",
            "school_class__name",
            "organisation_id",
            "people",
            "as_of",
            "value",
        )
        for year, name, pk, people, as_of, value in rows.values_list(*fields):
            found[(pk, None if name is None else (year, name), people, as_of)] = value
    return found


def _slot(one: Headcount) -> tuple[int, int | None, str, date]:
    return (one.organisation_id, one.school_class_id, one.people, one.as_of)
