"""The file with the table of phone calibrations, read for a device that is told its model."""

from __future__ import annotations

from pathlib import Path

from bluezone.protocols.phone_calibration import BadCalibration, CalibrationTable, parse_calibration

__all__ = ["read_calibration"]


def read_calibration(path: Path) -> CalibrationTable:
    """Read the published CSV (UTF-8).

    :raises BadCalibration: if it cannot be read, or naming the line that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadCalibration(f"{path}: cannot be read as text ({error})") from None
    return parse_calibration(text, source=str(path))
