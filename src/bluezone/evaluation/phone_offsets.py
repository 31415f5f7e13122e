"""How much weaker each phone model hears and sends than its calibration says, measured in the scenes.

The published table gives all six models of the DP-3T scenes the same values; the scenes say that they differ
by up to 7 dB when sending and 7 dB when hearing. Offsets are fitted beside distance and scene, so a model
that happened to sit far from the others is not taken for a weak one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bluezone.evaluation.windows import Windows
from bluezone.protocols.phone_calibration import CalibrationRow, CalibrationTable, PhoneCalibration

__all__ = [
    "NO_OFFSETS",
    "PhoneOffsets",
    "fit_phone_offsets",
    "measured_calibration",
    "offset_of_windows",
    "with_measured",
]

_RIDGE = 5.0
"""Pulls offsets of models with few windows towards none; a hundred windows hardly notice it."""
_FULL_WEIGHT_RECEPTIONS = 10
_UNKNOWN_MAKER = "unknown maker"


@dataclass(frozen=True, slots=True)
class PhoneOffsets:
    """dB by model, above what the calibration says: ``hears`` is added on receiving, ``sends`` on sending.

    A positive number is a weaker phone. Models that were not measured have none.
    """

    hears: Mapping[str, float]
    sends: Mapping[str, float]


NO_OFFSETS = PhoneOffsets({}, {})


def fit_phone_offsets(windows: Windows) -> PhoneOffsets:
    """Ridge regression of typical attenuation on scene, log distance, receiving and sending model."""
    scenes, models = len(windows.scenes), len(windows.models)
    rows = np.arange(len(windows))
    design = np.zeros((len(windows), scenes + 1 + 2 * models))
    design[rows, windows.scene] = 1.0
    design[:, scenes] = np.log10(np.maximum(windows.metres, 0.1))
    design[rows, scenes + 1 + windows.receiver_model] = 1.0
    design[rows, scenes + 1 + models + windows.transmitter_model] = 1.0
    weights = np.minimum(windows.receptions, _FULL_WEIGHT_RECEPTIONS) / _FULL_WEIGHT_RECEPTIONS
    penalty = np.full(design.shape[1], _RIDGE)
    penalty[: scenes + 1] = 1e-6  # scene and distance are free; absent scenes need something
    solved = np.linalg.solve(
        design.T @ (design * weights[:, None]) + np.diag(penalty), design.T @ (windows.typical * weights)
    )
    hears, sends = solved[scenes + 1 : scenes + 1 + models], solved[scenes + 1 + models :]
    return PhoneOffsets(
        dict(zip(windows.models, hears.tolist(), strict=True)),
        dict(zip(windows.models, sends.tolist(), strict=True)),
    )


def offset_of_windows(
    windows: Windows, offsets: PhoneOffsets
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What to take off each window's attenuations: for hearing, and for sending; float64 (n,) each, in dB."""
    hears = np.array([offsets.hears.get(model, 0.0) for model in windows.models])
    sends = np.array([offsets.sends.get(model, 0.0) for model in windows.models])
    return hears[windows.receiver_model], sends[windows.transmitter_model]


def measured_calibration(offsets: PhoneOffsets, table: CalibrationTable) -> dict[str, PhoneCalibration]:
    """Whole-dB values by model, the offsets in them; a variant ("SM-G981B/DS") under its model's name."""
    found = {}
    for model in sorted(offsets.hears):
        published = table.lookup(model)
        found[model.split("/")[0]] = PhoneCalibration(
            rssi_correction=round(published.rssi_correction + offsets.hears[model]),
            tx_power=round(published.tx_power - offsets.sends[model]),
            measured=True,
        )
    return found


def with_measured(
    table: CalibrationTable, measured: Mapping[str, PhoneCalibration]
) -> tuple[CalibrationRow, ...]:
    """The table's rows, those of measured models with what was measured; models it lacks come last."""
    by_name = {model.casefold(): values for model, values in measured.items()}
    rows = [row._replace(values=by_name.get(row.model.casefold(), row.values)) for row in table.rows]
    known = {row.model.casefold() for row in rows}
    lacking = [
        CalibrationRow(_UNKNOWN_MAKER, model, values)
        for model, values in measured.items()
        if model.casefold() not in known
    ]
    return (*rows, *lacking)
