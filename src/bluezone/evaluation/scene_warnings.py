"""Who would be warned in the scenes: every preset through the device's own scoring, against the truth.

One phone of a directed pair is taken to belong to a confirmed case, the other scores what it heard of it.
Truly near are pairs with at least 15 minutes of windows nearer than two metres in a scene; scenes last 22 to
39 minutes, and only windows with a known distance count, on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bluezone.evaluation.phone_offsets import (
    NO_OFFSETS,
    PhoneOffsets,
    fit_phone_offsets,
    offset_of_windows,
)
from bluezone.evaluation.windows import WINDOW_SECONDS, Windows
from bluezone.protocols.gaen import ReportType
from bluezone.protocols.risk import (
    ScanInstance,
    daily_summaries,
    exposure_windows,
)
from bluezone.protocols.risk_presets import RiskPreset

__all__ = [
    "CALIBRATIONS",
    "NEAR_LIMIT",
    "NEAR_MINUTES",
    "PairScores",
    "SceneWarnings",
    "count_warned",
    "pair_scores",
    "warnings_of_presets",
]

NEAR_LIMIT = 2.0
NEAR_MINUTES = 15
CALIBRATIONS = ("published", "measured")
_NOON = 1_600_000_000 // 86_400 * 86_400 + 43_200
"""Any noon: a scene lies within one UTC day."""


@dataclass(frozen=True, slots=True)
class SceneWarnings:
    """Of ``pairs`` directed pairs ``near`` were truly near; ``right`` of these were among the ``warned``."""

    preset: str
    calibration: str
    pairs: int
    near: int
    warned: int
    right: int

    @property
    def sensitivity(self) -> float | None:
        return self.right / self.near if self.near else None

    @property
    def precision(self) -> float | None:
        return self.right / self.warned if self.warned else None

    @property
    def false_positive_rate(self) -> float | None:
        """Share of the pairs that were not near which are warned."""
        far = self.pairs - self.near
        return (self.warned - self.right) / far if far else None


@dataclass(frozen=True, slots=True, eq=False)
class PairScores:
    """Of ``p`` directed pairs: ``scene`` int64 (p,); ``near`` bool (p,), by distance; ``scores`` float64
    (p,), minutes at risk."""

    scene: NDArray[np.int64]
    near: NDArray[np.bool_]
    scores: NDArray[np.float64]

    @classmethod
    def of_all(cls, parts: Sequence[PairScores]) -> PairScores:
        """Several after each other."""
        return cls(
            np.concatenate([part.scene for part in parts]),
            np.concatenate([part.near for part in parts]),
            np.concatenate([part.scores for part in parts]),
        )


def warnings_of_presets(windows: Windows, presets: Sequence[RiskPreset]) -> list[SceneWarnings]:
    """Each preset with the published calibration, and with one measured in the *other* scenes."""
    scenes = [windows.take(windows.scene == at) for at in range(len(windows.scenes))]
    measured = [fit_phone_offsets(windows.take(windows.scene != at)) for at in range(len(windows.scenes))]
    found = []
    for preset in presets:
        for name, offsets in zip(CALIBRATIONS, ([NO_OFFSETS] * len(scenes), measured), strict=True):
            pairs = PairScores.of_all(
                [pair_scores(scene, own, preset) for scene, own in zip(scenes, offsets, strict=True)]
            )
            warned = pairs.scores >= preset.high_minutes
            found.append(count_warned(pairs, warned, preset=preset.name, calibration=name))
    return found


def pair_scores(windows: Windows, offsets: PhoneOffsets, preset: RiskPreset) -> PairScores:
    """Minutes at risk of every directed pair; whoever is confirmed is at the height of infectiousness."""
    key = np.stack((windows.scene, windows.receiver, windows.transmitter))
    pairs, pair = np.unique(key, axis=1, return_inverse=True)
    pair = pair.reshape(-1)
    minutes = np.bincount(pair, windows.metres < NEAR_LIMIT) * WINDOW_SECONDS / 60
    by_pair: list[list[ScanInstance]] = [[] for _ in minutes]
    for at, scan in zip(pair.tolist(), _scan_instances(windows, offsets), strict=True):
        by_pair[at].append(scan)
    scores = np.array([_score(heard, preset) for heard in by_pair], dtype=np.float64)
    return PairScores(pairs[0].astype(np.int64), minutes >= NEAR_MINUTES, scores)


def count_warned(
    pairs: PairScores, warned: NDArray[np.bool_], *, preset: str, calibration: str
) -> SceneWarnings:
    """How many of the warned pairs were near."""
    right = int((pairs.near & warned).sum())
    return SceneWarnings(
        preset, calibration, len(pairs.near), int(pairs.near.sum()), int(warned.sum()), right
    )


def _scan_instances(windows: Windows, offsets: PhoneOffsets) -> list[ScanInstance]:
    hears, sends = offset_of_windows(windows, offsets)
    corrected = replace(
        windows,
        typical=windows.typical - hears - sends,
        minimum=windows.minimum - hears - sends,
        others_mean=windows.others_mean - hears,
    )
    return [
        ScanInstance(
            time=_NOON + number * WINDOW_SECONDS,
            typical_attenuation=max(0.0, typical),
            min_attenuation=max(0.0, minimum),
            seconds_since_last_scan=WINDOW_SECONDS,
            surroundings=None if np.isnan(surroundings) else surroundings,
        )
        for number, typical, minimum, surroundings in zip(
            corrected.number.tolist(),
            corrected.typical.tolist(),
            corrected.minimum.tolist(),
            corrected.surroundings.tolist(),
            strict=True,
        )
    ]


def _score(scans: Sequence[ScanInstance], preset: RiskPreset) -> float:
    """The day's minutes; minus infinity where no window counts, since a preset may warn from 0 minutes."""
    windows = exposure_windows(scans, preset, report_type=ReportType.CONFIRMED_TEST, days_since_onset=0)
    return max((day.score for day in daily_summaries(windows, preset)), default=-np.inf)
