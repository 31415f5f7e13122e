"""Leave one scene out: a rule is fitted on all scenes but one and judged on that one, for each in turn.

Nothing of the judged scene has a say: neither in the fit nor in the threshold. The threshold is the one of
least cost on the training scenes, where every scene's near windows weigh the same together, and so do its far
ones: a scene with many windows, or with few near ones, counts no more than another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bluezone.errors import Refused
from bluezone.evaluation.metrics import auc, best_threshold, ndcf_of_decisions
from bluezone.evaluation.windows import Windows

__all__ = [
    "Fit",
    "HeldOut",
    "SceneResult",
    "Score",
    "TooFewScenes",
    "balanced_weights",
    "leave_one_scene_out",
]

Score = Callable[[Windows], NDArray[np.float64]]
Fit = Callable[[Windows, float], Score]
"""``fit(training windows, limit in metres) -> score``; a higher score means nearer."""


class TooFewScenes(Refused):
    """One scene cannot be left out of one, nor a rule be fitted to windows that are all near or all far."""


@dataclass(frozen=True, slots=True)
class SceneResult:
    """One scene while it was left out; rates are ``None`` where it has only near or only far windows.

    ``threshold``: chosen on the other scenes.
    """

    scene: str
    windows: int
    near: int
    auc: float | None
    ndcf: float | None
    threshold: float


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What came of it over all windows: ``scores`` float64 (n,), each from the fit that left its scene out,
    and ``called_near`` bool (n,) by that fit's own threshold; ``auc`` and ``ndcf`` pool them."""

    limit: float
    scores: NDArray[np.float64]
    called_near: NDArray[np.bool_]
    auc: float | None
    ndcf: float | None
    scenes: tuple[SceneResult, ...]


def balanced_weights(windows: Windows, near: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Float64 (n,): one over how many windows of the same scene are of the same kind, near or far."""
    kind = windows.scene * 2 + near
    return 1.0 / np.bincount(kind)[kind]


def leave_one_scene_out(windows: Windows, limit: float, fit: Fit) -> HeldOut:
    """Judge a rule on each scene after fitting it on the others; near is less than ``limit`` metres.

    :raises TooFewScenes: if there is one scene alone, or if without one the others are all near or all far.
    """
    near = windows.metres < limit
    scores = np.empty(len(windows))
    called_near = np.empty(len(windows), dtype=np.bool_)
    results = []
    for number, name in enumerate(windows.scenes):
        tested = windows.scene == number
        training, truth = windows.take(~tested), near[~tested]
        if truth.all() or not truth.any():
            raise TooFewScenes(
                f"without {name} there are not both near and far windows (limit {limit:g} m) to fit a rule to"
            )
        score = fit(training, limit)
        threshold = best_threshold(score(training), truth, balanced_weights(training, truth))
        scores[tested] = score(windows.take(tested))
        called_near[tested] = scores[tested] >= threshold.value
        results.append(
            SceneResult(
                scene=name,
                windows=int(tested.sum()),
                near=int(near[tested].sum()),
                auc=auc(scores[tested], near[tested]),
                ndcf=ndcf_of_decisions(called_near[tested], near[tested]),
                threshold=threshold.value,
            )
        )
    return HeldOut(
        limit=limit,
        scores=scores,
        called_near=called_near,
        auc=auc(scores, near),
        ndcf=ndcf_of_decisions(called_near, near),
        scenes=tuple(results),
    )
