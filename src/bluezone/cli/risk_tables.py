"""How an evaluation looks in a terminal: a table for each kind of measurement, on stdout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bluezone.evaluation.baseline import REFERENCE, Baseline
from bluezone.evaluation.evaluate import Evaluation, ModelEvaluation, PhoneEvaluation, TramEvaluation
from bluezone.evaluation.held_out import HeldOut
from bluezone.evaluation.path_loss import PathLoss
from bluezone.evaluation.radio import RadioEvaluation
from bluezone.evaluation.tram import NEAR_METRES, Warned

__all__ = ["fitting_bar", "print_evaluation"]

_WIDTH = 100
"""Of tables that go into a file or a pipe, which has none of its own."""


def print_evaluation(evaluation: Evaluation) -> None:
    """Everything there is, from the data to the rules."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH
    if evaluation.scenes:
        console.print(_scenes(evaluation))
    for baseline in evaluation.baseline:
        console.print(_baseline(baseline))
        if (reference := REFERENCE.get(baseline.limit)) and len(baseline.scenes) > 1:
            console.print(
                f"With the trial's fifth scene (party), {reference['windows']:,} windows: "
                f"AUC {reference['auc']}, best nDCF {reference['best_ndcf']}."
            )
    if evaluation.model is not None:
        console.print(_models(evaluation.model))
        console.print(_scene_warnings(evaluation.model))
    if evaluation.tram is not None:
        console.print(_tram(evaluation.tram))
    if evaluation.phones is not None:
        console.print(_phones(evaluation.phones))
        console.print(_fallback(evaluation.phones))
    if evaluation.radio is not None:
        console.print(_radio(evaluation.radio.fitted))
        console.print(_radio_held_out(evaluation.radio))


