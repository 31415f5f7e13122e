"""Near or far from five-minute windows: mean strength, phone offsets, and the adjusted attenuation.

Every model here is a :data:`~bluezone.evaluation.held_out.Fit`: fitted on the scenes it is given, judged on
one that it never saw. The phones are the same in all scenes, so a held-out scene is new, its phones are not.
Scores are attenuations with their sign turned, so that scores of different fits are on one scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

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
from bluezone.protocols.risk_presets import Adjustment

__all__ = [
    "MODELS",
    "ScipyMissing",
    "adjusted_attenuation",
    "fit_adjustment",
    "scipy_minimize",
    "scipy_minimize_with_gradient",
]

_NONE = Adjustment(
    typical=0.0, minimum_around=0.0, around_seconds=450, surroundings=0.0, surroundings_db=66.0, most_db=6.0
)
"""What is not fitted: how far around to look, what surroundings are usual, and how much they may say."""
_PARTS = tuple(replace(_NONE, **{part: 1.0}) for part in ("typical", "minimum_around", "surroundings"))
"""Each of the three terms alone: the adjusted attenuation is their weighted sum."""
_LEAST_STRENGTH = 1e-4


class ScipyMissing(Refused):
    """Fitting needs SciPy, which devices and servers go without."""


def scipy_minimize(
    function: Callable[[NDArray[np.float64]], float], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The arguments at a minimum of a smooth function, by L-BFGS-B.

    :raises ScipyMissing: where it is not installed.
    """
    return _minimize(function, start, with_gradient=False)


def scipy_minimize_with_gradient(
    function: Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The same of a function that gives its gradient with its value.

    :raises ScipyMissing: where it is not installed.
    """
    return _minimize(function, start, with_gradient=True)


def _minimize(
    function: Callable[..., object], start: NDArray[np.float64], *, with_gradient: bool
) -> NDArray[np.float64]:
    try:
        from scipy.optimize import minimize
    except ImportError:
        raise ScipyMissing("this needs SciPy: install bluezone[evaluation]") from None
    found: NDArray[np.float64] = minimize(function, start, method="L-BFGS-B", jac=with_gradient).x
    return found


def adjusted_attenuation(
    windows: Windows, offsets: PhoneOffsets, adjustment: Adjustment
) -> NDArray[np.float64]:
    """Float64 (n,) in dB: what a calibrated device looks up for each window, by the device's own rule."""
    hears, sends = offset_of_windows(windows, offsets)
    rows = zip(
        (windows.typical - hears - sends).tolist(),
        (windows.minimum_around - hears - sends).tolist(),
        (windows.surroundings - hears).tolist(),
        strict=True,
    )
    return np.array(
        [
            adjustment.of(typical, around, None if math.isnan(others) else others)
            for typical, around, others in rows
        ]
    )


def fit_adjustment(windows: Windows, offsets: PhoneOffsets, limit: float) -> Adjustment:
    """Weights that tell near from far best, by logistic regression; both own weights add up to one.

    Each scene's near windows weigh the same together, and so do its far ones.

    :raises ScipyMissing: where SciPy is not installed.
    """
    features = np.stack([adjusted_attenuation(windows, offsets, part) for part in _PARTS], axis=1)
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
        _NONE,
        typical=float(typical / scale),
        minimum_around=float(minimum / scale),
        surroundings=float(surroundings / scale),
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
