"""What the first page says of the ledger: who owes figures, which targets are missed, behind or due soon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext

from bluezone.authority.access.roles import ADOPTION_EDITORS, ADOPTION_READERS
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.rules import Standing
from bluezone.authority.adoption.target_queries import (
    Overdue,
    Progress,
    overdue_reports,
    progress_of,
    reporting_of,
)
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import highest_on, parts_of_all_on
from bluezone.authority.todays_work import Page, Person, Urgency, WorkItem

__all__ = ["PAGES", "todays_work"]

PAGES = (
    Page(
        "adoption",
        gettext_lazy("Tỷ lệ cài đặt"),
        gettext_lazy("Tỷ lệ của địa bàn và từng phần, bản đồ, chỉ tiêu, tải bảng"),
        ADOPTION_READERS,
        "so cai dat bieu do ban do adoption rate map",
        in_navigation=gettext_lazy("Tỷ lệ cài đặt"),
    ),
    Page(
        "adoption-enter",
        gettext_lazy("Ghi số liệu"),
        gettext_lazy("Nhập tay số cài đặt, số điện thoại của một ngày"),
        ADOPTION_EDITORS,
        "nhap tay dinh chinh enter figures correct",
    ),
    Page(
        "adoption-targets",
        gettext_lazy("Chỉ tiêu"),
        gettext_lazy("Địa bàn nào phải đạt bao nhiêu, đến ngày nào"),
        ADOPTION_EDITORS,
        "muc tieu targets",
    ),
    Page(
        "adoption-import",
        gettext_lazy("Nhập số liệu từ bảng"),
        gettext_lazy("Bảng Excel hoặc CSV của thành phố; hoàn tác lần nhập"),
        ADOPTION_EDITORS,
        "xlsx csv excel hoan tac import sheet undo",
    ),
)

_SOON = timedelta(days=14)
_MISSED_TOLD = timedelta(days=30)
_NAMED = 3


@dataclass(frozen=True, slots=True)
class _Place:
    """What is looked at together: a highest area of the scope with its parts, or the cities."""

    name: str
    path: str
    areas: Sequence[Area]
    reporting: Sequence[Area]
    """Those that are to report: the parts; the area itself where it has none or is a ward."""


def todays_work(person: Person) -> Iterator[WorkItem]:
    """For the officers of areas; an area that has ended owes nothing more."""
    scope = person.scope(ADOPTION_EDITORS)
    if scope == Scope.nothing():
        return
    places = _places(scope, person.today)
    reporting = {area.pk: area for place in places for area in place.reporting}
    overdue = {one.area.pk: one for one in overdue_reports(reporting.values(), person.today, scope)}
    looked_at = {area.pk: area for place in places for area in place.areas}
    progress = {one.area.pk: one for one in progress_of(list(looked_at.values()), person.today, scope)}
    for place in places:
        late = [overdue[area.pk] for area in place.reporting if area.pk in overdue]
        if late:
            yield _overdue(place, late, person.today)
        yield from _targets(place, [progress[one.pk] for one in place.areas if one.pk in progress], person)


def _places(scope: Scope, day: date) -> Sequence[_Place]:
    highest = list(highest_on(day, scope))
    if scope.unlimited:
        return [_Place(gettext("cả nước"), "", highest, highest)] if highest else []
    parts: dict[str, list[Area]] = {}
    for part in parts_of_all_on(highest, day, scope):
        parts.setdefault(part.path.rpartition("/")[0], []).append(part)
    return [
        _Place(one.name, one.path, [one, *below], reporting_of(one, below))
        for one in highest
        for below in [parts.get(one.path, [])]
    ]


def _overdue(place: _Place, late: Sequence[Overdue], day: date) -> WorkItem:
    told = [one.last for one in late if one.last is not None]
    never = len(late) - len(told)
    since = min(told, default=None)
    if [one.area.path for one in late] == [place.path]:
        text = gettext("{area} chưa báo số cài đặt mới").format(area=place.name)
        note = gettext("Chưa báo lần nào.") if never else ""
        return WorkItem(Urgency.OVERDUE, text, _address("adoption-enter", place.path), since, note)
    text = ngettext(
        "{count} địa bàn của {area} chưa báo số cài đặt mới",
        "{count} địa bàn của {area} chưa báo số cài đặt mới",
        len(late),
    ).format(count=len(late), area=place.name)
    names = ", ".join(one.area.name for one in late[:_NAMED]) + (", …" if len(late) > _NAMED else "")
    if never:
        first = gettext("{count} địa bàn chưa báo lần nào.").format(count=never)
        names = f"{first} {names}"
    return WorkItem(Urgency.OVERDUE, text, _overview(place, day, "overdue"), since, names)


def _targets(place: _Place, found: Sequence[Progress], person: Person) -> Iterator[WorkItem]:
    day = person.today
    missed = [one for one in found if one.standing is Standing.MISSED and one.due >= day - _MISSED_TOLD]
    behind = [one for one in found if one.standing is Standing.BEHIND]
    soon = [
        one
        for one in found
        if one.standing in (Standing.OPEN, Standing.ON_COURSE) and day <= one.due <= day + _SOON
    ]
    address = _overview(place, day, "targets")
    if missed:
        text = gettext("Không đạt chỉ tiêu: {count} địa bàn của {area}")
        yield WorkItem(
            Urgency.OVERDUE, _counted(text, missed, place), address, min(one.due for one in missed)
        )
    for text, some in (
        (gettext("Chậm so với chỉ tiêu: {count} địa bàn của {area}"), behind),
        (gettext("Chỉ tiêu sắp đến hạn: {count} địa bàn của {area}"), soon),
    ):
        if some:
            due = min(one.due for one in some)
            note = gettext("Ngày đến hạn: {day}.").format(day=f"{due:%d/%m/%Y}")
            yield WorkItem(Urgency.SOON, _counted(text, some, place), address, None, note)


def _counted(text: str, found: Sequence[Progress], place: _Place) -> str:
    return text.format(count=len(found), area=place.name)


def _overview(place: _Place, day: date, section: str) -> str:
    return f"{_address('adoption', place.path, day=day.isoformat())}#{section}"


def _address(view: str, path: str, **more: str) -> str:
    return f"{reverse(view)}?{urlencode({**({'area': path} if path else {}), **more})}"
