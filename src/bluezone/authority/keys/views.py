"""The staff page on which a health worker issues a code and sees what became of today's."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bluezone.authority import runtime
from bluezone.authority.access.audit import user_actor
from bluezone.authority.access.queries import scope_of
from bluezone.authority.access.roles import CODE_ISSUERS
from bluezone.authority.access.scope import EVERYWHERE, Scope
from bluezone.authority.areas.queries import areas_on
from bluezone.authority.keys import queries, services
from bluezone.authority.keys.forms import REPORT_TYPE_LABELS, IssueCodeForm
from bluezone.authority.keys.models import VerificationCode
from bluezone.authority.keys.report_types import ReportTypeName

__all__ = ["issue_code"]


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of today's list."""

    issued_at: datetime
    area: str
    report_type: str
    issuer: str
    state: str
    badge: str


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def issue_code(request: HttpRequest) -> HttpResponse:
    """``/codes/``: the form; after it is sent, the code, once."""
    user, now = request.user, runtime.now()
    scope = scope_of(user, CODE_ISSUERS, now)
    if not user.is_authenticated or scope == Scope.nothing():
        raise PermissionDenied("no role that issues codes")
    today = timezone.localtime(now)
    areas = {area.path: area.name for area in areas_on(today.date(), scope)}
    issued: services.IssuedCode | None = None
    if request.method == "POST":
        form = IssueCodeForm(request.POST, areas=list(areas.items()))
        if form.is_valid():
            try:
                issued = services.issue_code(
                    report_type=ReportTypeName(form.cleaned_data["report_type"]),
                    test_date=form.cleaned_data["test_date"],
                    onset_date=form.cleaned_data["onset_date"],
                    uuid=form.cleaned_data["uuid"],
                    area_path=form.cleaned_data["area"],
                    scope=scope,
                    by=user_actor(user.pk),
                    now=now,
                )
            except services.CodeRefused as refusal:
                form.add_error(None, str(refusal))
    else:
        form = IssueCodeForm(areas=list(areas.items()), initial={"uuid": uuid.uuid4()})
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = [_row(code, areas, now) for code in queries.codes_issued_since(midnight, scope)[:200]]
    context = {
        "form": form,
        "issued": issued,
        "expired": issued is not None and issued.expires_at <= now,
        "negative": issued is not None and issued.report_type is ReportTypeName.NEGATIVE,
        "issued_label": REPORT_TYPE_LABELS[issued.report_type] if issued else "",
        "rows": rows,
        "today": today,
    }
    status = 422 if request.method == "POST" and issued is None else 200
    return render(request, "keys/issue_code.html", context, status=status)


def _row(code: VerificationCode, areas: dict[str, str], now: datetime) -> _Row:
    if code.claimed_at is not None:
        state, badge = "đã dùng", "good"
    elif code.expires_at <= now:
        state, badge = "hết hạn, chưa dùng", "warn"
    else:
        state, badge = "đang chờ nhập", ""
    return _Row(
        issued_at=code.issued_at,
        area=areas.get(code.area_path, "–" if code.area_path == EVERYWHERE else code.area_path),
        report_type=REPORT_TYPE_LABELS[ReportTypeName(code.report_type)],
        issuer=code.issued_by.display_name if code.issued_by else "quản trị máy chủ",
        state=state,
        badge=badge,
    )
