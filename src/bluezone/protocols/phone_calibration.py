"""What a phone model's radio reads and sends against the reference phone, from the published table.

The table (Exposure Notifications, BLE calibration) is a CSV of ``oem,model,rssi correction,tx,has direct
measurement``: adding a model's correction to its reading gives what the reference phone would have read, and
``tx`` is what the reference phone would report for the same transmitted power. Models without a measurement
of their own carry their maker's values.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median_low
from types import MappingProxyType
from typing import NamedTuple

from bluezone.errors import Refused

__all__ = [
    "AmbiguousPhone",
    "BadCalibration",
    "CalibrationRow",
    "CalibrationTable",
    "PhoneCalibration",
    "calibration_csv",
    "parse_calibration",
]

_COLUMNS = ("oem", "model", "rssi correction", "tx", "has direct measurement")
_MOST_CORRECTION = 40
_WEAKEST_TX, _STRONGEST_TX = -127, 20
"""Bluetooth Core: transmit powers are -127 to 20 dBm."""
_MEASURED = {"yes": True, "no": False}


class BadCalibration(Refused):
    """The table cannot be used; the message names the file, the line, the field and its value."""


class AmbiguousPhone(Refused):
    """Several makers have a model of that name, with different values; the message names them."""


@dataclass(frozen=True, slots=True)
class PhoneCalibration:
    """``rssi_correction`` in dB, to add to the reading; ``tx_power`` in dBm.

    ``measured``: this very model was measured. ``known``: the table has the model; if not, the values are the
    table's median.
    """

    rssi_correction: int
    tx_power: int
    measured: bool
    known: bool = True


class CalibrationRow(NamedTuple):
    """One phone model of a maker."""

    oem: str
    model: str
    values: PhoneCalibration


@dataclass(frozen=True, slots=True, repr=False)
class CalibrationTable:
    """A read table: ``source`` is its file's name, ``rows`` in the file's order; ``fallback`` is for models
    that it does not have."""

    source: str
    rows: tuple[CalibrationRow, ...]
    fallback: PhoneCalibration
    _exact: MappingProxyType[str, tuple[CalibrationRow, ...]]
    _any_case: MappingProxyType[str, tuple[CalibrationRow, ...]]

    @property
    def measured(self) -> int:
        """How many of the rows come from a measurement of that very model."""
        return sum(row.values.measured for row in self.rows)

    def lookup(self, phone: str) -> PhoneCalibration:
        """The values of a phone by its model, or by maker and model ("Motorola XT1706").

        The name as it stands comes first, then in any letter case, then either way without what follows
        its last "/" (a variant: "SM-G981B/DS" is an "SM-G981B"). A phone the table does not have gets the
        median of all rows, not ``known``.

        :raises AmbiguousPhone: for a model name that makers share, unless their values agree.
        """
        name = " ".join(phone.split())
        for wanted in dict.fromkeys((name, name.rpartition("/")[0].rstrip() or name)):
            rows = self._exact.get(wanted) or self._any_case.get(wanted.casefold())
            if rows:
                return _the_one(phone, rows)
        return self.fallback


def parse_calibration(text: str, *, source: str) -> CalibrationTable:
    """Read the table; ``source`` names the file in messages.

    :raises BadCalibration: for the first row that is wrong, or a table without any.
    """
    rows = list(_rows(text, source))
    if not rows:
        raise BadCalibration(f"{source}: there is no phone model in it")
    exact: dict[str, list[CalibrationRow]] = defaultdict(list)
    any_case: dict[str, list[CalibrationRow]] = defaultdict(list)
    for row in rows:
        for name in (row.model, f"{row.oem} {row.model}"):
            exact[name].append(row)
            any_case[name.casefold()].append(row)
    return CalibrationTable(
        source=source,
        rows=tuple(rows),
        fallback=PhoneCalibration(
            median_low(row.values.rssi_correction for row in rows),
            median_low(row.values.tx_power for row in rows),
            measured=False,
            known=False,
        ),
        _exact=MappingProxyType({name: tuple(found) for name, found in exact.items()}),
        _any_case=MappingProxyType({name: tuple(found) for name, found in any_case.items()}),
    )


def calibration_csv(rows: Iterable[CalibrationRow]) -> str:
    """The rows as a table that :func:`parse_calibration` reads, in their order."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for oem, model, values in rows:
        measured = "yes" if values.measured else "no"
        writer.writerow((oem, model, values.rssi_correction, values.tx_power, measured))
    return text.getvalue()


def _the_one(phone: str, rows: Sequence[CalibrationRow]) -> PhoneCalibration:
    first = rows[0].values
    if any(replace(row.values, measured=first.measured) != first for row in rows):
        names = ", ".join(f"{row.oem} {row.model}" for row in rows)
        raise AmbiguousPhone(f"phone model {phone!r} is one of several with different values: {names}")
    return replace(first, measured=any(row.values.measured for row in rows))


def _rows(text: str, source: str) -> Iterator[CalibrationRow]:
    reader = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), strict=True)
    seen: dict[tuple[str, str], int] = {}
    try:
        _check_header(next(reader, []), source)
        for fields in reader:
            if not fields:
                continue
            row = _row(fields, f"{source}, line {reader.line_num}")
            before = seen.setdefault((row.oem, row.model), reader.line_num)
            if before != reader.line_num:
                raise BadCalibration(
                    f"{source}, line {reader.line_num}: {row.oem} {row.model} stands on line {before} already"
                )
            yield row
    except csv.Error as error:
        raise BadCalibration(f"{source}, line {reader.line_num}: not CSV: {error}") from None


def _check_header(fields: list[str], source: str) -> None:
    """The published header explains its columns in brackets; only the names must be right."""
    names = tuple(field.partition("(")[0].strip().casefold() for field in fields)
    if names != _COLUMNS:
        raise BadCalibration(f"{source}, line 1: the columns must be {', '.join(_COLUMNS)}")


def _row(fields: list[str], where: str) -> CalibrationRow:
    if len(fields) != len(_COLUMNS):
        raise BadCalibration(f"{where}: has {len(fields)} fields, needs {len(_COLUMNS)}")
    oem, model = (" ".join(field.split()) for field in fields[:2])
    for name, value in (("oem", oem), ("model", model)):
        if not value:
            raise BadCalibration(f"{where}: {name} is empty")
    correction = _integer(where, "rssi correction", fields[2], -_MOST_CORRECTION, _MOST_CORRECTION)
    tx_power = _integer(where, "tx", fields[3], _WEAKEST_TX, _STRONGEST_TX)
    measured = _MEASURED.get(fields[4].strip().casefold())
    if measured is None:
        raise BadCalibration(f"{where}: has direct measurement {fields[4]!r} is neither yes nor no")
    return CalibrationRow(oem, model, PhoneCalibration(correction, tx_power, measured))


def _integer(where: str, name: str, text: str, low: int, high: int) -> int:
    try:
        value = int(text)
    except ValueError:
        raise BadCalibration(f"{where}: {name} {text!r} is not a whole number") from None
    if not low <= value <= high:
        raise BadCalibration(f"{where}: {name} {value} is outside {low} to {high}")
    return value
