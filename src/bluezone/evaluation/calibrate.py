"""A calibration table for devices: the published one, with the phones of the scenes as measured there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bluezone.device.calibration_file import read_calibration
from bluezone.evaluation.inputs import CALIBRATION_PATTERN, NoMeasurements, find_inputs
from bluezone.evaluation.phone_offsets import fit_phone_offsets, measured_calibration, with_measured
from bluezone.evaluation.scenes import SCENE_PATTERN, read_scene
from bluezone.evaluation.windows import pair_windows
from bluezone.protocols.phone_calibration import PhoneCalibration, calibration_csv

__all__ = ["Calibrated", "calibrate"]


@dataclass(frozen=True, slots=True)
class Calibrated:
    """``table``: CSV text of ``models`` phone models; ``measured``: those that differ from the published."""

    table: str
    models: int
    measured: Mapping[str, PhoneCalibration]


def calibrate(folder: Path) -> Calibrated:
    """Fit every phone model of a folder's scenes and put it into the folder's published table.

    :raises NoMeasurements: without a scene, or without the published table that the fit starts from.
    :raises Refused: if a file that is there cannot be used.
    """
    inputs = find_inputs(folder)
    if not inputs.scenes or inputs.calibration is None:
        raise NoMeasurements(
            f"{folder}: calibrating needs scenes ({SCENE_PATTERN}) and the published table"
            f" ({CALIBRATION_PATTERN})"
        )
    published = read_calibration(inputs.calibration)
    windows = pair_windows([read_scene(path) for path in inputs.scenes], published)
    measured = measured_calibration(fit_phone_offsets(windows), published)
    rows = with_measured(published, measured)
    return Calibrated(calibration_csv(rows), len(rows), measured)
