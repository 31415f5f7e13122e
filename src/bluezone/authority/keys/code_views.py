"""Staff pages of single codes: issue one, see what became of it, send it, take it back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bluezone.authority.keys import queries, services
from bluezone.authority.keys.code_links import in_fours
from bluezone.authority.keys.code_list import FILTERS, code_line, filters_of
from bluezone.authority.keys.forms import REPORT_TYPE_LABELS, FormFault, IssueCodeForm, OnceForm, PhoneForm
from bluezone.authority.keys.issue_rules import CodeRefused, CodeState
from bluezone.authority.keys.models import VerificationCode
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.sms.phone_numbers import PhoneRefused, masked_phone
from bluezone.authority.keys.staff import Staff, issuer_of

__all__ = ["code_page", "issue_code", "retry_message", "revoke_code", "send_message"]

_A_PAGE = 50
_COUNTED = 5000
_JUST_NOW = timedelta(minutes=10)
"""So long somebody whose connection broke may wonder whether a code was issued."""


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def issue_code(request: HttpRequest) -> HttpResponse:
    """``/codes/``: the form and the list of codes to follow; after the form is sent, the code, once."""
    issuer, sms = issuer_of(request), settings.BLUEZONE_SMS.sender is not None
    setting: dict[str, Any] = {"areas": issuer.areas, "sms": sms, "today": issuer.today}
    if request.method == "POST":
        form = IssueCodeForm(request.POST, **setting)
        if form.is_valid():
            try:
                return _issued(request, form, issuer)
            except CodeRefused as refusal:
                faults = _faults_of(form, refusal, issuer)
        else:
            faults = form.faults
    else:
        form, faults = IssueCodeForm(**setting, initial={"uuid": uuid.uuid4(), "delivery": "read"}), ()
    chosen = request.GET.get("state", "")
    if chosen not in FILTERS:
        chosen = ""
    midnight = timezone.make_aware(datetime.combine(issuer.today, datetime.min.time()))
    followed = queries.codes_to_follow(midnight, issuer.now, issuer.scope).prefetch_related("messages")
    rows = list(followed[:_COUNTED])
    lines = [code_line(row, issuer.areas, issuer.now) for row in rows]
    just_now = (
        line
        for row, line in zip(rows, lines, strict=True)
        if row.issued_by_id == issuer.actor.user_id and row.issued_at > issuer.now - _JUST_NOW
    )
    pages = Paginator([line for line in lines if line.matches(chosen)], _A_PAGE)
    context = {
        "form": form,
        "faults": faults,
        "latest": None if faults or request.GET else next(just_now, None),
        "sms": sms,
        "filters": filters_of(lines, chosen),
        "chosen": chosen,
        "page": pages.get_page(request.GET.get("page")),
        "today": issuer.today,
        "counted": _COUNTED if len(lines) == _COUNTED else None,
    }
    return render(request, "keys/issue_code.html", context, status=422 if faults else 200)


@login_required
@never_cache
@require_safe
def code_page(request: HttpRequest, code_uuid: uuid.UUID) -> HttpResponse:
    """``/codes/UUID/``: what became of one code, and of its messages."""
    issuer = issuer_of(request)
    return _code_page(request, _code(code_uuid, issuer), issuer, PhoneForm(initial={"uuid": uuid.uuid4()}))


@login_required
@never_cache
@require_http_methods(["POST"])
def send_message(request: HttpRequest, code_uuid: uuid.UUID) -> HttpResponse:
    """``/codes/UUID/messages``: send the code to a phone, again or for the first time."""
    issuer = issuer_of(request)
    row = _code(code_uuid, issuer)
    form = PhoneForm(request.POST)
    if form.is_valid():
        try:
            services.queue_message(
                code_uuid,
                form.cleaned_data["phone"],
                issuer.now,
                message_uuid=form.cleaned_data["uuid"],
                scope=issuer.scope,
                by=issuer.actor,
            )
        except CodeRefused as refusal:
            return _code_page(request, row, issuer, form, _faults_of(form, refusal, issuer))
        except PhoneRefused as refusal:
            form.add_error("phone", str(refusal))
        else:
            messages.success(request, gettext("Tin nhắn đang được gửi, thường trong vòng một phút."))
            return redirect("code", code_uuid=code_uuid)
    return _code_page(request, row, issuer, form, form.faults)


@login_required
@never_cache
@require_http_methods(["POST"])
def retry_message(request: HttpRequest, code_uuid: uuid.UUID, message_uuid: uuid.UUID) -> HttpResponse:
    """``/codes/UUID/messages/UUID/retry``: let a message that waits for its next try have it now."""
    issuer = issuer_of(request)
    _code(code_uuid, issuer)
    try:
        services.retry_message(code_uuid, message_uuid, scope=issuer.scope, by=issuer.actor, now=issuer.now)
    except CodeRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, gettext("Tin nhắn sẽ được thử gửi lại trong vòng một phút."))
    return redirect("code", code_uuid=code_uuid)


@login_required
@never_cache
@require_http_methods(["POST"])
def revoke_code(request: HttpRequest, code_uuid: uuid.UUID) -> HttpResponse:
    """``/codes/UUID/revoke``: take a code back."""
    issuer = issuer_of(request)
    _code(code_uuid, issuer)
    try:
        state = services.revoke_code(code_uuid, scope=issuer.scope, by=issuer.actor, now=issuer.now)
    except CodeRefused as refusal:
        messages.error(request, str(refusal))
    else:
        if state is CodeState.REVOKED:
            messages.success(request, gettext("Đã thu hồi mã."))
        else:
            messages.warning(request, gettext("Mã đã hết hạn, không cần thu hồi."))
    return redirect("code", code_uuid=code_uuid)


def _issued(request: HttpRequest, form: IssueCodeForm, issuer: Staff) -> HttpResponse:
    """Issue the code that a valid form asks for, send it if so wanted, and show it.

    :raises CodeRefused: nothing was issued.
    """
    asked, delivery = form.cleaned_data, form.cleaned_data["delivery"]
    issued = services.issue_code(
        report_type=ReportTypeName(asked["report_type"]),
        test_date=asked["test_date"],
        onset_date=asked["onset_date"],
        uuid=asked["uuid"],
        area_path=asked["area"],
        scope=issuer.scope,
        by=issuer.actor,
        now=issuer.now,
        with_long_code=delivery in ("sms", "print"),
    )
    not_sent, queued_before = "", None
    if delivery == "sms":
        try:
            queued_at = services.queue_message(
                issued.uuid, asked["phone"], issuer.now, scope=issuer.scope, by=issuer.actor
            ).created_at
            # then to the number that was given then, whatever this one is
            queued_before = queued_at if queued_at < issuer.now else None
        except (CodeRefused, PhoneRefused) as refusal:
            not_sent = str(refusal)
    context = {
        "issued": issued,
        "long_code": in_fours(issued.long_code or ""),
        "line": code_line(queries.code_row(issued.uuid, issuer.scope), issuer.areas, issuer.now),
        "short_expired": issued.expires_at <= issuer.now,
        "negative": issued.report_type is ReportTypeName.NEGATIVE,
        "label": REPORT_TYPE_LABELS[issued.report_type],
        "delivery": delivery,
        "masked": masked_phone(asked["phone"]) if delivery == "sms" else "",
        "not_sent": not_sent,
        "queued_before": queued_before,
        "waiting": CodeState.WAITING,
    }
    return render(request, "keys/issued.html", context)


def _code(code_uuid: uuid.UUID, issuer: Staff) -> VerificationCode:
    try:
        return queries.code_row(code_uuid, issuer.scope)
    except CodeRefused:
        raise Http404 from None


def _faults_of(form: OnceForm, refusal: CodeRefused, issuer: Staff) -> Sequence[FormFault]:
    """Why nothing was done; a form whose UUID was used for something else gets another UUID."""
    if refusal.code != "uuid_already_exists":
        return [FormFault(str(refusal))]
    used: uuid.UUID = form.cleaned_data["uuid"]
    form.renew()
    try:
        queries.code_row(used, issuer.scope)
    except CodeRefused:
        return [FormFault(gettext("Biểu mẫu này đã được dùng cho việc khác. Hãy xem lại rồi bấm lần nữa."))]
    text = gettext(
        "Biểu mẫu này đã cấp một mã với nội dung khác: xem, hoặc thu hồi mã đó. Nếu vẫn cần mã mới với nội "
        "dung vừa sửa, hãy bấm “Cấp mã” lần nữa."
    )
    return [FormFault(text, reverse("code", args=[used]))]


def _code_page(
    request: HttpRequest,
    row: VerificationCode,
    issuer: Staff,
    form: PhoneForm,
    faults: Sequence[FormFault] = (),
) -> HttpResponse:
    line = code_line(row, issuer.areas, issuer.now)
    context = {
        "code": row,
        "line": line,
        "form": form,
        "faults": faults,
        "usable": line.state is CodeState.WAITING,
        "sms": settings.BLUEZONE_SMS.sender is not None,
    }
    return render(request, "keys/code.html", context, status=422 if faults else 200)
