"""Staff pages of the ledger's imports: what is told of the city's sheet, and how it comes in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

from django.utils.translation import gettext, gettext_lazy

from bluezone.authority.adoption import services
from bluezone.authority.adoption.queries import imports
from bluezone.authority.adoption.sheet import CitySheet, read_city_sheet
from bluezone.authority.adoption.sheet_corrections import with_corrections
from bluezone.authority.adoption.staff import Officer, editor_of
from bluezone.authority.areas.names import AreasInScope
from bluezone.authority.formats.numbers import grouped
from bluezone.authority.tabular.import_pages import ImportPages, ImportTexts, NotUndone
from bluezone.authority.tabular.models import ImportRun

__all__ = ["PAGES"]

_TEXTS = ImportTexts(
    title=gettext_lazy("Nhập số liệu từ bảng"),
    back=gettext_lazy("Tỷ lệ cài đặt"),
    columns=gettext_lazy(
        "Cột: Địa bàn hoặc Mã, Ngày, Số cài đặt, Số điện thoại thông minh, Tỷ lệ; thứ tự bất kỳ."
    ),
    sample=gettext_lazy(
        "Địa bàn;Ngày;Số cài đặt;Số điện thoại thông minh;Tỷ lệ\n"
        "Quận Thanh Xuân;08/3/2021;157.542;402.706;39,12%"
    ),
    headings=(gettext_lazy("Địa bàn"), gettext_lazy("Ngày"), gettext_lazy("Số liệu")),
)


def _read(data: bytes, wanted: str, officer: Officer) -> CitySheet:
    found = read_city_sheet(data, AreasInScope(officer.scope), officer.today, wanted)
    return with_corrections(found, officer.scope)


def _shown(sheet: CitySheet, most: int) -> Iterator[tuple[int, Sequence[str]]]:
    for row in islice(sheet.rows, most):
        counts = "; ".join(f"{name}: {grouped(value)}" for name, value in row.named_counts)
        if row.disagrees:
            counts += " " + gettext("(tỷ lệ ghi khác)")
        yield row.row, (row.area_name, f"{row.as_of:%d/%m/%Y}", counts)


def _bring_in(sheet: CitySheet, name: str, data: bytes, officer: Officer) -> str:
    outcome = services.import_city_sheet(
        sheet.rows, file_name=name, data=data, by=officer.actor, now=officer.now
    )
    return gettext(
        "Đã nhập {rows} dòng: {added} số liệu mới, {corrected} đính chính, {unchanged} không đổi."
    ).format(
        rows=len(sheet.rows), added=outcome.added, corrected=outcome.corrected, unchanged=outcome.unchanged
    )


def _undo(run_id: UUID, officer: Officer) -> ImportRun:
    try:
        return services.undo_city_sheet(run_id, by=officer.actor, now=officer.now)
    except services.CannotUndo:
        raise NotUndone(
            gettext("Số liệu này đã được đính chính sau đó: hãy hoàn tác lần nhập sau trước.")
        ) from None


PAGES = ImportPages(
    name="adoption",
    texts=_TEXTS,
    staff=editor_of,
    read=_read,
    shown=_shown,
    bring_in=_bring_in,
    undo=_undo,
    runs=lambda officer: imports(officer.scope),
)
