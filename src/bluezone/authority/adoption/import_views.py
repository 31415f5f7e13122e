"""Staff pages of imports: choose a sheet, see what is in it, bring it in, take it back."""

from __future__ import annotations

from base64 import b64encode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bluezone.authority.adoption import services
from bluezone.authority.adoption.area_names import AreasInScope
from bluezone.authority.adoption.forms import ConfirmForm, SheetForm
from bluezone.authority.adoption.queries import imports
from bluezone.authority.adoption.sheet import CitySheet, read_city_sheet
from bluezone.authority.adoption.staff import Officer, editor_of
from bluezone.authority.tabular.faults import SheetRefused
from bluezone.authority.tabular.services import AlreadyImported, ImportNotFound

__all__ = ["confirm_import", "import_sheet", "undo_import"]


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_sheet(request: HttpRequest) -> HttpResponse:
    """``/adoption/import/``: the form and earlier imports; after a file is sent, what is in it."""
    officer = editor_of(request)
    if request.method != "POST":
        return _form_page(request, officer, SheetForm())
    form = SheetForm(request.POST, request.FILES)
    if form.is_valid():
        data, wanted = form.cleaned_data["file"], form.cleaned_data["sheet"]
        try:
            sheet = _read(data, wanted, officer)
        except SheetRefused as refusal:
            form.add_error("file", refusal.said.vi)
        else:
            initial = {
                "name": form.cleaned_data["name"],
                "sheet": wanted,
                "content": b64encode(data).decode(),
            }
            context = {"sheet": sheet, "name": initial["name"], "form": ConfirmForm(initial=initial)}
            return render(request, "adoption/import_preview.html", context)
    return _form_page(request, officer, form, status=422)


@login_required
@never_cache
@require_POST
def confirm_import(request: HttpRequest) -> HttpResponse:
    """``/adoption/import/confirm``: bring in the rows that can be."""
    officer = editor_of(request)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Dữ liệu của tệp bị hỏng. Hãy tải tệp lên lại.")
        return redirect("adoption-import")
    data = form.cleaned_data["content"]
    try:
        sheet = _read(data, form.cleaned_data["sheet"], officer)
        outcome = services.import_city_sheet(
            sheet.rows, file_name=form.cleaned_data["name"], data=data, by=officer.actor, now=officer.now
        )
    except SheetRefused as refusal:
        messages.error(request, refusal.said.vi)
    except AlreadyImported:
        messages.error(request, "Tệp này đã được nhập trước đó.")
    else:
        messages.success(
            request,
            f"Đã nhập {len(sheet.rows)} dòng: {outcome.added} số liệu mới, {outcome.corrected} đính chính, "
            f"{outcome.unchanged} không đổi.",
        )
    return redirect("adoption-import")


@login_required
@never_cache
@require_POST
def undo_import(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """``/adoption/imports/ID/undo``: take one back. Only an import all of whose rows lie in the scope."""
    officer = editor_of(request)
    if run_id not in {run.pk for run in imports(officer.scope)}:
        raise PermissionDenied("no such import in the scope")
    try:
        run = services.undo_city_sheet(run_id, by=officer.actor, now=officer.now)
    except ImportNotFound:
        messages.error(request, "Lần nhập này đã được hoàn tác.")
    except services.CannotUndo:
        messages.error(request, "Số liệu này đã được đính chính sau đó: hãy hoàn tác lần nhập sau trước.")
    else:
        messages.success(request, f"Đã hoàn tác lần nhập {run.file_name}.")
    return redirect("adoption-import")


def _read(data: bytes, wanted: str, officer: Officer) -> CitySheet:
    return read_city_sheet(data, AreasInScope(officer.scope), officer.today, wanted)


def _form_page(request: HttpRequest, officer: Officer, form: SheetForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "runs": imports(officer.scope)}
    return render(request, "adoption/import.html", context, status=status)
