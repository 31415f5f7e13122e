"""Staff pages that every import has: choose a sheet, see what is in it, bring it in, take it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bluezone.authority.tabular.faults import Fault, Severity, SheetRefused
from bluezone.authority.tabular.forms import ConfirmForm, SheetForm, packed
from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.reading import in_language
from bluezone.authority.tabular.services import AlreadyImported, ImportNotFound
from bluezone.errors import Refused

__all__ = ["ImportPages", "ImportTexts", "NotUndone", "ReadSheet"]

_ROWS_SHOWN = 200
_FAULTS_SHOWN = 500

_View = Callable[..., HttpResponse]
StaffT = TypeVar("StaffT")


class NotUndone(Refused):
    """An import cannot be taken back; the message tells staff why, in their language."""


class ReadSheet(Protocol):
    """What a sheet holds, as far as these pages care."""

    @property
    def rows(self) -> Sequence[Any]:
        """Those that can be imported."""

    @property
    def faults(self) -> Sequence[Fault]:
        """What is to be said of these and the others."""


SheetT = TypeVar("SheetT", bound=ReadSheet)


@dataclass(frozen=True, slots=True)
class ImportTexts:
    """The words of one domain's pages, in the language of whoever looks at them."""

    title: str | Promise
    back: str | Promise
    """What the page above is called."""

    columns: str | Promise
    sample: str | Promise
    """The simplest sheet."""

    headings: Sequence[str | Promise]
    """Of the rows that a preview shows, without the number of the row."""


@dataclass(frozen=True)
class ImportPages(Generic[StaffT, SheetT]):
    """The pages of one domain; what it alone knows are these functions."""

    name: str
    """Of the page above; the pages are ``NAME-import``, ``NAME-import-confirm`` and ``NAME-import-undo``."""

    texts: ImportTexts
    staff: Callable[[HttpRequest], StaffT]
    """Who asks; refuses those who may not import."""

    read: Callable[[bytes, str, StaffT], SheetT]
    shown: Callable[[SheetT, int], Iterable[tuple[int, Sequence[str]]]]
    """The first so many rows for the preview, as texts behind their number in the sheet."""

    bring_in: Callable[[SheetT, str, bytes, StaffT], str]
    """Import the rows; what is told of it."""

    undo: Callable[[UUID, StaffT], ImportRun]
    """May raise :class:`NotUndone`."""

    runs: Callable[[StaffT], Sequence[ImportRun]]
    """Imports that are wholly theirs: shown, and theirs to take back."""

    @property
    def urls(self) -> list[URLPattern]:
        """The three addresses."""
        return [
            path(
                "import/", self._staff_page(self._import_sheet, ["GET", "HEAD", "POST"]), name=self._address
            ),
            path("import/confirm", self._staff_page(self._confirm), name=f"{self._address}-confirm"),
            path("imports/<uuid:run_id>/undo", self._staff_page(self._undo), name=f"{self._address}-undo"),
        ]

    @property
    def _address(self) -> str:
        return f"{self.name}-import"

    def _staff_page(self, view: _View, methods: list[str] | None = None) -> _View:
        @wraps(view)
        def page(request: HttpRequest, **arguments: Any) -> HttpResponse:
            return view(request, **arguments)

        allowed = require_POST if methods is None else require_http_methods(methods)
        return login_required(never_cache(allowed(page)))

    def _import_sheet(self, request: HttpRequest) -> HttpResponse:
        """The form and earlier imports; after a file is sent, what is in it."""
        staff = self.staff(request)
        if request.method != "POST":
            return self._form_page(request, staff, SheetForm(columns=self.texts.columns))
        form = SheetForm(request.POST, request.FILES, columns=self.texts.columns)
        if form.is_valid():
            data, wanted = form.cleaned_data["file"], form.cleaned_data["sheet"]
            try:
                sheet = self.read(data, wanted, staff)
            except SheetRefused as refusal:
                form.add_error("file", in_language(refusal.said))
            else:
                name = form.cleaned_data["name"]
                confirm = ConfirmForm(initial={"name": name, "sheet": wanted, "content": packed(data)})
                return self._preview(request, sheet, name, confirm)
        return self._form_page(request, staff, form, status=422)

    def _preview(self, request: HttpRequest, sheet: SheetT, name: str, form: ConfirmForm) -> HttpResponse:
        wrong = [one for one in sheet.faults if one.severity is Severity.ERROR]
        faults = list(sheet.faults)
        if len(faults) > _FAULTS_SHOWN:  # no error is hidden behind remarks
            faults = wrong + [one for one in faults if one.severity is not Severity.ERROR]
        context = {
            "texts": self.texts,
            "address": reverse(self._address),
            "confirm": reverse(f"{self._address}-confirm"),
            "name": name,
            "form": form,
            "count": len(sheet.rows),
            "left_out": len({one.row for one in wrong}),
            "faults": faults[:_FAULTS_SHOWN],
            "more_faults": max(0, len(faults) - _FAULTS_SHOWN),
            "rows": [
                (number, list(zip(self.texts.headings, cells, strict=True)))
                for number, cells in self.shown(sheet, _ROWS_SHOWN)
            ],
            "more_rows": max(0, len(sheet.rows) - _ROWS_SHOWN),
        }
        return render(request, "tabular/import_preview.html", context)

    def _confirm(self, request: HttpRequest) -> HttpResponse:
        """Bring in the rows that can be."""
        staff = self.staff(request)
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            messages.error(request, gettext("Dữ liệu của tệp bị hỏng. Hãy tải tệp lên lại."))
            return redirect(self._address)
        data = form.cleaned_data["content"]
        try:
            sheet = self.read(data, form.cleaned_data["sheet"], staff)
            if not sheet.rows:  # a button that is not offered, or a scope that has changed since
                messages.error(request, gettext("Không có dòng nào nhập được."))
                return redirect(self._address)
            told = self.bring_in(sheet, form.cleaned_data["name"], data, staff)
        except SheetRefused as refusal:
            messages.error(request, in_language(refusal.said))
        except AlreadyImported:
            messages.error(request, gettext("Tệp này đã được nhập trước đó."))
        else:
            messages.success(request, told)
        return redirect(self._address)

    def _undo(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Take one back. Only an import all of whose rows lie in the scope."""
        staff = self.staff(request)
        if run_id not in {run.pk for run in self.runs(staff)}:
            raise PermissionDenied("no such import in the scope")
        try:
            run = self.undo(run_id, staff)
        except ImportNotFound:
            messages.error(request, gettext("Lần nhập này đã được hoàn tác."))
        except NotUndone as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, gettext("Đã hoàn tác lần nhập {file_name}.").format(file_name=run.file_name)
            )
        return redirect(self._address)

    def _form_page(
        self, request: HttpRequest, staff: StaffT, form: SheetForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "texts": self.texts,
            "above": reverse(self.name),
            "address": reverse(self._address),
            "form": form,
            "runs": [
                {"run": run, "undo": reverse(f"{self._address}-undo", kwargs={"run_id": run.pk})}
                for run in self.runs(staff)
            ],
        }
        return render(request, "tabular/import.html", context, status=status)
