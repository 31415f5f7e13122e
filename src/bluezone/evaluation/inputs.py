"""Which published measurements a folder holds, by the names they are published under."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from bluezone.errors import Refused
from bluezone.evaluation.scenes import SCENE_PATTERN, BadScene, find_scenes

__all__ = ["CALIBRATION_PATTERN", "Inputs", "NoMeasurements", "find_inputs"]

_ATTENUATIONS = "dublintram*attenuations.txt"
_DISTANCES = "dublintram*distances.txt"
CALIBRATION_PATTERN = "*calibration*.csv"


class NoMeasurements(Refused):
    """The folder is none, has nothing of what can be evaluated, or two files where one is meant."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files found in ``folder``; ``missing``: what was not, in words for a person."""

    folder: Path
    scenes: tuple[Path, ...]
    tram: tuple[Path, Path] | None
    calibration: Path | None
    missing: tuple[str, ...]


def find_inputs(folder: Path) -> Inputs:
    """What a folder holds, or its subfolder ``radio`` if itself it holds nothing.

    :raises NoMeasurements: see there.
    """
    try:
        found = _first_not_empty(folder)
    except OSError as error:
        raise NoMeasurements(f"{folder}: cannot be looked into ({error.strerror})") from None
    if _is_empty(found):
        raise NoMeasurements(
            f"{folder}: nothing to evaluate in it: no scenes ({SCENE_PATTERN}), no tram measurements"
            f" ({_ATTENUATIONS} and {_DISTANCES})"
        )
    return found


def _first_not_empty(folder: Path) -> Inputs:
    if not folder.is_dir():
        raise NoMeasurements(f"{folder}: there is no such folder")
    found = _inputs(folder)
    below = folder / "radio"
    return _inputs(below) if _is_empty(found) and below.is_dir() else found


def _is_empty(inputs: Inputs) -> bool:
    return not inputs.scenes and inputs.tram is None


def _inputs(folder: Path) -> Inputs:
    missing = []
    try:
        scenes = tuple(find_scenes(folder))
    except BadScene as refusal:
        scenes = ()
        missing.append(str(refusal))
    attenuations, distances, calibration = (
        _one(folder, pattern) for pattern in (_ATTENUATIONS, _DISTANCES, CALIBRATION_PATTERN)
    )
    for path, pattern, name in (
        (attenuations, _ATTENUATIONS, "the file of minutes in the tram"),
        (distances, _DISTANCES, "the file of distances in the tram"),
        (calibration, CALIBRATION_PATTERN, "the phone calibration"),
    ):
        if path is None:
            missing.append(f"{folder}: {name} is missing ({pattern})")
    tram = (attenuations, distances) if attenuations and distances else None
    return Inputs(folder, scenes, tram, calibration, tuple(missing))


def _one(folder: Path, pattern: str) -> Path | None:
    found = sorted(path for path in folder.iterdir() if fnmatchcase(path.name.casefold(), pattern))
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise NoMeasurements(f"{folder}: several files where one is meant ({pattern}): {names}")
    return found[0] if found else None
