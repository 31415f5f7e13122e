"""The only writers of the ledger: facts typed in or imported, corrected and withdrawn; targets."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import WITHDRAWN_SINGLY, Metric, Source, definition_of
from bluezone.authority.adoption.models import Fact, Target
from bluezone.authority.adoption.sheet import CityRow
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import shared_area
from bluezone.authority.tabular.faults import Said, SaidRefused
from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.services import begin_import, undo_import
from bluezone.errors import Refused

__all__ = [
    "CannotUndo",
    "Change",
    "FactRefused",
    "ImportOutcome",
    "LedgerRefused",
    "TargetRefused",
    "import_city_sheet",
    "record_facts",
    "record_heartbeats",
    "set_targets",
    "undo_city_sheet",
    "withdraw_fact",
    "withdraw_target",
]

_KIND = "adoption"
_BATCH = 2_000
_AREAS_AT_ONCE = 500


class LedgerRefused(SaidRefused):
    """Something cannot be written. Its text is English; ``said`` has both languages."""


class FactRefused(LedgerRefused):
    """A figure cannot be entered or withdrawn."""


class TargetRefused(LedgerRefused):
    """A target cannot be set or withdrawn."""


class CannotUndo(Refused):
    """Later corrections rest on this import; they would have to be undone first."""


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import changed: facts that are new, that replace others, and that were there already."""

    run: uuid.UUID
    added: int
    corrected: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Change:
    """Facts that are new, that replace others, and that were there already."""

    added: int
    corrected: int
    unchanged: int


@transaction.atomic
def import_city_sheet(
    rows: Sequence[CityRow], *, file_name: str, data: bytes, by: Actor, now: datetime
) -> ImportOutcome:
    """Put the rows of a sheet into the ledger, all or none. Areas were looked up within a scope already.

    :raises tabular.services.AlreadyImported: this very file is in already.
    """
    taken, area = [row.row for row in rows], shared_area(row.area for row in rows)
    run = begin_import(_KIND, file_name, data, len(rows), by=by, now=now, taken=taken, area=area)
    areas = sorted({row.area for row in rows})
    for at in range(0, len(areas), _AREAS_AT_ONCE):  # two sheets at once would both find nothing to replace
        some = areas[at : at + _AREAS_AT_ONCE]
        list(Area.objects.select_for_update().filter(pk__in=some).order_by("pk"))
    wanted = [
        _fact(row.area, metric, value, row.as_of, Source.CITY_SHEET, by, now, run)
        for row in rows
        for metric, value in row.counts.items()
    ]
    change = _add(wanted, now)
    return ImportOutcome(run.id, change.added, change.corrected, change.unchanged)


@transaction.atomic
def undo_city_sheet(run_id: uuid.UUID, *, by: Actor, now: datetime) -> ImportRun:
    """Take an import back: its facts end, those that it corrected count again.

    :raises tabular.services.ImportNotFound: no such import, or undone already.
    :raises CannotUndo: a fact of it was corrected since.
    """
    run = undo_import(_KIND, run_id, by=by, now=now)
    facts = Fact.objects.filter(import_run=run)
    # As whoever corrects a figure does: of two at once the second sees what the first did.
    list(
        Area.objects.select_for_update().filter(pk__in=facts.values("area")).order_by("pk").values_list("pk")
    )
    if corrected := facts.filter(superseded_by__isnull=False).count():
        raise CannotUndo(f"{corrected} figures of this import were corrected since: undo those first")
    facts.filter(ended_at=None).update(ended_at=now, ended_by=by.reference)
    Fact.objects.filter(superseded_by__in=facts).update(ended_at=None, superseded_by=None)
    return run


