"""Random numbers of a replay: a stream for each purpose, so that none disturbs another."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.random import Generator

__all__ = ["Purpose", "random_for"]


class Purpose(IntEnum):
    """What random numbers are for; the numbers are part of what a seed means, so none is given anew."""

    F0 = 1
    ADOPTION = 2
    SCANS = 3
    IDENTIFIERS = 4
    TRANSMITTERS = 5
    RECEIVERS = 6
    SHADOWING = 7
    ADVERTS = 8


def random_for(seed: int, purpose: Purpose, *more: int) -> Generator:
    """The stream of a seed (0 or more) and a purpose, and of whatever else tells streams apart."""
    return np.random.default_rng([seed, int(purpose), *more])
