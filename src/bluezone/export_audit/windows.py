"""Attacks across windows: keys that were held back, or came with a later upload, and those they belong to.

Same-day keys are published when they have expired, a window or more after the others of their upload, with
the same onset and type. And a key cut short at an upload may be followed by one for the rest of that day.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bluezone.export_audit.findings import Group, LinkFinding, compare_with_chance
from bluezone.export_audit.published import Ints, Published
from bluezone.protocols.gaen import INTERVAL_SECONDS, MAX_ROLLING_PERIOD

__all__ = [
    "LateKeys",
    "Ownerless",
    "late_keys_attack",
    "late_keys_of",
    "ownerless_of",
    "rest_of_day_attack",
]


@dataclass(frozen=True, slots=True)
class LateKeys:
    """Keys of a window whose onset and type have no key of the day before in it, but in an earlier window.

    ``claims``: rows (before, late) that can be only one person's. ``guessed_right``: how many of all
    ``count`` late keys a guess among those that they may belong to gives to their owner.
    """

    count: int
    claims: tuple[tuple[int, int], ...]
    guessed_right: float


def late_keys_of(published: Published) -> LateKeys:
    """Late keys, and the keys of the day before in the windows in which their upload was published.

    A key cut short tells when the upload came; another was uploaded some time on its day.
    """
    sickness = published.sickness().tolist()
    rows_of: dict[tuple[int, int], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, (kind, day, window) in enumerate(
        zip(sickness, published.days.tolist(), published.window.tolist(), strict=True)
    ):
        rows_of[kind, day][window].append(row)
    times = _window_times(published)
    count, right = 0, 0.0
    claims: list[tuple[int, int]] = []
    for (kind, day), windows in list(rows_of.items()):
        before = rows_of.get((kind, day - 1), {})
        for window, rows in windows.items():
            if window in before:
                continue  # somebody's whole upload, or cannot be told from one
            for row in rows:
                uploaded = _uploaded(published, row)
                candidates = [
                    one
                    for other, found in before.items()
                    if other < window and _may_hold(times[other], uploaded, other == window - 1)
                    for one in found
                ]
                if not candidates:
                    continue
                rivals = sum(_uploaded(published, one) == uploaded for one in rows)
                count += 1
                right += 1 / max(len(candidates), rivals)
                if len(candidates) == 1 and rivals == 1:
                    claims.append((candidates[0], row))
    return LateKeys(count, tuple(claims), right)


@dataclass(frozen=True, slots=True)
class Ownerless:
    """Keys cut short whose end says that their upload was in a window that has no other day of their class.

    Keys of the same window, onset, type and day whose ends say the same window count once, as one of
    ``kinds``: a person with a single key may be among them, and padding made to look like that person's.
    ``rows``: the keys of those kinds, ``without`` in number, that have no owner.
    """

    kinds: int
    without: int
    rows: tuple[int, ...]


def ownerless_of(published: Published) -> Ownerless:
    """Of keys whose time of upload is within windows that the files hold, their own counted in."""
    sickness, days = published.sickness().tolist(), published.days.tolist()
    days_of: dict[tuple[int, int], set[int]] = defaultdict(set)
    for window, kind, day in zip(published.window.tolist(), sickness, days, strict=True):
        days_of[window, kind].add(day)
    times = _window_times(published)
    kinds: dict[tuple[int, int, int, tuple[int, ...]], list[int]] = defaultdict(list)
    for row in np.flatnonzero(_cut_short(published)).tolist():
        begin, end = _uploaded(published, row)
        holding = tuple(
            number for number, time in times.items() if time is not None and time[0] < end and begin < time[1]
        )
        if _is_covered(begin, end, [time for number in holding if (time := times[number])]):
            kinds[int(published.window[row]), sickness[row], days[row], holding].append(row)
    without = [
        rows
        for (_, kind, day, holding), rows in kinds.items()
        if not any(days_of[window, kind] - {day} for window in holding)
    ]
    return Ownerless(len(kinds), len(without), tuple(row for rows in without for row in rows))


def _cut_short(published: Published) -> NDArray[np.bool_]:
    ends = published.starts + published.periods
    short: NDArray[np.bool_] = (published.periods < MAX_ROLLING_PERIOD) & (ends % MAX_ROLLING_PERIOD != 0)
    return short


def late_keys_attack(published: Published, late: LateKeys) -> LinkFinding:
    """Late keys with one possible owner; this rests on counting. Chance: any key of the day before."""
    keys_of_day = Counter(published.days.tolist())
    by_chance = sum(1 / keys_of_day[int(published.days[before])] for before, _ in late.claims)
    found = len(late.claims)
    return LinkFinding(
        "windows: late keys",
        "keys of a later window for which the earlier ones have one key of the day before, of the same onset",
        found,
        by_chance,
        0.0 if found else 1.0,
        tuple((published.teks[before], published.teks[row]) for before, row in late.claims),
    )


def _uploaded(published: Published, row: int) -> tuple[int, int]:
    """From when to when the upload of a same-day key can have come, in Unix seconds."""
    start, period = int(published.starts[row]), int(published.periods[row])
    if period < MAX_ROLLING_PERIOD:
        end = (start + period) * INTERVAL_SECONDS
        return end, end + INTERVAL_SECONDS
    return start * INTERVAL_SECONDS, (start + period) * INTERVAL_SECONDS


def _may_hold(window: tuple[int, int] | None, uploaded: tuple[int, int], just_before: bool) -> bool:
    """Whether a window can have an upload of that time; without times only the one just before can."""
    if window is None:
        return just_before
    return window[0] < uploaded[1] and uploaded[0] < window[1]


def _is_covered(begin: int, end: int, windows: list[tuple[int, int]]) -> bool:
    for start, finish in sorted(windows):
        if start <= begin < finish:
            begin = finish
    return begin >= end


def _window_times(published: Published) -> dict[int, tuple[int, int] | None]:
    times: dict[int, tuple[int, int] | None] = {}
    for number, file in zip(published.windows, published.files, strict=True):
        times[number] = None if file.start is None or file.end is None else (file.start, file.end)
    return times


def rest_of_day_attack(published: Published, rng: np.random.Generator) -> LinkFinding:
    """A key cut short within a day, and the only one that begins where it ends.

    Null model: the keys were cut at any other interval of their day.
    """
    starts, ends = published.starts, published.starts + published.periods
    cut = np.flatnonzero(_cut_short(published))
    begun = np.flatnonzero(starts % MAX_ROLLING_PERIOD != 0)

    def pairs(ends_of_cut: Ints) -> list[tuple[int, int]]:
        value, at, count = np.unique(ends_of_cut, return_index=True, return_counts=True)
        begin, to, times = np.unique(starts[begun], return_index=True, return_counts=True)
        both, here, there = np.intersect1d(value, begin, assume_unique=True, return_indices=True)
        once = (count[here] == 1) & (times[there] == 1) if len(both) else np.zeros(0, dtype=bool)
        return [
            (int(cut[at[h]]), int(begun[to[t]]))
            for h, t in zip(here[once].tolist(), there[once].tolist(), strict=True)
        ]

    claims = pairs(ends[cut])

    def trial(chance: np.random.Generator) -> float:
        midnight = starts[cut] - starts[cut] % MAX_ROLLING_PERIOD
        return len(pairs(midnight + chance.integers(1, MAX_ROLLING_PERIOD, len(cut))))

    by_chance, p_value = compare_with_chance(len(claims), trial, rng) if claims else (0.0, 1.0)
    groups: tuple[Group, ...] = tuple((published.teks[before], published.teks[row]) for before, row in claims)
    return LinkFinding(
        "windows: rest of the day",
        "keys cut short and the only key that begins where they end",
        len(claims),
        by_chance,
        p_value,
        groups,
    )
