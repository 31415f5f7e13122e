"""The national list of areas as it is published, of three levels or of two, read with all its faults."""

from __future__ import annotations

from dataclasses import dataclass, field

from bluezone.authority.areas.list_rules import Listed, same_name, without_type
from bluezone.authority.areas.models import Level
from bluezone.authority.tabular.cells import read_code, read_text
from bluezone.authority.tabular.columns import Column, Record, read_table
from bluezone.authority.tabular.faults import CellRefused, Fault, Said, Severity, SheetRefused
from bluezone.authority.tabular.sheets import Cell, read_sheet
from bluezone.authority.tabular.spelling import plain

__all__ = ["NationalList", "read_national_list"]

_COLUMNS = (
    Column(
        "city",
        "Tỉnh Thành Phố",
        ("Tỉnh/Thành phố", "Tỉnh / Thành Phố", "Tỉnh, thành phố", "Tên tỉnh", "Tên tỉnh/thành phố", "Tên TP"),
        required=True,
    ),
    Column(
        "city_code",
        "Mã TP",
        ("Mã tỉnh", "Mã tỉnh/TP", "Mã tỉnh/thành phố", "Mã tỉnh thành phố", "Mã tỉnh (TP)"),
        required=True,
    ),
    Column("district", "Quận Huyện", ("Quận/Huyện", "Quận / Huyện", "Quận, huyện", "Tên quận/huyện")),
    Column("district_code", "Mã QH", ("Mã huyện", "Mã quận huyện", "Mã quận/huyện")),
    Column(
        "ward",
        "Phường Xã",
        (
            "Phường/Xã",
            "Phường / Xã",
            "Xã/Phường",
            "Xã / Phường",
            "Phường, xã",
            "Tên phường/xã",
            "Tên xã",
            "Tên",
        ),
    ),
    Column(
        "ward_code",
        "Mã PX",
        ("Mã xã", "Mã phường xã", "Mã phường/xã", "Mã xã/phường", "Mã", "Mã số"),
        required=True,
    ),
    Column("type", "Cấp", ("Loại", "Loại hình")),
    Column("english", "Tên Tiếng Anh", ("English name",)),
    Column("decree", "Nghị Định", ("Nghị quyết", "Văn bản")),
    Column("number", "STT", ("TT", "Số TT")),
    Column("note", "Ghi chú"),
)
_WIDTHS = {Level.CITY: 2, Level.DISTRICT: 3, Level.WARD: 5}
_MAX_NAME = 120


@dataclass(frozen=True, slots=True)
class NationalList:
    """What a list holds. None with errors is imported: an area left out would look as if ended."""

    areas: tuple[Listed, ...]
    """In the order of the list, the areas above before those below."""

    levels: int
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        """Why nothing can be imported."""
        return tuple(one for one in self.faults if one.severity is Severity.ERROR)


def read_national_list(data: bytes, wanted_sheet: str = "") -> NationalList:
    """Read a list; nothing is imported yet.

    :raises SheetRefused: no sheet at all, or without the columns that are needed.
    """
    table = read_table(read_sheet(data, wanted_sheet), _COLUMNS)
    if not table.records:
        raise SheetRefused("Tệp chỉ có dòng tiêu đề.", "the file has a heading and no row below it")
    first = table.records[0]
    for needed, beside in (
        ("ward", "ward_code"),
        ("district", "district_code"),
        ("district_code", "district"),
    ):
        if beside in first.cells and needed not in first.cells:
            name = first.titles[needed]
            raise SheetRefused(f"Không tìm thấy cột “{name}”.", f"there is no column “{name}”")
    reader = _Reader(districts="district" in first.cells)
    for name in table.unknown:
        said = Said("không dùng cột này: không nhập", "this column is not known and not imported")
        reader.faults.append(Fault(table.heading_row, name, said, Severity.REMARK))
    for record in table.records:
        reader.read(record)
    if not reader.areas and all(one.severity is Severity.REMARK for one in reader.faults):
        raise SheetRefused("Tệp không có địa bàn nào.", "the file has no area")
    return NationalList(tuple(reader.areas.values()), 3 if reader.districts else 2, tuple(reader.faults))


