"""A sheet of organisations as clerks have it: each row one of them or a class, with all its faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bluezone.authority.organisations.directory import Directory, Registered
from bluezone.authority.organisations.kinds import Kind, People
from bluezone.authority.organisations.rules import ManagementLoop, management_paths
from bluezone.authority.organisations.sealed_contact import ContactPerson
from bluezone.authority.organisations.sheet_cells import COLUMNS, RowReader, not_a_row
from bluezone.authority.tabular.columns import read_table
from bluezone.authority.tabular.faults import CellRefused, Fault, Said, Severity, SheetRefused
from bluezone.authority.tabular.sheets import read_sheet
from bluezone.authority.tabular.spelling import plain

__all__ = [
    "Manager",
    "OrganisationRow",
    "OrganisationSheet",
    "Progress",
    "new_paths",
    "read_organisation_sheet",
]

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many of how many."""

_TOLD_EVERY = 500


@dataclass(frozen=True, slots=True)
class Manager:
    """Whom an organisation answers to: one of the registry, another row of the sheet, or a name alone."""

    registered: Registered | None = None
    row: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """A row that can be imported."""

    row: int
    registered: Registered | None
    """The organisation that it is of, if the registry has it."""

    same_as: int | None
    """For a class: the row of its school in this sheet."""

    code: str
    kind: Kind
    name: str
    area: int
    area_name: str
    manager: Manager
    address: str
    contact: ContactPerson | None = field(repr=False)
    as_of: date | None
    counts: Mapping[People, int]
    school_class: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class OrganisationSheet:
    """What a sheet holds: rows that can be imported, and what is to be said of these and the others."""

    rows: tuple[OrganisationRow, ...]
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        """Those whose rows are left out."""
        return tuple(one for one in self.faults if one.severity is Severity.ERROR)


def new_paths(
    rows: Sequence[OrganisationRow], segment: Callable[[OrganisationRow], str]
) -> Mapping[int, str]:
    """Where organisations that are new stand in the tree of management, by their rows.

    :raises ManagementLoop: naming a row.
    """
    new = {row.row: row for row in rows if row.registered is None and row.school_class is None}
    known = {row.row: row.registered for row in rows if row.registered is not None}

    def above(manager: Manager) -> int | str | None:
        registered = known.get(manager.row or 0, manager.registered)
        return manager.row if registered is None else registered.path

    return management_paths(
        {at: segment(row) for at, row in new.items()}, {at: above(row.manager) for at, row in new.items()}
    )


@dataclass(slots=True)
class _Draft:
    """A row while others are still to be read."""

    reader: RowReader
    code: str
    kind: Kind | None
    name: str
    school_class: tuple[int, str] | None
    manager: Manager = Manager()


def read_organisation_sheet(
    data: bytes, directory: Directory, today: date, wanted_sheet: str = "", progress: Progress | None = None
) -> OrganisationSheet:
    """Read a sheet; nothing is imported yet.

    :param today: on which areas are looked up where a row has no day of its own; a later day is a mistake.
    :raises SheetRefused: no sheet at all, or without the columns that are needed.
    """
    table = read_table(read_sheet(data, wanted_sheet), COLUMNS)
    if not table.records:
        raise SheetRefused("Tệp chỉ có dòng tiêu đề.", "the file has a heading and no row below it")
    unknown = Said("không dùng cột này: không nhập", "this column is not known and not imported")
    faults = [Fault(table.heading_row, name, unknown, Severity.REMARK) for name in table.unknown]
    drafts: list[_Draft] = []
    for record in table.records:
        if skipped := not_a_row(record):
            faults.append(Fault(record.row, "", skipped, Severity.REMARK))
        else:
            drafts.append(_draft(RowReader(record, today)))
    rows = _Rows(drafts, directory, today)
    for at, draft in enumerate(drafts):
        rows.add(draft)
        if progress and at % _TOLD_EVERY == 0:
            progress("reading", at, len(drafts))
    rows.drop_loops()
    faults += [fault for draft in drafts for fault in draft.reader.faults]
    good = [row for row in rows.found if row.row in rows.good]
    return OrganisationSheet(tuple(good), tuple(sorted(faults, key=lambda one: one.row)))


def _draft(reader: RowReader) -> _Draft:
    is_class = reader.cell("class") is not None
    kind = Kind.SCHOOL if is_class and reader.cell("kind") is None else reader.kind()
    name = reader.text("name")
    if not name and reader.is_good:
        reader.tell("name", Said("đang trống", "is empty"))
    return _Draft(reader, reader.code("code", kind), kind, name, reader.school_class())


