"""Near or far from five-minute windows: mean strength, phone offsets, and the adjusted attenuation.

Every model here is a :data:`~bluezone.evaluation.held_out.Fit`: fitted on the scenes it is given, judged on
one that it never saw. The phones are the same in all scenes, so a held-out scene is new, its phones are not.
Scores are attenuations with their sign turned, so that scores of different fits are on one scale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bluezone.errors import Refused
from bluezone.evaluation.held_out import Fit, Score, balanced_weights
from bluezone.evaluation.phone_offsets import (
    NO_OFFSETS,
    PhoneOffsets,
    fit_phone_offsets,
    offset_of_windows,
)
from bluezone.evaluation.windows import Windows
from bluezone.protocols.risk import LEAST_OTHERS
from bluezone.protocols.risk_presets import Adjustment

__all__ = [
    "MODELS",
    "ScipyMissing",
    "adjusted_attenuation",
    "fit_adjustment",
    "scipy_minimize",
]

_START = Adjustment(
    typical=0.5, minimum_around=0.5, around_seconds=450, surroundings=0.0, surroundings_db=66.0, most_db=6.0
)
"""What is not fitted: how far around to look, what surroundings are usual, and how much they may say."""
_LEAST_STRENGTH = 1e-4


class ScipyMissing(Refused):
    """Fitting needs SciPy, which devices and servers go without."""


def scipy_minimize(
    function: Callable[[NDArray[np.float64]], float], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The arguments at a minimum of a smooth function, by L-BFGS-B.

    :raises ScipyMissing: where it is not installed.
    """
    try:
        from scipy.optimize import minimize
    except ImportError:
        raise ScipyMissing("this needs SciPy: install bluezone[evaluation]") from None
    found: NDArray[np.float64] = minimize(function, start, method="L-BFGS-B").x
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Of each window, float64 (n,) in dB: own mean, least around, what all else is weaker than usual."""

    typical: NDArray[np.float64]
    minimum_around: NDArray[np.float64]
    weaker: NDArray[np.float64]


def adjusted_attenuation(
    windows: Windows, offsets: PhoneOffsets, adjustment: Adjustment
) -> NDArray[np.float64]:
    """Float64 (n,) in dB: what a calibrated device would look up for each window."""
    parts = _parts(windows, offsets, adjustment)
    return (
        adjustment.typical * parts.typical
        + adjustment.minimum_around * parts.minimum_around
        - adjustment.surroundings * parts.weaker
    )


def fit_adjustment(windows: Windows, offsets: PhoneOffsets, limit: float) -> Adjustment:
    """Weights that tell near from far best, by logistic regression; both own weights add up to one.

    Each scene's near windows weigh the same together, and so do its far ones.

    :raises ScipyMissing: where SciPy is not installed.
    """
    parts = _parts(windows, offsets, _START)
    features = np.stack((parts.typical, parts.minimum_around, parts.weaker), axis=1)
    centred = features - features.mean(axis=0)
    near = windows.metres < limit
    sign = np.where(near, 1.0, -1.0)
    weights = balanced_weights(windows, near)
    weights /= weights.sum()

    def cost(arguments: NDArray[np.float64]) -> float:
        margin = sign * (arguments[0] - centred @ arguments[1:])
        return float(weights @ np.logaddexp(0.0, -margin)) + _LEAST_STRENGTH * float(arguments @ arguments)

    typical, minimum, surroundings = scipy_minimize(cost, np.array([0.0, 0.1, 0.1, 0.0]))[1:]
    scale = typical + minimum
    return replace(
        _START,
        typical=float(typical / scale),
        minimum_around=float(minimum / scale),
        surroundings=float(-surroundings / scale),
    )


def _parts(windows: Windows, offsets: PhoneOffsets, adjustment: Adjustment) -> _Parts:
    hears, sends = offset_of_windows(windows, offsets)
    known = windows.others >= LEAST_OTHERS
    surroundings = np.where(known, windows.others_mean - hears, adjustment.surroundings_db)
    return _Parts(
        typical=windows.typical - hears - sends,
        minimum_around=windows.minimum_around - hears - sends,
        weaker=np.clip(surroundings - adjustment.surroundings_db, -adjustment.most_db, adjustment.most_db),
    )


def _mean_strength(windows: Windows, limit: float) -> Score:
    """The published table alone, which treats these phones alike: the baseline, held out."""
    return lambda judged: -judged.typical


def _mean_with_offsets(windows: Windows, limit: float) -> Score:
    offsets = fit_phone_offsets(windows)

    def score(judged: Windows) -> NDArray[np.float64]:
        hears, sends = offset_of_windows(judged, offsets)
        return hears + sends - judged.typical

    return score


def _adjusted_without_offsets(windows: Windows, limit: float) -> Score:
    adjustment = fit_adjustment(windows, NO_OFFSETS, limit)
    return lambda judged: -adjusted_attenuation(judged, NO_OFFSETS, adjustment)


def _adjusted(windows: Windows, limit: float) -> Score:
    offsets = fit_phone_offsets(windows)
    adjustment = fit_adjustment(windows, offsets, limit)
    return lambda judged: -adjusted_attenuation(judged, offsets, adjustment)


MODELS: tuple[tuple[str, Fit], ...] = (
    ("mean strength, published calibration", _mean_strength),
    ("mean strength, measured calibration", _mean_with_offsets),
    ("adjusted, published calibration", _adjusted_without_offsets),
    ("adjusted, measured calibration", _adjusted),
)
"""From the baseline to the whole model, by name; all weights are fitted without the judged scene."""
