"""Which wards there are on a day, remembered for a minute: each heartbeat asks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Level
from bluezone.authority.areas.queries import areas_on

__all__ = ["forget_wards", "ward_on"]

_REMEMBERED_SECONDS = 60
_MOST_DAYS = 3


class _Wards(NamedTuple):
    read_at: float
    by_code: Mapping[str, int]


_remembered: dict[date, _Wards] = {}


def ward_on(code: str, day: date) -> int | None:
    """The key of the ward that has a code on a day; ``None`` where there is none."""
    found = _remembered.get(day)
    if found is None or time.monotonic() - found.read_at > _REMEMBERED_SECONDS:
        found = _read(day)
    return found.by_code.get(code)


def forget_wards() -> None:
    """Read them anew at once."""
    _remembered.clear()


def _read(day: date) -> _Wards:
    wards = areas_on(day, Scope.everything()).filter(level=Level.WARD)
    read = _Wards(time.monotonic(), dict(wards.values_list("code", "pk")))
    if len(_remembered) >= _MOST_DAYS:
        _remembered.clear()
    _remembered[day] = read
    return read
