"""How strong an advert arrives: log-distance path loss, slow shadowing by bodies, fast fading.

The constants are round values of the indoor literature, not yet fitted to measurements: good enough to tell
an arm's length from the next room, not to judge a risk preset by.
"""

from __future__ import annotations

import math
from random import Random

__all__ = ["REACH_DB", "AttenuationModel", "median_attenuation"]

LOSS_AT_ONE_METRE_DB = 52.0
PATH_LOSS_EXPONENT = 2.2
SHADOWING_DB = 3.5
"""Standard deviation of what bodies and furniture add for minutes at a time."""
FADING_DB = 3.0
"""Standard deviation from one advert to the next (channel, multipath)."""
SHADOWING_SECONDS = 300

REACH_DB = 82.0
"""Median loss beyond which nothing is received in practice: -94 dBm from a phone that sends at -12 dBm."""


def median_attenuation(metres: float, wall: float = 0.0) -> float:
    """Median loss in dB over a distance, with ``wall`` dB in between; below 30 cm it grows no less."""
    return LOSS_AT_ONE_METRE_DB + 10 * PATH_LOSS_EXPONENT * math.log10(max(metres, 0.3)) + wall


class AttenuationModel:
    """Draws the loss of single adverts; the same seed gives the same day."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._fading = Random(seed)  # noqa: S311 - simulated noise
        self._shadow: dict[tuple[str, str], tuple[int, float]] = {}

    def draw(self, sender: str, receiver: str, unix_seconds: float, median: float) -> float:
        """One advert's loss in dB; shadowing is common to both directions of a pair for five minutes."""
        pair = (sender, receiver) if sender < receiver else (receiver, sender)
        step = int(unix_seconds // SHADOWING_SECONDS)
        known = self._shadow.get(pair)
        if known is None or known[0] != step:
            drawn = Random(f"{self._seed}/{pair}/{step}").gauss(0.0, SHADOWING_DB)  # noqa: S311
            known = self._shadow[pair] = (step, drawn)
        return median + known[1] + self._fading.gauss(0.0, FADING_DB)
