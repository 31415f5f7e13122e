"""What is told of a sheet, in both languages: refusals of the whole, faults and remarks of single cells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from bluezone.errors import Refused

__all__ = ["CellRefused", "Fault", "Said", "SaidRefused", "Severity", "SheetRefused"]


class Said(NamedTuple):
    """One sentence in Vietnamese and in English."""

    vi: str
    en: str


class SaidRefused(Refused):
    """A refusal in both languages: its text is English, for the command line; ``said`` has both."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.said = Said(vi, en)


class SheetRefused(SaidRefused):
    """The file as a whole cannot be used."""


class CellRefused(ValueError):
    """A cell does not hold what its column holds; ``said`` is the reason, without row and column."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.said = Said(vi, en)


class Severity(StrEnum):
    """Whether a row can be imported all the same."""

    ERROR = "error"
    """The row is left out."""

    REMARK = "remark"
    """The row comes in, and somebody should know how it was read."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about one row; ``column`` as the sheet calls it, empty for the whole row."""

    row: int
    column: str
    said: Said
    severity: Severity = Severity.ERROR
