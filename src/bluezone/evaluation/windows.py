"""Five-minute windows of who heard whom in a scene, as columns: what a rule may look at, and the truth.

A window is one directed pair (receiver, transmitter) and one stretch of 300 s, counted from the scene's first
reception with a known distance. Evaluated are the windows with at least one such reception; a window's
distance is the mean over these.

What a phone would know comes from *all* its receptions, since a phone hears those of unknown distance too:
``typical`` and ``minimum`` of the pair itself, ``minimum_around``, and what else the receiver heard then.
Only ``mean_rssi`` and ``max_rssi``, which the published baseline uses, are over receptions of known distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from bluezone.evaluation.scenes import Scene
from bluezone.protocols.phone_calibration import CalibrationTable
from bluezone.protocols.risk import LEAST_OTHERS

__all__ = ["WINDOW_SECONDS", "Windows", "attenuations", "pair_windows", "window_numbers"]

WINDOW_SECONDS = 300


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """``n`` evaluated windows in order of scene, receiver, transmitter and number.

    ``scenes``: names that ``scene`` int32 (n,) indexes.
    ``models``: phone models of all scenes, which ``receiver_model``, ``transmitter_model`` int32 (n,) index.
    ``receiver``, ``transmitter`` int32 (n,): the study's numbers.
    ``number`` int32 (n,): which stretch of 300 s since the scene began, from 0.
    ``metres`` float64 (n,): mean of the known distances.
    ``located`` int32 (n,): receptions of known distance, at least 1.
    ``mean_rssi``, ``max_rssi`` float64 (n,) in dBm: over these alone.
    ``receptions`` int32 (n,): all of the pair in the window.
    ``typical``, ``minimum`` float64 (n,) in dB: mean and least attenuation over all.
    ``minimum_around`` float64 (n,) in dB: least over this window and the pair's right before and after.
    ``others`` int32 (n,): how many other transmitters the receiver heard in the window.
    ``others_mean`` float64 (n,) in dB: the mean of their mean attenuations, NaN without any.

    Attenuations are NaN where no calibration was given.
    """

    scenes: tuple[str, ...]
    models: tuple[str, ...]
    scene: NDArray[np.int32]
    receiver_model: NDArray[np.int32]
    transmitter_model: NDArray[np.int32]
    receiver: NDArray[np.int32]
    transmitter: NDArray[np.int32]
    number: NDArray[np.int32]
    metres: NDArray[np.float64]
    located: NDArray[np.int32]
    mean_rssi: NDArray[np.float64]
    max_rssi: NDArray[np.float64]
    receptions: NDArray[np.int32]
    typical: NDArray[np.float64]
    minimum: NDArray[np.float64]
    minimum_around: NDArray[np.float64]
    others: NDArray[np.int32]
    others_mean: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.metres)

    @property
    def surroundings(self) -> NDArray[np.float64]:
        """Float64 (n,) in dB: ``others_mean`` where a device would look at it, else NaN."""
        return np.where(self.others >= LEAST_OTHERS, self.others_mean, np.nan)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Windows:
        """Some of the windows, by a mask or by rows; ``scenes`` and ``models`` stay whole."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})


_COLUMNS = tuple(field.name for field in fields(Windows) if field.name not in ("scenes", "models"))


def attenuations(scene: Scene, calibration: CalibrationTable | None) -> NDArray[np.float64]:
    """Float64 (n,) in dB: calibrated transmit power minus corrected reading; NaN without a calibration.

    Not cut at 0, unlike what a device keeps, so that nothing is lost to a fit.

    :raises Refused: ``AmbiguousPhone`` if the table has several phones of a scene's model.
    """
    if calibration is None:
        return np.full(len(scene), np.nan)
    phones = [calibration.lookup(model) for model in scene.models]
    tx_power = np.array([phone.tx_power for phone in phones], dtype=np.float64)
    correction = np.array([phone.rssi_correction for phone in phones], dtype=np.float64)
    return tx_power[scene.transmitter_model] - (scene.rssi + correction[scene.receiver_model])


