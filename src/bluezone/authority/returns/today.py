"""What the first page says of returns: what a clerk owes, and which rounds an officer has gaps in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from bluezone.authority.access.roles import (
    ADOPTION_EDITORS,
    ADOPTION_READERS,
    AGENCY_RETURN_FILLERS,
    SCHOOL_RETURN_FILLERS,
    Role,
)
from bluezone.authority.access.scope import Scope
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.queries import organisations
from bluezone.authority.returns.metrics import SURVEYS, Survey, surveys_of
from bluezone.authority.returns.queries import OwnRound, own_rounds
from bluezone.authority.returns.round_queries import round_days, round_on
from bluezone.authority.returns.rules import State
from bluezone.authority.returns.staff import FILLERS
from bluezone.authority.returns.texts import SURVEY_NAMES, called
from bluezone.authority.tabular.reading import in_language
from bluezone.authority.todays_work import Page, Person, Urgency, WorkItem

__all__ = ["PAGES", "todays_work"]

PAGES = (
    Page(
        "returns",
        gettext_lazy("Báo cáo"),
        gettext_lazy("Báo cáo của cơ quan, trường học theo từng kỳ"),
        ADOPTION_READERS | AGENCY_RETURN_FILLERS | SCHOOL_RETURN_FILLERS,
        "bao cao co quan truong hoc lop ky han returns rounds late missing",
        in_navigation=gettext_lazy("Báo cáo"),
    ),
    Page(
        "returns-schedules",
        gettext_lazy("Lịch báo cáo"),
        gettext_lazy("Ai báo cáo, từ ngày nào, hạn mấy giờ"),
        ADOPTION_EDITORS,
        "han chot ky schedule cut-off",
    ),
    Page(
        "returns-targets",
        gettext_lazy("Chỉ tiêu của đơn vị"),
        gettext_lazy("Cơ quan nào phải đạt bao nhiêu, đến ngày nào, ai đang chậm"),
        ADOPTION_READERS,
        "muc tieu co quan doanh nghiep targets behind",
    ),
    Page(
        "returns-import",
        gettext_lazy("Nhập báo cáo từ bảng"),
        gettext_lazy("Bảng Excel hoặc CSV báo cáo của nhiều đơn vị; hoàn tác lần nhập"),
        ADOPTION_EDITORS,
        "xlsx csv excel hoan tac import sheet undo",
    ),
)

_LAST_ROUNDS = 2
_ORGANISATIONS_TOLD = 5
_TOLD_FOR = timedelta(days=14)


def todays_work(person: Person) -> Iterator[WorkItem]:
    """For clerks each organisation's open rounds; for officers the newest round of each survey with gaps."""
    for role in (Role.AGENCY_CLERK, Role.SCHOOL_CLERK):
        yield from _owed(person, role, person.scope([role]))
    scope = person.scope(ADOPTION_EDITORS)
    if scope == Scope.nothing():
        return
    for survey in SURVEYS.values():
        yield from _gaps(person, survey, scope)


def _owed(person: Person, role: Role, scope: Scope) -> Iterator[WorkItem]:
    if scope == Scope.nothing():
        return
    kinds = [kind for kind, fillers in FILLERS.items() if role in fillers]
    for one in organisations(scope).filter(kind__in=kinds)[:_ORGANISATIONS_TOLD]:
        for survey in surveys_of(one.kind):
            for row in own_rounds(one, survey.form, person.now, _LAST_ROUNDS):
                if row.returned < row.owed:
                    yield _to_return(one, survey, row)


def _to_return(one: Organisation, survey: Survey, row: OwnRound) -> WorkItem:
    text = gettext("Báo cáo kỳ {day} của {name}")
    until = gettext("Hạn {at}.").format(at=f"{timezone.localtime(row.cutoff):%H:%M %d/%m/%Y}")
    over = row.state is not State.AWAITED
    return WorkItem(
        Urgency.OVERDUE if over else Urgency.SOON,
        text.format(day=f"{row.day:%d/%m/%Y}", name=called(one.name, survey)),
        reverse("returns-day", kwargs={"key": one.key, "day": row.day, "form": survey.form}),
        row.cutoff if over else None,
        until,
    )


def _gaps(person: Person, survey: Survey, scope: Scope) -> Iterator[WorkItem]:
    for day in round_days(survey, "", scope, person.today, 1):
        if day < person.today - _TOLD_FOR:
            continue
        shown = round_on(day, survey, None, scope, person.now)
        missing = [one for one in shown.asked if one.own.state in (State.MISSING, State.INCOMPLETE)]
        if not missing:
            continue
        text = ngettext(
            "{kind}: {count} đơn vị chưa báo đủ kỳ {day}",
            "{kind}: {count} đơn vị chưa báo đủ kỳ {day}",
            len(missing),
        ).format(kind=in_language(SURVEY_NAMES[survey]), count=len(missing), day=f"{day:%d/%m/%Y}")
        query = urlencode({"kind": survey.code, "day": day.isoformat(), "state": State.MISSING.value})
        yield WorkItem(
            Urgency.OVERDUE,
            text,
            f"{reverse('returns-rounds')}?{query}",
            min(one.own.cutoff for one in missing),
        )
