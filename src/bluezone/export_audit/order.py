"""Attacks on the order of a file: keys that were written as they came stand beside their owner's others.

Three ways of writing give uploads away. One after the other: neighbours share onset and report type and are
of different days. Sorted by day only: each day lists the same people in the same order. Split by upload into
the files of a window: a file has fewer keys of the same onset, type and day than chance gives it. The null
model is the same keys in random order (for the second, in random order within each day). New and revised keys
are looked at each for themselves.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from bluezone.export_audit.findings import BEYOND_CHANCE, Group, LinkFinding, compare_with_chance
from bluezone.export_audit.published import Ints, Published, Section, codes_of

__all__ = ["columns_attack", "mixed_places", "neighbours_attack", "order_attacks", "split_attack"]

_TESTED_KEYS = 100_000
"""Of a file; more would only make the test longer, not the answer another."""
_WORD = 3
"""So many keys in a row of one day are looked for in the next day."""
_CONTEXT = 5
"""So many are compared before two keys are said to be one person's."""
_STEADY = 0.8
"""Such a share of steps by one day says that each upload is in order of days."""


def order_attacks(published: Published, rng: np.random.Generator) -> tuple[LinkFinding, ...]:
    """All of them, on new keys and then on revised ones."""
    return tuple(
        attack(published, rng, revised=revised)
        for revised in (False, True)
        for attack in (neighbours_attack, columns_attack, split_attack)
    )


def neighbours_attack(
    published: Published, rng: np.random.Generator, *, revised: bool = False
) -> LinkFinding:
    """Uploads one after the other: pairs of neighbours with the same onset and type, of different days."""
    sections = [one for one in published.sections(revised=revised) if len(one) > 1]
    tested = [(one.sickness[:_TESTED_KEYS], one.days[:_TESTED_KEYS]) for one in sections]
    found = sum(_neighbours(sickness, days) for sickness, days in tested)

    def trial(chance: np.random.Generator) -> float:
        total = 0
        for sickness, days in tested:
            mixed = mixed_places(days, chance)
            total += _neighbours(sickness[mixed], days[mixed])
        return total

    by_chance, p_value = compare_with_chance(found, trial, rng) if found else (0.0, 1.0)
    groups: list[Group] = []
    if p_value <= BEYOND_CHANCE:
        for one in sections:
            groups += _runs(one.teks, one.sickness.tolist(), one.days.tolist())
    return LinkFinding(
        _name("neighbours", revised),
        "neighbours in a file with the same onset and report type, of different days",
        found,
        by_chance,
        p_value,
        tuple(groups),
    )


def columns_attack(published: Published, rng: np.random.Generator, *, revised: bool = False) -> LinkFinding:
    """The same people in the same order on each day: runs of three keys of a day that are in the next too."""
    sections = published.sections(revised=revised)
    columns = []
    for one in sections:
        days = one.days[:_TESTED_KEYS]
        columns.append([np.flatnonzero(days == day) for day in np.unique(days)])
    sick = [[one.sickness[rows] for rows in file] for one, file in zip(sections, columns, strict=True)]
    found = sum(map(_shared_words, sick))

    def trial(chance: np.random.Generator) -> float:
        return sum(_shared_words([chance.permutation(column) for column in file]) for file in sick)

    by_chance, p_value = compare_with_chance(found, trial, rng) if found else (0.0, 1.0)
    groups: list[Group] = []
    if p_value <= BEYOND_CHANCE:
        for one, file in zip(sections, columns, strict=True):
            groups += _chains(one.teks, list(_aligned(file, one.sickness)))
    return LinkFinding(
        _name("columns", revised),
        "three keys in a row of one day whose onsets and types also follow each other on the next day",
        found,
        by_chance,
        p_value,
        tuple(groups),
    )


