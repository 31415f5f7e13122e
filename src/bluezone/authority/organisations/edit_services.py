"""Organisations registered, changed, moved, closed and reopened by hand; what they were stays known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.scope import Scope
from bluezone.authority.access.services import follow_move
from bluezone.authority.areas.models import Area
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.locking import (
    EditedMeanwhile,
    EditRefused,
    are_where_they_were,
    find_locked,
    holds,
)
from bluezone.authority.organisations.models import FormerState, Headcount, Organisation, SchoolClass, new_key
from bluezone.authority.organisations.rules import DEEPEST, MANAGEMENT_ROOT
from bluezone.authority.tabular.spelling import plain

__all__ = [
    "Details",
    "change_organisation",
    "close_organisation",
    "register_organisation",
    "reopen_organisation",
]


@dataclass(frozen=True, slots=True)
class Details:
    """What is said of an organisation; area and manager by their numbers in the database."""

    code: str
    kind: Kind
    name: str
    address: str
    area: int
    manager: int | None
    manager_name: str
    """Whom it answers to, where the registry does not have that one."""


_FIELDS = ("code", "kind", "name", "address", "located_in_id", "managed_by_id", "managed_by_name")


def register_organisation(details: Details, *, scope: Scope, by: Actor, now: datetime) -> Organisation:
    """Add one that the registry does not have.

    :raises EditRefused: outside the scope, or there already.
    """
    key = new_key()
    with transaction.atomic():
        manager = _manager(details.manager)
        if manager is not None and not are_where_they_were({manager.pk: manager.path}):
            raise EditedMeanwhile
        area = Area.objects.get(pk=details.area)
        path = _path_below(manager, key)
        _check_places(area.path, path, scope)
        _check_depth(path, 0)
        _check_new(details, None)
        try:
            with transaction.atomic():
                one = Organisation.objects.create(
                    key=key,
                    path=path,
                    plain_name=plain(details.name),
                    registered_at=now,
                    registered_by=by.reference,
                    **_values(details),
                )
        except IntegrityError:
            raise _already_there(details.name) from None
        record(by, "organisations.registered", f"organisation:{key}", {"area": area.path}, now=now)
    return one


def change_organisation(
    key: str,
    details: Details,
    *,
    version: int,
    since: date | None,
    scope: Scope,
    by: Actor,
    now: datetime,
) -> Organisation:
    """Say otherwise what an organisation is, where it is, or whom it answers to.

    :param version: of the organisation that was looked at.
    :param since: the first day on which it is so; ``None``: it always was, a mistake is mended.
    :raises EditRefused: outside the scope, a circle, a day out of order, or a name that another has.
    :raises EditedMeanwhile: somebody changed it since it was looked at.
    """
    with transaction.atomic():
        manager = _manager(details.manager)
        one = find_locked(
            key, version, scope, with_keys=() if manager is None else manager.path.split("/")[1:]
        )
        if manager is not None and not Organisation.objects.filter(pk=manager.pk, path=manager.path).exists():
            raise EditedMeanwhile
        if one.closed_on is not None:
            raise EditRefused(
                f"{one.name} đã đóng; hãy mở lại trước", f"{one.name} has closed: reopen it first"
            )
        changed = [field for field, value in _values(details).items() if getattr(one, field) != value]
        if not changed:
            return one
        if since is not None:
            check_day(one, since, now)
        _check_kind(one, details.kind)
        _check_new(details, one)
        area = Area.objects.get(pk=details.area)
        path = _path_below(manager, key)
        if manager is not None and key in manager.path.split("/"):
            raise EditRefused(
                f"{manager.name} trực thuộc {one.name}: không thể trực thuộc vòng tròn",
                f"{manager.name} is managed by {one.name}: they would manage each other",
            )
        _check_places(area.path, path, scope)
        _keep_state(one, since, by, now)
        before = one.located_in.path
        for field, value in _values(details).items():
            setattr(one, field, value)
        one.plain_name, one.version = plain(details.name), one.version + 1
        try:
            with transaction.atomic():
                one.save()
        except IntegrityError:
            raise _already_there(details.name) from None
        if path != one.path:
            _move(one, path, by, now)
        told = {
            "changed": ",".join(sorted(field.removesuffix("_id") for field in changed)),
            "since": None if since is None else since.isoformat(),
            "area": area.path,
            "area_before": before,
        }
        record(by, "organisations.changed", f"organisation:{key}", told, now=now)
    return organisation_again(one)


def close_organisation(
    key: str,
    *,
    version: int,
    day: date,
    into: str = "",
    school_year: int | None = None,
    scope: Scope,
    by: Actor,
    now: datetime,
) -> Organisation:
    """End an organisation; all that was ever said of it stays.

    :param day: the first day without it.
    :param into: the key of the one that it is merged into: what it managed answers to that one from the day.
    :param school_year: the classes of the school year that begins then go on in the one it is merged into;
        what was counted in them stays with the school that they were of.
    :raises EditRefused: it manages others and goes into none, or figures of later days are there.
    :raises EditedMeanwhile: somebody changed it since it was looked at.
    """
    with transaction.atomic():
        heir = _heir(into, key, scope)
        managed = Organisation.objects.filter(managed_by__key=key, withdrawn_at=None, closed_on=None)
        others = [*managed.values_list("key", flat=True), *([] if heir is None else heir.path.split("/")[1:])]
        one = find_locked(key, version, scope, with_keys=others)
        if one.closed_on is not None:
            raise EditRefused(f"{one.name} đã đóng", f"{one.name} has closed already")
        check_day(one, day, now)
        later = Headcount.objects.filter(organisation=one, ended_at=None, as_of__gte=day)
        if newest := later.aggregate(newest=Max("as_of"))["newest"]:
            raise EditRefused(
                f"có số liệu ngày {newest:%d/%m/%Y}, sau ngày đóng {day:%d/%m/%Y}",
                f"there are figures of {newest:%d/%m/%Y}, after it would have closed on {day:%d/%m/%Y}",
            )
        _hand_over(one, list(managed), heir, day, scope, by, now)
        classes = 0 if school_year is None else _take_classes(one, heir, school_year, now)
        one.closed_on, one.continued_by, one.version = day, heir, one.version + 1
        one.save(update_fields=["closed_on", "continued_by", "version"])
        where = one.located_in.path
        told = {"day": day.isoformat(), "into": into or None, "classes": classes, "area": where}
        record(by, "organisations.closed", f"organisation:{key}", told, now=now)
    return organisation_again(one)


def reopen_organisation(key: str, *, version: int, scope: Scope, by: Actor, now: datetime) -> Organisation:
    """Take a closing back. What it had handed over stays where it is.

    :raises EditRefused: it is open, or outside the scope.
    """
    with transaction.atomic():
        one = find_locked(key, version, scope)
        if one.closed_on is None:
            raise EditRefused(f"{one.name} không đóng", f"{one.name} has not closed")
        if one.managed_by is not None and one.managed_by.closed_on is not None:
            raise EditRefused(
                f"{one.managed_by.name}, cơ quan chủ quản, đã đóng; hãy mở lại trước",
                f"{one.managed_by.name}, which manages it, has closed: reopen that first",
            )
        one.closed_on, one.continued_by, one.version = None, None, one.version + 1
        one.save(update_fields=["closed_on", "continued_by", "version"])
        record(by, "organisations.reopened", f"organisation:{key}", {"area": one.located_in.path}, now=now)
    return organisation_again(one)


def organisation_again(one: Organisation) -> Organisation:
    """The row as it is now."""
    return Organisation.objects.select_related("located_in", "managed_by").get(pk=one.pk)


def check_day(one: Organisation, day: date, now: datetime) -> None:
    """:raises EditRefused: a day to come, or one before the last change."""
    if day > timezone.localtime(now).date():
        raise EditRefused(f"ngày {day:%d/%m/%Y} chưa đến", f"the day {day:%d/%m/%Y} has not come yet")
    last = one.former.aggregate(last=Max("until"))["last"]
    if last is not None and day < last:
        raise EditRefused(
            f"lần thay đổi gần nhất của {one.name} là ngày {last:%d/%m/%Y}; "
            "hãy ghi ngày đó hoặc một ngày sau đó",
            f"{one.name} last changed on {last:%d/%m/%Y}: give that day or a later one",
        )


def _hand_over(
    one: Organisation,
    managed: Sequence[Organisation],
    heir: Organisation | None,
    day: date,
    scope: Scope,
    by: Actor,
    now: datetime,
) -> None:
    """What it managed answers to its heir from the day on."""
    if managed and heir is None:
        raise EditRefused(
            f"{one.name} còn {len(managed)} đơn vị trực thuộc; hãy chuyển các đơn vị đó, "
            f"hoặc ghi đơn vị mà {one.name} nhập vào",
            f"{one.name} manages {len(managed)} others: move them, or say what it is merged into",
        )
    for child in managed:
        if heir is None or child.pk == heir.pk:
            raise EditRefused(
                f"{child.name} trực thuộc {one.name}; hãy chuyển {child.name} trước",
                f"{child.name} is managed by {one.name}: move it first",
            )
        if not holds(scope, child):
            raise EditRefused(
                f"{child.name}, trực thuộc {one.name}, ngoài phạm vi của bạn",
                f"{child.name}, which {one.name} manages, is outside your scope",
            )
        check_day(child, day, now)
        _keep_state(child, day, by, now)
        child.managed_by, child.version = heir, child.version + 1
        child.save(update_fields=["managed_by", "version"])
        _move(child, _path_below(heir, child.key), by, now)
        told = {"changed": "managed_by", "since": day.isoformat(), "area": child.located_in.path}
        record(by, "organisations.changed", f"organisation:{child.key}", told, now=now)


def _take_classes(one: Organisation, heir: Organisation | None, school_year: int, now: datetime) -> int:
    """The classes of a school year go on in the heir, without figures; how many."""
    if heir is None or heir.kind != Kind.SCHOOL or one.kind != Kind.SCHOOL:
        raise EditRefused(
            "lớp chỉ chuyển từ trường này sang trường khác", "classes go from a school to a school alone"
        )
    of_year = SchoolClass.objects.filter(school_year=school_year, withdrawn_at=None)
    names = list(of_year.filter(school=one).order_by("name").values_list("name", flat=True))
    there = set(of_year.filter(school=heir, name__in=names).values_list("name", flat=True))
    if there:
        known = ", ".join(sorted(there))
        raise EditRefused(
            f"{heir.name} đã có lớp {known} trong năm học đó; hãy thêm lớp dưới tên khác",
            f"{heir.name} has {known} in that school year already: add these classes under other names",
        )
    SchoolClass.objects.bulk_create(
        SchoolClass(school=heir, school_year=school_year, name=name, registered_at=now) for name in names
    )
    return len(names)


def _heir(into: str, key: str, scope: Scope) -> Organisation | None:
    if not into:
        return None
    heir = Organisation.objects.filter(key=into, withdrawn_at=None, closed_on=None).first()
    if heir is None or not holds(scope, heir):
        raise EditRefused(
            "đơn vị được nhập vào không có trong phạm vi của bạn",
            "what it is merged into is not within your scope",
        )
    if key in heir.path.split("/"):
        raise EditRefused(
            f"{heir.name} trực thuộc đơn vị này; hãy chuyển {heir.name} trước",
            f"{heir.name} is managed by this one: move it first",
        )
    return heir


def _keep_state(one: Organisation, until: date | None, by: Actor, now: datetime) -> None:
    before = {field: getattr(one, field) for field in _FIELDS}
    FormerState.objects.create(
        organisation=one, until=until, changed_at=now, changed_by=by.reference, **before
    )


def _move(one: Organisation, path: str, by: Actor, now: datetime) -> None:
    """Put it, and all that it manages, elsewhere in the tree of management; grants go along."""
    old = one.path
    tree = Scope.of([old]).filter(Organisation.objects.all(), "path")
    levels = [below.count("/") for below in tree.values_list("path", flat=True)]
    _check_depth(path, max(levels) - old.count("/"))
    tree.filter(~Q(pk=one.pk)).update(path=Concat(Value(path), Substr("path", len(old) + 1)))
    Organisation.objects.filter(pk=one.pk).update(path=path)
    follow_move(old, path, by=by, now=now, located_in=one.located_in.path)


def _manager(pk: int | None) -> Organisation | None:
    if pk is None:
        return None
    manager = Organisation.objects.filter(pk=pk, withdrawn_at=None, closed_on=None).first()
    if manager is None:
        raise EditRefused("cơ quan chủ quản đã đóng hoặc bị rút lại", "what manages it is there no more")
    return manager


def _path_below(manager: Organisation | None, key: str) -> str:
    return f"{MANAGEMENT_ROOT if manager is None else manager.path}/{key}"


def _values(details: Details) -> dict[str, str | int | None]:
    return {
        "code": details.code,
        "kind": details.kind.value,
        "name": details.name,
        "address": details.address,
        "located_in_id": details.area,
        "managed_by_id": details.manager,
        "managed_by_name": details.manager_name,
    }


def _check_places(area_path: str, path: str, scope: Scope) -> None:
    if not (scope.allows(area_path) or scope.allows(path)):
        raise EditRefused("địa bàn ngoài phạm vi của bạn", "the area is outside your scope")


def _check_depth(path: str, below: int) -> None:
    if path.count("/") + below > DEEPEST:
        raise EditRefused(
            f"trực thuộc qua quá {DEEPEST} cấp", f"it would be managed through more than {DEEPEST} levels"
        )


def _check_kind(one: Organisation, kind: Kind) -> None:
    if one.kind != Kind.SCHOOL or kind is Kind.SCHOOL:
        return
    pupils = Headcount.objects.filter(organisation=one, ended_at=None, people="pupils")
    if pupils.exists() or SchoolClass.objects.filter(school=one, withdrawn_at=None).exists():
        raise EditRefused(
            f"{one.name} có lớp hoặc học sinh: vẫn là trường học",
            f"{one.name} has classes or pupils: it stays a school",
        )


def _check_new(details: Details, present: Organisation | None) -> None:
    """No other organisation has its code, or without one its name, kind and area."""
    if details.code:
        same = Organisation.objects.filter(code=details.code)
    else:
        same = Organisation.objects.filter(
            code="", plain_name=plain(details.name), kind=details.kind.value, located_in_id=details.area
        )
    others = same.filter(withdrawn_at=None).values_list("pk", flat=True)
    if any(present is None or pk != present.pk for pk in others):
        raise _already_there(details.name if not details.code else details.code)


def _already_there(what: str) -> EditRefused:
    return EditRefused(
        f"“{what}” đã có trong danh bạ (có thể là đơn vị đã đóng hoặc ngoài phạm vi của bạn)",
        f"“{what}” is registered already (perhaps closed, or outside your scope)",
    )
