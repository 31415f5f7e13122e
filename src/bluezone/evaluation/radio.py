"""The radio of replays fitted anew to the measured scenes, and how far it is off in a scene left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bluezone.evaluation.path_loss import HeldOutLoss, PathLoss, fit_path_loss, held_out_path_loss
from bluezone.evaluation.receptions import Receptions, located_receptions
from bluezone.evaluation.scenes import Scene
from bluezone.protocols.phone_calibration import CalibrationTable

__all__ = ["RadioEvaluation", "evaluate_radio"]

_ROUNDS = 4
_ROUNDS_LEFT_OUT = 3


@dataclass(frozen=True, slots=True, eq=False)
class RadioEvaluation:
    """``fitted`` to the ``receptions`` of all scenes; ``held_out`` of each scene by a fit on the others,
    empty with one scene alone."""

    receptions: Receptions
    fitted: PathLoss
    held_out: tuple[HeldOutLoss, ...]


def evaluate_radio(
    scenes: Sequence[Scene],
    calibration: CalibrationTable,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> RadioEvaluation:
    """Fit the radio model on all scenes, and once without each; with four scenes about half a minute.

    :param progress: told the rounds of fitting done, and how many there are.
    :raises ScipyMissing: where SciPy is not installed.
    """
    left_out = len(scenes) if len(scenes) > 1 else 0
    rounds = _ROUNDS + _ROUNDS_LEFT_OUT * left_out

    def without(at: int) -> tuple[Receptions, Receptions]:
        others = [scene for number, scene in enumerate(scenes) if number != at]
        return located_receptions(others, calibration), located_receptions([scenes[at]], calibration)

    receptions = located_receptions(scenes, calibration)
    fitted = fit_path_loss(receptions, rounds=_ROUNDS, progress=lambda done, _: progress(done, rounds))
    held_out = held_out_path_loss(
        [scene.name for scene in scenes][:left_out],
        without,
        rounds=_ROUNDS_LEFT_OUT,
        progress=lambda done, _: progress(_ROUNDS + done, rounds),
    )
    return RadioEvaluation(receptions, fitted, tuple(held_out))
