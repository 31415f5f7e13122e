"""What attacks find, beside what they would find by chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = [
    "BEYOND_CHANCE",
    "TRIALS",
    "Group",
    "LinkFinding",
    "PaddingFinding",
    "Trial",
    "compare_with_chance",
]

BEYOND_CHANCE = 0.001
"""A finding that chance makes more often than this is none."""

TRIALS = 999
"""Trials of chance: enough that a finding which none of them reaches is beyond chance."""

_ENOUGH = 20
"""Trials that reach a finding: then it is none."""

Group = tuple[bytes, ...]
"""Keys that an attack says are one person's."""


@dataclass(frozen=True, slots=True)
class LinkFinding:
    """What one attack says of who belongs together.

    ``found`` is what it measures, ``by_chance`` the mean of the same where the null model holds, ``p_value``
    how often that reaches ``found``. ``groups``: the claims.
    """

    attack: str
    measures: str
    found: float
    by_chance: float
    p_value: float
    groups: tuple[Group, ...]

    @property
    def beyond_chance(self) -> bool:
        return self.p_value <= BEYOND_CHANCE


@dataclass(frozen=True, slots=True)
class PaddingFinding:
    """What one sign of padding says: that there is some, and of ``suspects`` which keys it is."""

    sign: str
    measures: str
    found: float
    by_chance: float
    p_value: float
    suspects: frozenset[bytes] = frozenset()

    @property
    def beyond_chance(self) -> bool:
        return self.p_value <= BEYOND_CHANCE


Trial = Callable[[np.random.Generator], float]


def compare_with_chance(found: float, trial: Trial, rng: np.random.Generator) -> tuple[float, float]:
    """Mean of the trials, and the share of them, the real one counted in, that reach ``found``.

    It stops when so many trials reached ``found`` that it is not beyond chance whatever the others give.
    """
    values: list[float] = []
    reached = 0
    while len(values) < TRIALS and reached < _ENOUGH:
        values.append(trial(rng))
        reached += values[-1] >= found
    return float(np.mean(values)), (reached + 1) / (len(values) + 1)
