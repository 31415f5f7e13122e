"""The city's sheet of installs and smartphones: a row for an area and day, read with all its faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from bluezone.authority.adoption.metrics import METRIC_NAMES, Metric
from bluezone.authority.adoption.rules import agrees, percent_of, rate_text
from bluezone.authority.tabular.cells import read_count, read_date, read_percents, read_text
from bluezone.authority.tabular.columns import Column, Record, RowFaults, read_table
from bluezone.authority.tabular.faults import CellRefused, Fault, Said, Severity, SheetRefused
from bluezone.authority.tabular.sheets import Cell, read_sheet
from bluezone.authority.tabular.spelling import plain

__all__ = ["AreaNames", "CityRow", "CitySheet", "read_city_sheet"]

_COLUMNS = (
    Column("area", "Địa bàn", ("Đơn vị", "Tên địa bàn", "Tên đơn vị", "Quận/huyện", "Phường/xã", "Area")),
    Column("code", "Mã", ("Mã địa bàn", "Mã ĐVHC", "Mã đơn vị", "Mã đơn vị hành chính", "Area code", "Code")),
    Column("as_of", "Ngày", ("Đến ngày", "Ngày báo cáo", "Ngày số liệu", "Date", "As of"), required=True),
    Column(
        "installs",
        "Số cài đặt",
        ("Số lượng cài đặt", "Số máy cài đặt", "Số cài đặt Bluezone", "Đã cài đặt", "Installs"),
    ),
    Column(
        "smartphones",
        "Số điện thoại thông minh",
        ("Số smartphone", "Số ĐTTM", "Số lượng điện thoại thông minh", "Smartphones"),
    ),
    Column("population", "Dân số", ("Số dân", "Population")),
    Column("downloads", "Số lượt tải", ("Lượt tải", "Downloads")),
    Column("active", "Hoạt động trong 24 giờ", ("Số máy hoạt động trong 24 giờ", "Active in 24 h")),
    Column("tracing", "Đang bật truy vết", ("Số máy bật truy vết", "Tracing on")),
    Column(
        "percent", "Tỷ lệ", ("Tỉ lệ", "Tỷ lệ %", "Tỷ lệ (%)", "Tỉ lệ (%)", "Tỷ lệ cài đặt", "Rate", "Percent")
    ),
    Column("number", "STT", ("TT", "Số TT", "No.")),
    Column("note", "Ghi chú", ("Note",)),
)
_METRICS: Mapping[str, Metric] = {
    "installs": Metric.PHONE_LINKED,
    "smartphones": Metric.SMARTPHONES,
    "population": Metric.POPULATION,
    "downloads": Metric.DOWNLOADS,
    "active": Metric.ACTIVE_24H,
    "tracing": Metric.TRACING_ON,
}
_TOTALS = frozenset(
    map(plain, ("Tổng", "Tổng cộng", "Tổng số", "Cộng", "Toàn quận", "Toàn thành phố", "Total"))
)
_NO_FIGURES = Said("không có số liệu: không nhập", "a row without figures is not imported")
_MORE_THAN_PHONES = Said(
    "nhiều hơn số điện thoại thông minh: có lẽ hai cột bị đổi chỗ",
    "more than the smartphones: perhaps the two columns are swapped",
)
_MAX_NAME = 120


class AreaNames(Protocol):
    """Finds an area by what a sheet calls it."""

    def by_code(self, code: Cell, day: date) -> tuple[int, str, Said | None]:
        """Key, name and a remark.

        :raises CellRefused: no such code on that day, or outside the scope.
        """

    def by_name(self, name: str, day: date) -> tuple[int, str]:
        """Key and name.

        :raises CellRefused: no such area on that day, several, or outside the scope.
        """


@dataclass(frozen=True, slots=True)
class CityRow:
    """A row that can be imported: an area, a day, and its counts."""

    row: int
    area: int
    area_name: str
    as_of: date
    counts: Mapping[Metric, int]
    disagrees: bool
    """The percentage that is written is not the one of the counts."""

    @property
    def named_counts(self) -> Sequence[tuple[str, int]]:
        """The counts under the names that staff know."""
        return [(str(METRIC_NAMES[metric]), count) for metric, count in self.counts.items()]


@dataclass(frozen=True, slots=True)
class CitySheet:
    """What a sheet holds: rows that can be imported, and what is to be said of these and the others."""

    rows: tuple[CityRow, ...]
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        """Those whose rows are left out."""
        return tuple(one for one in self.faults if one.severity is Severity.ERROR)


def read_city_sheet(data: bytes, areas: AreaNames, today: date, wanted_sheet: str = "") -> CitySheet:
    """Read a sheet; nothing is imported yet.

    :param today: a day after it is a mistake.
    :raises SheetRefused: no sheet at all, or without the columns that are needed.
    """
    table = read_table(read_sheet(data, wanted_sheet), _COLUMNS)
    present = set(table.records[0].cells) if table.records else set()
    if not table.records:
        raise SheetRefused("Tệp chỉ có dòng tiêu đề.", "the file has a heading and no row below it")
    if not present & {"area", "code"}:
        raise SheetRefused("Không có cột “Địa bàn” hay “Mã”.", "there is no column “Địa bàn” or “Mã”")
    if not present & set(_METRICS):
        raise SheetRefused("Không có cột số liệu nào.", "there is no column of figures")
    faults = [
        Fault(
            table.heading_row,
            name,
            Said("không dùng cột này: không nhập", "this column is not known and not imported"),
            Severity.REMARK,
        )
        for name in table.unknown
    ]
    rows: list[CityRow] = []
    seen: dict[tuple[int, date], int] = {}
    for record in table.records:
        row, said = _row(record, areas, today)
        faults += said
        if row is None:
            continue
        first = seen.setdefault((row.area, row.as_of), row.row)
        if first != row.row:
            faults.append(
                Fault(
                    row.row,
                    "",
                    Said(f"cùng địa bàn và ngày với dòng {first}", f"same area and day as row {first}"),
                )
            )
            continue
        rows.append(row)
    return CitySheet(tuple(rows), tuple(faults))


def _row(record: Record, areas: AreaNames, today: date) -> tuple[CityRow | None, Sequence[Fault]]:
    faults: list[Fault] = []
    fault = RowFaults(record, faults)
    if skipped := _not_a_row(record):
        fault.tell("", skipped, Severity.REMARK)
        return None, faults
    as_of = _day(record, today, fault)
    counts = {
        metric: count
        for key, metric in _METRICS.items()
        if record.cells.get(key) is not None and (count := _count(record, key, fault)) is not None
    }
    area = None if as_of is None else _area(record, areas, as_of, fault)
    disagrees = not _percent_agrees(record, counts, fault)
    if as_of is None or area is None or any(one.severity is Severity.ERROR for one in faults):
        return None, faults
    if not counts:
        fault.tell("", _NO_FIGURES, Severity.REMARK)
        return None, faults
    installs, base = counts.get(Metric.PHONE_LINKED), counts.get(Metric.SMARTPHONES)
    if installs is not None and base is not None and installs > base:
        fault.tell("installs", _MORE_THAN_PHONES, Severity.REMARK)
    return CityRow(record.row, *area, as_of, counts, disagrees), faults


def _not_a_row(record: Record) -> Said | None:
    """Why a row is not one of an area: a total, or a note below the table."""
    name = record.cells.get("area")
    if isinstance(name, str) and plain(name.rstrip(":")) in _TOTALS:
        return Said("dòng tổng: không nhập", "a row of totals is not imported")
    figures = [record.cells.get(key) for key in (*_METRICS, "percent", "as_of", "code")]
    if all(cell is None for cell in figures):
        return _NO_FIGURES
    return None


def _day(record: Record, today: date, fault: RowFaults) -> date | None:
    if record.cells.get("as_of") is None:
        fault.tell("as_of", Said("đang trống", "is empty"))
        return None
    try:
        reading = read_date(record.cells.get("as_of"))
    except CellRefused as refusal:
        fault.tell("as_of", refusal.said)
        return None
    if reading.value > today:
        day = f"{reading.value:%d/%m/%Y}"
        fault.tell("as_of", Said(f"ngày {day} chưa đến", f"the day {day} has not come yet"))
        return None
    if reading.remark:
        fault.tell("as_of", reading.remark, Severity.REMARK)
    return reading.value


def _count(record: Record, key: str, fault: RowFaults) -> int | None:
    try:
        return read_count(record.cells.get(key))
    except CellRefused as refusal:
        fault.tell(key, refusal.said)
        return None


def _area(record: Record, areas: AreaNames, day: date, fault: RowFaults) -> tuple[int, str] | None:
    code, written = record.cells.get("code"), record.cells.get("area")
    try:
        name = read_text(written, _MAX_NAME)
        named = areas.by_name(name, day) if name else None
    except CellRefused as refusal:
        if code is None:
            fault.tell("area", refusal.said)
            return None
        named = None
    if code is None:
        if named is None:
            fault.tell("area", Said("đang trống", "is empty"))
        return named
    try:
        key, its_name, remark = areas.by_code(code, day)
    except CellRefused as refusal:
        fault.tell("code", refusal.said)
        return None
    if written is not None and (named is None or named[0] != key):
        fault.tell(
            "area",
            Said(
                f"mã là của {its_name}, tên là “{written}”",
                f"the code is that of {its_name}, the name is “{written}”",
            ),
        )
        return None
    if remark:
        fault.tell("code", remark, Severity.REMARK)
    return key, its_name


def _percent_agrees(record: Record, counts: Mapping[Metric, int], fault: RowFaults) -> bool:
    cell = record.cells.get("percent")
    if cell is None:
        return True
    try:
        stated = read_percents(cell)
    except CellRefused as refusal:
        fault.tell("percent", refusal.said)
        return True
    installs, base = counts.get(Metric.PHONE_LINKED), counts.get(Metric.SMARTPHONES)
    if installs is None or base is None:
        unread = [key for key in ("installs", "smartphones") if _METRICS[key] not in counts]
        if any(record.cells.get(key) is not None for key in unread):
            return True  # what is wrong with the count is told already
        said = Said("không có đủ hai số để đối chiếu tỷ lệ", "there are not both counts to check the rate by")
        fault.tell("percent", said, Severity.REMARK)
        return True
    if agrees(installs, base, stated):
        return True
    computed = percent_of(installs, base)
    right = "no rate" if computed is None else f"{computed}%"
    shown = cell if isinstance(cell, str) else str(cell).replace(".", ",")
    fault.tell(
        "percent",
        Said(
            f"bảng ghi {shown}, nhưng {rate_text(installs, base)}",
            f"the sheet says {shown}, its counts make {right}",
        ),
        Severity.REMARK,
    )
    return False
