"""A recorded contact list as columns, and the truth that follows from it: who was near whom, for how long.

*Row*: two people seen together for one time step. *Near*: within two metres; where a list has no distance but
a radio strength, at least :data:`NEAR_RSSI_DBM`. *True contact*: two people near each other for at least
15 minutes, in sum, on one recorded day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bluezone.replay.day import NEAR_METRES, NEAR_SECONDS

__all__ = [
    "DAY_SECONDS",
    "LOCAL_MIDNIGHT",
    "NEAR_RSSI_DBM",
    "STEP_SECONDS",
    "ContactTrace",
    "NearPairs",
    "TraceKind",
    "near_pairs",
    "near_rows",
    "trace_from_columns",
    "trace_from_rows",
    "true_contacts",
]

TraceKind = Literal["haslemere", "sociopatterns", "copenhagen"]

STEP_SECONDS: Mapping[TraceKind, int] = MappingProxyType(
    {"haslemere": 300, "sociopatterns": 20, "copenhagen": 300}
)
"""What one row stands for."""

NEAR_RSSI_DBM = -75.0
"""Near in the Copenhagen list, which has no distances: an assumption of ours, not a finding of the study.

A strength says little of a distance where bodies and pockets stand between, so what follows from it is
a truth of radio alone: do not compare it with that of a list that has distances.
"""

DAY_SECONDS = 86_400
LOCAL_MIDNIGHT = int(datetime(2021, 3, 10, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")).timestamp())
"""Start of the first replayed day: Wednesday 10 March 2021 in Hanoi, the week of the district's letter."""

_MOST_DAYS = 2**15
_STRONGEST_DBM = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class ContactTrace:
    """``n`` rows in order of day, second, ``a`` and ``b``; a pair has at most one row per step.

    ``people``: ids in natural order; ``roles``: what the record says of some of them (a class, a ward).
    ``step``: seconds that a row stands for; ``days`` and ``steps``: recorded days, and time steps in all.
    ``day`` int16 (n,) from 0; ``second`` int32 (n,) of the local day, where the row's step begins;
    ``a`` and ``b`` int32 (n,): rows of ``people``, ``a`` < ``b``;
    ``metres`` float32 (n,), NaN where no distance was recorded;
    ``rssi`` float32 (n,) in dBm, NaN where no strength was recorded (Copenhagen alone has it).
    """

    kind: TraceKind
    name: str
    step: int
    days: int
    steps: int
    people: tuple[str, ...]
    roles: Mapping[str, str]
    day: NDArray[np.int16]
    second: NDArray[np.int32]
    a: NDArray[np.int32]
    b: NDArray[np.int32]
    metres: NDArray[np.float32]
    rssi: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class NearPairs:
    """One row per pair and recorded day with any time near, in order of day, ``a`` and ``b``.

    ``day`` int16 (m,); ``a`` and ``b`` int32 (m,): rows of the trace's ``people``, ``a`` < ``b``;
    ``seconds`` int32 (m,): time near on that day, in sum.
    """

    day: NDArray[np.int16]
    a: NDArray[np.int32]
    b: NDArray[np.int32]
    seconds: NDArray[np.int32]


def near_rows(trace: ContactTrace) -> NDArray[np.bool_]:
    """Which rows were near: by the distance, or by the strength where no distance was recorded."""
    by_strength = np.isnan(trace.metres) & (trace.rssi >= NEAR_RSSI_DBM)
    near: NDArray[np.bool_] = (trace.metres <= NEAR_METRES) | by_strength
    return near


def near_pairs(trace: ContactTrace) -> NearPairs:
    """Who was near whom on which day, and for how long."""
    near = near_rows(trace)
    day, a, b = trace.day[near], trace.a[near], trace.b[near]
    order = np.lexsort((b, a, day))
    day, a, b = day[order], a[order], b[order]
    starts = np.flatnonzero(_first_of_group(day, a, b))
    rows = np.diff(np.append(starts, len(day)))
    return NearPairs(
        day=_frozen(day[starts], np.int16),
        a=_frozen(a[starts], np.int32),
        b=_frozen(b[starts], np.int32),
        seconds=_frozen(rows * trace.step, np.int32),
    )


def true_contacts(trace: ContactTrace) -> list[tuple[int, int]]:
    """Pairs near each other for at least 15 minutes on at least one day: rows of ``people``, sorted."""
    pairs = near_pairs(trace)
    long_enough = pairs.seconds >= NEAR_SECONDS
    a, b = pairs.a[long_enough].tolist(), pairs.b[long_enough].tolist()
    return sorted(set(zip(a, b, strict=True)))


