"""Staff pages of targets: set and withdraw them; what the overview says of them and of who owes figures."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption import services
from bluezone.authority.adoption.forms import TargetForm
from bluezone.authority.adoption.queries import Overview
from bluezone.authority.adoption.staff import editor_of, wanted_by
from bluezone.authority.adoption.standing_words import STANDINGS, WORST_FIRST, forecast_words
from bluezone.authority.adoption.target_queries import (
    Progress,
    farthest_from_target,
    overdue_reports,
    progress_of,
    reporting_of,
    targets_of,
)
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import areas_on, offered, parts_on
from bluezone.authority.formats import numbers
from bluezone.authority.tabular.reading import in_language

__all__ = ["targets", "targets_shown", "withdraw"]

_TARGETS_SHOWN = 30


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def targets(request: HttpRequest) -> HttpResponse:
    """``/adoption/targets/``: an area's targets, also those of before, and the form that sets one."""
    officer = editor_of(request)
    wanted = wanted_by(request, officer, usual=officer.today)
    areas = offered(areas_on(wanted.day, officer.scope), wanted.area)
    form = TargetForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and wanted.area is not None and form.is_valid():
        chosen = [wanted.area]
        if form.cleaned_data["parts"]:
            chosen += parts_on(wanted.area, wanted.day, officer.scope)
        due, percent = form.cleaned_data["due"], form.cleaned_data["percent"]
        try:
            changed = services.set_targets(
                chosen, due, percent, scope=officer.scope, by=officer.actor, now=officer.now
            )
        except services.TargetRefused as refusal:
            form.add_error(None, f"{in_language(refusal.said)}.")
        else:
            text = gettext(
                "Đã đặt chỉ tiêu {percent} đến {day} cho {changed} địa bàn; "
                "{others} địa bàn đã có chỉ tiêu này."
            )
            messages.success(
                request,
                text.format(
                    percent=numbers.percent(percent),
                    day=f"{due:%d/%m/%Y}",
                    changed=changed,
                    others=len(chosen) - changed,
                ),
            )
            return redirect(_address(wanted.area, wanted.day.isoformat()))
    context = {
        "area": wanted.area,
        "day": wanted.day,
        "areas": areas,
        "form": form,
        "targets": [] if wanted.area is None else targets_of(wanted.area, officer.scope),
    }
    return render(request, "adoption/targets.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """``/adoption/targets/withdraw``: take one back."""
    officer = editor_of(request)
    written = request.POST.get("target", "")
    if not (written.isascii() and written.isdigit() and len(written) < 19):
        raise Http404
    try:
        target = services.withdraw_target(
            int(written), scope=officer.scope, by=officer.actor, now=officer.now
        )
    except services.TargetRefused as refusal:
        messages.error(request, gettext("Chưa rút lại: {reason}.").format(reason=in_language(refusal.said)))
        return redirect("adoption-targets")
    messages.success(
        request, gettext("Đã rút lại chỉ tiêu {percent}.").format(percent=numbers.percent(target.percent))
    )
    return redirect(_address(target.area, request.POST.get("day", "")))


def targets_shown(shown: Overview, scope: Scope) -> Mapping[str, object]:
    """For the overview: the area's own target, its parts' with the worst on top, who owes figures."""
    parts = [one.area for one in shown.parts]
    rates = {one.area.pk: one.rate for one in shown.parts if one.rate is not None}
    own = next(iter(progress_of([shown.area], shown.day, scope)), None)
    found, more = farthest_from_target(parts, shown.day, scope, rates, _TARGETS_SHOWN)
    others = sorted(
        found,
        key=lambda one: (WORST_FIRST.index(one.standing), -(one.points_missing or 0)),
    )
    return {
        "target": None if own is None else _progress(own),
        "targets": [_progress(one) for one in others],
        "more_targets": more,
        "overdue": overdue_reports(reporting_of(shown.area, parts), shown.day, scope),
    }


def _progress(one: Progress) -> Mapping[str, object]:
    text, badge = STANDINGS[one.standing]
    missing, points = one.phones_missing, one.points_missing
    return {
        "area": one.area,
        "percent": numbers.percent(one.percent),
        "due": one.due,
        "now": "" if one.rate is None or one.rate.percent is None else numbers.percent(one.rate.percent),
        "as_of": None if one.rate is None else one.rate.numerator.as_of,
        "phones": missing or 0,
        "points": "" if points is None or points <= 0 else numbers.written(points),
        "standing": text,
        "badge": badge,
        "ahead": forecast_words(one.ahead),
    }


def _address(area: Area, day: str) -> str:
    return f"{reverse('adoption-targets')}?{urlencode({'area': area.path, **({'day': day} if day else {})})}"
