"""The writer of national lists: bring one in, take it back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max, Min, ProtectedError, Q

from bluezone.authority.access.audit import Actor
from bluezone.authority.areas.list_rules import Contradiction, Listed, Plan, Present, plan_list
from bluezone.authority.areas.models import Area, Level, Succession
from bluezone.authority.areas.national_list import NationalList
from bluezone.authority.tabular.faults import Said
from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.services import begin_import, undo_import
from bluezone.errors import Refused

__all__ = [
    "AreasInUse",
    "ListOutcome",
    "ListRefused",
    "contradiction_said",
    "import_list",
    "plan_import",
    "undo_list",
]

_KIND = "areas"
_BATCH = 2_000
_LEVELS = (Level.CITY, Level.DISTRICT, Level.WARD)

Progress = Callable[[int, int], None]
"""Rows written, and of how many."""


class ListRefused(Refused):
    """A list cannot come in: it has errors, contradicts the registry, or is older than one that is in."""


class AreasInUse(Refused):
    """A list cannot be taken back: later lists, figures or boundaries rest on its areas."""


@dataclass(frozen=True, slots=True)
class ListOutcome:
    """What an import did."""

    run: uuid.UUID
    plan: Plan


def plan_import(found: NationalList, day: date, *, whole_country: bool = False) -> Plan:
    """What an import would do; nothing is written.

    :raises ListRefused: a later list is in already: what it says of areas that ended would be lost.
    """
    lists = Area.objects.aggregate(
        began=Max("valid_from", filter=Q(listed_in__kind=_KIND)),
        ended=Max("valid_until", filter=Q(ended_in__kind=_KIND)),
    )
    latest = max((one for one in lists.values() if one is not None), default=day)
    if latest > day:
        raise ListRefused(
            f"a list of {latest:%d/%m/%Y} is in already: lists come in the order of days (undo that first)"
        )
    present = Area.objects.filter(Q(valid_until=None) | Q(valid_until__gt=day), valid_from__lte=day)
    rows = present.order_by("path").values_list(
        "pk", "level", "code", "name", "path", "valid_from", "valid_until"
    )
    return plan_list(found.areas, [Present(*one) for one in rows], day, whole_country=whole_country)


def contradiction_said(one: Contradiction) -> Said:
    """In words, with what the registry knows."""
    area = one.present
    known = f"{area.code} “{area.name}” ({area.path})"
    until = "" if area.valid_until is None else f"–{area.valid_until:%d/%m/%Y}"
    times = f"{area.valid_from:%d/%m/%Y}{until}"
    if one.listed is None:
        return Said(
            f"danh mục không có {known}, đã biết là tồn tại {times}",
            f"the list lacks {known}, which is known to exist {times}",
        )
    here = f"“{one.listed.name}” ({one.listed.path})"
    return Said(f"là {here}, đã biết là {known} {times}", f"is {here}, known as {known} {times}")


@transaction.atomic
def import_list(
    found: NationalList,
    day: date,
    *,
    file_name: str,
    data: bytes,
    by: Actor,
    now: datetime,
    whole_country: bool = False,
    renames_keep_ground: bool = False,
    progress: Progress = lambda done, total: None,
) -> ListOutcome:
    """Bring a list in that holds from ``day``: all of it or nothing.

    Areas as the list has them stay; those that are named or placed otherwise end, and a new version begins;
    those that it lacks end. What became of which, a list does not tell: only with ``renames_keep_ground`` an
    area whose name alone changed is taken to be the same ground.

    :raises ListRefused: errors in the list, contradictions, or a later list is in.
    :raises tabular.services.AlreadyImported: this very file is in already.
    """
    if found.errors:
        raise ListRefused(f"{len(found.errors)} errors in the list: an area left out would look as if ended")
    plan = plan_import(found, day, whole_country=whole_country)
    if plan.contradictions:
        first = contradiction_said(plan.contradictions[0]).en
        raise ListRefused(f"the list contradicts the registry in {len(plan.contradictions)} places: {first}")
    run = begin_import(_KIND, file_name, data, len(found.areas), by=by, now=now)
    _end([*plan.end, *(old for old, _ in plan.change)], day, run)
    new = [*plan.add, *(one for _, one in plan.change)]
    added = _add(new, day, run, progress)
    if renames_keep_ground:
        Succession.objects.bulk_create(
            [
                Succession(predecessor_id=old.key, successor=added[one.code], whole=True)
                for old, one in plan.change
                if old.path == one.path
            ],
            batch_size=_BATCH,
        )
    return ListOutcome(run.id, plan)


@transaction.atomic
def undo_list(run_id: uuid.UUID, *, by: Actor, now: datetime) -> ImportRun:
    """Take a list back: its areas go, those that it ended go on.

    :raises tabular.services.ImportNotFound: no such import, or undone already.
    :raises AreasInUse: something rests on its areas.
    """
    run = undo_import(_KIND, run_id, by=by, now=now)
    new = Area.objects.filter(listed_in=run)
    if later := new.filter(ended_in__isnull=False).count():
        raise AreasInUse(f"a later list ended {later} areas of this one: undo that first")
    Succession.objects.filter(successor__in=new, predecessor__ended_in=run).delete()
    try:
        for level in reversed(_LEVELS):
            new.filter(level=level).delete()
    except ProtectedError as error:
        kinds = ", ".join(sorted({str(one._meta.verbose_name_plural) for one in error.protected_objects}))
        raise AreasInUse(f"other things rest on areas of this list ({kinds})") from None
    Area.objects.filter(ended_in=run).update(valid_until=None, ended_in=None)
    return run


def _end(areas: Sequence[Present], day: date, run: ImportRun) -> None:
    for at in range(0, len(areas), _BATCH):
        keys = [one.key for one in areas[at : at + _BATCH]]
        Area.objects.filter(pk__in=keys).update(valid_until=day, ended_in=run)


def _add(listed: Sequence[Listed], day: date, run: ImportRun, progress: Progress) -> dict[str, Area]:
    """New versions, those above first; each ends where the next version of its code is known to begin."""
    next_versions = dict(
        Area.objects.filter(valid_from__gt=day).values_list("code").annotate(next=Min("valid_from"))
    )
    above = {
        one.path: one
        for one in Area.objects.filter(
            Q(valid_until=None) | Q(valid_until__gt=day), valid_from__lte=day
        ).exclude(level=Level.WARD)
    }
    added: dict[str, Area] = {}
    for level in _LEVELS:
        rows = [one for one in listed if one.level == level]
        for at in range(0, len(rows), _BATCH):
            batch = [
                Area(
                    code=one.code,
                    valid_from=day,
                    valid_until=next_versions.get(one.code),
                    level=one.level,
                    name=one.name,
                    parent=above.get(one.path.rpartition("/")[0]),
                    path=one.path,
                    listed_in=run,
                )
                for one in rows[at : at + _BATCH]
            ]
            Area.objects.bulk_create(batch)
            added |= {one.code: one for one in batch}
            progress(len(added), len(listed))
        above |= {one.path: one for one in added.values() if one.level == level}
    return added
