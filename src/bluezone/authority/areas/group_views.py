"""Staff pages on which a ward's residential groups and alleys are brought in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from bluezone.authority.areas import group_services
from bluezone.authority.areas.group_sheet import GroupSheet, read_group_sheet
from bluezone.authority.areas.staff import AreaStaff, editor_of
from bluezone.authority.tabular.import_pages import ImportPages, ImportTexts, NotUndone
from bluezone.authority.tabular.models import ImportRun

__all__ = ["PAGES"]

_TEXTS = ImportTexts(
    title=gettext_lazy("Nhập tổ dân phố và ngõ từ bảng"),
    back=pgettext_lazy("areas", "Địa bàn"),
    columns=gettext_lazy(
        "Cột: Phường hoặc Mã phường, Tổ dân phố; có thể thêm Ngõ (một hoặc nhiều ngõ, cách nhau bằng dấu "
        "chấm phẩy), Từ ngày; thứ tự bất kỳ."
    ),
    sample='Phường;Tổ dân phố;Ngõ\nPhường Nhân Chính;1;"Ngõ 12; Ngõ 14"\nPhường Nhân Chính;2;Ngõ 35',
    headings=(
        gettext_lazy("Phường"),
        gettext_lazy("Tổ dân phố"),
        gettext_lazy("Ngõ mới"),
        gettext_lazy("Từ ngày"),
    ),
)


def _read(data: bytes, wanted: str, staff: AreaStaff) -> GroupSheet:
    return read_group_sheet(data, staff.edits, staff.today, wanted)


def _shown(sheet: GroupSheet, most: int) -> Iterator[tuple[int, Sequence[str]]]:
    for row in islice(sheet.rows, most):
        group = row.group if row.known_group is None else gettext("{name} (đã có)").format(name=row.group)
        yield row.row, (row.ward_name, group, "; ".join(row.new_alleys), f"{row.valid_from:%d/%m/%Y}")


def _bring_in(sheet: GroupSheet, name: str, data: bytes, staff: AreaStaff) -> str:
    outcome = group_services.import_groups(
        sheet.rows, file_name=name, data=data, by=staff.actor, now=staff.now
    )
    told = gettext("Đã nhập {rows} dòng: {groups} tổ dân phố mới, {alleys} ngõ mới.")
    return told.format(rows=len(sheet.rows), groups=outcome.groups, alleys=outcome.alleys)


def _undo(run_id: UUID, staff: AreaStaff) -> ImportRun:
    try:
        return group_services.undo_groups(run_id, by=staff.actor, now=staff.now)
    except group_services.GroupsInUse:
        raise NotUndone(
            gettext("Đã có số liệu, đơn vị hoặc ngõ dựa vào tổ dân phố của lần nhập này.")
        ) from None


PAGES = ImportPages(
    name="areas",
    texts=_TEXTS,
    staff=editor_of,
    read=_read,
    shown=_shown,
    bring_in=_bring_in,
    undo=_undo,
    runs=lambda staff: group_services.group_imports(staff.edits),
)
