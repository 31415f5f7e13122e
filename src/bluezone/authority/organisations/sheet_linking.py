"""Rows of a sheet as they are linked to one another and to the registry, with what is to be said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bluezone.authority.organisations.directory import Directory, Registered
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.rules import ManagementLoop
from bluezone.authority.organisations.sheet_cells import RowReader
from bluezone.authority.organisations.sheet_registered import (
    find_keyed,
    find_registered,
    tell_counts,
    tell_manager,
)
from bluezone.authority.organisations.sheet_rows import NOBODY, Manager, OrganisationRow, new_paths
from bluezone.authority.tabular.faults import CellRefused, Said, Severity
from bluezone.authority.tabular.spelling import plain

__all__ = ["Draft", "Rows", "draft_of"]


@dataclass(slots=True)
class Draft:
    """A row while others are still to be read."""

    reader: RowReader
    code: str
    kind: Kind | None
    name: str
    school_class: tuple[int, str] | None
    manager: Manager = NOBODY


def draft_of(reader: RowReader) -> Draft:
    is_class = reader.cell("class") is not None
    kind = Kind.SCHOOL if is_class and reader.cell("kind") is None else reader.kind()
    name = reader.text("name")
    if not name and reader.is_good:
        reader.tell("name", Said("đang trống", "is empty"))
    return Draft(reader, reader.code("code", kind), kind, name, reader.school_class())


class Rows:
    """Rows as they are linked to one another and to the registry."""

    def __init__(self, drafts: Sequence[Draft], directory: Directory, today: date) -> None:
        self.found: list[OrganisationRow] = []
        self.good: set[int] = set()
        self._drafts = {one.reader.record.row: one for one in drafts}
        self._directory = directory
        self._today = today
        self._by_code: dict[str, list[Draft]] = {}
        self._by_name: dict[str, list[Draft]] = {}
        for one in drafts:
            if one.reader.cell("class") is None:
                self._by_name.setdefault(plain(one.name), []).append(one)
                if one.code:
                    self._by_code.setdefault(one.code, []).append(one)
        self._seen: dict[tuple[object, ...], int] = {}

    def add(self, draft: Draft) -> None:
        """Link one row; it is good unless an error is told."""
        reader, kind = draft.reader, draft.kind
        if reader.cell("class") is not None:
            self._add_class(draft)
            return
        if reader.cell("key") is not None and self._add_keyed(draft):
            return
        as_of, counts = reader.day(), reader.counts(kind)
        contact, address = reader.contact(), reader.text("address")
        if reader.cell("school_year") is not None and draft.school_class is None and reader.is_good:
            reader.tell("class", Said("có năm học mà không có lớp", "a school year without a class"))
        draft.manager = self._manager(draft)
        place = "area" if "area" in reader.record.cells else "area_code"
        try:
            area = self._directory.area(reader.cell("area_code"), reader.text("area"), as_of or self._today)
        except CellRefused as refusal:
            empty = reader.cell("area") is None and reader.cell("area_code") is None
            reader.tell(place, Said("đang trống", "is empty") if empty else refusal.said)
            return
        if area.remark:
            reader.tell("area_code", area.remark, Severity.REMARK)
        managed = draft.manager.registered
        if not self._directory.allows(area.path, "" if managed is None else managed.path):
            reader.tell(place, Said("ngoài phạm vi của bạn", "is outside your scope"))
            return
        if not (reader.is_good and kind):
            return
        registered = find_registered(
            reader, draft.code, draft.name, kind, area.pk, self._directory, as_of or self._today
        )
        self._tell_twice(reader, _identity(registered, draft, area.pk))
        if reader.is_good:
            self._take(
                OrganisationRow(
                    reader.record.row,
                    registered,
                    None,
                    draft.code,
                    kind,
                    draft.name,
                    area.pk,
                    area.name,
                    draft.manager,
                    address,
                    contact,
                    as_of,
                    counts,
                    None,
                )
            )

    def _add_keyed(self, draft: Draft) -> bool:
        """A row that names its organisation as the registry does: nothing but figures is taken from it."""
        reader = draft.reader
        as_of = reader.day()
        one = find_keyed(reader, self._directory, as_of or self._today)
        if one is None:
            return False
        counts, contact = reader.counts(Kind(one.kind)), reader.contact()
        self._tell_twice(reader, ("registered", one.pk))
        if reader.is_good:
            self._take(
                OrganisationRow(
                    reader.record.row,
                    one,
                    None,
                    one.code,
                    Kind(one.kind),
                    one.name,
                    one.area,
                    one.area_name,
                    NOBODY,
                    "",
                    contact,
                    as_of,
                    counts,
                    None,
                )
            )
        return True

    def _tell_twice(self, reader: RowReader, identity: tuple[object, ...]) -> None:
        first = self._seen.setdefault(identity, reader.record.row)
        if first != reader.record.row:
            reader.tell("", Said(f"cùng đơn vị với dòng {first}", f"the same organisation as row {first}"))

    def _add_class(self, draft: Draft) -> None:
        reader = draft.reader
        as_of, counts = reader.day(), reader.counts(draft.kind)
        if draft.kind not in (None, Kind.SCHOOL):
            reader.tell("kind", Said("chỉ trường học mới có lớp", "only schools have classes"))
        if not reader.is_good or draft.school_class is None:
            return
        in_sheet, registered = self._named(draft.code, draft.name)
        keyed = find_keyed(reader, self._directory, as_of or self._today)
        if not reader.is_good:
            return
        if keyed is not None:
            in_sheet, registered = [], [keyed]
        in_sheet = [one for one in in_sheet if one.kind is Kind.SCHOOL]
        registered = [
            one
            for one in registered
            if one.kind == Kind.SCHOOL and self._directory.allows(one.area_path, one.path)
        ]
        if in_sheet:
            registered = []
        if len(in_sheet) + len(registered) != 1:
            reader.tell("name", _none_or_several(draft.name, len(in_sheet) + len(registered)))
            return
        row = in_sheet[0].reader.record.row if in_sheet else None
        identity = (row, registered[0].pk if registered else None, *draft.school_class)
        first = self._seen.setdefault(identity, reader.record.row)
        if first != reader.record.row:
            reader.tell("", Said(f"cùng lớp với dòng {first}", f"the same class as row {first}"))
            return
        area, area_name = (registered[0].area, "") if registered else (0, "")
        self._take(
            OrganisationRow(
                reader.record.row,
                registered[0] if registered else None,
                row,
                draft.code,
                Kind.SCHOOL,
                draft.name,
                area,
                area_name,
                NOBODY,
                "",
                None,
                as_of,
                counts,
                draft.school_class,
            )
        )

    def _take(self, row: OrganisationRow) -> None:
        self.found.append(row)
        self.good.add(row.row)

    def _manager(self, draft: Draft) -> Manager:
        reader = draft.reader
        name, code = reader.text("manager"), reader.code("manager_code", None)
        if not name and not code:
            return NOBODY
        key = "manager_code" if code else "manager"
        in_sheet, registered = self._named(code, name)
        if any(one is draft for one in in_sheet) and len(in_sheet) == 1:
            reader.tell(
                key, Said("đơn vị không thể trực thuộc chính nó", "an organisation cannot manage itself")
            )
            return NOBODY
        registered = [one for one in registered if one.closed_on is None]
        if in_sheet:
            # A row that is of a registered organisation is that one.
            registered = []
        if len(in_sheet) + len(registered) > 1:
            reader.tell(key, _none_or_several(name or code, len(in_sheet) + len(registered)))
            return NOBODY
        if in_sheet:
            return Manager(row=in_sheet[0].reader.record.row)
        if registered:
            return Manager(registered=registered[0])
        if not name:
            reader.tell(key, _none_or_several(code, 0))
            return NOBODY
        said = Said(
            f"“{name}” chưa có trong danh bạ: chỉ ghi tên",
            f"“{name}” is not registered: its name alone is kept",
        )
        reader.tell(key, said, Severity.REMARK)
        return Manager(name=name)

    def _named(self, code: str, name: str) -> tuple[list[Draft], Sequence[Registered]]:
        """Rows of the sheet and organisations of the registry with a code, or without one of a name."""
        if code:
            one = self._directory.by_code(code)
            return self._by_code.get(code, []), [one] if one else []
        return self._by_name.get(plain(name), []), self._directory.by_name(name)

    def drop_loops(self) -> None:
        """Rows whose manager or school is not imported, or who would manage themselves, are not either."""
        while True:
            lost = [row for row in self.found if row.row in self.good and not self._holds(row)]
            for row in lost:
                above = row.manager.row or row.same_as
                said = Said(
                    f"dòng {above} mà dòng này dựa vào có lỗi", f"row {above}, which this needs, is wrong"
                )
                self._drop(row.row, "manager" if row.manager.row else "name", said)
            if not lost and not self._drop_one_loop():
                return

    def tell_changes(self) -> None:
        """What rows that come in would have otherwise, and figures that they replace."""
        good = [row for row in self.found if row.row in self.good]
        readers = {at: draft.reader for at, draft in self._drafts.items()}
        of_rows = {row.row: row.registered for row in good}
        for row in good:
            if readers[row.row].cell("key") is None:
                tell_manager(row, of_rows, readers[row.row])
        tell_counts(good, of_rows, readers)

    def _holds(self, row: OrganisationRow) -> bool:
        return all(above is None or above in self.good for above in (row.manager.row, row.same_as))

    def _drop_one_loop(self) -> bool:
        try:
            new_paths([row for row in self.found if row.row in self.good], lambda row: "x")
        except ManagementLoop as loop:
            said = Said(
                "trực thuộc vòng tròn hoặc quá nhiều cấp", "managed in a circle or through too many others"
            )
            self._drop(int(str(loop.key)), "manager", said)
            return True
        return False

    def _drop(self, row: int, key: str, said: Said) -> None:
        self.good.discard(row)
        self._drafts[row].reader.tell(key, said)


def _identity(registered: Registered | None, draft: Draft, area: int) -> tuple[object, ...]:
    """What tells a row's organisation from those of other rows."""
    if registered is not None:
        return ("registered", registered.pk)
    return (draft.code,) if draft.code else (plain(draft.name), draft.kind, area)


def _none_or_several(name: str, count: int) -> Said:
    if count == 0:
        return Said(
            f"không có đơn vị “{name}” trong tệp hay danh bạ",
            f"“{name}” is neither in the file nor registered",
        )
    return Said(
        f"có {count} đơn vị là “{name}”; hãy ghi mã", f"{count} organisations are “{name}”: give the code"
    )