def trace_from_rows(
    rows: Iterable[tuple[int, int, str | int, str | int, float]],
    *,
    kind: TraceKind = "haslemere",
    name: str = "by hand",
    roles: Mapping[str, str] | None = None,
    others: Iterable[str | int] = (),
) -> ContactTrace:
    """A small trace by hand: rows of day, second, two people and metres (for Copenhagen: dBm).

    ``others`` are people of the record whom nobody met.

    :raises ValueError: as :func:`trace_from_columns`.
    """
    listed = [(day, second, str(a), str(b), strength) for day, second, a, b, strength in rows]
    met = {person for row in listed for person in row[2:4]}
    people = tuple(sorted(met | {str(one) for one in others}, key=_natural))
    place = {person: row for row, person in enumerate(people)}
    strength = np.array([row[4] for row in listed], dtype=np.float64)
    return _arranged(
        kind,
        name,
        people=people,
        day=np.array([row[0] for row in listed], dtype=np.int64),
        second=np.array([row[1] for row in listed], dtype=np.int64),
        a=np.array([place[row[2]] for row in listed], dtype=np.int64),
        b=np.array([place[row[3]] for row in listed], dtype=np.int64),
        metres=None if kind == "copenhagen" else strength,
        rssi=strength if kind == "copenhagen" else None,
        roles=roles or {},
    )


def trace_from_columns(
    kind: TraceKind,
    name: str,
    *,
    day: ArrayLike,
    second: ArrayLike,
    ids: NDArray[np.integer[Any]],
    metres: ArrayLike | None = None,
    rssi: ArrayLike | None = None,
    roles: Mapping[str, str] | None = None,
    others: ArrayLike = (),
    days: int | None = None,
    steps: int | None = None,
) -> ContactTrace:
    """A trace from columns in any order: ``ids`` (n, 2) are the two people's numbers.

    Of several rows of a pair in one step the nearest (strongest) stays. ``days`` and ``steps``: by default
    the last day's number plus one, and the distinct steps of the rows; ``others`` as above.

    :raises ValueError: if a person meets themselves, a time is outside its day or off the grid of steps, a
        distance is negative or missing, or a strength is above 20 dBm or missing.
    """
    numbers = np.unique(np.concatenate((np.ravel(ids), np.asarray(others, dtype=np.int64))))
    return _arranged(
        kind,
        name,
        people=tuple(str(number) for number in numbers.tolist()),
        day=np.asarray(day),
        second=np.asarray(second),
        a=np.searchsorted(numbers, ids[:, 0]),
        b=np.searchsorted(numbers, ids[:, 1]),
        metres=None if metres is None else np.asarray(metres),
        rssi=None if rssi is None else np.asarray(rssi),
        roles=roles or {},
        days=days,
        steps=steps,
    )


def _arranged(
    kind: TraceKind,
    name: str,
    *,
    people: tuple[str, ...],
    day: NDArray[Any],
    second: NDArray[Any],
    a: NDArray[Any],
    b: NDArray[Any],
    metres: NDArray[Any] | None,
    rssi: NDArray[Any] | None,
    roles: Mapping[str, str],
    days: int | None = None,
    steps: int | None = None,
) -> ContactTrace:
    """Checked, each pair in order, sorted, and one row per pair and step."""
    step = STEP_SECONDS[kind]
    _require((a != b).all(), "a person is in contact with themselves")
    _require(((day >= 0) & (day < _MOST_DAYS)).all(), f"a day is outside 0 to {_MOST_DAYS - 1}")
    _require(((second >= 0) & (second < DAY_SECONDS)).all(), "a second is outside the day")
    _require((second % step == 0).all(), f"a second is not a multiple of {step}")
    if kind == "copenhagen":
        _require(metres is None and rssi is not None, "a Copenhagen trace has strengths, not distances")
        worst = -np.asarray(rssi)
        _require((worst >= -_STRONGEST_DBM).all(), f"a strength is above {_STRONGEST_DBM:g} dBm or missing")
    else:
        _require(rssi is None and metres is not None, f"a {kind} trace has distances, not strengths")
        worst = np.asarray(metres)
        _require((worst >= 0).all(), "a distance is negative or missing")
    _require(np.isfinite(worst).all(), "a distance or strength is not finite")
    time = day.astype(np.int64) * DAY_SECONDS + second
    low, high = np.minimum(a, b).astype(np.int32), np.maximum(a, b).astype(np.int32)
    order = np.lexsort((worst, high, low, time))
    order = order[_first_of_group(time[order], low[order], high[order])]
    unknown = np.full(len(order), np.nan)
    return ContactTrace(
        kind=kind,
        name=name,
        step=step,
        days=int(day.max(initial=-1)) + 1 if days is None else days,
        steps=len(np.unique(time)) if steps is None else steps,
        people=people,
        roles=roles,
        day=_frozen(day[order], np.int16),
        second=_frozen(second[order], np.int32),
        a=_frozen(low[order], np.int32),
        b=_frozen(high[order], np.int32),
        metres=_frozen(unknown if metres is None else metres[order], np.float32),
        rssi=_frozen(unknown if rssi is None else rssi[order], np.float32),
    )


def _first_of_group(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Where, in sorted columns, a row differs from the one before it."""
    first = np.zeros(len(columns[0]), dtype=np.bool_)
    first[:1] = True
    for column in columns:
        first[1:] |= column[1:] != column[:-1]
    return first


def _frozen(column: NDArray[Any], dtype: Any) -> NDArray[Any]:
    column = column.astype(dtype)
    column.flags.writeable = False
    return column


def _require(holds: object, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _natural(person: str) -> tuple[int, str]:
    return (int(person), "") if person.isdecimal() else (2**62, person)