class _Rows:
    """Rows as they are linked to one another and to the registry."""

    def __init__(self, drafts: Sequence[_Draft], directory: Directory, today: date) -> None:
        self.found: list[OrganisationRow] = []
        self.good: set[int] = set()
        self._drafts = {one.reader.record.row: one for one in drafts}
        self._directory = directory
        self._today = today
        self._by_code: dict[str, list[_Draft]] = {}
        self._by_name: dict[str, list[_Draft]] = {}
        for one in drafts:
            if one.reader.cell("class") is None:
                self._by_name.setdefault(plain(one.name), []).append(one)
                if one.code:
                    self._by_code.setdefault(one.code, []).append(one)
        self._seen: dict[tuple[object, ...], int] = {}

    def add(self, draft: _Draft) -> None:
        """Link one row; it is good unless an error is told."""
        reader, kind = draft.reader, draft.kind
        if reader.cell("class") is not None:
            self._add_class(draft)
            return
        as_of, counts = reader.day(), reader.counts(kind)
        contact, address = reader.contact(), reader.text("address")
        if reader.cell("school_year") is not None and draft.school_class is None and reader.is_good:
            reader.tell("class", Said("có năm học mà không có lớp", "a school year without a class"))
        draft.manager = self._manager(draft)
        place = "area" if "area" in reader.record.titles else "area_code"
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
        registered = self._registered(draft, area.pk)
        identity = (draft.code,) if draft.code else (plain(draft.name), kind, area.pk)
        first = self._seen.setdefault(identity, reader.record.row)
        if first != reader.record.row:
            reader.tell("", Said(f"cùng đơn vị với dòng {first}", f"the same organisation as row {first}"))
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

    def _add_class(self, draft: _Draft) -> None:
        reader = draft.reader
        as_of, counts = reader.day(), reader.counts(draft.kind)
        if draft.kind not in (None, Kind.SCHOOL):
            reader.tell("kind", Said("chỉ trường học mới có lớp", "only schools have classes"))
        if not reader.is_good or draft.school_class is None:
            return
        in_sheet, registered = self._named(draft.code, draft.name, reader.record.row)
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
                Manager(),
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

    def _registered(self, draft: _Draft, area: int) -> Registered | None:
        """The organisation of the registry that a row is of; where they disagree that is told, not mended."""
        tell, directory = draft.reader.tell, self._directory
        if draft.code:
            one = directory.by_code(draft.code)
            if one is None:
                return None
            if not directory.allows(one.area_path, one.path):
                tell(
                    "code",
                    Said(
                        "mã này là của đơn vị ngoài phạm vi của bạn",
                        "this code is that of an organisation outside your scope",
                    ),
                )
            elif plain(one.name) != plain(draft.name):
                tell(
                    "name",
                    Said(
                        f"mã {one.code} trong danh bạ là của “{one.name}”",
                        f"the code {one.code} is registered as “{one.name}”",
                    ),
                )
        else:
            named = [
                one for one in directory.by_name(draft.name) if one.area == area and one.kind == draft.kind
            ]
            if any(one.code for one in named):
                tell(
                    "code",
                    Said(
                        "đơn vị này đã có mã trong danh bạ; hãy ghi mã",
                        "this organisation is registered with a code: give it",
                    ),
                )
            one = named[0] if named else None
        if one is not None and draft.reader.is_good:
            if one.kind != draft.kind:
                tell(
                    "kind",
                    Said(
                        "khác với danh bạ; nhập bảng không sửa đơn vị đã có",
                        "is not what is registered; an import changes no organisation",
                    ),
                )
            if one.area != area:
                tell(
                    "area",
                    Said(
                        "khác với danh bạ; nhập bảng không sửa đơn vị đã có",
                        "is not what is registered; an import changes no organisation",
                    ),
                )
        if one is not None and draft.reader.is_good:
            said = Said(
                "đã có trong danh bạ: chỉ thêm số người, và người liên hệ nếu chưa có",
                "is registered: headcounts are added, and a contact where there is none",
            )
            tell("", said, Severity.REMARK)
        return one

    def _manager(self, draft: _Draft) -> Manager:
        reader = draft.reader
        name, code = reader.text("manager"), reader.code("manager_code", None)
        if not name and not code:
            return Manager()
        key = "manager_code" if code else "manager"
        in_sheet, registered = self._named(code, name, None)
        if any(one is draft for one in in_sheet) and len(in_sheet) == 1:
            reader.tell(
                key, Said("đơn vị không thể trực thuộc chính nó", "an organisation cannot manage itself")
            )
            return Manager()
        if in_sheet:
            # A row that is of a registered organisation is that one.
            registered = []
        if len(in_sheet) + len(registered) > 1:
            reader.tell(key, _none_or_several(name or code, len(in_sheet) + len(registered)))
            return Manager()
        if in_sheet:
            return Manager(row=in_sheet[0].reader.record.row)
        if registered:
            return Manager(registered=registered[0])
        if not name:
            reader.tell(key, _none_or_several(code, 0))
            return Manager()
        said = Said(
            f"“{name}” chưa có trong danh bạ: chỉ ghi tên",
            f"“{name}” is not registered: its name alone is kept",
        )
        reader.tell(key, said, Severity.REMARK)
        return Manager(name=name)

    def _named(self, code: str, name: str, before: int | None) -> tuple[list[_Draft], Sequence[Registered]]:
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


def _none_or_several(name: str, count: int) -> Said:
    if count == 0:
        return Said(
            f"không có đơn vị “{name}” trong tệp hay danh bạ",
            f"“{name}” is neither in the file nor registered",
        )
    return Said(
        f"có {count} đơn vị là “{name}”; hãy ghi mã", f"{count} organisations are “{name}”: give the code"
    )
