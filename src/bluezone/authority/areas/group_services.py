"""The writer of residential groups and alleys: bring a ward's sheet in, take it back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.group_rules import next_alley_code, next_group_code
from bluezone.authority.areas.group_sheet import GroupRow
from bluezone.authority.areas.models import Area, Level
from bluezone.authority.areas.queries import shared_area
from bluezone.authority.tabular.faults import SheetRefused
from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.queries import runs_within
from bluezone.authority.tabular.services import begin_import, undo_import
from bluezone.authority.tabular.spelling import plain
from bluezone.errors import Refused

__all__ = ["GROUPS", "GroupOutcome", "GroupsInUse", "group_imports", "import_groups", "undo_groups"]

GROUPS = "residential-groups"


class GroupsInUse(Refused):
    """Figures, organisations or later alleys rest on these groups."""


@dataclass(frozen=True, slots=True)
class GroupOutcome:
    """What an import added."""

    run: uuid.UUID
    groups: int
    alleys: int


def import_groups(
    rows: Sequence[GroupRow], *, file_name: str, data: bytes, by: Actor, now: datetime
) -> GroupOutcome:
    """Register the groups and alleys of a sheet, all or none. They were looked up within a scope already.

    :raises tabular.services.AlreadyImported: this very file is in already.
    :raises SheetRefused: the registry changed since the sheet was read.
    """
    try:
        with transaction.atomic():
            return _import(rows, file_name, data, by, now)
    except IntegrityError:
        raise SheetRefused(
            "Danh mục vừa thay đổi. Hãy xem trước tệp lại.",
            "the registry changed meanwhile: read the file again",
        ) from None


def _import(rows: Sequence[GroupRow], file_name: str, data: bytes, by: Actor, now: datetime) -> GroupOutcome:
    numbers, area = [row.row for row in rows], shared_area(row.ward for row in rows)
    run = begin_import(GROUPS, file_name, data, len(rows), by=by, now=now, taken=numbers, area=area)
    wards = Area.objects.in_bulk({row.ward for row in rows})
    known = Area.objects.in_bulk({row.known_group for row in rows if row.known_group is not None})
    taken = {
        ward.pk: set(Scope.of([ward.path]).filter(Area.objects.all(), "path").values_list("code", flat=True))
        for ward in wards.values()
    }
    groups: dict[tuple[int, str], Area] = {}
    alleys: list[Area] = []
    for row in rows:
        codes = taken[row.ward]
        group = groups.get((row.ward, plain(row.group)))
        if group is None and row.known_group is not None:
            group = known[row.known_group]
        if group is None:
            code = next_group_code(wards[row.ward].code, row.group, codes)
            group = _area(row, Level.RESIDENTIAL_GROUP, code, row.group, wards[row.ward], run)
            group.save(force_insert=True)
            codes.add(code)
            groups[row.ward, plain(row.group)] = group
        for name in row.new_alleys:
            code = next_alley_code(group.code, codes)
            codes.add(code)
            alleys.append(_area(row, Level.ALLEY, code, name, group, run))
    Area.objects.bulk_create(alleys, batch_size=500)
    return GroupOutcome(run.id, len(groups), len(alleys))


@transaction.atomic
def undo_groups(run_id: uuid.UUID, *, by: Actor, now: datetime) -> ImportRun:
    """Take a sheet back: its groups and alleys go.

    :raises tabular.services.ImportNotFound: no such import, or undone already.
    :raises GroupsInUse: something rests on them.
    """
    run = undo_import(GROUPS, run_id, by=by, now=now)
    new = Area.objects.filter(listed_in=run)
    try:
        for level in (Level.ALLEY, Level.RESIDENTIAL_GROUP):
            new.filter(level=level).delete()
    except ProtectedError as error:
        kinds = ", ".join(sorted({str(one._meta.verbose_name_plural) for one in error.protected_objects}))
        raise GroupsInUse(f"other things rest on groups or alleys of this sheet ({kinds})") from None
    return run


def group_imports(scope: Scope) -> Sequence[ImportRun]:
    """The last imports of groups that lie wholly within a scope, newest first."""
    rows = Area.objects.filter(listed_in__kind=GROUPS)
    return runs_within(GROUPS, rows, scope.filter(rows, "path"), by="listed_in")


def _area(row: GroupRow, level: Level, code: str, name: str, parent: Area, run: ImportRun) -> Area:
    return Area(
        code=code,
        valid_from=row.valid_from,
        level=level,
        name=name,
        parent=parent,
        path=f"{parent.path}/{code}",
        listed_in=run,
    )
