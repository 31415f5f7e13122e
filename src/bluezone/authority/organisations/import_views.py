"""Staff pages of imports of organisations: what is told of a sheet, and how it comes in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

from django.utils.translation import gettext, gettext_lazy

from bluezone.authority.formats.numbers import grouped
from bluezone.authority.organisations import services
from bluezone.authority.organisations.directory import Directory
from bluezone.authority.organisations.kinds import kind_name, people_name
from bluezone.authority.organisations.queries import imports
from bluezone.authority.organisations.rules import school_year_text
from bluezone.authority.organisations.sheet import OrganisationSheet, read_organisation_sheet
from bluezone.authority.organisations.sheet_rows import OrganisationRow
from bluezone.authority.organisations.staff import Registrar, editor_of
from bluezone.authority.tabular.import_pages import ImportPages, ImportTexts, NotUndone
from bluezone.authority.tabular.models import ImportRun

__all__ = ["PAGES"]

_TEXTS = ImportTexts(
    title=gettext_lazy("Nhập danh bạ đơn vị từ bảng"),
    back=gettext_lazy("Đơn vị"),
    columns=gettext_lazy(
        "Cột: Tên đơn vị, Loại, Địa bàn hoặc Mã địa bàn; có thể thêm Mã đơn vị, Trực thuộc, Địa chỉ, "
        "Người liên hệ, Chức vụ, Điện thoại, Email, Ngày số liệu, Số cán bộ, Số học sinh, Số hội viên, "
        "Năm học, Lớp; thứ tự bất kỳ."
    ),
    sample=gettext_lazy(
        "Tên đơn vị;Loại;Trực thuộc;Địa bàn;Ngày số liệu;Số cán bộ;Số học sinh;Năm học;Lớp\n"
        "UBND quận Thanh Xuân;Cơ quan;;Quận Thanh Xuân;08/3/2021;120;;;\n"
        "Trường THCS Nhân Chính;Trường học;UBND quận Thanh Xuân;Phường Nhân Chính;08/3/2021;60;1.100;;\n"
        "Trường THCS Nhân Chính;;;;08/3/2021;;42;2020-2021;6A1"
    ),
    headings=(
        gettext_lazy("Đơn vị"),
        gettext_lazy("Loại"),
        gettext_lazy("Địa bàn"),
        gettext_lazy("Trực thuộc"),
        gettext_lazy("Số người"),
    ),
)


def _read(data: bytes, wanted: str, registrar: Registrar) -> OrganisationSheet:
    return read_organisation_sheet(data, Directory(registrar.scope), registrar.today, wanted)


def _shown(sheet: OrganisationSheet, most: int) -> Iterator[tuple[int, Sequence[str]]]:
    for row in islice(sheet.rows, most):
        counts = "; ".join(f"{people_name(people)}: {grouped(count)}" for people, count in row.counts.items())
        name = f"{row.name} ({row.code})" if row.code else row.name
        if row.school_class is not None:
            begins, class_name = row.school_class
            text = gettext("{name}, lớp {class_name}, {year}")
            named = text.format(name=name, class_name=class_name, year=school_year_text(begins))
            yield row.row, (named, gettext("Lớp"), "", "", counts)
        else:
            yield row.row, (name, kind_name(row.kind), row.area_name, _manager(row), counts)


def _manager(row: OrganisationRow) -> str:
    if row.manager.registered is not None:
        return row.manager.registered.name
    return (
        row.manager.name
        if row.manager.row is None
        else gettext("đơn vị ở dòng {row}").format(row=row.manager.row)
    )


def _bring_in(sheet: OrganisationSheet, name: str, data: bytes, registrar: Registrar) -> str:
    outcome = services.import_organisations(
        sheet.rows, file_name=name, data=data, by=registrar.actor, now=registrar.now
    )
    return gettext(
        "Đã nhập {rows} dòng: {organisations} đơn vị mới, {classes} lớp mới, {headcounts} số liệu, "
        "{contacts} người liên hệ."
    ).format(
        rows=len(sheet.rows),
        organisations=outcome.organisations,
        classes=outcome.classes,
        headcounts=outcome.headcounts,
        contacts=outcome.contacts,
    )


def _undo(run_id: UUID, registrar: Registrar) -> ImportRun:
    try:
        return services.undo_organisations(run_id, by=registrar.actor, now=registrar.now)
    except services.CannotUndo:
        raise NotUndone(
            gettext(
                "Có số liệu hoặc đơn vị nhập sau dựa vào lần này, hoặc đơn vị đã được sửa trên trang của nó: "
                "hãy hoàn tác lần nhập sau trước."
            )
        ) from None


PAGES = ImportPages(
    name="organisations",
    texts=_TEXTS,
    staff=editor_of,
    read=_read,
    shown=_shown,
    bring_in=_bring_in,
    undo=_undo,
    runs=lambda registrar: imports(registrar.scope),
)