def split_attack(published: Published, rng: np.random.Generator, *, revised: bool = False) -> LinkFinding:
    """A window split into files by upload: pairs of a file with the same onset and type, of other days."""
    windows: dict[int, list[Section]] = defaultdict(list)
    for one in published.sections(revised=revised):
        if len(one):
            windows[one.window].append(one)
    split = [files for files in windows.values() if len(files) > 1]
    tested = [_dealt(files) for files in split]
    found = sum(_pairs_within(*columns) for columns in tested)

    def trial(chance: np.random.Generator) -> float:
        return sum(_pairs_within(chance.permutation(file), *keys) for file, *keys in tested)

    by_chance, p_value = compare_with_chance(found, trial, rng) if found else (0.0, 1.0)
    groups: list[Group] = []
    if p_value <= BEYOND_CHANCE:
        groups = [group for files in split for one in files for group in _alone_in_file(one)]
    return LinkFinding(
        _name("split files", revised),
        "pairs in one of a window's files with the same onset and report type, of different days",
        found,
        by_chance,
        p_value,
        tuple(groups),
    )


def _name(what: str, revised: bool) -> str:
    return f"order of revised: {what}" if revised else f"order: {what}"


def mixed_places(days: Ints, chance: np.random.Generator) -> Ints:
    """The places in random order; of a file sorted by day, in random order within each day."""
    mixed = chance.permutation(len(days))
    steps = np.diff(days)
    if np.all(steps >= 0):
        return mixed[np.argsort(days[mixed], kind="stable")]
    if np.all(steps <= 0):
        return mixed[np.argsort(-days[mixed], kind="stable")]
    return mixed


def _dealt(files: Sequence[Section]) -> tuple[Ints, Ints, Ints]:
    """Of each key of a window its file, its onset and type, and these with its day: numbers from 0 on."""
    file = np.repeat(np.arange(len(files)), [len(one) for one in files])
    sickness = np.concatenate([one.sickness for one in files])
    days = np.concatenate([one.days for one in files])
    return file, codes_of(sickness), codes_of(sickness, days)


def _pairs_within(file: Ints, sickness: Ints, cell: Ints) -> int:
    def pairs(code: Ints) -> int:
        _, count = np.unique(file * (int(code.max()) + 1) + code, return_counts=True)
        return int((count * (count - 1)).sum()) // 2

    return pairs(sickness) - pairs(cell)


def _alone_in_file(file: Section) -> Iterator[Group]:
    """Keys of an onset and type that a file has once a day."""
    for kind in np.unique(file.sickness):
        rows = np.flatnonzero(file.sickness == kind)
        if len(rows) > 1 and len(np.unique(file.days[rows])) == len(rows):
            yield tuple(file.teks[row] for row in rows)


def _neighbours(sickness: Ints, days: Ints) -> int:
    return int(np.count_nonzero((sickness[1:] == sickness[:-1]) & (days[1:] != days[:-1])))


def _runs(teks: Sequence[bytes], sickness: list[int], days: list[int]) -> Iterator[Group]:
    """Cut the file where a new upload seems to begin: another sickness, a day again, or days turn back."""
    same = [at for at in range(1, len(teks)) if sickness[at] == sickness[at - 1]]
    steady = bool(same) and sum(abs(days[at] - days[at - 1]) == 1 for at in same) >= _STEADY * len(same)
    first = 0
    seen = {days[0]}
    way = 0
    for at in range(1, len(teks) + 1):
        ends = at == len(teks) or sickness[at] != sickness[first] or days[at] in seen
        if not ends and steady:
            step = 1 if days[at] > days[at - 1] else -1
            ends = way not in (0, step)
            way = step
        if ends:
            if at - first > 1:
                yield tuple(teks[first:at])
            first, seen, way = at, set(), 0
        if at < len(teks):
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


def _chains(teks: Sequence[bytes], links: list[tuple[int, int]]) -> Iterator[Group]:
    """Links from day to day put together: each key has at most one before and one after it."""
    following = dict(links)
    begins = following.keys() - set(following.values())
    for row in sorted(begins):
        chain = [row]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        yield tuple(teks[one] for one in chain)
