"""Signs of padding: that a file has keys which nobody has, how they were made, and which they are.

Signs without suspects say that there is padding, not which keys it is. What each compares with is in
``docs/export-audit.md``; where no null model can be drawn from the files, the share of days that devices
miss and of people with one key are assumed, on the cautious side.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from bluezone.export_audit.chances import at_least, poisson_at_least, within
from bluezone.export_audit.findings import TRIALS, PaddingFinding, compare_with_chance
from bluezone.export_audit.order import mixed_places
from bluezone.export_audit.published import Ints, Published, codes_of
from bluezone.export_audit.windows import ownerless_of
from bluezone.protocols.export_stream import NO_ONSET
from bluezone.protocols.gaen import INTERVAL_SECONDS

__all__ = ["padding_signs"]

MISSED_DAYS = 0.05
"""Share of days on which a device that is in use has no key: switched off, or new."""

ONE_KEY_PEOPLE = 0.05
"""Share of people who upload a single key."""

_MANY = 8
"""A day of a class with fewer keys says nothing about how evenly they are spread."""
_RECENT_DAYS = 2
"""The last days of a window: who reported before midnight lacks the last, and same-day keys come later."""
_OLDEST_DAYS = 15
_MOST_DAYS_FROM_ONSET = 14
_ABOVE_THREE = 0.00135
"""The probability of more than three standard deviations above the mean."""


def padding_signs(
    published: Published, rng: np.random.Generator, *, in_order: bool = False
) -> tuple[PaddingFinding, ...]:
    """All signs, those of the whole file first.

    :param in_order: the files were found not to be in random order.
    """
    return (
        _same_totals(published, rng),
        _floor(published),
        _even_days(published),
        _uneven_days(published),
        _isolated(published),
        _impossible(published),
        _ownerless(published),
        _come_and_gone(published),
        _at_one_end(published, rng, in_order=in_order),
    )


def _same_totals(published: Published, rng: np.random.Generator) -> PaddingFinding:
    """Padding up to a minimum: windows with the very same number of keys, or a number with many zeros.

    Chance: a number ends in so many zeros once in a power of ten; several windows vary as Poisson numbers do.
    """
    totals = np.bincount(published.window) if len(published) else np.zeros(0, dtype=np.int64)
    totals = totals[totals > 0]
    zeros = max((len(str(total)) - len(str(total).rstrip("0")) for total in totals.tolist()), default=0)
    p_value = min(1.0, len(totals) * 10.0**-zeros) if len(totals) else 1.0
    most = int(np.unique(totals, return_counts=True)[1].max(initial=0))
    by_chance = 1.0
    if most > 1:
        trials = [int(np.unique(rng.poisson(totals), return_counts=True)[1].max()) for _ in range(TRIALS)]
        by_chance = float(np.mean(trials))
        p_value = min(p_value, (sum(one >= most for one in trials) + 1) / (TRIALS + 1))
    return PaddingFinding(
        "minimum of keys", "windows with the same number of keys, or a round one", most, by_chance, p_value
    )


def _floor(published: Published) -> PaddingFinding:
    """A floor under classes: the rarest onsets have several people as well.

    Chance: the size of each class is a Poisson number around what was found; how often is none smaller?
    """
    heights = list(_heights(published).values())
    floor = min(heights, default=0)
    p_value = 1.0
    if floor > 1:
        p_value = math.prod(poisson_at_least(floor, height) for height in heights)
    return PaddingFinding("floor under classes", "keys a day of the smallest class", floor, 1, p_value)


def _even_days(published: Published) -> PaddingFinding:
    """Metadata cloned in turn: a class has the same number of keys on each day, as people never have.

    Chance: each person of the class misses a day with the probability assumed.
    """
    even, chances = 0, []
    for before, after in _steps(published):
        spread = math.sqrt(2 * max(before, after) * MISSED_DAYS * (1 - MISSED_DAYS))
        even += abs(after - before) <= 1
        chances.append(within(1.5, spread))
    return PaddingFinding(
        "days too even",
        "steps from day to day of a class of at least eight that change by one key at most",
        even,
        sum(chances),
        at_least(even, chances),
    )


def _uneven_days(published: Published) -> PaddingFinding:
    """Metadata cloned key by key: the number of keys falls from a day to the next more than people explain.

    It may rise, as histories begin. Chance: as in even days, with twice the probability.
    """
    falls, chances = 0, []
    for before, after in _steps(published):
        most = max(before, after)
        spread = math.sqrt(2 * most * 2 * MISSED_DAYS * (1 - 2 * MISSED_DAYS))
        falls += before - after > 3 * spread + 0.5
        chances.append(_ABOVE_THREE)
    return PaddingFinding(
        "days too uneven",
        "steps of a class that fall by more than three standard deviations of whole people",
        falls,
        sum(chances),
        at_least(falls, chances),
    )


def _isolated(published: Published) -> PaddingFinding:
    """Keys made one by one: no key of the days around has the same onset and type.

    Chance: the assumed share of people with one key. The last days of a window are left out, and keys of
    which no onset is known.
    """
    columns = published.window.tolist(), published.sickness().tolist(), published.days.tolist()
    cells = set(zip(*columns, strict=True))
    newest = _newest_days(published)
    onsets = published.onsets.tolist()
    suspects = set()
    for row, (window, kind, day) in enumerate(zip(*columns, strict=True)):
        around = ((window, kind, day + step) for step in (-3, -2, -1, 1, 2, 3))
        looked_at = day <= newest[window] - _RECENT_DAYS and onsets[row] != NO_ONSET
        if looked_at and not any(cell in cells for cell in around):
            suspects.add(published.teks[row])
    people = sum(_heights(published).values())
    expected = ONE_KEY_PEOPLE * people
    return PaddingFinding(
        "isolated keys",
        "keys whose onset and type no key of the days around shares",
        len(suspects),
        expected,
        poisson_at_least(len(suspects), expected),
        frozenset(suspects),
    )


def _impossible(published: Published) -> PaddingFinding:
    """Keys that no device can have sent by then: not expired, too old, or too far from onset."""
    ends = np.array([file.end or 0 for file in published.files], dtype=np.int64)
    end = ends[published.file] if len(published) else ends[:0]
    known = end > 0
    expired = (published.starts + published.periods) * INTERVAL_SECONDS <= end
    old = published.days < end // 86_400 - _OLDEST_DAYS - 1
    far = (published.onsets != NO_ONSET) & (abs(published.days - published.onsets) > _MOST_DAYS_FROM_ONSET)
    odd = np.flatnonzero((known & (~expired | old)) | far)
    suspects = frozenset(published.teks[row] for row in odd)
    return PaddingFinding(
        "impossible keys",
        "keys not expired when they were published, older than 15 days or over 14 days from onset",
        len(suspects),
        0,
        0.0 if suspects else 1.0,
        suspects,
    )


def _come_and_gone(published: Published) -> PaddingFinding:
    """Padding made anew for each file: of two files over the same time one has keys that the other lacks."""
    suspects: set[bytes] = set()
    contents = [frozenset(file.teks) for file in published.files]
    for at, file in enumerate(published.files):
        for to, other in enumerate(published.files):
            if at == to or file.start is None or other.start is None or not contents[at] & contents[to]:
                continue
            if file.end is not None and other.end is not None:
                inside = other.start <= file.start and file.end <= other.end
                if inside:
                    suspects |= contents[at] - contents[to]
                    if (other.start, other.end) == (file.start, file.end):
                        suspects |= contents[to] - contents[at]
    return PaddingFinding(
        "keys that come and go",
        "keys of a file that another file over the same time lacks",
        len(suspects),
        0,
        0.0 if suspects else 1.0,
        frozenset(suspects),
    )


def _ownerless(published: Published) -> PaddingFinding:
    """Keys cut short that say when they were uploaded, and nobody of that onset and type uploaded more then.

    Chance: people who missed the day before, or have that one key; each kind of key once, however much of it
    is padding.
    """
    found = ownerless_of(published)
    chances = [MISSED_DAYS + ONE_KEY_PEOPLE] * found.kinds
    return PaddingFinding(
        "late keys without owner",
        "kinds of keys cut short by an upload in a window that has no other day of the same onset and type",
        found.without,
        sum(chances),
        at_least(found.without, chances),
        frozenset(published.teks[row] for row in found.rows),
    )


def _at_one_end(published: Published, rng: np.random.Generator, *, in_order: bool) -> PaddingFinding:
    """Clones put behind the real keys, or before them: from some place on no kind of key is seen first.

    Chance: the same files in random order, so it says nothing of files that are in another one.
    """
    sections = [one for one in published.sections(revised=False) if len(one) > 1]
    kinds = [codes_of(one.sickness, one.days) for one in sections]

    def at_ends(files: Sequence[Ints]) -> tuple[int, int]:
        return sum(map(_behind_all_kinds, files)), sum(_behind_all_kinds(kind[::-1]) for kind in files)

    def trial(chance: np.random.Generator) -> float:
        places = (mixed_places(one.days, chance) for one in sections)
        return max(at_ends([kind[place] for kind, place in zip(kinds, places, strict=True)]))

    behind, before = at_ends(kinds)
    found = max(behind, before)
    by_chance, p_value = compare_with_chance(found, trial, rng) if found and not in_order else (0.0, 1.0)
    suspects: set[bytes] = set()
    for one, kind in zip(sections, kinds, strict=True):
        if found == behind:
            suspects.update(one.teks[len(kind) - _behind_all_kinds(kind) :])
        else:
            suspects.update(one.teks[: _behind_all_kinds(kind[::-1])])
    return PaddingFinding(
        "padding at one end",
        "keys at an end of a file behind which no onset, type and day is seen for the first time",
        found,
        by_chance,
        p_value,
        frozenset(suspects),
    )


def _behind_all_kinds(kinds: Ints) -> int:
    """How many keys follow the first of the kind that comes last."""
    first = np.zeros(int(kinds.max()) + 1, dtype=np.int64)
    first[kinds[::-1]] = np.arange(len(kinds))[::-1]  # of equal ones the last that is set, the first, stays
    return len(kinds) - 1 - int(first.max())


def _steps(published: Published) -> list[tuple[int, int]]:
    """Keys of successive days of a class, of at least eight each; not of a window's last days."""
    counts = _day_counts(published)
    newest = _newest_days(published)
    return [
        (count, after)
        for (window, kind, day), count in counts.items()
        if count >= _MANY
        and day + 1 <= newest[window] - _RECENT_DAYS
        and (after := counts.get((window, kind, day + 1), 0)) >= _MANY
    ]


def _heights(published: Published) -> dict[tuple[int, int], int]:
    """Of each window and (onset, type): keys on its fullest day, about as many as people."""
    heights: dict[tuple[int, int], int] = defaultdict(int)
    for (window, kind, _), count in _day_counts(published).items():
        heights[window, kind] = max(heights[window, kind], count)
    return heights


def _day_counts(published: Published) -> dict[tuple[int, int, int], int]:
    cells = np.column_stack([published.window, published.sickness(), published.days])
    rows, counts = np.unique(cells, axis=0, return_counts=True)
    return {tuple(row): count for row, count in zip(rows.tolist(), counts.tolist(), strict=True)}


def _newest_days(published: Published) -> dict[int, int]:
    newest: dict[int, int] = {}
    for window, day in zip(published.window.tolist(), published.days.tolist(), strict=True):
        newest[window] = max(newest.get(window, day), day)
    return newest
