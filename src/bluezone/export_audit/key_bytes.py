"""Signs of padding in the keys' own bytes: a device draws 128 random bits, a careless writer does not."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from bluezone.export_audit.chances import normal_above
from bluezone.export_audit.findings import BEYOND_CHANCE, PaddingFinding
from bluezone.export_audit.published import Published
from bluezone.protocols.gaen import KEY_BYTES

__all__ = ["half_bytes", "near_keys"]

_VALUES = 16
_FEWEST_KEYS = 8 * _VALUES
_BITS = 8 * KEY_BYTES


def half_bytes(published: Published) -> PaddingFinding:
    """Some half byte has some value too often, as the version has in a UUID.

    Chance: chi-square with 15 degrees of freedom at each of 32 half bytes (Wilson and Hilferty's normal
    approximation), all of them tried. Suspects: keys with the commonest value wherever it is too common.
    """
    measures = "chi-square of the least random half byte of all keys, mean 15"
    count = len(published)
    if count < _FEWEST_KEYS:
        return PaddingFinding("values of half bytes", measures, 0, _VALUES - 1, 1.0)
    keys = np.frombuffer(b"".join(published.teks), dtype=np.uint8).reshape(-1, KEY_BYTES)
    halves = np.stack([keys >> 4, keys & 15], axis=2).reshape(count, -1)
    counts = np.stack([np.bincount(half, minlength=_VALUES) for half in halves.T])
    expected = count / _VALUES
    chi_squares = ((counts - expected) ** 2 / expected).sum(axis=1)
    p_values = [min(1.0, len(chi_squares) * _chi_square_above(float(one))) for one in chi_squares]
    odd = [at for at, p_value in enumerate(p_values) if p_value <= BEYOND_CHANCE]
    suspects: frozenset[bytes] = frozenset()
    if odd:
        alike = np.all(halves[:, odd] == counts[odd].argmax(axis=1), axis=1)
        suspects = frozenset(published.teks[row] for row in np.flatnonzero(alike))
    return PaddingFinding(
        "values of half bytes", measures, float(chi_squares.max()), _VALUES - 1, min(p_values), suspects
    )


def near_keys(published: Published) -> PaddingFinding:
    """Keys that begin or end with the same bits, as numbers that are counted up do.

    Chance: of n random keys, n²/2 pairs, each with the same b bits once in 2**b; suspects are those that
    share more bits than any pair should.
    """
    count = len(published)
    pairs = count * (count - 1) / 2
    longest, suspects = 0, set()
    for flip in (False, True):
        ordered = sorted((tek[::-1] if flip else tek, tek) for tek in published.teks)
        for (before, one), (after, other) in pairwise(ordered):
            shared = _BITS - (int.from_bytes(before, "big") ^ int.from_bytes(after, "big")).bit_length()
            longest = max(longest, shared)
            if 2 * pairs * 2.0**-shared <= BEYOND_CHANCE:
                suspects |= {one, other}
    p_value = min(1.0, 2 * pairs * 2.0**-longest) if count > 1 else 1.0
    by_chance = float(np.log2(pairs)) if pairs > 1 else 0.0
    return PaddingFinding(
        "keys near each other",
        "bits that two keys have in common at their beginning or end",
        longest,
        by_chance,
        p_value,
        frozenset(suspects),
    )


def _chi_square_above(value: float, freedom: int = _VALUES - 1) -> float:
    spread = 2 / (9 * freedom)
    return normal_above(float(((value / freedom) ** (1 / 3) - (1 - spread)) / spread**0.5))
