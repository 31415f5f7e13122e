"""Pages of organisations' targets: who is behind, set them for all of a kind in an area or for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bluezone.authority.access.scope import Scope, check_area_path
from bluezone.authority.adoption.forms import TargetForm
from bluezone.authority.adoption.rate_words import rate_words
from bluezone.authority.adoption.standing_words import STANDINGS, forecast_words
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import areas_in_use, offered
from bluezone.authority.formats import numbers
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.queries import organisation_of, organisations
from bluezone.authority.returns import target_services
from bluezone.authority.returns.forms import TargetDayForm
from bluezone.authority.returns.metrics import SURVEYS, Form, Survey, form_of
from bluezone.authority.returns.staff import Person, officer_of
from bluezone.authority.returns.target_queries import OrganisationProgress, progress_of, targets_in
from bluezone.authority.returns.texts import SURVEY_NAMES, VIEWS
from bluezone.authority.tabular.reading import in_language

__all__ = ["return_targets"]

_PAGE = 50
_SURVEYS = {code: one for code, one in SURVEYS.items() if one.form is Form.STAFF}


@dataclass(frozen=True, slots=True)
class _Meant:
    """For whom a target is: the staff of all of a kind in an area, or of one organisation."""

    survey: Survey
    area: Area | None
    one: Organisation | None

    @property
    def query(self) -> str:
        """The same page again."""
        if self.one is not None:
            return urlencode({"organisation": self.one.key})
        area = {} if self.area is None else {"area": self.area.path}
        return urlencode({"kind": self.survey.code, **area})

    @property
    def subject(self) -> str:
        """For the audit log."""
        if self.one is not None:
            return f"organisation:{self.one.key}"
        return f"area:{'' if self.area is None else self.area.path}"

    def organisations(self, scope: Scope) -> Sequence[Organisation]:
        """Those for whom it is."""
        if self.one is not None:
            return [self.one]
        path = "" if self.area is None else self.area.path
        return list(organisations(scope, area_path=path, kind=self.survey.kind))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def return_targets(request: HttpRequest) -> HttpResponse:
    """``/returns/targets/``: ``?area=01/009&kind=agency``, or of one ``?organisation=KEY``."""
    person = officer_of(request)
    meant = _meant(request, person)
    may_set = person.edits != Scope.nothing()
    withdraws = request.POST.get("withdraw", "") != ""
    form = TargetForm(request.POST if request.method == "POST" and not withdraws else None)
    day_form = TargetDayForm(request.POST if withdraws else None, auto_id="withdraw_%s")
    if request.method == "POST":
        if not may_set:
            raise PermissionDenied("no role that sets targets")
        if withdraws and day_form.is_valid():
            _withdraw(request, day_form, meant, person)
            return redirect(f"{reverse('returns-targets')}?{meant.query}")
        if not withdraws and form.is_valid() and _is_set(request, form, meant, person):
            return redirect(f"{reverse('returns-targets')}?{meant.query}")
    path = "" if meant.area is None else meant.area.path
    key = "" if meant.one is None else meant.one.key
    found = targets_in(meant.survey.kind, path, person.today, person.reads, key=key)
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    context = {
        "meant": meant,
        "survey_name": SURVEY_NAMES[meant.survey],
        "surveys": [(one, SURVEY_NAMES[one]) for one in _SURVEYS.values()],
        "areas": offered(areas_in_use(person.today, person.reads), meant.area),
        "view": VIEWS[Form.STAFF],
        "form": form if may_set else None,
        "day_form": day_form,
        "page": page,
        "rows": [_row(one) for one in progress_of(page, person.today)],
    }
    return render(
        request, "returns/targets.html", context, status=422 if form.errors or day_form.errors else 200
    )


def _meant(request: HttpRequest, person: Person) -> _Meant:
    """:raises Http404: no such area or organisation in the scope, or one that counts no staff."""
    key, path = request.GET.get("organisation", ""), request.GET.get("area", "")
    if key:
        one = organisation_of(key, person.reads) if key.isalnum() else None
        if one is None or form_of(one.kind, Form.STAFF) is None:
            raise Http404
        return _Meant(Survey(Kind(one.kind), Form.STAFF), None, one)
    survey = _SURVEYS.get(request.GET.get("kind") or "agency")
    try:
        if path:
            check_area_path(path)  # PostgreSQL fails on a NUL
    except ValueError:
        raise Http404 from None
    areas = areas_in_use(person.today, person.reads)
    area = areas.filter(path=path).first() if path else areas.first()
    if survey is None or (path and area is None):
        raise Http404
    return _Meant(survey, area, None)


def _is_set(request: HttpRequest, form: TargetForm, meant: _Meant, person: Person) -> bool:
    due, percent = form.cleaned_data["due"], form.cleaned_data["percent"]
    chosen = meant.organisations(person.edits)
    try:
        count = target_services.set_return_targets(
            chosen,
            due,
            percent,
            subject=meant.subject,
            scope=person.edits,
            by=person.actor,
            now=person.now,
        )
    except target_services.ReturnTargetRefused as refusal:
        form.add_error(None, f"{in_language(refusal.said)}.")
        return False
    told = gettext("Đã đặt chỉ tiêu {percent} đến {day} cho {count} đơn vị.")
    messages.success(
        request, told.format(percent=numbers.percent(percent), day=f"{due:%d/%m/%Y}", count=count)
    )
    return True


def _withdraw(request: HttpRequest, form: TargetDayForm, meant: _Meant, person: Person) -> None:
    due = form.cleaned_data["due"]
    try:
        count = target_services.withdraw_return_targets(
            meant.organisations(person.edits),
            due,
            subject=meant.subject,
            scope=person.edits,
            by=person.actor,
            now=person.now,
        )
    except target_services.ReturnTargetRefused as refusal:
        messages.error(request, f"{in_language(refusal.said)}.")
        return
    told = gettext("Đã rút lại chỉ tiêu đến {day} của {count} đơn vị.")
    messages.success(request, told.format(day=f"{due:%d/%m/%Y}", count=count))


def _row(one: OrganisationProgress) -> Mapping[str, Any]:
    text, badge = STANDINGS[one.standing]
    return {
        "one": one,
        "percent": numbers.percent(one.percent),
        "rate": "" if one.counts is None else rate_words(*one.counts),
        "standing": text,
        "badge": badge,
        "ahead": forecast_words(one.ahead),
    }
