"""What one cell holds, read as its column says; whatever is not plain is refused with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Generic, TypeVar

from bluezone.authority.tabular.faults import CellRefused, Said
from bluezone.authority.tabular.sheets import Cell
from bluezone.authority.tabular.spelling import tidy

__all__ = ["Reading", "read_code", "read_count", "read_date", "read_percents", "read_text"]

_T = TypeVar("_T")

_MAX_COUNT = 10**12
_GROUPED = re.compile(r"[0-9]{1,3}(?:[. ][0-9]{3})+")
_PERCENT = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,10}))? ?(%?)")
_DAY_FIRST = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00)?)?")
_IN_WORDS = re.compile(r"(?:ngày )?([0-9]{1,2}) tháng ([0-9]{1,2}) năm ([0-9]{4})", re.IGNORECASE)
_SERIAL_ZERO = date(1899, 12, 30)
_SERIALS = frozenset(map(str, range(36_526, 73_051)))
"""2000 to 2099, as days of a workbook whose cell lost its date format."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[_T]):
    """A value, and a remark where it is not just what is written."""

    value: _T
    remark: Said | None = None


def read_text(cell: Cell, max_length: int) -> str:
    """Text on one line; an empty cell is empty text.

    :raises CellRefused: longer, or with control characters.
    """
    text = "" if cell is None else tidy(str(cell))
    if len(text) > max_length or not text.isprintable():
        raise CellRefused(
            f"dài quá {max_length} ký tự hoặc có ký tự lạ",
            f"longer than {max_length} characters, or with control characters",
        )
    return text


def read_count(cell: Cell) -> int:
    """A whole number from 0: ``157542``, ``157.542`` or ``157 542``.

    :raises CellRefused: anything else. A number with decimals is not guessed at: where a spreadsheet took
        the dot of 157.540 for a decimal point, a zero is lost.
    """
    if isinstance(cell, int):
        number = cell
    elif isinstance(cell, float):
        raise CellRefused(
            f"{_written(cell)} không phải số nguyên; có lẽ Excel đã coi dấu chấm là dấu thập phân",
            f"{cell} is not a whole number; perhaps the spreadsheet took the dot for a decimal point",
        )
    elif isinstance(cell, str) and cell.isascii() and (cell.isdigit() or _GROUPED.fullmatch(cell)):
        number = int(re.sub("[. ]", "", cell)[:20])
    else:
        raise CellRefused(
            f"“{_shown(cell)}” không phải số nguyên như 157.542",
            f"“{_shown(cell)}” is not a whole number like 157.542",
        )
    if not 0 <= number <= _MAX_COUNT:
        raise CellRefused(f"{number} là số âm hoặc quá lớn", f"{number} is negative or too large")
    return number


def read_percents(cell: Cell) -> tuple[Decimal, ...]:
    """What a cell may mean in per cent: ``39,12%`` is one value, a workbook's bare 0.3912 may be two.

    A cell that a spreadsheet shows as 39,12 % holds 0.3912, which somebody may also have meant as it stands.

    :raises CellRefused: no percentage, or a negative one.
    """
    if isinstance(cell, (int, float)):
        if cell < 0:
            raise CellRefused(f"{_written(cell)} là số âm", f"{cell} is negative")
        plain_value = Decimal(str(cell))
        return (plain_value * 100, plain_value) if cell <= 1 else (plain_value,)
    match = _PERCENT.fullmatch(cell) if isinstance(cell, str) else None
    if match is None:
        raise CellRefused(
            f"“{_shown(cell)}” không phải tỷ lệ như 39,12%", f"“{_shown(cell)}” is not a rate like 39,12%"
        )
    whole, decimals, sign = match.groups()
    value = Decimal(f"{whole}.{decimals}" if decimals else whole)
    return (value,) if sign or value > 1 else (value, value * 100)


def read_date(cell: Cell) -> Reading[date]:
    """A day: a date of the spreadsheet, ``08/3/2021``, ``2021-03-08`` or “ngày 08 tháng 3 năm 2021”.

    :raises CellRefused: anything else, such as a year of two digits.
    """
    if isinstance(cell, date):
        return Reading(cell)
    if str(cell) in _SERIALS:
        day = _SERIAL_ZERO + timedelta(days=int(str(cell)))
        return Reading(
            day,
            Said(f"{cell} được hiểu là ngày {day:%d/%m/%Y}", f"{cell} was read as the day {day:%d/%m/%Y}"),
        )
    if isinstance(cell, str) and cell.isprintable():
        if match := _DAY_FIRST.fullmatch(cell):
            numbers = (match[4], match[3], match[1])
        elif match := _ISO.fullmatch(cell):
            numbers = (match[1], match[2], match[3])
        elif match := _IN_WORDS.fullmatch(cell):
            numbers = (match[3], match[2], match[1])
        else:
            numbers = ("0", "0", "0")
        try:
            return Reading(date(*map(int, numbers)))
        except ValueError:
            pass
    raise CellRefused(
        f"“{_shown(cell)}” không phải ngày như 08/03/2021", f"“{_shown(cell)}” is not a day like 08/03/2021"
    )


def read_code(cell: Cell, width: int) -> Reading[str]:
    """A code of digits of a fixed width, whose leading zeros a spreadsheet may have eaten.

    :raises CellRefused: not of digits, or longer.
    """
    text = tidy(str(cell)).removeprefix("'") if isinstance(cell, (str, int)) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= width):
        raise CellRefused(
            f"“{_shown(cell)}” không phải mã {width} chữ số",
            f"“{_shown(cell)}” is not a code of {width} digits",
        )
    full = text.zfill(width)
    if full == text:
        return Reading(full)
    return Reading(
        full,
        Said(f"mã {text} được bổ sung số 0 ở đầu thành {full}", f"the code {text} was read as {full}"),
    )


def _written(number: float) -> str:
    return str(number).replace(".", ",")


def _shown(cell: Cell) -> str:
    text = "" if cell is None else str(cell)
    return text if len(text) <= 40 else f"{text[:40]}…"
