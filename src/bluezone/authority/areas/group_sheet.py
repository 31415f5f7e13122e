"""A ward's sheet of residential groups and alleys as clerks have it, read with all its faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.group_rules import alley_names, group_name
from bluezone.authority.areas.models import Area, Level
from bluezone.authority.areas.names import AreasInScope
from bluezone.authority.tabular.cells import read_date, read_text
from bluezone.authority.tabular.columns import Column, Record, read_table
from bluezone.authority.tabular.faults import CellRefused, Fault, Said, Severity, SheetRefused
from bluezone.authority.tabular.sheets import Cell, read_sheet
from bluezone.authority.tabular.spelling import plain

__all__ = ["GroupRow", "GroupSheet", "read_group_sheet"]

_COLUMNS = (
    Column("ward", "Phường", ("Phường/xã", "Phường, xã", "Xã", "Địa bàn", "Tên phường", "Ward")),
    Column("ward_code", "Mã phường", ("Mã địa bàn", "Mã phường/xã", "Mã ĐVHC", "Mã PX", "Ward code")),
    Column(
        "group",
        "Tổ dân phố",
        ("Tổ", "TDP", "Tổ DP", "Số tổ", "Tổ dân phố số", "Tên tổ dân phố", "Tổ/thôn", "Thôn", "Group"),
        required=True,
    ),
    Column("alley", "Ngõ", ("Ngõ, ngách", "Ngõ/ngách", "Ngõ phố", "Tên ngõ", "Alley")),
    Column("from", "Từ ngày", ("Có từ ngày", "Ngày thành lập", "Valid from")),
    Column("number", "STT", ("TT", "Số TT")),
    Column("note", "Ghi chú", ("Note",)),
)
_CELLS = ("ward", "ward_code", "group", "alley")
_MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A row that can be imported: a group of a ward, and those of its alleys that it names."""

    row: int
    ward: int
    ward_name: str
    group: str
    known_group: int | None
    """The group, if the registry has it."""

    new_alleys: tuple[str, ...]
    known_alleys: tuple[str, ...]
    valid_from: date


@dataclass(frozen=True, slots=True)
class GroupSheet:
    """What a sheet holds: rows that can be imported, and what is to be said of these and the others."""

    rows: tuple[GroupRow, ...]
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        """Those whose rows are left out."""
        return tuple(one for one in self.faults if one.severity is Severity.ERROR)


def read_group_sheet(data: bytes, scope: Scope, today: date, wanted_sheet: str = "") -> GroupSheet:
    """Read a sheet; nothing is imported yet.

    :param today: from when a group is known where its row does not say; a later day is a mistake.
    :raises SheetRefused: no sheet at all, or without the columns that are needed.
    """
    table = read_table(read_sheet(data, wanted_sheet), _COLUMNS)
    if not table.records:
        raise SheetRefused("Tệp chỉ có dòng tiêu đề.", "the file has a heading and no row below it")
    if not {"ward", "ward_code"} & set(table.records[0].cells):
        name = table.records[0].titles["ward"]
        raise SheetRefused(f"Không tìm thấy cột “{name}”.", f"there is no column “{name}”")
    reader = _Reader(scope, today)
    unknown = Said("không dùng cột này: không nhập", "this column is not known and not imported")
    for name in table.unknown:
        reader.faults.append(Fault(table.heading_row, name, unknown, Severity.REMARK))
    for record in table.records:
        reader.read(record)
    return GroupSheet(tuple(reader.rows), tuple(sorted(reader.faults, key=lambda one: one.row)))


@dataclass(slots=True)
class _Known:
    """What a ward has already: groups, and in each its alleys, by names for comparing."""

    groups: dict[str, int] = field(default_factory=dict)
    alleys: dict[int, set[str]] = field(default_factory=dict)


