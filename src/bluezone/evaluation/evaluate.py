"""Everything that a folder of published measurements says about how good a warning is, in one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bluezone.device.calibration_file import read_calibration
from bluezone.evaluation.baseline import LIMITS, Baseline, mean_rssi_baseline
from bluezone.evaluation.held_out import HeldOut, leave_one_scene_out
from bluezone.evaluation.inputs import find_inputs
from bluezone.evaluation.phone_offsets import fit_phone_offsets, measured_calibration
from bluezone.evaluation.preset_fit import warnings_of_refits
from bluezone.evaluation.proximity_model import MODELS
from bluezone.evaluation.radio import RadioEvaluation, evaluate_radio
from bluezone.evaluation.scene_warnings import SceneWarnings, warnings_of_presets
from bluezone.evaluation.scenes import read_scene
from bluezone.evaluation.tram import MINUTE_RULES, MinuteRule, Warned, warned_by, warned_by_preset
from bluezone.evaluation.tram_files import read_tram
from bluezone.evaluation.windows import Windows, pair_windows
from bluezone.protocols.phone_calibration import CalibrationTable, PhoneCalibration
from bluezone.protocols.risk_presets import DEFAULT_PRESET, RiskPreset, load_preset, preset_names

__all__ = [
    "Evaluation",
    "ModelEvaluation",
    "PhoneEvaluation",
    "SceneSize",
    "TramEvaluation",
    "evaluate_folder",
]


@dataclass(frozen=True, slots=True)
class SceneSize:
    """How much a scene holds: receptions, those of known distance, evaluated windows, phone models."""

    scene: str
    receptions: int
    located: int
    windows: int
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TramEvaluation:
    """Whom of the tram's ``pairs`` each rule on minutes and each shipped preset warns."""

    pairs: int
    rules: tuple[tuple[MinuteRule, Warned], ...]
    presets: tuple[tuple[RiskPreset, Warned], ...]


@dataclass(frozen=True, slots=True)
class PhoneEvaluation:
    """The calibration table, and its values for the phone models of the scenes by name."""

    table: CalibrationTable
    phones: tuple[tuple[str, PhoneCalibration], ...]


@dataclass(frozen=True, slots=True, eq=False)
class ModelEvaluation:
    """Models by name as judged on scenes left out, for each limit in turn; whom presets warn in the scenes,
    ours first as fitted without the scene;
    and the whole-dB calibration by phone model that all scenes together give."""

    held_out: tuple[tuple[str, HeldOut], ...]
    warnings: tuple[SceneWarnings, ...]
    measured: Mapping[str, PhoneCalibration]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """``folder``: where the files lay. ``missing``: what was not there, in words; the parts that need it are
    ``None``, or empty. ``windows`` are those of all scenes, with attenuations if there is a calibration."""

    folder: Path
    missing: tuple[str, ...]
    scenes: tuple[SceneSize, ...]
    windows: Windows | None
    baseline: tuple[Baseline, ...]
    model: ModelEvaluation | None
    tram: TramEvaluation | None
    phones: PhoneEvaluation | None
    radio: RadioEvaluation | None


def evaluate_folder(
    folder: Path,
    *,
    radio: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Read what is there and judge by it.

    :param radio: also fit the radio of replays, which takes about half a minute; ``progress`` is told the
        rounds of that fit.
    :raises Refused: if there is nothing to evaluate, or a file that is there cannot be used.
    """
    inputs = find_inputs(folder)
    calibration = None if inputs.calibration is None else read_calibration(inputs.calibration)
    scenes = [read_scene(path) for path in inputs.scenes]
    windows = pair_windows(scenes, calibration) if scenes else None
    sizes = tuple(
        SceneSize(
            scene=scene.name,
            receptions=len(scene),
            located=scene.located,
            windows=0 if windows is None else int((windows.scene == number).sum()),
            models=scene.models,
        )
        for number, scene in enumerate(scenes)
    )
    return Evaluation(
        folder=inputs.folder,
        missing=inputs.missing,
        scenes=sizes,
        windows=windows,
        baseline=() if windows is None else tuple(mean_rssi_baseline(windows, limit) for limit in LIMITS),
        model=None if windows is None or calibration is None else _model(windows, calibration),
        tram=None if inputs.tram is None else _tram(*inputs.tram),
        phones=None if calibration is None else _phones(calibration, sizes),
        radio=None
        if not radio or not scenes or calibration is None
        else evaluate_radio(scenes, calibration, progress or (lambda _done, _all: None)),
    )


def _model(windows: Windows, calibration: CalibrationTable) -> ModelEvaluation | None:
    """With one scene alone there is nothing to leave out."""
    if len(windows.scenes) < 2:
        return None
    refitted = warnings_of_refits(windows, load_preset(DEFAULT_PRESET))
    return ModelEvaluation(
        held_out=tuple(
            (name, leave_one_scene_out(windows, limit, fit)) for limit in LIMITS for name, fit in MODELS
        ),
        warnings=(
            *([refitted] if refitted else []),
            *warnings_of_presets(windows, [load_preset(name) for name in preset_names()]),
        ),
        measured=measured_calibration(fit_phone_offsets(windows), calibration),
    )


def _tram(attenuations: Path, distances: Path) -> TramEvaluation:
    pairs = read_tram(attenuations, distances)
    return TramEvaluation(
        pairs=len(pairs),
        rules=tuple((rule, warned_by(rule, pairs)) for rule in MINUTE_RULES),
        presets=tuple(
            (preset, warned_by_preset(preset, pairs)) for preset in map(load_preset, preset_names())
        ),
    )


def _phones(table: CalibrationTable, scenes: tuple[SceneSize, ...]) -> PhoneEvaluation:
    models = sorted({model for scene in scenes for model in scene.models})
    return PhoneEvaluation(table, tuple((model, table.lookup(model)) for model in models))