def window_numbers(scene: Scene) -> NDArray[np.int64]:
    """Which window each reception is in, int64 (n,); before the first of known distance they are negative."""
    first = scene.milliseconds[~np.isnan(scene.metres)].min()
    numbers: NDArray[np.int64] = (scene.milliseconds - first) // (WINDOW_SECONDS * 1_000)
    return numbers


def pair_windows(scenes: Sequence[Scene], calibration: CalibrationTable | None) -> Windows:
    """The windows of several scenes; see the module and :class:`Windows` for what they are.

    :raises Refused: see :func:`attenuations`.
    """
    models = sorted({model for scene in scenes for model in scene.models})
    parts = [
        _windows_of(at, scene, attenuations(scene, calibration), models) for at, scene in enumerate(scenes)
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in _COLUMNS}
    return Windows(scenes=tuple(scene.name for scene in scenes), models=tuple(models), **columns)


def _windows_of(
    at: int, scene: Scene, loss: NDArray[np.float64], models: Sequence[str]
) -> dict[str, NDArray[np.generic]]:
    rows = np.array([models.index(model) for model in scene.models], dtype=np.int32)
    located = ~np.isnan(scene.metres)
    number = window_numbers(scene)
    order = np.lexsort((number, scene.transmitter, scene.receiver))
    keys = np.stack((scene.receiver, scene.transmitter, number))[:, order]
    starts = np.flatnonzero(np.concatenate(([True], (keys[:, 1:] != keys[:, :-1]).any(axis=0))))
    receiver, transmitter, number = keys[:, starts]
    loss, rssi, metres, located = loss[order], scene.rssi[order], scene.metres[order], located[order]

    count = np.diff(np.append(starts, len(order)))
    known = np.add.reduceat(located.astype(np.int64), starts)
    typical = np.add.reduceat(loss, starts) / count
    minimum = np.minimum.reduceat(loss, starts)
    others, others_mean = _others(receiver, number, typical)
    evaluated = known > 0
    known = np.where(evaluated, known, 1)
    columns = {
        "scene": np.full(len(starts), at, dtype=np.int32),
        "receiver_model": rows[scene.receiver_model[order][starts]],
        "transmitter_model": rows[scene.transmitter_model[order][starts]],
        "receiver": receiver.astype(np.int32),
        "transmitter": transmitter.astype(np.int32),
        "number": number.astype(np.int32),
        "metres": np.add.reduceat(np.where(located, metres, 0.0), starts) / known,
        "located": known.astype(np.int32),
        "mean_rssi": np.add.reduceat(np.where(located, rssi, 0), starts) / known,
        "max_rssi": np.maximum.reduceat(np.where(located, rssi.astype(np.float64), -np.inf), starts),
        "receptions": count.astype(np.int32),
        "typical": typical,
        "minimum": minimum,
        "minimum_around": _least_around(receiver, transmitter, number, minimum),
        "others": others,
        "others_mean": others_mean,
    }
    return {name: column[evaluated] for name, column in columns.items()}


def _least_around(
    receiver: NDArray[np.int64],
    transmitter: NDArray[np.int64],
    number: NDArray[np.int64],
    minimum: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Rows come in order of pair and number, so the window before or after is the next row or absent."""
    follows = (
        (receiver[1:] == receiver[:-1])
        & (transmitter[1:] == transmitter[:-1])
        & (number[1:] == number[:-1] + 1)
    )
    around = minimum.copy()
    around[1:][follows] = np.minimum(around[1:], minimum[:-1])[follows]
    around[:-1][follows] = np.minimum(around[:-1], minimum[1:])[follows]
    return around


def _others(
    receiver: NDArray[np.int64], number: NDArray[np.int64], typical: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    _, group = np.unique(np.stack((receiver, number)), axis=1, return_inverse=True)
    group = group.reshape(-1)
    others = np.bincount(group)[group] - 1
    total = np.bincount(group, typical)[group] - typical
    mean = np.divide(total, others, out=np.full(len(typical), np.nan), where=others > 0)
    return others.astype(np.int32), mean