class _Reader:
    def __init__(self, scope: Scope, today: date) -> None:
        self.rows: list[GroupRow] = []
        self.faults: list[Fault] = []
        self._scope, self._today = scope, today
        self._areas = AreasInScope(scope)
        self._wards: dict[int, _Known | None] = {}
        self._seen: dict[tuple[int, str, str], int] = {}
        self._above: dict[str, Cell] = {}

    def read(self, record: Record) -> None:
        """One row; what a merged cell holds stands in its first row alone, and is taken from there."""
        if all(record.cells.get(key) is None for key in ("group", "alley")):
            said = Said(
                "không có tổ dân phố: coi là tiêu đề hoặc ghi chú, không nhập",
                "no residential group: taken for a title or a note, not imported",
            )
            self._tell(record, "", said, Severity.REMARK)
            self._above = {}
            return
        before = len(self.faults)
        cells = self._filled(record)
        day = self._day(record)
        ward = self._ward(record, cells, day)
        group = self._text(record, "group", cells)
        alleys = alley_names(self._text(record, "alley", cells))
        if any(one.severity is Severity.ERROR for one in self.faults[before:]) or ward is None:
            return
        if not group:
            self._tell(record, "group", Said("đang trống", "is empty"))
            return
        self._take(record, ward, group_name(group), list(dict.fromkeys(alleys)), day)

    def _take(
        self, record: Record, ward: tuple[int, str], group: str, alleys: Iterable[str], day: date
    ) -> None:
        known = self._known(ward[0])
        for alley in alleys or ("",):
            first = self._seen.setdefault((ward[0], plain(group), plain(alley)), record.row)
            if first != record.row:
                said = Said(f"cùng tổ, cùng ngõ với dòng {first}", f"the same group and alley as row {first}")
                self._tell(record, "", said)
                return
        here = known.groups.get(plain(group))
        there = set() if here is None else known.alleys.get(here, set())
        new = tuple(one for one in alleys if plain(one) not in there)
        old = tuple(one for one in alleys if plain(one) in there)
        if here is not None and not new:
            said = Said("đã có trong danh mục: không thêm gì", "is registered already: nothing is added")
            self._tell(record, "", said, Severity.REMARK)
        self.rows.append(GroupRow(record.row, ward[0], ward[1], group, here, new, old, day))

    def _filled(self, record: Record) -> Mapping[str, Cell]:
        """The cells, with those of the row above where a merged cell left them empty."""
        own = {key: record.cells.get(key) for key in _CELLS}
        filled = dict(own)
        if own["ward"] is None and own["ward_code"] is None and self._above:
            filled |= {key: self._above.get(key) for key in ("ward", "ward_code")}
            self._tell_above(record, "ward" if "ward" in record.cells else "ward_code", filled)
        if own["group"] is None and own["alley"] is not None and filled["ward"] == self._above.get("ward"):
            filled["group"] = self._above.get("group")
            if filled["group"] is not None:
                self._tell_above(record, "group", filled)
        self._above = filled
        return filled

    def _tell_above(self, record: Record, key: str, filled: Mapping[str, Cell]) -> None:
        said = Said(f"lấy theo dòng trên: {filled[key]}", f"taken from the row above: {filled[key]}")
        self._tell(record, key, said, Severity.REMARK)

    def _day(self, record: Record) -> date:
        cell = record.cells.get("from")
        if cell is None:
            return self._today
        try:
            reading = read_date(cell)
        except CellRefused as refusal:
            self._tell(record, "from", refusal.said)
            return self._today
        if reading.value > self._today:
            day = f"{reading.value:%d/%m/%Y}"
            self._tell(record, "from", Said(f"ngày {day} chưa đến", f"the day {day} has not come yet"))
        if reading.remark:
            self._tell(record, "from", reading.remark, Severity.REMARK)
        return reading.value

    def _ward(self, record: Record, cells: Mapping[str, Cell], day: date) -> tuple[int, str] | None:
        code, name = cells["ward_code"], cells["ward"]
        key = "ward" if code is None else "ward_code"
        try:
            if code is not None:
                pk, found, remark = self._areas.by_code(code, day)
                if remark:
                    self._tell(record, key, remark, Severity.REMARK)
            elif name is not None:
                pk, found = self._areas.by_name(str(name), day)
            else:
                raise CellRefused("đang trống", "is empty")
        except CellRefused as refusal:
            self._tell(record, key, refusal.said)
            return None
        if self._known_or_none(pk) is None:
            self._tell(record, key, Said(f"{found} không phải phường, xã", f"{found} is no ward"))
            return None
        return pk, found

    def _known(self, ward: int) -> _Known:
        return self._known_or_none(ward) or _Known()

    def _known_or_none(self, ward: int) -> _Known | None:
        """What a ward has; ``None`` for an area that is no ward."""
        if ward not in self._wards:
            area = Area.objects.get(pk=ward)
            self._wards[ward] = _below(area) if area.level == Level.WARD else None
        return self._wards[ward]

    def _text(self, record: Record, key: str, cells: Mapping[str, Cell]) -> str:
        try:
            return read_text(cells[key], 400 if key == "alley" else _MAX_NAME)
        except CellRefused as refusal:
            self._tell(record, key, refusal.said)
            return ""

    def _tell(self, record: Record, key: str, said: Said, severity: Severity = Severity.ERROR) -> None:
        self.faults.append(record.fault(key, said, severity))


def _below(ward: Area) -> _Known:
    known = _Known()
    rows = Scope.of([ward.path]).filter(Area.objects.filter(valid_until=None), "path").order_by("path")
    paths: dict[str, int] = {}
    for one in rows.filter(level__in=(Level.RESIDENTIAL_GROUP, Level.ALLEY)):
        if one.level == Level.RESIDENTIAL_GROUP:
            known.groups[plain(one.name)] = paths[one.path] = one.pk
        elif (group := paths.get(one.path.rpartition("/")[0])) is not None:
            known.alleys.setdefault(group, set()).add(plain(one.name))
    return known
