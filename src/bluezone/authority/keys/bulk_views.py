"""Staff pages of codes for a file of tests: choose it, see what is in it, issue, download, take back."""

from __future__ import annotations

import csv
import io
import uuid
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bluezone.authority.keys import queries, services
from bluezone.authority.keys.bulk_codes import BulkFile, BulkRefused, read_bulk_file
from bluezone.authority.keys.code_links import in_fours
from bluezone.authority.keys.forms import REPORT_TYPE_LABELS, BulkConfirmForm, BulkForm, FormFault
from bluezone.authority.keys.issue_rules import CodeRefused, CodeState
from bluezone.authority.keys.staff import Staff, issuer_of
from bluezone.authority.tabular.writing import formula_safe

__all__ = ["bulk_download", "bulk_issue", "bulk_revoke", "bulk_upload"]

_HEADING = (
    gettext_lazy("Dòng"),
    gettext_lazy("Mã mẫu"),
    gettext_lazy("Kết quả"),
    gettext_lazy("Tình trạng"),
    gettext_lazy("Mã ngắn"),
    gettext_lazy("Mã ngắn hết hạn"),
    gettext_lazy("Mã dài"),
    gettext_lazy("Mã dài hết hạn"),
    "SMS",
)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def bulk_upload(request: HttpRequest) -> HttpResponse:
    """``/codes/bulk/``: the form; after a file is sent, what is in it. Nothing is issued yet."""
    issuer = issuer_of(request)
    if request.method != "POST":
        return _bulk_page(request, issuer, BulkForm(areas=issuer.areas, initial={"uuid": uuid.uuid4()}))
    form = BulkForm(request.POST, request.FILES, areas=issuer.areas)
    if form.is_valid():
        data = form.cleaned_data["file"]
        try:
            return _preview(request, form, read_bulk_file(data, issuer.today), data, issuer)
        except BulkRefused as refusal:
            form.add_error("file", str(refusal))
    return _bulk_page(request, issuer, form, form.faults)


@login_required
@never_cache
@require_http_methods(["POST"])
def bulk_issue(request: HttpRequest) -> HttpResponse:
    """``/codes/bulk/issue``: issue what the file asks for, and show each row's outcome."""
    issuer = issuer_of(request)
    form = BulkConfirmForm(request.POST, areas=issuer.areas)
    try:
        outcome = _issue(form, issuer)
    except (BulkRefused, CodeRefused) as refusal:
        return _refused(request, issuer, str(refusal))
    issued = [one for one in outcome.rows if one.issued]
    context = {
        "outcome": outcome,
        "issued": issued,
        "refused": len(outcome.rows) - len(issued),
        "messages_queued": sum(one.message_queued for one in issued),
        "messages_refused": sum(bool(one.message_refusal) for one in issued),
        "area": issuer.areas[form.cleaned_data["area"]],
        "form": form,
        "now": issuer.now,
        "may_download": outcome.download_until is None or issuer.now < outcome.download_until,
    }
    return render(request, "keys/bulk_issued.html", context)


@login_required
@never_cache
@require_http_methods(["POST"])
def bulk_download(request: HttpRequest) -> HttpResponse:
    """``/codes/bulk/download``: the outcomes as CSV, once; again while it may not have arrived."""
    issuer = issuer_of(request)
    form = BulkConfirmForm(request.POST, areas=issuer.areas)
    try:
        outcome = _issue(form, issuer)
        services.mark_bulk_downloaded(form.cleaned_data["uuid"], by=issuer.actor, now=issuer.now)
    except (BulkRefused, CodeRefused) as refusal:
        return _refused(request, issuer, str(refusal))
    delimiter = read_bulk_file(form.cleaned_data["content"], issuer.today).delimiter
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(_HEADING)
    writer.writerows(_csv_rows(outcome))
    # with a mark, or Excel takes it for another encoding
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="ma-{issuer.today:%Y-%m-%d}.csv"'
    return response


