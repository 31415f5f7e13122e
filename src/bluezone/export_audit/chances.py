"""Probabilities that the signs of padding are compared with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

__all__ = ["at_least", "normal_above", "poisson_at_least", "within"]


def poisson_at_least(count: int, mean: float) -> float:
    """The probability that a Poisson number of that mean is ``count`` or more."""
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    terms = [math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count)]
    return max(0.0, 1.0 - math.fsum(terms))


def at_least(count: int, chances: Sequence[float]) -> float:
    """The probability that ``count`` or more of independent events with these chances happen."""
    if count <= 0:
        return 1.0
    happened = np.zeros(count + 1)  # the last one stands for count or more
    happened[0] = 1.0
    for chance in chances:
        moved = happened * chance
        happened -= moved
        happened[1:] += moved[:-1]
        happened[-1] += moved[-1]
    return float(happened[-1])


def within(bound: float, spread: float) -> float:
    """The probability that a normal number around 0 is at most ``bound`` away from it."""
    return math.erf(bound / spread / math.sqrt(2))


def normal_above(deviations: float) -> float:
    """The probability of more than so many standard deviations above the mean."""
    return math.erfc(deviations / math.sqrt(2)) / 2
