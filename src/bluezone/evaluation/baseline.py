"""The baseline to beat: a window is near where the mean received strength is high enough, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bluezone.evaluation.held_out import HeldOut, Score, TooFewScenes, leave_one_scene_out
from bluezone.evaluation.metrics import Threshold, auc, best_threshold
from bluezone.evaluation.windows import Windows

__all__ = ["LIMITS", "REFERENCE", "Baseline", "SceneBaseline", "mean_rssi_baseline", "mean_rssi_score"]

LIMITS = (1.5, 2.0)
"""Metres: a window is near when its distance is less. 1.5 m and 2 m are what health authorities asked for."""

REFERENCE: dict[float, dict[str, Any]] = {
    1.5: {"scenes": 5, "windows": 5077, "auc": 0.742, "best_ndcf": 0.625},
    2.0: {"scenes": 5, "windows": 5077, "auc": 0.711, "best_ndcf": 0.671},
}
"""The same figures with the fifth scene of the trial (party), computed apart from this code; by limit."""


@dataclass(frozen=True, slots=True)
class SceneBaseline:
    """One scene by itself; ``auc`` and ``best`` are ``None`` where all its windows are near, or all far."""

    scene: str
    windows: int
    near: int
    auc: float | None
    best: Threshold | None


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """All scenes together, and each alone, for one ``limit`` in metres.

    ``best``: threshold in dBm chosen on these very windows, so its cost flatters. ``held_out``: the threshold
    chosen on the other scenes; ``None`` where that cannot be done, as with one scene.
    """

    limit: float
    windows: int
    near: int
    auc: float | None
    best: Threshold | None
    scenes: tuple[SceneBaseline, ...]
    held_out: HeldOut | None


def mean_rssi_score(training: Windows, limit: float) -> Score:
    """The baseline as a :data:`~bluezone.evaluation.held_out.Fit`; it learns nothing but its threshold."""
    return _mean_rssi


def mean_rssi_baseline(windows: Windows, limit: float) -> Baseline:
    """Judge the mean received strength as the only sign of nearness."""
    near = windows.metres < limit
    score = windows.mean_rssi
    scenes = []
    for number, name in enumerate(windows.scenes):
        rows = windows.scene == number
        scenes.append(
            SceneBaseline(
                scene=name,
                windows=int(rows.sum()),
                near=int(near[rows].sum()),
                auc=auc(score[rows], near[rows]),
                best=_best(score[rows], near[rows]),
            )
        )
    try:
        held_out = leave_one_scene_out(windows, limit, mean_rssi_score)
    except TooFewScenes:
        held_out = None
    return Baseline(
        limit=limit,
        windows=len(windows),
        near=int(near.sum()),
        auc=auc(score, near),
        best=_best(score, near),
        scenes=tuple(scenes),
        held_out=held_out,
    )


def _mean_rssi(windows: Windows) -> NDArray[np.float64]:
    return windows.mean_rssi


def _best(score: NDArray[np.float64], near: NDArray[np.bool_]) -> Threshold | None:
    return best_threshold(score, near) if near.any() and not near.all() else None
