"""The attack on metadata: start day less days since onset is the onset, which one person's keys share.

A class is all keys of a window with the same onset, report type and later revision, and the same risk where
that says more than type and day do. A day of a class with one key only is *alone*: successive days alone are
claimed to be one person's. Where a day has k keys, k people can have them, and a link is guessed right once
in k. This rests on counting: one claim is enough. Chance is to pick the next day's key among all of that day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from bluezone.export_audit.findings import Group, LinkFinding
from bluezone.export_audit.published import Ints, Published, codes_of
from bluezone.protocols.export_stream import NO_ONSET

__all__ = ["CROWDS", "Crowd", "crowd_of", "grouping_attack"]

CROWDS = (1, 2, 5, 10)
"""Keys are counted by how many share class and day with them: from each of these to below the next."""

_LONGEST_GAP = 3
"""Days from one key of a person to the next; a device may be off for a day or two."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Among how many alike each key is.

    ``keys``: how many keys for each of :data:`CROWDS`. ``links``: of people with keys on successive days of a
    class, at most. ``guessed_right``: share of these that is guessed right by class and day; by the day alone
    it is ``guessed_right_by_day``.
    """

    keys: tuple[int, ...]
    links: int
    guessed_right: float
    guessed_right_by_day: float


def grouping_attack(published: Published) -> LinkFinding:
    """People alone in their class, or on some days of it."""
    claims = [rows for rows in _alone(published.classes(), published.days) if _tells(published, rows)]
    keys_of_day = Counter(zip(published.window.tolist(), published.days.tolist(), strict=True))
    found, by_chance = 0, 0.0
    for rows in claims:
        found += len(rows) - 1
        window, days = int(published.window[rows[0]]), published.days[rows].tolist()
        by_chance += sum(1 / max(keys_of_day[window, day] for day in pair) for pair in pairwise(days))
    groups: tuple[Group, ...] = tuple(tuple(published.teks[row] for row in rows) for rows in claims)
    return LinkFinding(
        "metadata: alone in a class",
        "links from key to key over successive days of a class that have no other key",
        found,
        by_chance,
        0.0 if found else 1.0,
        groups,
    )


def _tells(published: Published, rows: Ints) -> bool:
    """Whether a class says something of a person: without an onset it does only of all of its window."""
    if published.onsets[rows[0]] != NO_ONSET:
        return True
    return len(rows) == np.count_nonzero(published.window == published.window[rows[0]])


def crowd_of(published: Published) -> Crowd:
    """How many keys are alike, and what guessing gives."""
    classes, days = published.classes(), published.days
    _, cell, size = np.unique(codes_of(classes, days), return_inverse=True, return_counts=True)
    crowd = size[cell] if len(cell) else size
    bounds = [*CROWDS, np.inf]
    keys = tuple(int(np.count_nonzero((crowd >= low) & (crowd < high))) for low, high in pairwise(bounds))
    links, right = _guesses(classes, days)
    _, by_day = _guesses(published.window, days)
    return Crowd(keys, links, right / links if links else 0.0, min(1.0, by_day / links) if links else 0.0)


def _guesses(classes: Ints, days: Ints) -> tuple[int, float]:
    """Links that there can be between successive days, and how many a guess at random within gets right."""
    links, right = 0, 0.0
    cells = np.unique(np.column_stack([classes, days]), axis=0, return_counts=True)
    rows, counts = cells[0].tolist(), cells[1].tolist()
    for (before, day, count), (after, next_day, again) in zip(
        ((*row, count) for row, count in zip(rows, counts, strict=True)),
        ((*row, count) for row, count in zip(rows[1:], counts[1:], strict=True)),
        strict=False,
    ):
        if before == after and next_day == day + 1:
            links += min(count, again)
            right += min(count, again) / max(count, again)
    return links, right


def _alone(classes: Ints, days: Ints) -> Iterator[Ints]:
    """Rows of each run of two or more successive days of a class with one key each."""
    order = np.lexsort((days, classes))
    run: list[int] = []
    for (kind, _), cell in groupby(order.tolist(), key=lambda row: (classes[row], days[row])):
        rows = list(cell)
        if run and (
            len(rows) > 1 or kind != classes[run[-1]] or days[rows[0]] - days[run[-1]] > _LONGEST_GAP
        ):
            if len(run) > 1:
                yield np.array(run, dtype=np.int64)
            run = []
        if len(rows) == 1:
            run += rows
    if len(run) > 1:
        yield np.array(run, dtype=np.int64)
