"""What people say of an organisation by hand: headcounts, whom to ask there, a school year's classes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.scope import Scope
from bluezone.authority.organisations.headcounts import add_headcounts
from bluezone.authority.organisations.kinds import Kind, People
from bluezone.authority.organisations.locking import EditRefused, find_locked
from bluezone.authority.organisations.models import Contact, Headcount, Organisation, SchoolClass
from bluezone.authority.organisations.rules import ClassRoll, school_year_text
from bluezone.authority.organisations.sealed_contact import ContactPerson, seal_contact

Told = Mapping[str, str | int | None]

__all__ = ["add_classes", "record_headcounts", "set_contact"]


@transaction.atomic
def record_headcounts(
    key: str,
    day: date,
    counts: Mapping[People, int],
    *,
    version: int,
    scope: Scope,
    by: Actor,
    now: datetime,
) -> int:
    """How many people it had on a day; another figure of that day takes the place of the first, which stays.

    :returns: how many figures are new.
    :raises EditRefused: a day to come or after it closed, or pupils of what is no school.
    :raises EditedMeanwhile: somebody changed it since it was looked at.
    """
    one = find_locked(key, version, scope)
    _check_open(one, day, now)
    if People.PUPILS in counts and one.kind != Kind.SCHOOL:
        raise EditRefused("chỉ trường học mới có học sinh", "only schools have pupils")
    rows = [_headcount(one, None, people, value, day, by, now) for people, value in counts.items()]
    added = add_headcounts(rows, now)
    if added:
        _edited(one)
        told: Told = {"day": day.isoformat(), "figures": added, **_where(one)}
        record(by, "organisations.people-counted", f"organisation:{key}", told, now=now)
    return added


@transaction.atomic
def set_contact(
    key: str, person: ContactPerson, *, version: int, scope: Scope, by: Actor, now: datetime
) -> None:
    """Say whom to ask; whoever was to be asked before is erased.

    :raises EditRefused: not in the scope.
    :raises EditedMeanwhile: somebody changed it since it was looked at.
    """
    one = find_locked(key, version, scope)
    Contact.objects.filter(organisation=one, erased_at=None).update(erased_at=now, sealed=b"")
    row = uuid.uuid4()
    Contact.objects.create(
        id=row,
        organisation=one,
        sealed=seal_contact(person, row),
        entered_at=now,
        entered_by=by.reference,
    )
    _edited(one)
    record(by, "organisations.contact-set", f"organisation:{key}", _where(one), now=now)


@transaction.atomic
def add_classes(
    key: str,
    school_year: int,
    classes: Sequence[ClassRoll],
    day: date | None,
    *,
    version: int,
    scope: Scope,
    by: Actor,
    now: datetime,
) -> tuple[int, int]:
    """The classes of a school year, with how many pupils each had on a day; those that are there stay.

    :returns: how many classes are new, and how many figures.
    :raises EditRefused: no school, or figures without a day.
    :raises EditedMeanwhile: somebody changed it since it was looked at.
    """
    one = find_locked(key, version, scope)
    if one.kind != Kind.SCHOOL:
        raise EditRefused("chỉ trường học mới có lớp", "only schools have classes")
    if day is not None:
        _check_open(one, day, now)
    elif any(row.pupils is not None for row in classes):
        raise EditRefused("số học sinh phải kèm ngày", "numbers of pupils need their day")
    known = {
        row.name: row
        for row in SchoolClass.objects.filter(school=one, school_year=school_year, withdrawn_at=None)
    }
    new = [
        SchoolClass(school=one, school_year=school_year, name=row.name, registered_at=now)
        for row in classes
        if row.name not in known
    ]
    known |= {row.name: row for row in SchoolClass.objects.bulk_create(new)}
    rolls = [
        _headcount(one, known[row.name], People.PUPILS, row.pupils, day, by, now)
        for row in classes
        if row.pupils is not None and day is not None
    ]
    counted = add_headcounts(rolls, now)
    if new or counted:
        _edited(one)
        year = school_year_text(school_year)
        told: Told = {"year": year, "classes": len(new), "figures": counted, **_where(one)}
        record(by, "organisations.classes-added", f"organisation:{key}", told, now=now)
    return len(new), counted


def _headcount(
    one: Organisation,
    school_class: SchoolClass | None,
    people: People,
    value: int,
    day: date,
    by: Actor,
    now: datetime,
) -> Headcount:
    return Headcount(
        organisation=one,
        school_class=school_class,
        people=people.value,
        value=value,
        as_of=day,
        entered_at=now,
        entered_by=by.reference,
    )


def _where(one: Organisation) -> Told:
    """For the audit log: auditors of the area see it."""
    return {"area": one.located_in.path}


def _edited(one: Organisation) -> None:
    one.version += 1
    one.save(update_fields=["version"])


def _check_open(one: Organisation, day: date, now: datetime) -> None:
    if day > timezone.localtime(now).date():
        raise EditRefused(f"ngày {day:%d/%m/%Y} chưa đến", f"the day {day:%d/%m/%Y} has not come yet")
    if one.closed_on is not None and day >= one.closed_on:
        raise EditRefused(
            f"{one.name} đã đóng từ ngày {one.closed_on:%d/%m/%Y}",
            f"{one.name} closed on {one.closed_on:%d/%m/%Y}",
        )
