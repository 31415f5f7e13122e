"""The DP-3T scenes: soldiers with phones at lunch, in a train, an office, a queue, their distances measured.

Each is an SQLite file with one table ``results``, a row for each reception (DP-3T/bt-measurements, CC BY-ND:
read, never shipped). The first trial (exp05) has times in milliseconds, the second (exp34) in seconds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bluezone.errors import Refused

__all__ = ["SCENE_PATTERN", "BadScene", "Scene", "find_scenes", "read_scene"]

SCENE_PATTERN = "scenario*.sqlite"
_TABLE = "results"
_COLUMNS = (
    "receiver_id",
    "receiver_model",
    "transmitter_id",
    "transmitter_model",
    "timestamp",
    "rssi",
    "ground_truth_distance",
)
_MILLISECONDS_FROM = 1e11
"""Seconds of the year 5138, milliseconds of 1973: no trial lies between."""
_MOST_TIME = 1e14
_WEAKEST_RSSI, _STRONGEST_RSSI = -127, 20
"""Bluetooth Core: strengths are -127 to 20 dBm."""
_MOST_ID = 2**31 - 1
_MOST_METRES = 1_000.0


class BadScene(Refused):
    """A scene that is missing or cannot be used; the message names the file, the row and what is wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """``n`` receptions in the order of the file.

    ``name``: the file's, without its ending. ``models``: phone models, which ``receiver_model`` and
    ``transmitter_model`` int32 (n,) index. ``receiver`` and ``transmitter`` int32 (n,): the study's numbers.
    ``milliseconds`` int64 (n,) Unix time; ``rssi`` int16 (n,) in dBm; ``metres`` float64 (n,), NaN where
    the distance is not known.
    """

    name: str
    models: tuple[str, ...]
    receiver: NDArray[np.int32]
    receiver_model: NDArray[np.int32]
    transmitter: NDArray[np.int32]
    transmitter_model: NDArray[np.int32]
    milliseconds: NDArray[np.int64]
    rssi: NDArray[np.int16]
    metres: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rssi)

    @property
    def located(self) -> int:
        """How many receptions have a known distance."""
        return int((~np.isnan(self.metres)).sum())


def find_scenes(folder: Path) -> list[Path]:
    """Every ``scenario*.sqlite`` in a folder, by name.

    :raises BadScene: if there is none.
    """
    found = sorted(folder.glob(SCENE_PATTERN))
    if not found:
        raise BadScene(f"{folder}: there is no scene in it ({SCENE_PATTERN})")
    return found


def read_scene(path: Path) -> Scene:
    """Read one scene. The file is opened so that nothing is ever written beside it.

    :raises BadScene: naming the file and what is wrong: no database, no such table or column, a row with a
        value that cannot be, no reception at all, or none whose distance is known.
    """
    rows = _select(path)
    if not rows:
        raise BadScene(f"{path}: there are no receptions in it")
    receiver, receiver_model, transmitter, transmitter_model, time, rssi, metres = zip(*rows, strict=True)
    models = tuple(
        sorted(
            {
                *_texts(path, "receiver_model", receiver_model),
                *_texts(path, "transmitter_model", transmitter_model),
            }
        )
    )
    number = {model: at for at, model in enumerate(models)}
    scene = Scene(
        name=path.stem,
        models=models,
        receiver=_numbers(path, "receiver_id", receiver, 0, _MOST_ID, whole=True).astype(np.int32),
        receiver_model=np.array([number[model] for model in receiver_model], dtype=np.int32),
        transmitter=_numbers(path, "transmitter_id", transmitter, 0, _MOST_ID, whole=True).astype(np.int32),
        transmitter_model=np.array([number[model] for model in transmitter_model], dtype=np.int32),
        milliseconds=_milliseconds(_numbers(path, "timestamp", time, 0, _MOST_TIME)),
        rssi=_numbers(path, "rssi", rssi, _WEAKEST_RSSI, _STRONGEST_RSSI, whole=True).astype(np.int16),
        metres=_metres(path, metres),
    )
    itself = np.flatnonzero(scene.receiver == scene.transmitter)
    if len(itself):
        raise BadScene(
            f"{path}: row {itself[0] + 1} of {_TABLE}: phone {scene.receiver[itself[0]]} hears itself"
        )
    if not scene.located:
        raise BadScene(f"{path}: no reception has a known distance, so there is nothing to judge by")
    return scene


def _select(path: Path) -> list[tuple[Any, ...]]:
    if not path.is_file():
        raise BadScene(f"{path}: there is no such file")
    # "immutable" because SQLite else makes files beside a database in a folder that nobody should write to.
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            # A column that is not there, in double quotes, would be taken for a text by SQLite.
            known = {row[1] for row in database.execute(f"PRAGMA table_info({_TABLE})")}
            if not known:
                raise BadScene(f"{path}: has no table {_TABLE!r}")
            if absent := [column for column in _COLUMNS if column not in known]:
                raise BadScene(f"{path}: table {_TABLE!r} has no column {', '.join(absent)}")
            columns = ", ".join(_COLUMNS)
            return database.execute(f"SELECT {columns} FROM {_TABLE} ORDER BY rowid").fetchall()  # noqa: S608
    except sqlite3.Error as error:
        raise BadScene(f"{path}: cannot be read as an SQLite database ({error})") from None


def _texts(path: Path, column: str, values: Sequence[Any]) -> set[str]:
    distinct = set(values)
    if not all(isinstance(value, str) and value.strip() for value in distinct):
        at = next(at for at, value in enumerate(values) if not isinstance(value, str) or not value.strip())
        raise _bad(path, at, column, values[at], "is not a phone model")
    return distinct


def _numbers(
    path: Path, column: str, values: Sequence[Any], low: float, high: float, *, whole: bool = False
) -> NDArray[np.float64]:
    """All of a column as numbers; ``whole`` ones without a fraction."""
    kinds = (int,) if whole else (int, float)
    for at, value in enumerate(values):
        if type(value) not in kinds or not low <= value <= high:
            kind = "whole number" if whole else "number"
            raise _bad(path, at, column, value, f"is not a {kind} from {low:g} to {high:g}")
    return np.array(values, dtype=np.float64)


def _milliseconds(times: NDArray[np.float64]) -> NDArray[np.int64]:
    factor = np.where(times >= _MILLISECONDS_FROM, 1.0, 1_000.0)
    return np.rint(times * factor).astype(np.int64)


def _metres(path: Path, values: Sequence[Any]) -> NDArray[np.float64]:
    """Distances; NULL in the first trial and -1 in the second stand for an unknown one."""
    known = [np.nan if value is None or value == -1 else value for value in values]
    for at, value in enumerate(known):
        if type(value) not in (int, float) or not (value != value or 0 <= value <= _MOST_METRES):
            raise _bad(
                path,
                at,
                "ground_truth_distance",
                values[at],
                f"is not from 0 to {_MOST_METRES:g} m, -1 or NULL",
            )
    return np.array(known, dtype=np.float64)


def _bad(path: Path, at: int, column: str, value: Any, reason: str) -> BadScene:
    return BadScene(f"{path}: row {at + 1} of {_TABLE}: {column} {value!r:.60} {reason}")
