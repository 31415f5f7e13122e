"""A sheet of cells from CSV or XLSX bytes: text tidied, numbers and dates as the spreadsheet holds them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import isfinite

from python_calamine import CalamineError, CalamineWorkbook

from bluezone.authority.tabular.faults import SheetRefused
from bluezone.authority.tabular.spelling import plain, tidy, without_guard
from bluezone.authority.tabular.workbook_reach import check_workbook

__all__ = ["MAX_BYTES", "MAX_ROWS", "Cell", "Sheet", "SheetRow", "is_empty", "read_sheet"]

MAX_BYTES = 20_000_000
MAX_ROWS = 100_000
MAX_COLUMNS = 200
_DELIMITERS = (";", ",", "\t")
_SNIFFED_LINES = 20
_QUOTED = re.compile(r'"[^"]*"')

Cell = str | int | float | date | None
"""Text, a number, a day, or ``None`` where nothing is written."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that holds something. ``number`` is what the spreadsheet shows at its left, from 1."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one sheet, empty ones left out."""

    name: str
    rows: tuple[SheetRow, ...]


def is_empty(cell: Cell) -> bool:
    """Nothing, or nothing but blanks."""
    return cell is None or cell == ""


def read_sheet(data: bytes, wanted: str = "") -> Sheet:
    """Read the bytes of a CSV file (UTF-8, or UTF-16 with its mark) or of a workbook.

    :param wanted: the name of a workbook's sheet; by default its only sheet that holds something.
    :raises SheetRefused: neither of them, too large, or a workbook with several sheets and none named.
    """
    if len(data) > MAX_BYTES:
        raise SheetRefused(
            f"Tệp lớn hơn {MAX_BYTES // 1_000_000} MB. Hãy chia thành nhiều tệp.",
            f"the file is larger than {MAX_BYTES // 1_000_000} MB: split it",
        )
    if not data.strip(b"\0 \r\n\t"):
        raise SheetRefused("Tệp trống.", "the file is empty")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetRefused(
            "Đây là tệp Excel kiểu cũ (.xls) hoặc có mật khẩu. Hãy lưu lại dạng .xlsx.",
            "this is an old Excel file (.xls) or one with a password: save it as .xlsx",
        )
    if data.startswith(b"PK"):
        return _from_workbook(data, wanted)
    return _from_csv(data)


def _from_workbook(data: bytes, wanted: str) -> Sheet:
    check_workbook(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [
            Sheet(name, rows) for name in book.sheet_names if (rows := _workbook_rows(book, name)) or wanted
        ]
    except CalamineError as error:
        raise SheetRefused(
            f"Không đọc được tệp Excel này: {error}", f"this Excel file cannot be read: {error}"
        ) from None
    if wanted:
        found = [one for one in sheets if plain(one.name) == plain(wanted)]
        if not found:
            names = ", ".join(f"“{one.name}”" for one in sheets)
            raise SheetRefused(
                f"Không có trang tính “{wanted}”. Tệp có: {names}.",
                f"there is no sheet “{wanted}”; the file has {names}",
            )
        return found[0]
    if not sheets:
        raise SheetRefused("Tệp không có dòng nào.", "the file has no row")
    if len(sheets) > 1:
        names = ", ".join(f"“{one.name}”" for one in sheets)
        raise SheetRefused(
            f"Tệp có nhiều trang tính: {names}. Hãy chọn một trang.",
            f"the file has several sheets, {names}: name one",
        )
    return sheets[0]


def _workbook_rows(book: CalamineWorkbook, name: str) -> tuple[SheetRow, ...]:
    sheet = book.get_sheet_by_name(name)
    # Merged cells hold their value in the first of them alone; a heading over two columns is one of both.
    rows = sheet.to_python(skip_empty_area=False)
    return _kept((number, [_workbook_cell(one) for one in cells]) for number, cells in enumerate(rows, 1))


def _workbook_cell(value: object) -> Cell:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, (time, timedelta)):
        return str(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        return tidy(value) or None
    if isinstance(value, (int, float, date)):
        return value
    return None


def _from_csv(data: bytes) -> Sheet:
    text = _decoded(data)
    lines = [_QUOTED.sub("", line) for line in text.splitlines() if line.strip()][:_SNIFFED_LINES]
    # The most frequent in the first line that has any; below, decimal commas may outnumber semicolons.
    first = next((line for line in lines if any(one in line for one in _DELIMITERS)), "")
    return Sheet("", _kept(_records(text, max(_DELIMITERS, key=first.count))))


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SheetRefused(
            f"Dòng {line} không phải văn bản UTF-8. Trong Excel, hãy lưu tệp dạng “CSV UTF-8” hoặc .xlsx.",
            f"line {line} is not UTF-8 text: in Excel, save as “CSV UTF-8” or .xlsx",
        ) from None
    if "\0" in text:
        raise SheetRefused(
            "Đây không phải tệp CSV hay Excel (.xlsx).",
            "this is neither a CSV file nor an Excel file (.xlsx)",
        )
    return text


def _records(text: str, delimiter: str) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Lines where records begin, and their cells."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise SheetRefused(
                f"Dòng {line} có dấu ngoặc kép không khép lại hoặc đặt sai chỗ.",
                f"line {line} has a quotation mark that does not close or is out of place",
            ) from None
        yield line, [tidy(without_guard(cell)) or None for cell in cells]


def _kept(rows: Iterator[tuple[int, Sequence[Cell]]]) -> tuple[SheetRow, ...]:
    kept: list[SheetRow] = []
    for number, cells in rows:
        if all(is_empty(cell) for cell in cells):
            continue
        if len(cells) > MAX_COLUMNS and any(not is_empty(cell) for cell in cells[MAX_COLUMNS:]):
            raise SheetRefused(
                f"Dòng {number} có hơn {MAX_COLUMNS} cột.", f"row {number} has over {MAX_COLUMNS} columns"
            )
        if len(kept) == MAX_ROWS:
            raise SheetRefused(
                f"Tệp có hơn {MAX_ROWS} dòng. Hãy chia thành nhiều tệp.",
                f"the file has over {MAX_ROWS} rows: split it",
            )
        kept.append(SheetRow(number, tuple(cells[:MAX_COLUMNS])))
    return tuple(kept)
