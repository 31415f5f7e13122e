"""Sightings from a CSV file: header ``rpi,time,attenuation``; hexadecimal, Unix seconds, dB."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from bluezone.errors import Refused
from bluezone.matching.interface import Sightings

__all__ = ["SightingFileError", "SightingRow", "read_sightings", "sightings_of"]

_T = TypeVar("_T")
_RPI_BYTES = 16
_HEADER = ("rpi", "time", "attenuation")
_LATEST = 4_102_444_800  # the year 2100: what is above is in another unit


class SightingFileError(Refused):
    """A row of the file cannot be used; the message names the row, the field and why."""


@dataclass(frozen=True, slots=True)
class SightingRow:
    """One reception: identifier, Unix seconds, dB; numbers whole where the file's were."""

    rpi: bytes
    time: int | float
    attenuation: int | float


def read_sightings(lines: Iterable[str]) -> list[SightingRow]:
    """Read all rows; columns in any order, others ignored, empty lines skipped.

    :raises SightingFileError: for a wrong header or field; row 1 is the header, as spreadsheets count.
    """
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if header:
            header[0] = header[0].removeprefix("\ufeff")
        for name in _HEADER:
            if header.count(name) != 1:
                raise SightingFileError(f"row 1: the header needs one column {name!r} ({','.join(_HEADER)})")
        rpi, time, attenuation = (header.index(name) for name in _HEADER)
        rows = []
        for number, cells in enumerate(reader, start=2):
            if not cells:
                continue
            if len(cells) != len(header):
                raise SightingFileError(f"row {number}: {len(cells)} fields, the header has {len(header)}")
            rows.append(
                SightingRow(
                    _field(number, "rpi", cells[rpi], _identifier),
                    _field(number, "time", cells[time], _unix_seconds),
                    _field(number, "attenuation", cells[attenuation], _number),
                )
            )
    except csv.Error as error:
        raise SightingFileError(f"line {reader.line_num}: {error}") from None
    return rows


def sightings_of(rows: list[SightingRow]) -> Sightings:
    """The arrays that matching takes; row numbers stay the same."""
    return Sightings(
        rpis=np.frombuffer(b"".join(row.rpi for row in rows), dtype=np.uint8).reshape(-1, _RPI_BYTES),
        times=np.array([math.floor(row.time) for row in rows], dtype=np.int64),
    )


def _field(number: int, name: str, text: str, parse: Callable[[str], _T]) -> _T:
    try:
        return parse(text.strip())
    except ValueError as error:
        raise SightingFileError(f"row {number}, field {name}: {error}") from None


def _identifier(text: str) -> bytes:
    try:
        rpi = bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"{text!r} is not hexadecimal") from None
    if len(rpi) != _RPI_BYTES:
        raise ValueError(f"an identifier has {_RPI_BYTES} bytes (32 hex digits), not {len(rpi)}")
    return rpi


def _unix_seconds(text: str) -> int | float:
    seconds = _number(text)
    if not 0 <= seconds < _LATEST:
        raise ValueError(f"{text!r} is not a time in Unix seconds")
    return seconds


def _number(text: str) -> int | float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is not a finite number")
    return int(number) if number.is_integer() else number
