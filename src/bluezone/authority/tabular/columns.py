"""Where a sheet's heading is and which column holds what, told by names with or without diacritics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bluezone.authority.tabular.faults import Fault, Said, Severity, SheetRefused
from bluezone.authority.tabular.sheets import Cell, Sheet, SheetRow
from bluezone.authority.tabular.spelling import plain, tidy

__all__ = ["Column", "Record", "RowFaults", "Table", "read_table"]

_HEADING_WITHIN = 20
"""A heading is among so many first rows; above it stand a title, the agency, a date."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is understood: its key in code, its title, and other names that it goes by."""

    key: str
    title: str
    others: tuple[str, ...] = ()
    required: bool = False

    def names(self) -> Iterator[str]:
        """Every name, for comparing."""
        return map(plain, (self.title, *self.others))


@dataclass(frozen=True, slots=True)
class Record:
    """One row below the heading: cells by the keys of columns. Missing keys are columns the sheet lacks."""

    row: int
    cells: Mapping[str, Cell]
    titles: Mapping[str, str]
    """What the sheet itself calls each column; its usual title where the sheet lacks it."""

    def fault(self, key: str, said: Said, severity: Severity = Severity.ERROR) -> Fault:
        """What is to be said of a column of this row; of the row as a whole with no key."""
        return Fault(self.row, self.titles.get(key, ""), said, severity)


@dataclass(frozen=True, slots=True)
class RowFaults:
    """Collects what is to be said of one row while it is read."""

    record: Record
    found: list[Fault]

    def tell(self, key: str, said: Said, severity: Severity = Severity.ERROR) -> None:
        """Note a fault or remark on a column."""
        self.found.append(self.record.fault(key, said, severity))


@dataclass(frozen=True, slots=True)
class Table:
    """The records of a sheet, and the headings that nobody knows: they are told, and not imported."""

    heading_row: int
    records: tuple[Record, ...]
    unknown: tuple[str, ...]


def read_table(sheet: Sheet, columns: Sequence[Column]) -> Table:
    """Find the heading and the records below it.

    A heading of two rows, where the upper is merged over several columns (``Số`` over ``cài đặt`` and
    ``điện thoại``) or both into one, is understood by the lower name, alone or after the upper.

    :raises SheetRefused: no row with the required columns, or a column there twice.
    """
    at, places = _heading(sheet, columns)
    heading = sheet.rows[at]
    upper = sheet.rows[at - 1] if at else heading
    titles = {column.key: column.title for column in columns}
    titles |= {key: str(_cell(heading, place) or _cell(upper, place)) for key, place in places.items()}
    known = set(places.values())
    unknown = tuple(
        str(cell) for place, cell in enumerate(heading.cells) if cell is not None and place not in known
    )
    records = tuple(
        Record(row.number, {key: _cell(row, place) for key, place in places.items()}, titles)
        for row in sheet.rows[at + 1 :]
        if any(_cell(row, place) is not None for place in known)
    )
    return Table(heading.number, records, unknown)


def _heading(sheet: Sheet, columns: Sequence[Column]) -> tuple[int, Mapping[str, int]]:
    by_name = {name: column.key for column in columns for name in column.names()}
    titles = {column.key: column.title for column in columns}
    found, best = 0, dict[str, int]()
    for at, row in enumerate(sheet.rows[:_HEADING_WITHIN]):
        places = _places(row, sheet.rows[at - 1].cells if at else (), by_name, titles)
        if len(places) > len(best):
            found, best = at, places
    missing = [column.title for column in columns if column.required and column.key not in best]
    if missing or not best:
        names = ", ".join(f"“{one}”" for one in missing or titles.values())
        raise SheetRefused(f"Không tìm thấy cột {names}.", f"there is no column {names}")
    return found, best


def _places(
    row: SheetRow, upper: Sequence[Cell], by_name: Mapping[str, str], titles: Mapping[str, str]
) -> dict[str, int]:
    places: dict[str, int] = {}
    headings: dict[str, str] = {}
    above = ""
    for place, cell in enumerate(row.cells):
        if place < len(upper) and upper[place] is not None:
            above = str(upper[place])
        if cell is None and place < len(upper):
            cell = upper[place]  # merged over both rows
        if not isinstance(cell, str):
            continue
        key = by_name.get(plain(cell)) or by_name.get(plain(f"{above} {cell}"))
        if key is None:
            continue
        if key in places:
            title, first, second = titles[key], headings[key], tidy(cell)
            vi, en = f": “{first}” và “{second}”", f": as “{first}” and as “{second}”"
            if plain(first) == plain(second):
                vi = en = ""
            raise SheetRefused(
                f"Dòng {row.number}: cột “{title}” có hai lần{vi}.",
                f"row {row.number}: column “{title}” is there twice{en}",
            )
        places[key], headings[key] = place, tidy(cell)
    return places


def _cell(row: SheetRow, place: int) -> Cell:
    return row.cells[place] if place < len(row.cells) else None
