"""The measured preset made anew without a scene, and judged on that scene: are its numbers more than luck?

What the preset took from the scenes is fitted again: phones, adjustment, the weight of each band, and the
minutes from which to warn. Its band limits and the shape of its adjustment stay as they are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bluezone.evaluation.held_out import balanced_weights
from bluezone.evaluation.metrics import best_threshold
from bluezone.evaluation.phone_offsets import PhoneOffsets, fit_phone_offsets
from bluezone.evaluation.proximity_model import adjusted_attenuation, fit_adjustment
from bluezone.evaluation.scene_warnings import (
    NEAR_LIMIT,
    PairScores,
    SceneWarnings,
    count_warned,
    pair_scores,
)
from bluezone.evaluation.windows import Windows
from bluezone.protocols.risk_presets import RiskPreset

__all__ = ["band_weights", "fit_preset", "warnings_of_refits"]


def warnings_of_refits(windows: Windows, preset: RiskPreset) -> SceneWarnings | None:
    """Whom presets like ``preset`` warn in each scene, fitted on the others: all that is fitted is held out.

    ``None`` if without some scene the others' windows, or pairs, are all near or all far.

    :raises ScipyMissing: where SciPy is not installed.
    """
    parts, warned = [], []
    for at in range(len(windows.scenes)):
        training = windows.take(windows.scene != at)
        offsets = fit_phone_offsets(training)
        fitted = fit_preset(training, offsets, preset)
        if fitted is None:
            return None
        judged = pair_scores(windows.take(windows.scene == at), offsets, fitted)
        parts.append(judged)
        warned.append(judged.scores >= fitted.high_minutes)
    return count_warned(
        PairScores.of_all(parts),
        np.concatenate(warned),
        preset=f"{preset.name}, fitted without the scene",
        calibration="measured",
    )


def fit_preset(windows: Windows, offsets: PhoneOffsets, preset: RiskPreset) -> RiskPreset | None:
    """The preset with adjustment, weights and threshold by these windows; ``None`` if all are near or far.

    The threshold is the one that costs least, pairs missed and pairs warned in vain, where every scene's near
    pairs weigh the same together, and so do its far ones.
    """
    if not _both_kinds(windows.metres < NEAR_LIMIT):
        return None
    adjustment = fit_adjustment(windows, offsets, NEAR_LIMIT)
    weights = band_weights(windows, adjusted_attenuation(windows, offsets, adjustment), preset.below_db)
    fitted = replace(preset, adjustment=adjustment, weights=weights)
    pairs = pair_scores(windows, offsets, fitted)
    if not _both_kinds(pairs.near):
        return None
    kind = pairs.scene * 2 + pairs.near
    threshold = best_threshold(pairs.scores, pairs.near, 1.0 / np.bincount(kind)[kind])
    return replace(fitted, low_minutes=0.0, high_minutes=threshold.value)


def _both_kinds(near: NDArray[np.bool_]) -> bool:
    return bool(near.any()) and not near.all()


def band_weights(
    windows: Windows, attenuation: NDArray[np.float64], below_db: tuple[float, ...]
) -> tuple[float, ...]:
    """For each band the share of its windows that were near, scenes and kinds weighing the same; beyond the
    last limit nothing."""
    near = windows.metres < NEAR_LIMIT
    weights = balanced_weights(windows, near)
    band = np.digitize(attenuation, below_db)
    all_of = np.bincount(band, weights, len(below_db) + 1)
    near_of = np.bincount(band, weights * near, len(below_db) + 1)
    shares = np.divide(near_of, all_of, out=np.zeros_like(all_of), where=all_of > 0)
    return (*shares[:-1].tolist(), 0.0)
