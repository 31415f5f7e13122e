"""Staff pages of imports of returns: what is told of a sheet, and how it comes in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

from django.utils.translation import gettext, gettext_lazy

from bluezone.authority.formats.numbers import grouped
from bluezone.authority.organisations.directory import Directory
from bluezone.authority.returns import services
from bluezone.authority.returns.metrics import COUNT_NAMES
from bluezone.authority.returns.queries import imports
from bluezone.authority.returns.sheet import ReturnsSheet, read_returns_sheet
from bluezone.authority.returns.staff import Person, editor_of
from bluezone.authority.tabular.import_pages import ImportPages, ImportTexts, NotUndone
from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.reading import in_language

__all__ = ["PAGES"]

_TEXTS = ImportTexts(
    title=gettext_lazy("Nhập báo cáo từ bảng"),
    back=gettext_lazy("Báo cáo"),
    columns=gettext_lazy(
        "Cột: Mã đơn vị hoặc Tên đơn vị, Ngày; đếm cán bộ: Số cán bộ, Có điện thoại thông minh, "
        "Đã cài Bluezone, Đang bật Bluezone, Người thân; đếm học sinh: Lớp, Sĩ số, Điện thoại riêng, "
        "Dùng chung, Không có máy, Đã cài Bluezone, Phụ huynh đã cài; thứ tự bất kỳ. "
        "Mỗi dòng đếm cán bộ hoặc học sinh, không cả hai."
    ),
    sample="Tên đơn vị;Ngày;Số cán bộ;Có điện thoại thông minh;Đã cài Bluezone;Đang bật Bluezone;Người thân\n"
    "UBND quận Thanh Xuân;08/3/2021;120;110;96;80;150",
    headings=(
        gettext_lazy("Đơn vị"),
        gettext_lazy("Lớp"),
        gettext_lazy("Ngày"),
        gettext_lazy("Số liệu"),
    ),
)


def _read(data: bytes, wanted: str, person: Person) -> ReturnsSheet:
    return read_returns_sheet(data, Directory(person.edits), person.today, wanted)


def _shown(sheet: ReturnsSheet, most: int) -> Iterator[tuple[int, Sequence[str]]]:
    for row in islice(sheet.rows, most):
        counts = "; ".join(
            f"{in_language(COUNT_NAMES[name])}: {grouped(count)}" for name, count in row.counts.items()
        )
        yield row.row, (row.name, row.class_name, f"{row.day:%d/%m/%Y}", counts)


def _bring_in(sheet: ReturnsSheet, name: str, data: bytes, person: Person) -> str:
    done = services.import_returns(sheet.rows, file_name=name, data=data, by=person.actor, now=person.now)
    told = gettext("Đã nhập {rows} dòng: {new} báo cáo mới, {corrected} đính chính, {unchanged} không đổi.")
    return told.format(rows=len(sheet.rows), new=done.new, corrected=done.corrected, unchanged=done.unchanged)


def _undo(run_id: UUID, person: Person) -> ImportRun:
    try:
        return services.undo_returns(run_id, by=person.actor, now=person.now)
    except services.CannotUndo:
        raise NotUndone(
            gettext("Báo cáo này đã được đính chính sau đó: hãy hoàn tác lần nhập sau trước.")
        ) from None


PAGES = ImportPages(
    name="returns",
    texts=_TEXTS,
    staff=editor_of,
    read=_read,
    shown=_shown,
    bring_in=_bring_in,
    undo=_undo,
    runs=lambda person: imports(person.edits),
)
