"""Pure decisions on organisations: codes, school years, and paths of management."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

__all__ = [
    "DEEPEST",
    "MANAGEMENT_ROOT",
    "ClassLineWrong",
    "ClassRoll",
    "ManagementLoop",
    "class_rolls",
    "is_email",
    "is_tax_code",
    "management_paths",
    "school_year",
    "school_year_of",
    "school_year_text",
]

MANAGEMENT_ROOT = "ORG"
"""First segment of every path of management. Area codes are digits: one scope holds paths of both trees."""

DEEPEST = 10
"""Levels of management: ministry, department, office, school are four."""

_TAX_CODE = re.compile(r"([0-9]{9})([0-9])(?:-[0-9]{3})?")
_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_FIRST_MONTH = 8
_YEAR = re.compile(r"(20[0-9]{2}) ?[-–/] ?(20[0-9]{2})")
_EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")

_CLASS_LINE = re.compile(r"(?P<name>[^;:,\t ]{1,30})(?:[;:, ]+(?P<pupils>[0-9]{1,5}))?")

KeyT = TypeVar("KeyT")


class ManagementLoop(ValueError):
    """An organisation would manage itself, or be managed through too many others; ``key`` is one of them."""

    def __init__(self, key: object) -> None:
        super().__init__(str(key))
        self.key = key


def is_tax_code(code: str) -> bool:
    """Whether an enterprise's code has its ten digits (and a branch's three) and the right check digit."""
    match = _TAX_CODE.fullmatch(code)
    if match is None:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_TAX_WEIGHTS, match[1], strict=True))
    return 10 - total % 11 == int(match[2])


def is_email(text: str) -> bool:
    """Whether a text has the form of an address; that it exists nobody can tell."""
    return _EMAIL.fullmatch(text) is not None


def school_year(text: str) -> int | None:
    """The year in which a school year begins: ``2020-2021`` → 2020; ``None`` for anything else."""
    match = _YEAR.fullmatch(text)
    if match is None or int(match[2]) != int(match[1]) + 1:
        return None
    return int(match[1])


class ClassRoll(NamedTuple):
    """A class, and how many pupils it has, if that is said."""

    name: str
    pupils: int | None


class ClassLineWrong(ValueError):
    """A line of a list of classes cannot be read; ``line`` counts from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"line {line}: {text!r}")
        self.line = line
        self.text = text


def class_rolls(text: str) -> Sequence[ClassRoll]:
    """Classes, one a line: ``6A1``, ``6A1 42``, ``6A1: 42``; what is written twice is refused as well.

    :raises ClassLineWrong: see there.
    """
    found: dict[str, ClassRoll] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        written = " ".join(line.split())
        if not written:
            continue
        match = _CLASS_LINE.fullmatch(written)
        if match is None or not written.isprintable() or match["name"] in found:
            raise ClassLineWrong(number, written[:40])
        pupils = match["pupils"]
        found[match["name"]] = ClassRoll(match["name"], None if pupils is None else int(pupils))
    return list(found.values())


def school_year_of(day: date) -> int:
    """The year in which the school year of a day begins: pupils come back in August, classes with them."""
    return day.year if day.month >= _FIRST_MONTH else day.year - 1


def school_year_text(begins: int) -> str:
    """``2020`` → ``2020-2021``."""
    return f"{begins}-{begins + 1}"


def management_paths(
    segments: Mapping[KeyT, str], managers: Mapping[KeyT, KeyT | str | None]
) -> Mapping[KeyT, str]:
    """Where organisations stand in the tree of management.

    :param segments: the last segment of each.
    :param managers: of each another of them, the path of one that is registered already, or nobody.
    :raises ManagementLoop: see there.
    """
    paths: dict[KeyT, str] = {}
    for key in segments:
        chain: list[KeyT] = []
        above: KeyT | str | None = key
        while above in segments and above not in paths:
            if above in chain:
                raise ManagementLoop(above)
            chain.append(above)  # type: ignore[arg-type]
            above = managers.get(above)  # type: ignore[arg-type]
        start = MANAGEMENT_ROOT if above is None else paths.get(above, above)  # type: ignore[arg-type]
        for one in reversed(chain):
            start = paths[one] = f"{start}/{segments[one]}"
            if start.count("/") > DEEPEST:
                raise ManagementLoop(one)
    return paths
