"""Areas by what sheets call them: with or without their type, its abbreviation, and diacritics."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import areas_on, turning_days
from bluezone.authority.tabular.cells import read_code
from bluezone.authority.tabular.faults import CellRefused, Said
from bluezone.authority.tabular.sheets import Cell
from bluezone.authority.tabular.spelling import plain, tidy

__all__ = ["CODE_WIDTHS", "TYPES", "AreasInScope", "with_full_type"]

TYPES = {
    "thanh pho": ("tp", "thanh pho"),
    "tinh": ("tinh",),
    "quan": ("q", "quan"),
    "huyen": ("h", "huyen"),
    "thi xa": ("tx", "thi xa"),
    "phuong": ("p", "phuong"),
    "xa": ("x", "xa"),
    "thi tran": ("tt", "thi tran"),
}
_ABBREVIATED = re.compile(r"^(tp|q|h|tx|p|x|tt)(?:\. ?| )(?=\S)")
_FULL = {short: full for full, shorts in TYPES.items() for short in shorts}
CODE_WIDTHS = {"city": 2, "district": 3, "ward": 5}


class AreasInScope:
    """Finds the areas of a scope, as they were on the day that a row is of."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._turns: Sequence[date] | None = None
        self._times: dict[int, _OfDay] = {}

    def by_code(self, code: Cell, day: date) -> tuple[int, str, Said | None]:
        """Key, name and a remark.

        :raises CellRefused: no such code on that day, or outside the scope.
        """
        known = self._on(day).codes
        written = tidy(str(code))
        if written in known:
            area = known[written]
            return area.pk, area.name, None
        for width in sorted(set(CODE_WIDTHS.values())):
            found = known.get(written.zfill(width)) if len(written) < width else None
            if found is not None:
                return found.pk, found.name, read_code(code, width).remark
        raise CellRefused(
            f"không có địa bàn mã “{written}” vào ngày {day:%d/%m/%Y} trong phạm vi của bạn",
            f"there is no area with the code “{written}” on {day:%d/%m/%Y} within your scope",
        )

    def by_name(self, name: str, day: date) -> tuple[int, str]:
        """Key and name.

        :raises CellRefused: no such area on that day, several, or outside the scope.
        """
        today = self._on(day)
        found = today.exact.get(tidy(name).lower()) or today.names.get(with_full_type(plain(name)), [])
        if len(found) == 1:
            return found[0].pk, found[0].name
        if found:
            several = ", ".join(f"{area.name} ({area.path})" for area in found)
            raise CellRefused(
                f"“{name}” có thể là: {several}; hãy ghi mã", f"“{name}” may be {several}: give the code"
            )
        raise CellRefused(
            f"không có địa bàn “{name}” vào ngày {day:%d/%m/%Y} trong phạm vi của bạn",
            f"there is no area “{name}” on {day:%d/%m/%Y} within your scope",
        )

    def _on(self, day: date) -> _OfDay:
        """Looked up once between two changes of areas: a sheet may hold a thousand days."""
        if self._turns is None:
            self._turns = turning_days(self._scope)
        time = bisect_right(self._turns, day)
        if time not in self._times:
            self._times[time] = _OfDay(list(areas_on(day, self._scope)))
        return self._times[time]


class _OfDay:
    """The areas of one day by code and by name."""

    def __init__(self, areas: list[Area]) -> None:
        self.codes = {area.code: area for area in areas}
        self.exact: dict[str, list[Area]] = {}
        self.names: dict[str, list[Area]] = {}
        for area in areas:
            self.exact.setdefault(area.name.lower(), []).append(area)
            full = plain(area.name)
            for name in {full, _without_type(full)}:
                self.names.setdefault(name, []).append(area)


def with_full_type(name: str) -> str:
    """``p. nhan chinh`` → ``phuong nhan chinh``."""
    match = _ABBREVIATED.match(name)
    return name if match is None else f"{_FULL[match[1]]} {name[match.end() :]}"


def _without_type(name: str) -> str:
    return next((name.removeprefix(f"{full} ") for full in TYPES if name.startswith(f"{full} ")), name)
