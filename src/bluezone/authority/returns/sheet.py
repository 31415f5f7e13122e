"""A sheet of returns of many organisations and classes: each row one return, read with all its faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bluezone.authority.organisations.directory import Directory, Registered
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.returns.metrics import (
    COUNT_NAMES,
    COUNT_WORDS,
    COUNTS,
    PEOPLE,
    Form,
    Survey,
    surveys_of,
)
from bluezone.authority.returns.queries import ClassNames, RoundDays
from bluezone.authority.returns.rules import impossible
from bluezone.authority.tabular.cells import read_count, read_date, read_text
from bluezone.authority.tabular.columns import Column, Record, RowFaults, read_table
from bluezone.authority.tabular.faults import CellRefused, Fault, Said, Severity, SheetRefused
from bluezone.authority.tabular.sheets import read_sheet
from bluezone.authority.tabular.spelling import plain

__all__ = ["ReturnRow", "ReturnsSheet", "read_returns_sheet"]

_COLUMNS = (
    Column("code", "Mã đơn vị", ("Mã", "Mã trường", "Mã cơ quan", "Code")),
    Column(
        "name",
        "Tên đơn vị",
        ("Đơn vị", "Tên cơ quan", "Tên trường", "Trường", "Cơ quan", "Cơ quan, đơn vị", "Name"),
    ),
    Column("day", "Ngày", ("Kỳ", "Kỳ báo cáo", "Ngày báo cáo", "Round", "Date"), required=True),
    Column("class", "Lớp", ("Tên lớp", "Class")),
    *(Column(name, said.vi, (said.en, *COUNT_WORDS[name])) for name, said in COUNT_NAMES.items()),
    Column("number", "STT", ("TT", "Số TT", "No.")),
    Column("note", "Ghi chú", ("Note",)),
    # What the table of a round says of itself, handed out to be filled in.
    *(
        Column(f"told-{at}", title)
        for at, title in enumerate(
            (
                "Mã địa bàn",
                "Địa bàn",
                "Hạn",
                "Tình trạng",
                "Báo lúc",
                "Chưa báo từ kỳ",
                "Lần báo trước",
                "Số lớp",
                "Lớp đã báo",
            )
        )
    ),
)
_TOTALS = frozenset(map(plain, ("Tổng", "Tổng cộng", "Tổng số", "Cộng", "Total")))
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """A row that can be imported."""

    row: int
    organisation: int
    name: str
    form: Form
    school_class: int | None
    class_name: str
    day: date
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReturnsSheet:
    """What a sheet holds: rows that can be imported, and what is to be said of these and the others."""

    rows: tuple[ReturnRow, ...]
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        """Those whose rows are left out."""
        return tuple(one for one in self.faults if one.severity is Severity.ERROR)


def read_returns_sheet(
    data: bytes, directory: Directory, today: date, wanted_sheet: str = ""
) -> ReturnsSheet:
    """Read a sheet; nothing is imported yet.

    :param today: a day after it is a mistake.
    :raises SheetRefused: no sheet at all, or without the columns that are needed.
    """
    table = read_table(read_sheet(data, wanted_sheet), _COLUMNS)
    if not table.records:
        raise SheetRefused("Tệp chỉ có dòng tiêu đề.", "the file has a heading and no row below it")
    present = set(table.records[0].cells)
    if not present & {"code", "name"}:
        raise SheetRefused(
            "Không có cột “Mã đơn vị” hay “Tên đơn vị”.", "there is no column “Mã đơn vị” or “Tên đơn vị”"
        )
    if not present & set(COUNT_NAMES):
        raise SheetRefused("Không có cột số liệu nào.", "there is no column of figures")
    unknown = Said("không dùng cột này: không nhập", "this column is not known and not imported")
    faults = [Fault(table.heading_row, name, unknown, Severity.REMARK) for name in table.unknown]
    reader = _Reader(directory, today, RoundDays(), ClassNames())
    rows: list[ReturnRow] = []
    seen: dict[tuple[int, Form, int | None, date], int] = {}
    for record in table.records:
        row, said = reader.row(record)
        faults += said
        if row is None:
            continue
        first = seen.setdefault((row.organisation, row.form, row.school_class, row.day), row.row)
        if first != row.row:
            twice = Said(
                f"cùng đơn vị, lớp và ngày với dòng {first}",
                f"the same organisation, class and day as row {first}",
            )
            faults.append(Fault(row.row, "", twice))
            continue
        rows.append(row)
    return ReturnsSheet(tuple(rows), tuple(faults))


@dataclass(frozen=True, slots=True)
class _Reader:
    directory: Directory
    today: date
    rounds: RoundDays
    classes: ClassNames

    def row(self, record: Record) -> tuple[ReturnRow | None, Sequence[Fault]]:
        """One row, or why it is none."""
        found: list[Fault] = []
        fault = RowFaults(record, found)
        if skipped := _not_a_row(record):
            fault.tell("", skipped, Severity.REMARK)
            return None, found
        one = self._organisation(record, fault)
        day = self._day(record, fault)
        if one is None or day is None:
            return None, found
        form = _form(record, one.kind)
        if form is None:
            fault.tell("name", Said("đơn vị loại này không báo cáo", "this kind makes no returns"))
            return None, found
        then = self.directory.then(one, day)
        if one.closed_on is not None and day >= one.closed_on:
            closed = f"{one.closed_on:%d/%m/%Y}"
            fault.tell("day", Said(f"đơn vị không còn từ {closed}", f"the organisation closed on {closed}"))
        elif not self.rounds.has(then.area_path, Survey(Kind(one.kind), form), day):
            whom = PEOPLE[form]
            fault.tell(
                "day",
                Said(
                    f"ngày {day:%d/%m/%Y} không phải kỳ báo cáo {whom.vi} của đơn vị này",
                    f"this organisation has no round on {day:%d/%m/%Y} for its {whom.en}",
                ),
            )
        school_class, class_name = self._class(record, one, form, day, fault)
        counts = _counts(record, form, fault)
        if not found and (wrong := impossible(form, counts)):
            for it in wrong:
                fault.tell(it.count, it.said)
        if any(it.severity is Severity.ERROR for it in found):
            return None, found
        return ReturnRow(record.row, one.pk, one.name, form, school_class, class_name, day, counts), found

    def _organisation(self, record: Record, fault: RowFaults) -> Registered | None:
        try:
            code, name = (read_text(record.cells.get(key), _MAX_NAME) for key in ("code", "name"))
        except CellRefused as refusal:
            fault.tell("name", refusal.said)
            return None
        if code:
            one = self.directory.by_code(code.removeprefix("'").upper())
            named = [] if one is None else [one]
        else:
            named = list(self.directory.by_name(name)) if name else []
        key, shown = ("code", code) if code else ("name", name)
        if not shown:
            fault.tell("name", Said("đang trống", "is empty"))
            return None
        if len(named) != 1:
            several = Said(
                f"có {len(named)} đơn vị là “{shown}”; hãy ghi mã",
                f"{len(named)} organisations are “{shown}”: give the code",
            )
            none = Said(f"không có đơn vị “{shown}” trong danh bạ", f"“{shown}” is not registered")
            fault.tell(key, several if named else none)
            return None
        [one] = named
        if not self.directory.allows(one.area_path, one.path):
            fault.tell(key, Said("ngoài phạm vi của bạn", "is outside your scope"))
            return None
        if code and name and plain(one.name) != plain(name):
            fault.tell(
                "name",
                Said(
                    f"mã {one.code} trong danh bạ là của “{one.name}”",
                    f"the code {one.code} is registered as “{one.name}”",
                ),
            )
            return None
        return one

    def _day(self, record: Record, fault: RowFaults) -> date | None:
        try:
            reading = read_date(record.cells.get("day"))
        except CellRefused as refusal:
            fault.tell("day", refusal.said)
            return None
        if reading.value > self.today:
            day = f"{reading.value:%d/%m/%Y}"
            fault.tell("day", Said(f"ngày {day} chưa đến", f"the day {day} has not come yet"))
            return None
        if reading.remark:
            fault.tell("day", reading.remark, Severity.REMARK)
        return reading.value

    def _class(
        self, record: Record, one: Registered, form: Form, day: date, fault: RowFaults
    ) -> tuple[int | None, str]:
        written = record.cells.get("class")
        if form is Form.STAFF:
            if written is not None:
                fault.tell(
                    "class", Said("chỉ học sinh được đếm theo lớp", "only pupils are counted by class")
                )
            return None, ""
        classes = self.classes.of(one.pk, day)
        if written is None:
            if classes:
                fault.tell(
                    "class",
                    Said("hãy báo cáo theo từng lớp", "this school makes its return class by class"),
                )
            return None, ""
        name = str(written)
        found = classes.get(plain(name))
        if found is None:
            fault.tell(
                "class",
                Said(
                    f"trường không có lớp “{name[:40]}” trong năm học của ngày {day:%d/%m/%Y}",
                    f"the school has no class “{name[:40]}” in the school year of {day:%d/%m/%Y}",
                ),
            )
        return found, name


def _not_a_row(record: Record) -> Said | None:
    """Why a row is no return: a total, or one that nobody filled in."""
    name = record.cells.get("name")
    if isinstance(name, str) and plain(name.rstrip(":")) in _TOTALS:
        return Said("dòng tổng: không nhập", "a row of totals is not imported")
    if all(record.cells.get(key) is None for key in COUNT_NAMES):
        return Said("không có số liệu: không nhập", "a row without figures is not imported")
    return None


def _form(record: Record, kind: str) -> Form | None:
    """Whom a row counts: a class its pupils; else whom it has a count of that no other form asks for."""
    forms = [one.form for one in surveys_of(kind)]
    if record.cells.get("class") is None:
        for form in forms:
            others = {name for other in Form if other is not form for name in COUNTS[other]}
            if any(record.cells.get(name) is not None for name in COUNTS[form] if name not in others):
                return form
    return next(iter(forms), None)


def _counts(record: Record, form: Form, fault: RowFaults) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for key in COUNT_NAMES:
        cell = record.cells.get(key)
        if key not in COUNTS[form]:
            if cell is not None:
                whom = PEOPLE[form]
                fault.tell(
                    key,
                    Said(
                        f"dòng này đếm {whom.vi}: không có số này",
                        f"this row counts {whom.en}: no such count",
                    ),
                )
        elif cell is None:
            fault.tell(key, Said("đang trống; không có ai thì ghi 0", "is empty; write 0 for nobody"))
        else:
            try:
                counts[key] = read_count(cell)
            except CellRefused as refusal:
                fault.tell(key, refusal.said)
    return counts
