"""Single receptions of known distance, grouped by five-minute window: what the radio model is fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bluezone.evaluation.scenes import Scene
from bluezone.evaluation.windows import attenuations, window_numbers
from bluezone.protocols.phone_calibration import CalibrationTable

__all__ = ["Receptions", "located_receptions"]


@dataclass(frozen=True, slots=True, eq=False)
class Receptions:
    """``r`` receptions in ``n`` windows of ``p`` phones; a phone in another scene is another.

    ``loss`` float64 (r,) in dB; ``window`` int64 (r,): rows of the window columns ``scene``, ``receiver``,
    ``transmitter`` int64 (n,) (scene; phones 0 to p - 1) and ``metres`` float64 (n,).
    ``count`` int64, ``total`` and ``squares`` float64 (n,): of the losses of each window.
    """

    scenes: tuple[str, ...]
    phones: int
    loss: NDArray[np.float64]
    window: NDArray[np.int64]
    scene: NDArray[np.int64]
    receiver: NDArray[np.int64]
    transmitter: NDArray[np.int64]
    metres: NDArray[np.float64]
    count: NDArray[np.int64]
    total: NDArray[np.float64]
    squares: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.metres)


def located_receptions(scenes: Sequence[Scene], calibration: CalibrationTable) -> Receptions:
    """Every reception of known distance of some scenes.

    :raises Refused: see :func:`~bluezone.evaluation.windows.attenuations`.
    """
    parts: list[NDArray[np.float64]] = []
    for at, scene in enumerate(scenes):
        located = ~np.isnan(scene.metres)
        columns = (
            np.full(len(scene), at),
            scene.receiver,
            scene.transmitter,
            window_numbers(scene),
            attenuations(scene, calibration),
            scene.metres,
        )
        parts.append(np.stack([np.asarray(column, np.float64)[located] for column in columns]))
    rows = np.concatenate(parts, axis=1)
    keys, window = np.unique(rows[:4], axis=1, return_inverse=True)
    window = window.reshape(-1)
    loss, metres = rows[4], rows[5]
    count = np.bincount(window)
    scene_of, receiver, transmitter, _ = keys.astype(np.int64)
    named = np.concatenate((np.stack((scene_of, receiver)), np.stack((scene_of, transmitter))), axis=1)
    phones, phone = np.unique(named, axis=1, return_inverse=True)
    phone = phone.reshape(-1)
    return Receptions(
        scenes=tuple(scene.name for scene in scenes),
        phones=phones.shape[1],
        loss=loss,
        window=window,
        scene=scene_of,
        receiver=phone[: len(count)],
        transmitter=phone[len(count) :],
        metres=np.bincount(window, metres) / count,
        count=count,
        total=_sum_by(window, loss),
        squares=_sum_by(window, loss**2),
    )


def _sum_by(window: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.bincount(window, values).astype(np.float64)