@transaction.atomic
def record_facts(
    area: Area, as_of: date, counts: Mapping[Metric, int], *, scope: Scope, by: Actor, now: datetime
) -> Change:
    """Enter figures that somebody typed in. They replace those typed in before for the day, and no others.

    :raises FactRefused: an area outside the scope or not there on that day, a day to come, a negative number.
    """
    if not scope.allows(area.path):
        raise FactRefused(*_outside(area))
    if as_of > timezone.localtime(now).date():
        raise FactRefused(f"ngày {as_of:%d/%m/%Y} chưa đến", f"{as_of:%d/%m/%Y} has not come yet")
    if not _is_there(area, as_of):
        raise FactRefused(*_not_there(area, as_of))
    if any(value < 0 for value in counts.values()):
        raise FactRefused("số liệu không thể âm", "a count cannot be negative")
    Area.objects.select_for_update().get(pk=area.pk)  # one at a time: two would both find nothing to replace
    facts = [
        _fact(area.pk, metric, value, as_of, Source.TYPED, by, now, None) for metric, value in counts.items()
    ]
    change = _add(facts, now)
    details: dict[str, str | int | None] = {
        "as_of": as_of.isoformat(),
        "added": change.added,
        "corrected": change.corrected,
    }
    record(by, "adoption.typed-in", f"area:{area.path}", details, now=now)
    return change


@transaction.atomic
def record_heartbeats(
    counts: Mapping[int, Mapping[Metric, int]], as_of: date, *, by: Actor, now: datetime
) -> Change:
    """Enter what apps said of themselves on a day that is over, by the keys of areas that existed on it."""
    facts = [
        _fact(area, metric, value, as_of, Source.HEARTBEAT, by, now, None)
        for area, of_area in counts.items()
        for metric, value in of_area.items()
    ]
    return _add(facts, now)


@transaction.atomic
def withdraw_fact(fact_id: int, *, scope: Scope, by: Actor, now: datetime) -> Fact:
    """Take back a figure that was typed in or that apps told: it counts no longer, and stays in the history.

    :raises FactRefused: no such figure in the scope, not counting any more, or one of an import.
    """
    found = scope.filter(Fact.objects.select_for_update(of=("self",)).filter(pk=fact_id), "area__path")
    fact = found.select_related("area").first()
    if fact is None or fact.ended_at is not None:
        raise FactRefused(
            "số liệu này không còn hiệu lực hoặc không thuộc phạm vi của bạn",
            "this figure does not count any more, or is not within your scope",
        )
    if fact.source not in WITHDRAWN_SINGLY:
        raise FactRefused(
            "số liệu này từ một bảng: hãy hoàn tác lần nhập đó",
            "this figure came with a sheet: take that import back",
        )
    fact.ended_at, fact.ended_by = now, by.reference
    fact.save(update_fields=["ended_at", "ended_by"])
    details: dict[str, str | int | None] = {
        "fact": fact.pk,
        "metric": fact.metric,
        "as_of": fact.as_of.isoformat(),
    }
    record(by, "adoption.withdrawn", f"area:{fact.area.path}", details, now=now)
    return fact


@transaction.atomic
def set_targets(
    areas: Sequence[Area], due: date, percent: Decimal, *, scope: Scope, by: Actor, now: datetime
) -> int:
    """Set what share each of these areas is to reach by a day; returns how many had another target or none.

    :raises TargetRefused: an area outside the scope or not there on that day, no share with two decimals.
    """
    if not 0 < percent <= 100 or percent != round(percent, 2):
        raise TargetRefused(
            f"{percent} không phải tỷ lệ trên 0 đến 100 với nhiều nhất hai chữ số thập phân",
            f"{percent} is not a rate above 0 and up to 100 with at most two decimals",
        )
    for area in areas:
        if not scope.allows(area.path):
            raise TargetRefused(*_outside(area))
        if not _is_there(area, due):
            raise TargetRefused(*_not_there(area, due))
    list(Area.objects.select_for_update().filter(pk__in=[one.pk for one in areas]).order_by("pk"))
    current = {one.area_id: one for one in Target.objects.filter(area__in=areas, due=due, ended_at=None)}
    changed = [one for one in areas if one.pk not in current or current[one.pk].percent != percent]
    for area in changed:
        before = current.get(area.pk)
        if before is not None:
            before.ended_at = now
            before.save(update_fields=["ended_at"])
        after = Target.objects.create(area=area, due=due, percent=percent, set_at=now, set_by=by.reference)
        if before is not None:
            before.superseded_by = after
            before.save(update_fields=["superseded_by"])
        details: dict[str, str | int | None] = {
            "due": due.isoformat(),
            "percent": str(percent),
            "before": None if before is None else str(before.percent),
        }
        record(by, "adoption.target-set", f"area:{area.path}", details, now=now)
    return len(changed)


