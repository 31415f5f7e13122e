"""Staff pages of single figures: type them in, see all that was said of one, withdraw it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bluezone.authority.access.audit import SYSTEM, Actor
from bluezone.authority.accounts.queries import staff_accounts
from bluezone.authority.adoption import services
from bluezone.authority.adoption.fact_history import FactState, Saying, history_of, shown_instead, typed_in
from bluezone.authority.adoption.forms import FiguresForm
from bluezone.authority.adoption.metrics import (
    DEFINITIONS,
    METRIC_NAMES,
    SOURCE_NAMES,
    WITHDRAWN_SINGLY,
    Metric,
    Source,
    definition_of,
)
from bluezone.authority.adoption.staff import Officer, Wanted, editor_of, reader_of, wanted_by
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import areas_on, offered
from bluezone.authority.formats.numbers import grouped, typed
from bluezone.authority.tabular.reading import in_language

__all__ = ["enter_figures", "figure_history", "withdraw_figure"]

_STATES = {
    FactState.CURRENT: gettext_lazy("đang dùng"),
    FactState.BESIDE: gettext_lazy("ghi bên cạnh: số của nguồn khác được dùng"),
    FactState.SUPERSEDED: gettext_lazy("đã được đính chính"),
    FactState.WITHDRAWN: gettext_lazy("đã rút lại"),
}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter_figures(request: HttpRequest) -> HttpResponse:
    """``/adoption/enter/``: an area's figures of a day, ``?area=01/009&day=2021-03-08``; today by default."""
    officer = editor_of(request)
    wanted = wanted_by(request, officer, usual=officer.today)
    if wanted.area is None:
        return _entry_page(request, officer, wanted, None)
    if request.method == "POST":
        form = FiguresForm(request.POST)
        if form.is_valid() and _is_entered(request, form, officer, wanted.area, wanted.day):
            return redirect(_address("adoption-enter", wanted.area, wanted.day))
        return _entry_page(request, officer, wanted, form, status=422)
    known = typed_in(wanted.area, wanted.day, officer.scope)
    initial = {metric.value: typed(count) for metric, count in known.items()}
    return _entry_page(request, officer, wanted, FiguresForm(initial=initial))


@login_required
@never_cache
@require_safe
def figure_history(request: HttpRequest) -> HttpResponse:
    """``/adoption/history/``: all that was said, ``?area=01/009&day=2021-03-08&metric=phone-linked``."""
    officer = reader_of(request)
    wanted = wanted_by(request, officer)
    try:
        metric = Metric(request.GET.get("metric", Metric.PHONE_LINKED.value))
    except ValueError:
        raise Http404 from None
    if wanted.area is None:
        raise Http404
    names = _names(officer)
    context = {
        "area": wanted.area,
        "day": wanted.day,
        "metric": metric,
        "metrics": METRIC_NAMES.items(),
        "metric_name": METRIC_NAMES[metric],
        "officer": officer,
        "sayings": [
            _said(one, names, officer) for one in history_of(wanted.area, metric, wanted.day, officer.scope)
        ],
    }
    return render(request, "adoption/history.html", context)


@login_required
@never_cache
@require_POST
def withdraw_figure(request: HttpRequest) -> HttpResponse:
    """``/adoption/withdraw``: take back one figure that was typed in."""
    officer = editor_of(request)
    written = request.POST.get("fact", "")
    if not (written.isascii() and written.isdigit() and len(written) < 19):
        raise Http404
    try:
        fact = services.withdraw_fact(int(written), scope=officer.scope, by=officer.actor, now=officer.now)
    except services.FactRefused as refusal:
        messages.error(request, gettext("Chưa rút lại: {reason}.").format(reason=in_language(refusal.said)))
        return redirect("adoption")
    messages.success(request, gettext("Đã rút lại số {value}.").format(value=grouped(fact.value)))
    return redirect(_address("adoption-history", fact.area, fact.as_of, metric=fact.metric))


def _is_entered(request: HttpRequest, form: FiguresForm, officer: Officer, area: Area, day: date) -> bool:
    try:
        change = services.record_facts(
            area, day, form.counts, scope=officer.scope, by=officer.actor, now=officer.now
        )
    except services.FactRefused as refusal:
        form.add_error(None, gettext("Chưa ghi: {reason}.").format(reason=in_language(refusal.said)))
        return False
    messages.success(
        request,
        gettext(
            "{name}, ngày {day}: {added} số liệu mới, {corrected} đính chính, {unchanged} không đổi."
        ).format(
            name=area.name,
            day=f"{day:%d/%m/%Y}",
            added=change.added,
            corrected=change.corrected,
            unchanged=change.unchanged,
        ),
    )
    instead = shown_instead(area, day, officer.scope)
    for metric in [one for one, count in form.counts.items() if instead.get(one, (count,))[0] != count]:
        messages.warning(request, f"{METRIC_NAMES[metric]}: {_kept_beside(*instead[metric])}")
    return True


def _kept_beside(value: int, source: Source) -> str:
    """What becomes of a figure that is typed in where a source that goes before it has one."""
    return gettext(
        "{source} ghi {value} cho ngày này, và số đó được dùng; số nhập tay chỉ được ghi bên cạnh. "
        "Muốn đính chính, hãy nhập lại bảng đã sửa hoặc hoàn tác lần nhập bảng."
    ).format(source=SOURCE_NAMES[source], value=grouped(value))


def _entry_page(
    request: HttpRequest, officer: Officer, wanted: Wanted, form: FiguresForm | None, status: int = 200
) -> HttpResponse:
    if form is not None and wanted.area is not None:
        instead = shown_instead(wanted.area, wanted.day, officer.scope)
        for metric in METRIC_NAMES:
            means = f"{in_language(definition_of(metric, wanted.day))}."
            beside = f" {capfirst(_kept_beside(*instead[metric]))}" if metric in instead else ""
            form.fields[metric.value].help_text = means + beside
    areas = offered(areas_on(wanted.day, officer.scope), wanted.area)
    context = {"area": wanted.area, "day": wanted.day, "today": officer.today, "areas": areas, "form": form}
    return render(request, "adoption/enter.html", context, status=status)


def _names(officer: Officer) -> Mapping[str, str]:
    """Who may be named: staff of the reader's own scope."""
    named = {f"user:{one.id}": one.display_name for one in staff_accounts(officer.scope, officer.now)}
    return {
        **named,
        Actor("cli").reference: gettext("quản trị máy chủ"),
        SYSTEM.reference: gettext("máy chủ tự ghi"),
    }


def _said(one: Saying, names: Mapping[str, str], officer: Officer) -> Mapping[str, object]:
    other = gettext("cán bộ ngoài phạm vi của bạn")
    return {
        "id": one.id,
        "value": grouped(one.value),
        "state": _STATES[one.state],
        "counts": one.state is FactState.CURRENT,
        "source": SOURCE_NAMES[one.source],
        "file_name": one.file_name,
        "definition": in_language(DEFINITIONS[one.definition]),
        "entered_at": one.entered_at,
        "entered_by": names.get(one.entered_by, other),
        "ended_at": one.ended_at,
        "ended_by": names.get(one.ended_by, other) if one.ended_by else "",
        "replaced_by": None if one.replaced_by is None else grouped(one.replaced_by),
        "may_withdraw": one.state in (FactState.CURRENT, FactState.BESIDE)
        and one.source in WITHDRAWN_SINGLY
        and officer.may_edit,
    }


def _address(page: str, area: Area, day: date, **more: str) -> str:
    return f"{reverse(page)}?{urlencode({'area': area.path, 'day': day.isoformat(), **more})}"