@contextmanager
def fitting_bar() -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr for the rounds of a fit, where somebody watches; gives what is to be told of them."""
    console = Console(stderr=True, highlight=False)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("fitting the radio", total=None)
        yield lambda done, rounds: bar.update(task, completed=done, total=rounds)


def _scenes(evaluation: Evaluation) -> Table:
    table = _table("Scenes (DP-3T)", "scene", "receptions", "with distance", "windows of 5 min", "models")
    for scene in evaluation.scenes:
        table.add_row(
            scene.scene,
            f"{scene.receptions:,}",
            f"{scene.located:,}",
            f"{scene.windows:,}",
            str(len(scene.models)),
        )
    return table


def _models(model: ModelEvaluation) -> Table:
    table = _table(
        "Models, each scene judged by a fit on the others", "model", "near", "AUC", "nDCF", "nDCF by scene"
    )
    for name, held_out in model.held_out:
        table.add_row(
            name,
            f"< {held_out.limit:g} m",
            _rate(held_out.auc),
            _rate(held_out.ndcf),
            "  ".join(_rate(scene.ndcf) for scene in held_out.scenes),
        )
    return table


def _scene_warnings(model: ModelEvaluation) -> Table:
    table = _table(
        "Pairs of the scenes: near is 15 min within 2 m",
        "preset",
        "calibration",
        "warned",
        "sensitivity",
        "precision",
        "far ones warned",
    )
    for one in model.warnings:
        table.add_row(
            one.preset,
            one.calibration,
            f"{one.warned} of {one.pairs}",
            _rate(one.sensitivity),
            _rate(one.precision),
            _rate(one.false_positive_rate),
        )
    return table


def _baseline(baseline: Baseline) -> Table:
    """Best nDCF: by a threshold chosen on the same windows; held out: chosen on the other scenes."""
    table = _table(
        f"Baseline, mean RSSI: near is < {baseline.limit:g} m",
        "scene",
        "windows",
        "near",
        "AUC",
        "best nDCF",
        "nDCF, held out",
        "its threshold",
    )
    held_out = _held_out_cells(baseline.held_out, len(baseline.scenes))
    for scene, cells in zip(baseline.scenes, held_out, strict=True):
        best = None if scene.best is None else scene.best.ndcf
        table.add_row(
            scene.scene, f"{scene.windows:,}", f"{scene.near:,}", _rate(scene.auc), _rate(best), *cells
        )
    table.add_section()
    table.add_row(
        "all",
        f"{baseline.windows:,}",
        f"{baseline.near:,}",
        _rate(baseline.auc),
        _rate(None if baseline.best is None else baseline.best.ndcf),
        _rate(None if baseline.held_out is None else baseline.held_out.ndcf),
        "",
    )
    return table


def _held_out_cells(held_out: HeldOut | None, scenes: int) -> Sequence[tuple[str, str]]:
    if held_out is None:
        return [("–", "–")] * scenes
    return [(_rate(scene.ndcf), f"{scene.threshold:.1f} dBm") for scene in held_out.scenes]


def _tram(tram: TramEvaluation) -> Table:
    table = _table(
        f"Dublin tram: {tram.pairs} pairs, near is < {NEAR_METRES:g} m",
        "rule",
        "near warned",
        "TPR",
        "far warned",
        "FPR",
        "warned",
    )
    for rule, warned in tram.rules:
        table.add_row(f"{rule.title}, {rule.minutes:g} min", *_warned(warned))
    table.add_section()
    for preset, warned in tram.presets:
        table.add_row(f"preset {preset.name} (version {preset.version})", *_warned(warned))
    return table


def _warned(warned: Warned) -> tuple[str, ...]:
    return (
        f"{warned.near_warned} of {warned.near}",
        _percent(warned.true_positive_rate),
        f"{warned.far_warned} of {warned.far}",
        _percent(warned.false_positive_rate),
        str(warned.near_warned + warned.far_warned),
    )


def _phones(phones: PhoneEvaluation) -> Table:
    table = _table("Phones of the scenes", "model", "RSSI correction", "TX power", "from")
    for model, values in phones.phones:
        origin = "measured" if values.measured else "its maker's" if values.known else "unknown: median"
        table.add_row(model, f"{values.rssi_correction} dB", f"{values.tx_power} dBm", origin)
    return table


def _radio(fitted: PathLoss) -> Table:
    table = _table("The radio of replays, fitted to all scenes", "constant", "value")
    for name, value, unit in (
        ("loss at 1 m", fitted.loss_at_one_metre_db, "dB"),
        ("exponent", fitted.exponent, ""),
        ("receivers differ by", fitted.receiver_db, "dB"),
        ("senders differ by", fitted.transmitter_db, "dB"),
        ("shadows", fitted.shadowing_db, "dB"),
        ("one advert to the next", fitted.fading_db, "dB"),
        ("half of the adverts arrive at", fitted.reception_db, "dB"),
        ("spread of that limit", fitted.reception_spread_db, "dB"),
    ):
        table.add_row(name, f"{value:.1f} {unit}".rstrip())
    return table


def _radio_held_out(radio: RadioEvaluation) -> Table:
    """Root mean square errors of a window's mean loss; bias: how much weaker the scene was than predicted."""
    table = _table(
        "The radio in a scene left out", "scene", "windows", "error", "error of one constant", "bias"
    )
    for scene in radio.held_out:
        table.add_row(
            scene.scene,
            f"{scene.windows:,}",
            f"{scene.rmse_db:.1f} dB",
            f"{scene.constant_rmse_db:.1f} dB",
            f"{scene.bias_db:+.1f} dB",
        )
    return table


def _fallback(phones: PhoneEvaluation) -> str:
    table = phones.table
    return (
        f"{table.source}: {len(table.rows):,} phone models, {table.measured:,} measured; models that it"
        " does not have get the median,"
        f" {table.fallback.rssi_correction} dB and {table.fallback.tx_power} dBm."
    )


def _table(title: str, first: str, *numbers: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first, overflow="fold")
    for heading in numbers:
        table.add_column(heading, justify="right")
    return table


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
