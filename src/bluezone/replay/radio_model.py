"""How strong an advert arrives: log-distance path loss, each phone's own offset, slow shadowing, fast fading.

The constants are fitted to the DP-3T measurements in four scenes (lunch, train, office, queue) by
:mod:`bluezone.evaluation.path_loss`; how far they are off in a scene left out: ``docs/risk-evaluation.md``.
Phones differ as much as the published calibration by model leaves.
"""

from __future__ import annotations

import math
from random import Random

__all__ = [
    "FADING_DB",
    "LOSS_AT_ONE_METRE_DB",
    "NEAREST_METRES",
    "PATH_LOSS_EXPONENT",
    "REACH_DB",
    "RECEIVER_DB",
    "RECEPTION_DB",
    "RECEPTION_SPREAD_DB",
    "SHADOWING_DB",
    "SHADOWING_SECONDS",
    "TRANSMITTER_DB",
    "AttenuationModel",
    "median_attenuation",
]

LOSS_AT_ONE_METRE_DB = 61.0
PATH_LOSS_EXPONENT = 2.1
NEAREST_METRES = 0.3
"""Nobody was measured nearer than 40 cm; below this the loss grows no less."""

RECEIVER_DB = 4.5
TRANSMITTER_DB = 5.4
"""Standard deviations of how weakly a phone hears, and is heard, for as long as it lies where it lies."""
SHADOWING_DB = 4.1
"""Standard deviation of what bodies and furniture between a pair add, for both directions alike."""
SHADOWING_SECONDS = 300
FADING_DB = 5.9
"""Standard deviation from one advert to the next (channel, multipath)."""

RECEPTION_DB = 75.6
RECEPTION_SPREAD_DB = 2.9
"""At this loss half of the adverts arrive; a loss lower by the spread lets 84 % through."""

REACH_DB = 95.0
"""Median loss beyond which no advert is drawn; 3 % would arrive, nearly two deviations luckier."""


def median_attenuation(metres: float, wall: float = 0.0) -> float:
    """Median loss in dB over a distance, with ``wall`` dB in between."""
    return LOSS_AT_ONE_METRE_DB + 10 * PATH_LOSS_EXPONENT * math.log10(max(metres, NEAREST_METRES)) + wall


class AttenuationModel:
    """Draws the loss of single adverts; the same seed gives the same day."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._fading = Random(seed)  # noqa: S311 - simulated noise
        self._offsets: dict[tuple[str, str], float] = {}
        self._shadow: dict[tuple[str, str], tuple[int, float]] = {}

    def draw(self, sender: str, receiver: str, unix_seconds: float, median: float) -> float | None:
        """One advert's loss in dB, or ``None`` if it does not arrive."""
        loss = (
            median
            + self._offset("sends", sender, TRANSMITTER_DB)
            + self._offset("hears", receiver, RECEIVER_DB)
            + self._shadowing(sender, receiver, unix_seconds)
            + self._fading.gauss(0.0, FADING_DB)
        )
        return loss if loss + self._fading.gauss(0.0, RECEPTION_SPREAD_DB) <= RECEPTION_DB else None

    def _offset(self, does: str, phone: str, spread: float) -> float:
        known = self._offsets.get((does, phone))
        if known is None:
            known = Random(f"{self._seed}/{does}/{phone}").gauss(0.0, spread)  # noqa: S311 - simulated noise
            self._offsets[does, phone] = known
        return known

    def _shadowing(self, sender: str, receiver: str, unix_seconds: float) -> float:
        """Common to both directions of a pair for five minutes."""
        pair = (sender, receiver) if sender < receiver else (receiver, sender)
        step = int(unix_seconds // SHADOWING_SECONDS)
        known = self._shadow.get(pair)
        if known is None or known[0] != step:
            drawn = Random(f"{self._seed}/{pair}/{step}").gauss(0.0, SHADOWING_DB)  # noqa: S311 - simulated noise
            known = self._shadow[pair] = (step, drawn)
        return known[1]