@dataclass(slots=True)
class _Reader:
    """Collects the areas of all rows: a city stands in each row of its wards, and must be the same in all."""

    districts: bool
    areas: dict[str, Listed] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def read(self, record: Record) -> None:
        """One row: its city, its district where the list has such, its ward."""
        if sum(cell is not None for cell in record.cells.values()) == 1 and record.cells["ward_code"] is None:
            said = Said(
                "chỉ có một ô: coi là ghi chú, không nhập", "a single cell: taken for a note, not imported"
            )
            self._tell(record, "", said, Severity.REMARK)
            return
        above = self._area(record, "city", Level.CITY, None)
        if above is not None and self.districts:
            above = self._area(record, "district", Level.DISTRICT, above)
        if above is None:
            return
        if record.cells["ward"] is None and record.cells["ward_code"] is None:
            said = Said(
                f"không có phường, xã: chỉ nhận {above.name}", f"no ward: only {above.name} was taken"
            )
            self._tell(record, "ward", said, Severity.REMARK)
            return
        self._area(record, "ward", Level.WARD, above)

    def _area(self, record: Record, key: str, level: Level, above: Listed | None) -> Listed | None:
        """The area in the columns of this level; ``None`` where it has a fault, which is told."""
        code = self._code(record, key, level)
        name = self._name(record, key, level)
        if not code or not name:
            return None
        path = f"{above.path}/{code}" if above else code
        known = self.areas.get(code)
        if known is None:
            self.areas[code] = Listed(record.row, level.value, code, name, path)
            return self.areas[code]
        if level is Level.WARD:
            said = Said(
                f"mã {code} đã có ở dòng {known.row}", f"the code {code} is in row {known.row} already"
            )
            self._tell(record, "ward_code", said)
            return None
        if known.path != path or not same_name(known.name, name):
            first, here = f"“{known.name}” ({known.path})", f"“{name}” ({path})"
            said = Said(
                f"mã {code} ở dòng {known.row} là {first}, ở đây là {here}",
                f"the code {code} is {first} in row {known.row}, here {here}",
            )
            self._tell(record, f"{key}_code", said)
            return None
        return known

    def _code(self, record: Record, key: str, level: Level) -> str:
        cell = record.cells[f"{key}_code"]
        try:
            reading = read_code(cell, _WIDTHS[level])
        except CellRefused as refusal:
            said = Said("đang trống", "is empty") if cell is None else refusal.said
            self._tell(record, f"{key}_code", said)
            return ""
        # A city's code with a lost zero would be told with each of its wards: once is enough.
        if reading.remark and reading.value not in self.areas:
            self._tell(record, f"{key}_code", reading.remark, Severity.REMARK)
        return reading.value

    def _name(self, record: Record, key: str, level: Level) -> str:
        try:
            name = read_text(record.cells[key], _MAX_NAME)
        except CellRefused as refusal:
            self._tell(record, key, refusal.said)
            return ""
        if not name:
            self._tell(record, key, Said("đang trống", "is empty"))
            return ""
        return name if level is not Level.WARD else self._typed(record, name, record.cells.get("type"))

    def _typed(self, record: Record, name: str, cell: Cell) -> str:
        """A ward's name with its type, which some lists have in a column of its own alone."""
        kind = "" if cell is None else str(cell)
        if not kind or plain(name).startswith(f"{plain(kind)} "):
            return name
        if without_type(name) != name:
            said = Said(f"tên là “{name}”, cấp là “{kind}”", f"the name is “{name}”, the type “{kind}”")
            self._tell(record, "type", said)
            return ""
        full = f"{kind} {name}"[:_MAX_NAME]
        said = Said(f"“{name}” được ghi là “{full}”", f"“{name}” was taken as “{full}”")
        self._tell(record, "ward", said, Severity.REMARK)
        return full

    def _tell(self, record: Record, key: str, said: Said, severity: Severity = Severity.ERROR) -> None:
        self.faults.append(record.fault(key, said, severity))