@transaction.atomic
def withdraw_target(target_id: int, *, scope: Scope, by: Actor, now: datetime) -> Target:
    """Take a target back; it stays in the history.

    :raises TargetRefused: no such target in the scope, or none any more.
    """
    found = scope.filter(Target.objects.select_for_update(of=("self",)).filter(pk=target_id), "area__path")
    target = found.select_related("area").first()
    if target is None or target.ended_at is not None:
        raise TargetRefused(
            "chỉ tiêu này không còn hiệu lực hoặc không thuộc phạm vi của bạn",
            "this target is not in force any more, or is not within your scope",
        )
    target.ended_at, target.ended_by = now, by.reference
    target.save(update_fields=["ended_at", "ended_by"])
    details: dict[str, str | int | None] = {"due": target.due.isoformat(), "percent": str(target.percent)}
    record(by, "adoption.target-withdrawn", f"area:{target.area.path}", details, now=now)
    return target


def _outside(area: Area) -> Said:
    return Said(f"{area.name} không thuộc phạm vi của bạn", f"{area.name} is not within your scope")


def _is_there(area: Area, day: date) -> bool:
    return area.valid_from <= day and (area.valid_until is None or day < area.valid_until)


def _not_there(area: Area, day: date) -> Said:
    return Said(
        f"ngày {day:%d/%m/%Y} không có địa bàn {area.name}", f"there is no {area.name} on {day:%d/%m/%Y}"
    )


def _add(wanted: Sequence[Fact], now: datetime) -> Change:
    """Add facts, superseding what the same source said of the same area, metric and day."""
    current = {_slot(one): one for one in _current_in_place_of(wanted)}
    new = [one for one in wanted if _slot(one) not in current or current[_slot(one)].value != one.value]
    old = [current[_slot(one)] for one in new if _slot(one) in current]
    for at in range(0, len(old), _BATCH):  # databases take so many values in a query and no more
        Fact.objects.filter(pk__in=[one.pk for one in old[at : at + _BATCH]]).update(ended_at=now)
    Fact.objects.bulk_create(new, batch_size=_BATCH)
    by_slot = {_slot(one): one for one in new}
    for one in old:
        one.ended_at, one.superseded_by = now, by_slot[_slot(one)]
    Fact.objects.bulk_update(old, ["ended_at", "superseded_by"], batch_size=500)
    return Change(len(new) - len(old), len(old), len(wanted) - len(new))


def _current_in_place_of(wanted: Sequence[Fact]) -> Iterator[Fact]:
    """What counts of the same areas and days, locked: day by day, so that the index leads to each."""
    by_day: dict[date, list[Fact]] = {}
    for one in wanted:
        by_day.setdefault(one.as_of, []).append(one)
    for day, facts in by_day.items():
        metrics, sources = {one.metric for one in facts}, {one.source for one in facts}
        areas = sorted({one.area_id for one in facts})
        for at in range(0, len(areas), _AREAS_AT_ONCE):
            yield from Fact.objects.select_for_update().filter(
                ended_at=None,
                area__in=areas[at : at + _AREAS_AT_ONCE],
                metric__in=metrics,
                as_of=day,
                source__in=sources,
            )


def _slot(fact: Fact) -> tuple[int, str, date, str]:
    return (fact.area_id, fact.metric, fact.as_of, fact.source)


def _fact(
    area: int,
    metric: Metric,
    value: int,
    as_of: date,
    source: Source,
    by: Actor,
    now: datetime,
    run: ImportRun | None,
) -> Fact:
    return Fact(
        area_id=area,
        metric=metric.value,
        value=value,
        definition=definition_of(metric, as_of, source).code,
        source=source.value,
        as_of=as_of,
        entered_at=now,
        entered_by=by.reference,
        import_run=run,
    )
