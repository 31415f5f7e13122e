"""Pages of emergency access: take it, end it; and for others to see who took it, and to judge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bluezone.authority.access.emergency_queries import (
    own_emergencies,
    pages_opened,
    reviewable,
    running_emergency,
    state_of,
)
from bluezone.authority.access.emergency_rules import WhyNot, in_reach, provinces, takeable
from bluezone.authority.access.emergency_services import (
    EmergencyRefused,
    NoSuchEmergency,
    begin_emergency,
    end_emergency,
    review_emergency,
)
from bluezone.authority.access.models import EmergencyAccess
from bluezone.authority.access.queries import roles_of, scope_of
from bluezone.authority.access.roles import EMERGENCY_REVIEWERS, Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.accounts.account_views import PASSWORD_LIMIT
from bluezone.authority.accounts.emergency_forms import EmergencyForm
from bluezone.authority.accounts.places import place_names
from bluezone.authority.accounts.staff import Myself, myself
from bluezone.authority.accounts.texts import ROLE_NAMES, TOO_MANY_PASSWORDS, WRONG_PASSWORD
from bluezone.authority.accounts.views import too_often
from bluezone.authority.areas.models import Level
from bluezone.authority.areas.queries import areas_in_use

__all__ = ["emergency", "end", "judge", "review"]

_FIELDS = {WhyNot.ROLE: "role", WhyNot.AREA: "area", WhyNot.HELD: "area", WhyNot.DURATION: "hours"}
_OFFERED = (Level.CITY, Level.DISTRICT, Level.WARD)
"""Nobody is in such a hurry about one alley."""


@login_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def emergency(request: HttpRequest) -> HttpResponse:
    """``/emergency/``: what runs, what was, and the form for whoever may take a role."""
    me = myself(request)
    offered = _offered(me)
    if request.method != "POST":
        return _page(request, me, EmergencyForm(**offered) if offered["roles"] else None)
    if not offered["roles"]:
        raise PermissionDenied("no role that lets another one be taken")
    form = EmergencyForm(request.POST, **offered)
    if form.is_valid():
        asked, mine = form.cleaned_data, str(me.user.pk)
        if not PASSWORD_LIMIT.allows(mine, me.now):
            reason = TOO_MANY_PASSWORDS
            return too_often(request, PASSWORD_LIMIT.retry_after(me.now), reason)
        if not me.user.check_password(asked["password"]):
            form.add_error("password", WRONG_PASSWORD)
            return _page(request, me, form, status=422)
        PASSWORD_LIMIT.give_back(mine, me.now)
        try:
            begin_emergency(
                me.user,
                Role(asked["role"]),
                asked["area"],
                asked["reason"],
                timedelta(hours=asked["hours"]),
                now=me.now,
            )
        except EmergencyRefused as refusal:
            form.add_error(_FIELDS.get(refusal.why, "reason"), _why(refusal.why))
        else:
            messages.success(request, gettext("Đã mở truy cập khẩn cấp. Mọi trang đã mở đều được ghi lại."))
            return redirect("emergency")
    return _page(request, me, form, status=422)


@login_required
@require_POST
def end(request: HttpRequest, emergency_id: UUID) -> HttpResponse:
    """``/emergency/ID/end``: by whoever took it, or might judge it."""
    me = myself(request)
    try:
        ended = end_emergency(emergency_id, by=me.user, now=me.now)
    except NoSuchEmergency:
        messages.error(request, gettext("Truy cập khẩn cấp này đã kết thúc."))
        return redirect("emergency")
    messages.success(request, gettext("Đã kết thúc truy cập khẩn cấp."))
    return redirect("emergency" if ended.grant.user_id == me.user.pk else "emergency-review")


@login_required
@never_cache
@require_safe
def review(request: HttpRequest) -> HttpResponse:
    """``/emergency/review/``: what others have taken where one may grant or audit."""
    me = myself(request)
    held, scope = roles_of(me.user, me.now), scope_of(me.user, EMERGENCY_REVIEWERS, me.now)
    if not any(one.role in EMERGENCY_REVIEWERS and not one.is_emergency for one in held):
        raise PermissionDenied("no role that is told of emergency access")
    found = reviewable(held, me.user.pk, scope)
    opened = pages_opened(one for one in found if one.reviewed_at is None)
    rows = [
        {**row, "opened": opened.get(one.pk, {})} for one, row in zip(found, _rows(found, me), strict=True)
    ]
    return render(request, "accounts/emergency_review.html", {"rows": rows})


@login_required
@require_POST
def judge(request: HttpRequest, emergency_id: UUID) -> HttpResponse:
    """``/emergency/ID/review``: ``justified=yes`` or ``no``."""
    me, verdict = myself(request), request.POST.get("justified", "")
    if verdict not in ("yes", "no"):
        messages.error(request, gettext("Hãy chọn có lý do chính đáng hay không."))
        return redirect("emergency-review")
    try:
        review_emergency(emergency_id, is_justified=verdict == "yes", by=me.user, now=me.now)
    except NoSuchEmergency:
        messages.error(request, gettext("Truy cập khẩn cấp này không chờ anh/chị xem xét."))
    else:
        messages.success(request, gettext("Đã ghi kết quả xem xét."))
    return redirect("emergency-review")


def _offered(me: Myself) -> dict[str, dict[str, str]]:
    held = roles_of(me.user, me.now)
    roles, scope = takeable(held), provinces(held)
    areas = {}
    if scope != Scope.nothing():
        found = areas_in_use(timezone.localtime(me.now).date(), scope).filter(level__in=_OFFERED)
        areas = {one.path: one.name for one in found if in_reach(held, one.path)}
    return {
        "areas": areas,
        "roles": {role.value: str(name) for role, name in ROLE_NAMES.items() if role in roles},
    }


def _why(why: WhyNot) -> str:
    return {
        WhyNot.ROLE: gettext("Vai trò của anh/chị không được dùng vai trò này khi khẩn cấp."),
        WhyNot.AREA: gettext("Địa bàn này ngoài tỉnh, thành phố hoặc trên cấp của anh/chị."),
        WhyNot.HELD: gettext("Anh/chị đã có vai trò này ở địa bàn này."),
        WhyNot.RUNNING: gettext("Mỗi lúc chỉ một truy cập khẩn cấp: hãy kết thúc cái đang mở trước."),
        WhyNot.OFTEN: gettext(
            "Trong 24 giờ qua đã mở 3 lần mà chưa ai xem xét. Hãy nhờ người có thẩm quyền xem xét trước."
        ),
        WhyNot.DURATION: gettext("Nhiều nhất là 4 giờ."),
        WhyNot.REASON: gettext("Lý do cần ít nhất 20 ký tự."),
    }[why]


def _rows(found: Sequence[EmergencyAccess], me: Myself) -> list[dict[str, object]]:
    names = place_names(one.grant.area_path for one in found)
    return [
        {
            "emergency": one,
            "role": ROLE_NAMES[Role(one.grant.role)],
            "place": names[one.grant.area_path],
            "state": state_of(one, me.now).value,
        }
        for one in found
    ]


def _page(request: HttpRequest, me: Myself, form: EmergencyForm | None, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "is_running": running_emergency(me.user.pk, me.now) is not None,
        "rows": _rows(own_emergencies(me.user.pk), me),
    }
    return render(request, "accounts/emergency.html", context, status=status)
