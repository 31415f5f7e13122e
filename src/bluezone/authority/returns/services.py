"""The only writers of returns: typed in, corrected, imported, taken back; schedules set and ended."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import shared_area
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.queries import organisation_of
from bluezone.authority.returns.metrics import COUNTS, PEOPLE, Form, Survey, form_of
from bluezone.authority.returns.models import (
    TABLES,
    PupilsReturn,
    ReturnSchedule,
    StaffReturn,
    all_returns,
)
from bluezone.authority.returns.queries import classes_owed, governing_schedule, overlapping_schedule
from bluezone.authority.returns.rules import CADENCES, Impossible, end_of_rounds, impossible
from bluezone.authority.returns.sheet import ReturnRow
from bluezone.authority.tabular.faults import SaidRefused
from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.services import begin_import, undo_import
from bluezone.errors import Refused

__all__ = [
    "KIND",
    "CannotUndo",
    "Change",
    "ReturnRefused",
    "ReturnsImported",
    "ScheduleRefused",
    "end_schedule",
    "import_returns",
    "record_return",
    "set_schedule",
    "undo_returns",
]

KIND = "returns"
_BATCH = 2_000
_LONGEST_AHEAD = timedelta(days=366)
"""A mistyped year would keep these organisations from being asked by any other schedule."""


class ReturnRefused(SaidRefused):
    """A return cannot be entered. Its text is English; ``said`` has both, ``faults`` name the counts."""

    def __init__(self, vi: str, en: str, faults: Sequence[Impossible] = ()) -> None:
        super().__init__(vi, en)
        self.faults = faults


class ScheduleRefused(SaidRefused):
    """A schedule cannot be set or ended. Its text is English; ``said`` has both languages."""


class CannotUndo(Refused):
    """Later corrections rest on this import; they would have to be undone first."""


class Change(StrEnum):
    """What an entry did."""

    NEW = "new"
    CORRECTED = "corrected"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class ReturnsImported:
    """What an import changed."""

    run: uuid.UUID
    new: int
    corrected: int
    unchanged: int


@transaction.atomic
def record_return(
    key: str,
    day: date,
    counts: Mapping[str, int],
    *,
    form: Form | None = None,
    school_class: int | None = None,
    scope: Scope,
    by: Actor,
    now: datetime,
) -> Change:
    """Enter what an organisation, or one class of a school, counted on the day of a round.

    Another return of that day is a correction: it supersedes the first, which stays.

    :param form: whom it counts; by default the first form of the organisation's kind.

    :raises ReturnRefused: outside the scope, no round on that day or not yet, no such class, or counts that
        contradict each other.
    """
    organisation = organisation_of(key, scope)
    if organisation is None:
        raise ReturnRefused(
            "đơn vị này không thuộc phạm vi của bạn", f"there is no organisation {key} within your scope"
        )
    form = form_of(organisation.kind, form)
    if form is None:
        raise ReturnRefused(
            "đơn vị loại này không báo cáo số này", "organisations of this kind make no such returns"
        )
    if day > timezone.localtime(now).date():
        raise ReturnRefused(f"ngày {day:%d/%m/%Y} chưa đến", f"{day:%d/%m/%Y} has not come yet")
    if governing_schedule(organisation, form, day) is None:
        whom = PEOPLE[form]
        raise ReturnRefused(
            f"ngày {day:%d/%m/%Y} không phải kỳ báo cáo {whom.vi} của {organisation.name}",
            f"{organisation.name} has no round on {day:%d/%m/%Y} for its {whom.en}",
        )
    if organisation.closed_on is not None and day >= organisation.closed_on:
        raise ReturnRefused(
            f"{organisation.name} không còn từ {organisation.closed_on:%d/%m/%Y}",
            f"{organisation.name} has closed on {organisation.closed_on:%d/%m/%Y}",
        )
    _check_class(organisation, form, day, school_class)
    if faults := impossible(form, counts):
        named = "; ".join(f"{one.count}: {one.said.en}" for one in faults)
        raise ReturnRefused("các số không khớp nhau", named, faults)
    Organisation.objects.select_for_update().get(pk=organisation.pk)  # one at a time, as for facts
    change = _add([_row(organisation.pk, form, school_class, day, counts, by, now, None)], form, now)[0]
    details: dict[str, str | int | None] = {
        "form": form.value,
        "day": day.isoformat(),
        "class": school_class,
        "change": change,
        "area": organisation.located_in.path,
    }
    record(by, "returns.recorded", f"organisation:{key}", details, now=now)
    return change


def _check_class(organisation: Organisation, form: Form, day: date, school_class: int | None) -> None:
    if form is Form.STAFF:
        if school_class is not None:
            raise ReturnRefused("chỉ học sinh được đếm theo lớp", "only pupils are counted by class")
        return
    classes = {one.pk for one in classes_owed(organisation, day)}
    if school_class is None and classes:
        raise ReturnRefused("hãy báo cáo theo từng lớp", "this school makes its return class by class")
    if school_class is not None and school_class not in classes:
        raise ReturnRefused(
            f"trường không có lớp này trong năm học của ngày {day:%d/%m/%Y}",
            f"the school has no such class in the school year of {day:%d/%m/%Y}",
        )


@transaction.atomic
def import_returns(
    rows: Sequence[ReturnRow], *, file_name: str, data: bytes, by: Actor, now: datetime
) -> ReturnsImported:
    """Enter the returns of a sheet, all or none. They were looked up and checked within a scope already.

    :raises tabular.services.AlreadyImported: this very file is in already.
    """
    organisations = {one.organisation for one in rows}
    places = Organisation.objects.filter(pk__in=organisations).values_list("located_in_id", flat=True)
    taken, area = [row.row for row in rows], shared_area(places)
    run = begin_import(KIND, file_name, data, len(rows), by=by, now=now, taken=taken, area=area)
    list(Organisation.objects.select_for_update().filter(pk__in=organisations).order_by("pk"))
    changes: list[Change] = []
    for form in Form:
        wanted = [
            _row(one.organisation, form, one.school_class, one.day, one.counts, by, now, run)
            for one in rows
            if one.form is form
        ]
        changes += _add(wanted, form, now)
    return ReturnsImported(run.id, *(changes.count(one) for one in Change))


@transaction.atomic
def undo_returns(run_id: uuid.UUID, *, by: Actor, now: datetime) -> ImportRun:
    """Take an import back: its returns end, those that it corrected count again.

    :raises tabular.services.ImportNotFound: no such import, or undone already.
    :raises CannotUndo: a return of it was corrected since.
    """
    run = undo_import(KIND, run_id, by=by, now=now)
    for form in Form:
        mine = all_returns(form).filter(import_run=run)
        # As whoever makes a return does: of two at once the second sees what the first did.
        theirs = Organisation.objects.select_for_update().filter(pk__in=mine.values("organisation"))
        list(theirs.order_by("pk").values_list("pk"))
        if corrected := mine.filter(superseded_by__isnull=False).count():
            raise CannotUndo(f"{corrected} returns of this import were corrected since: undo those first")
        mine.filter(ended_at=None).update(ended_at=now)
        before = all_returns(form).filter(superseded_by__in=mine)
        if form is Form.PUPILS:
            # A whole school's return does not come back beside classes that were told since.
            told = PupilsReturn.objects.filter(
                ended_at=None, organisation=OuterRef("organisation"), day=OuterRef("day")
            )
            before = before.exclude(Q(school_class=None) & Exists(told.filter(school_class__isnull=False)))
        before.update(ended_at=None, superseded_by=None)
    return run


@transaction.atomic
def set_schedule(
    area: Area,
    kind: Kind,
    first_day: date,
    every_days: int,
    cutoff: time,
    *,
    form: Form | None = None,
    scope: Scope,
    by: Actor,
    now: datetime,
) -> ReturnSchedule:
    """Ask the organisations of a kind in an area for returns, from a first day on.

    :param form: whom the returns count; by default the first form of the kind.
    :raises ScheduleRefused: outside the scope, a cut-off that has passed, a kind that makes no such returns,
        or organisations that another schedule asks for the same already.
    """
    if not scope.allows(area.path):
        raise ScheduleRefused(
            f"{area.name} không thuộc phạm vi của bạn", f"{area.name} is not within your scope"
        )
    form = form_of(kind, form)
    if form is None:
        raise ScheduleRefused(
            "đơn vị loại này không báo cáo số này", "organisations of this kind make no such returns"
        )
    if every_days not in CADENCES:
        allowed = ", ".join(map(str, CADENCES))
        raise ScheduleRefused(
            f"kỳ báo cáo lặp lại sau {allowed} ngày", f"rounds come again after {allowed} days"
        )
    if first_day > timezone.localtime(now).date() + _LONGEST_AHEAD:
        raise ScheduleRefused(
            f"ngày {first_day:%d/%m/%Y} còn hơn một năm nữa mới đến",
            f"{first_day:%d/%m/%Y} is over a year away",
        )
    if area.valid_until is not None and first_day >= area.valid_until:
        raise ScheduleRefused(
            f"ngày {first_day:%d/%m/%Y} không còn địa bàn {area.name}",
            f"there is no {area.name} any more on {first_day:%d/%m/%Y}",
        )
    schedule = ReturnSchedule(
        area=area,
        kind=kind.value,
        form=form.value,
        first_day=first_day,
        every_days=every_days,
        cutoff=cutoff,
        set_at=now,
        set_by=by.reference,
    )
    if schedule.cadence.cutoff_of(first_day) <= now:
        raise ScheduleRefused(
            f"hạn {cutoff:%H:%M} {first_day:%d/%m/%Y} đã qua: mọi đơn vị sẽ bị coi là muộn",
            f"the cut-off {cutoff:%H:%M} {first_day:%d/%m/%Y} has passed: everybody would be late",
        )
    codes = area.path.split("/")
    above = ["/".join(codes[:depth]) for depth in range(1, len(codes) + 1)]
    # One at a time for an area and all above it: of two that overlap each would not see the other.
    list(Area.objects.select_for_update().filter(path__in=above).order_by("pk"))
    if (other := overlapping_schedule(area.path, Survey(kind, form), first_day)) is not None:
        raise ScheduleRefused(
            f"các đơn vị này đã có lịch của {other.area.name} từ {other.first_day:%d/%m/%Y}; "
            "hãy dừng lịch đó trước",
            f"{other.area.name} asks these already, since {other.first_day:%d/%m/%Y}: end that first",
        )
    schedule.save()
    details: dict[str, str | int | None] = {
        "kind": kind.value,
        "form": form.value,
        "first_day": first_day.isoformat(),
        "every_days": every_days,
        "cutoff": cutoff.isoformat("minutes"),
    }
    record(by, "returns.schedule-set", f"area:{area.path}", details, now=now)
    return schedule


@transaction.atomic
def end_schedule(schedule_id: int, *, scope: Scope, by: Actor, now: datetime) -> ReturnSchedule:
    """Ask no more from tomorrow on; rounds up to today stay as they were.

    :raises ScheduleRefused: no such schedule in the scope, or ended already.
    """
    rows = ReturnSchedule.objects.select_for_update(of=("self",)).filter(pk=schedule_id, ended_on=None)
    schedule = scope.filter(rows, "area__path").select_related("area").first()
    if schedule is None:
        raise ScheduleRefused(
            "lịch này đã dừng hoặc không thuộc phạm vi của bạn",
            "this schedule has ended, or is not within your scope",
        )
    schedule.ended_on = end_of_rounds(schedule.first_day, timezone.localtime(now).date())
    schedule.save(update_fields=["ended_on"])
    details: dict[str, str | int | None] = {
        "kind": schedule.kind,
        "form": schedule.form,
        "first_day": schedule.first_day.isoformat(),
        "ended_on": schedule.ended_on.isoformat(),
    }
    record(by, "returns.schedule-ended", f"area:{schedule.area.path}", details, now=now)
    return schedule


_Row = StaffReturn | PupilsReturn
_Slot = tuple[int, int | None, date]


def _add(wanted: Sequence[_Row], form: Form, now: datetime) -> list[Change]:
    """Add returns, superseding what was said of the same organisation or class and day.

    A class's return also supersedes one of the whole school, which was made while no class was registered:
    the same pupils are not counted twice.
    """
    returns, names = all_returns(form), COUNTS[form]
    rows = returns.select_for_update().filter(
        ended_at=None,
        day__in={one.day for one in wanted},
        organisation__in={one.organisation_id for one in wanted},
    )
    current: dict[_Slot, _Row] = {_slot(one): one for one in rows}
    changes, new, replaced = list[Change](), list[_Row](), list[tuple[_Row, _Row]]()
    for one in wanted:
        before = current.get(_slot(one))
        if before is not None and all(getattr(before, name) == getattr(one, name) for name in names):
            changes.append(Change.UNCHANGED)
            continue
        whole = current.pop((one.organisation_id, None, one.day), None) if _slot(one)[1] is not None else None
        for old in (before, whole):
            if old is not None:
                replaced.append((old, one))
        if before is not None:
            one.first_entered_at = before.first_entered_at
        changes.append(Change.NEW if before is None else Change.CORRECTED)
        new.append(one)
    for at in range(0, len(replaced), _BATCH):  # databases take so many values in a query and no more
        returns.filter(pk__in=[old.pk for old, _ in replaced[at : at + _BATCH]]).update(ended_at=now)
    returns.bulk_create(new, batch_size=_BATCH)
    for old, after in replaced:
        old.ended_at, old.superseded_by = now, after
    returns.bulk_update([old for old, _ in replaced], ["ended_at", "superseded_by"], batch_size=500)
    return changes


def _slot(one: _Row) -> _Slot:
    return (one.organisation_id, getattr(one, "school_class_id", None), one.day)


def _row(
    organisation: int,
    form: Form,
    school_class: int | None,
    day: date,
    counts: Mapping[str, int],
    by: Actor,
    now: datetime,
    run: ImportRun | None,
) -> _Row:
    of_class = {"school_class_id": school_class} if form is Form.PUPILS else {}
    return TABLES[form](
        organisation_id=organisation,
        day=day,
        first_entered_at=now,
        entered_at=now,
        entered_by=by.reference,
        import_run=run,
        **of_class,
        **{name: counts[name] for name in COUNTS[form]},
    )