@login_required
@never_cache
@require_http_methods(["POST"])
def bulk_revoke(request: HttpRequest, upload: uuid.UUID) -> HttpResponse:
    """``/codes/bulk/UUID/revoke``: take all codes of a file back."""
    issuer = issuer_of(request)
    try:
        states = services.revoke_bulk(upload, scope=issuer.scope, by=issuer.actor, now=issuer.now)
    except CodeRefused:
        raise Http404 from None
    revoked, used = states[CodeState.REVOKED], states[CodeState.CLAIMED]
    done = ngettext("Đã thu hồi {n} mã của tệp.", "Đã thu hồi {n} mã của tệp.", revoked).format(n=revoked)
    if used:
        text = ngettext(
            "{n} mã đã được dùng nên không thu hồi được nữa.",
            "{n} mã đã được dùng nên không thu hồi được nữa.",
            used,
        )
        done += " " + text.format(n=used)
    messages.success(request, done)
    return redirect("bulk-codes")


def _issue(form: BulkConfirmForm, issuer: Staff) -> services.BulkOutcome:
    """:raises BulkRefused, CodeRefused: the file or the place cannot be used; nothing was issued."""
    if not form.is_valid():
        raise BulkRefused(_first_error(form))
    return services.issue_bulk(
        form.cleaned_data["uuid"],
        read_bulk_file(form.cleaned_data["content"], issuer.today).rows,
        area_path=form.cleaned_data["area"],
        scope=issuer.scope,
        by=issuer.actor,
        now=issuer.now,
    )


def _preview(
    request: HttpRequest, form: BulkForm, file: BulkFile, data: bytes, issuer: Staff
) -> HttpResponse:
    initial = {**form.cleaned_data, "content": b64encode(data).decode()}
    phones = sum(bool(row.phone) for row in file.good)
    context = {
        "file": file,
        "bad": [row for row in file.rows if row.faults],
        "phones": phones,
        "sms": settings.BLUEZONE_SMS.sender is not None,
        "area": issuer.areas[form.cleaned_data["area"]],
        "labels": REPORT_TYPE_LABELS,
        "form": BulkConfirmForm(areas=issuer.areas, initial=initial),
    }
    return render(request, "keys/bulk_preview.html", context)


def _refused(request: HttpRequest, issuer: Staff, message: str) -> HttpResponse:
    form = BulkForm(areas=issuer.areas, initial={"uuid": uuid.uuid4()})
    return _bulk_page(request, issuer, form, [FormFault(message)])


def _bulk_page(
    request: HttpRequest, issuer: Staff, form: BulkForm, faults: Sequence[FormFault] = ()
) -> HttpResponse:
    files = [
        (one, issuer.areas.get(one.area_path, one.area_path), queries.usable_codes(one, issuer.now))
        for one in queries.bulk_issues_since(issuer.now - services.LONG_CODE_LIFETIME, issuer.scope)
    ]
    context = {"form": form, "faults": faults, "files": files}
    return render(request, "keys/bulk.html", context, status=422 if faults else 200)


def _first_error(form: BulkConfirmForm) -> str:
    return next(str(error) for errors in form.errors.values() for error in errors)


def _csv_rows(outcome: services.BulkOutcome) -> Iterator[list[str | int]]:
    for one in outcome.rows:
        line: list[str | int] = [
            one.row.line,
            formula_safe(one.row.sample),
            str(REPORT_TYPE_LABELS[one.row.report_type]),
        ]
        issued = one.issued
        if issued is None or issued.long_expires_at is None:
            yield [*line, gettext("Không cấp: {reason}").format(reason=one.refusal), "", "", "", "", ""]
            continue
        if one.message_queued:
            message = gettext("đang gửi")
        else:
            message = (
                gettext("không gửi: {reason}").format(reason=one.message_refusal)
                if one.message_refusal
                else ""
            )
        # in groups, so that no spreadsheet takes a code for a number and drops its zeros
        codes = [
            issued.grouped,
            _moment(issued.expires_at),
            in_fours(issued.long_code or ""),
            _moment(issued.long_expires_at),
        ]
        yield [*line, gettext("Đã cấp"), *codes, message]


def _moment(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%H:%M %d/%m/%Y}"
