"""The first page: for staff today's work, for anybody else what this is."""

from __future__ import annotations

from datetime import datetime

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy

from bluezone.authority import runtime
from bluezone.authority.accounts.second_factor_required import lacks_second_factor
from bluezone.authority.home.held_roles import roles_shown
from bluezone.authority.home.registry import PAGES, work_of
from bluezone.authority.read_only import read_only
from bluezone.authority.todays_work import Person, Urgency, WorkItem, person_of

__all__ = ["front"]

_URGENCIES = {
    Urgency.ALARM: (gettext_lazy("cần làm ngay"), "bad"),
    Urgency.OVERDUE: (gettext_lazy("quá hạn"), "bad"),
    Urgency.SOON: (gettext_lazy("sắp đến hạn"), "warn"),
    Urgency.OPEN: (gettext_lazy("đang chờ"), ""),
}


@read_only
def front(request: HttpRequest) -> HttpResponse:
    """``/``: what this server is, and the ways in; to those who are in, what is to be done today."""
    person = person_of(request.user, runtime.now())
    if person is None:
        return render(request, "front.html", {"demo": apps.is_installed("bluezone.authority.demo")})
    response = _today(request, person)
    add_never_cache_headers(response)
    return response


def _today(request: HttpRequest, person: Person) -> HttpResponse:
    lacks = lacks_second_factor(request)  # then no page opens yet, so nothing of them is told
    context = {
        "person": person,
        "lacks_second_factor": lacks,
        "items": [] if lacks else [_item(one) for one in work_of(person)],
        "pages": [] if lacks else [(one, reverse(one.view)) for one in PAGES if person.may_open(one)],
        "roles": roles_shown(person),
    }
    return render(request, "home/today.html", context)


def _item(one: WorkItem) -> dict[str, object]:
    label, badge = _URGENCIES[one.urgency]
    since = ""
    if isinstance(one.since, datetime):
        since = f"{timezone.localtime(one.since):%H:%M %d/%m/%Y}"
    elif one.since is not None:
        since = f"{one.since:%d/%m/%Y}"
    return {"work": one, "label": label, "badge": badge, "since": since}
