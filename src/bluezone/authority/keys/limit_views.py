"""Staff page of the limits of a day: how many codes are left, set another, see who set which and why."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bluezone.authority.access.scope import EVERYWHERE
from bluezone.authority.keys import services
from bluezone.authority.keys.forms import LimitForm
from bluezone.authority.keys.issue_rules import CodeRefused
from bluezone.authority.keys.limit_queries import limits_set
from bluezone.authority.keys.staff import Staff, limit_setter_of

__all__ = ["issue_limits"]

_SHOWN = timedelta(days=14)
_EVERYWHERE_NAME = gettext_lazy("Tất cả địa bàn")
_FIELDS = {
    "invalid_date": "day",
    "invalid_limit": "codes",
    "missing_reason": "reason",
    "outside_scope": "area",
}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def issue_limits(request: HttpRequest) -> HttpResponse:
    """``/codes/limits/``: today's limits, the form that sets one, and those of the last two weeks."""
    setter = limit_setter_of(request)
    areas = {**({EVERYWHERE: str(_EVERYWHERE_NAME)} if setter.scope.unlimited else {}), **setter.areas}
    if request.method == "POST":
        form = LimitForm(request.POST, areas=areas)
        if form.is_valid() and _is_set(form, setter):
            asked = form.cleaned_data
            where = gettext("{area}, ngày {day}").format(
                area=areas[asked["area"]], day=f"{asked['day']:%d/%m/%Y}"
            )
            messages.success(
                request,
                gettext("Đã đặt giới hạn {codes} mã: {where}.").format(codes=asked["codes"], where=where),
            )
            return redirect("issue-limits")
    else:
        form = LimitForm(areas=areas, initial={"day": setter.today})
    recent = list(limits_set(setter.today - _SHOWN, setter.scope))
    names = {**areas, EVERYWHERE: str(_EVERYWHERE_NAME)}
    context = {
        "form": form,
        "faults": form.faults if form.is_bound else (),
        "today": setter.today,
        "held": [
            (names.get(one.area_path, one.area_path), one)
            for one in services.limits_held(setter.scope, setter.now)
        ],
        "recent": [(names.get(one.area_path, one.area_path), one) for one in recent],
    }
    return render(request, "keys/limits.html", context, status=422 if form.errors else 200)


def _is_set(form: LimitForm, setter: Staff) -> bool:
    asked = form.cleaned_data
    try:
        services.set_issue_limit(
            asked["area"],
            asked["day"],
            asked["codes"],
            asked["reason"],
            scope=setter.scope,
            by=setter.actor,
            now=setter.now,
        )
    except CodeRefused as refusal:
        form.add_error(_FIELDS.get(refusal.code), str(refusal))
        return False
    return True
