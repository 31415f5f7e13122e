"""Attacks on the order of a file: keys that were written as they came stand beside their owner's others.

Two ways of writing give uploads away. One after the other: neighbours share onset and report type and are of
different days. Sorted by day only: each day lists the same people in the same order. In both the null model
is a file in random order with the same keys (for the second, in random order within each day).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from bluezone.export_audit.findings import BEYOND_CHANCE, Group, LinkFinding, compare_with_chance
from bluezone.export_audit.published import Ints, Published, codes_of

__all__ = ["columns_attack", "neighbours_attack"]

_TESTED_KEYS = 100_000
"""Of a file; more would only make the test longer, not the answer another."""
_WORD = 3
"""So many keys in a row of one day are looked for in the next day."""
_CONTEXT = 5
"""So many are compared before two keys are said to be one person's."""
_STEADY = 0.8
"""Such a share of steps by one day says that each upload is in order of days."""


def neighbours_attack(published: Published, rng: np.random.Generator) -> LinkFinding:
    """Uploads one after the other: pairs of neighbours with the same onset and type, of different days."""
    sickness, days = published.sickness(), published.days
    files = [rows for rows in _file_rows(published) if len(rows) > 1]
    tested = [rows[:_TESTED_KEYS] for rows in files]
    found = sum(_neighbours(sickness[rows], days[rows]) for rows in tested)

    def trial(chance: np.random.Generator) -> float:
        total = 0
        for rows in tested:
            mixed = _mixed(rows, days, chance)
            total += _neighbours(sickness[mixed], days[mixed])
        return total

    by_chance, p_value = compare_with_chance(found, trial, rng) if found else (0.0, 1.0)
    groups: list[Group] = []
    if p_value <= BEYOND_CHANCE:
        for rows in files:
            groups += _runs(published, rows, sickness[rows].tolist(), days[rows].tolist())
    return LinkFinding(
        "order: neighbours",
        "neighbours in a file with the same onset and report type, of different days",
        found,
        by_chance,
        p_value,
        tuple(groups),
    )


def columns_attack(published: Published, rng: np.random.Generator) -> LinkFinding:
    """The same people in the same order on each day: runs of three keys of a day that are in the next too."""
    sickness, days = published.sickness(), published.days
    columns = [
        [rows[days[rows] == day] for day in np.unique(days[rows])]
        for rows in (file[:_TESTED_KEYS] for file in _file_rows(published))
    ]
    found = sum(_shared_words([sickness[rows] for rows in file]) for file in columns)

    def trial(chance: np.random.Generator) -> float:
        return sum(_shared_words([chance.permutation(sickness[rows]) for rows in file]) for file in columns)

    by_chance, p_value = compare_with_chance(found, trial, rng) if found else (0.0, 1.0)
    groups: tuple[Group, ...] = ()
    if p_value <= BEYOND_CHANCE:
        links = [link for file in columns for link in _aligned(file, sickness)]
        groups = _chains(published, links)
    return LinkFinding(
        "order: columns",
        "three keys in a row of one day whose onsets and types also follow each other on the next day",
        found,
        by_chance,
        p_value,
        groups,
    )


def _file_rows(published: Published) -> Iterator[Ints]:
    """Rows of each file, in its order."""
    for number in range(len(published.files)):
        rows = np.flatnonzero(published.file == number)
        yield rows[np.argsort(published.place[rows])]


def _mixed(rows: Ints, days: Ints, chance: np.random.Generator) -> Ints:
    """The rows in random order; of a file sorted by day, in random order within each day."""
    mixed = chance.permutation(rows)
    steps = np.diff(days[rows])
    if np.all(steps >= 0):
        return mixed[np.argsort(days[mixed], kind="stable")]
    if np.all(steps <= 0):
        return mixed[np.argsort(-days[mixed], kind="stable")]
    return mixed


def _neighbours(sickness: Ints, days: Ints) -> int:
    return int(np.count_nonzero((sickness[1:] == sickness[:-1]) & (days[1:] != days[:-1])))


def _runs(published: Published, rows: Ints, sickness: list[int], days: list[int]) -> Iterator[Group]:
    """Cut the file where a new upload seems to begin: another sickness, a day again, or days turn back."""
    same = [at for at in range(1, len(rows)) if sickness[at] == sickness[at - 1]]
    steady = bool(same) and sum(abs(days[at] - days[at - 1]) == 1 for at in same) >= _STEADY * len(same)
    first = 0
    seen = {days[0]}
    way = 0
    for at in range(1, len(rows) + 1):
        ends = at == len(rows) or sickness[at] != sickness[first] or days[at] in seen
        if not ends and steady:
            step = 1 if days[at] > days[at - 1] else -1
            ends = way not in (0, step)
            way = step
        if ends:
            if at - first > 1:
                yield tuple(published.teks[row] for row in rows[first:at])
            first, seen, way = at, set(), 0
        if at < len(rows):
            seen.add(days[at])


def _words(column: Ints, count: int, length: int) -> Ints:
    """A number for each ``length`` values in a row, int64; ``count``: of different values."""
    if len(column) < length:
        return np.zeros(0, dtype=np.int64)
    word = np.zeros(len(column) - length + 1, dtype=np.int64)
    for at in range(length):
        word = word * count + column[at : at + len(word)]
    return word


def _shared_words(columns: list[Ints]) -> int:
    """How many words of each day are in the next one too; by a table of remainders, which is fast.

    Different words may share a remainder: they do so in the file and in the trials alike.
    """
    if not columns:
        return 0
    count = 1 + max(int(column.max(initial=0)) for column in columns)
    size = 8 * max(map(len, columns)) + 1
    tables = np.array([np.bincount(_words(one, count, _WORD) % size, minlength=size) for one in columns])
    return int(np.minimum(tables[1:], tables[:-1]).sum())


def _aligned(columns: list[Ints], sickness: Ints) -> Iterator[tuple[int, int]]:
    """Keys of successive days that stand in the middle of the same five, which are there once."""
    for before, after in pairwise(columns):
        short, codes = min(len(before), len(after)), codes_of(sickness[np.concatenate([before, after])])
        if short < _CONTEXT:
            continue
        count = int(codes.max()) + 1
        here = _words(codes[: len(before)], count, _CONTEXT).tolist()
        there = _words(codes[len(before) :], count, _CONTEXT).tolist()
        once = {word for word, times in Counter(here).items() if times == 1}
        once &= {word for word, times in Counter(there).items() if times == 1}
        place = {word: at for at, word in enumerate(there)}
        for at, word in enumerate(here):
            if word in once:
                yield int(before[at + _CONTEXT // 2]), int(after[place[word] + _CONTEXT // 2])


def _chains(published: Published, links: list[tuple[int, int]]) -> tuple[Group, ...]:
    """Links from day to day put together: each key has at most one before and one after it."""
    following = dict(links)
    begins = following.keys() - set(following.values())
    groups = []
    for row in sorted(begins):
        chain = [row]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        groups.append(tuple(published.teks[one] for one in chain))
    return tuple(groups)
