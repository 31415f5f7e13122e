"""Pure decisions on residential groups and alleys: what clerks write for them, and their codes."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

__all__ = ["alley_names", "group_name", "next_alley_code", "next_group_code"]

_GROUP = re.compile(r"(?:tổ dân phố|tổ dp|tdp|tổ)?\s*(?:số)?\s*0*([1-9][0-9]{0,3}) ?([a-zđ]?)", re.IGNORECASE)
_ALLEY = re.compile(r"(?:ngõ)?\s*(?:số)?\s*0*([1-9][0-9]{0,4})([a-zđ]?)", re.IGNORECASE)
_BETWEEN = re.compile(r"[;,]")


def group_name(written: str) -> str:
    """``05``, ``Tổ 5``, ``TDP số 5`` → ``Tổ dân phố 5``; any other name as it is written."""
    match = _GROUP.fullmatch(written)
    return written if match is None else f"Tổ dân phố {match[1]}{match[2].upper()}"


def alley_names(written: str) -> Sequence[str]:
    """``12``, ``ngõ 12; 14`` → ``Ngõ 12``, ``Ngõ 14``; any other name as it is written."""
    names: list[str] = []
    for part in _BETWEEN.split(written):
        one = part.strip()
        if one:
            match = _ALLEY.fullmatch(one)
            names.append(one if match is None else f"Ngõ {match[1]}{match[2].upper()}")
    return names


def next_group_code(ward: str, name: str, taken: Collection[str]) -> str:
    """The code of a group that is new: ``00343-5`` where it has a number, else ``00343-K1`` and so on."""
    match = _GROUP.fullmatch(name)
    number = "" if match is None else f"{match[1]}{match[2].upper()}".replace("Đ", "")
    if number and (code := f"{ward}-{number}") not in taken:
        return code
    return _next(f"{ward}-K", taken)


def next_alley_code(group: str, taken: Collection[str]) -> str:
    """The code of an alley that is new: ``00343-5-N1`` and so on."""
    return _next(f"{group}-N", taken)


def _next(start: str, taken: Collection[str]) -> str:
    number = 1
    while f"{start}{number}" in taken:
        number += 1
    return f"{start}{number}"
