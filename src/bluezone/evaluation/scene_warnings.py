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
    LEAST_OTHERS,
    RiskLevel,
    ScanInstance,
    daily_summaries,
    exposure_windows,
)
from bluezone.protocols.risk_presets import RiskPreset

__all__ = ["CALIBRATIONS", "NEAR_MINUTES", "SceneWarnings", "warnings_of_presets"]

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


def warnings_of_presets(windows: Windows, presets: Sequence[RiskPreset]) -> list[SceneWarnings]:
    """Each preset with the published calibration, and with one measured in the *other* scenes."""
    measured = [fit_phone_offsets(windows.take(windows.scene != at)) for at in range(len(windows.scenes))]
    found = []
    for preset in presets:
        for name, offsets in zip(CALIBRATIONS, ([NO_OFFSETS] * len(windows.scenes), measured), strict=True):
            counts = np.zeros(4, dtype=int)
            for at, of_scene in enumerate(offsets):
                counts += _count(windows.take(windows.scene == at), of_scene, preset)
            found.append(SceneWarnings(preset.name, name, *counts.tolist()))
    return found


def _count(windows: Windows, offsets: PhoneOffsets, preset: RiskPreset) -> tuple[int, int, int, int]:
    """Pairs, near, warned, right of one scene; whoever is confirmed is at the height of infectiousness."""
    key = np.stack((windows.receiver, windows.transmitter))
    _, pair = np.unique(key, axis=1, return_inverse=True)
    pair = pair.reshape(-1)
    minutes = np.bincount(pair, windows.metres < NEAR_LIMIT) * WINDOW_SECONDS / 60
    scans = _scan_instances(windows, offsets)
    by_pair: list[list[ScanInstance]] = [[] for _ in minutes]
    for at, scan in zip(pair.tolist(), scans, strict=True):
        by_pair[at].append(scan)
    near: NDArray[np.bool_] = minutes >= NEAR_MINUTES
    warned = np.array([_warns(heard, preset) for heard in by_pair], dtype=bool)
    return len(near), int(near.sum()), int(warned.sum()), int((near & warned).sum())


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
            surroundings=surroundings if others >= LEAST_OTHERS else None,
        )
        for number, typical, minimum, others, surroundings in zip(
            corrected.number.tolist(),
            corrected.typical.tolist(),
            corrected.minimum.tolist(),
            corrected.others.tolist(),
            corrected.others_mean.tolist(),
            strict=True,
        )
    ]


def _warns(scans: Sequence[ScanInstance], preset: RiskPreset) -> bool:
    windows = exposure_windows(scans, preset, report_type=ReportType.CONFIRMED_TEST, days_since_onset=0)
    return any(day.level is RiskLevel.HIGH for day in daily_summaries(windows, preset))
