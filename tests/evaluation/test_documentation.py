"""The tables of docs/risk-evaluation.md are what the command prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bluezone.evaluation.evaluate import Evaluation
from bluezone.evaluation.evaluation_charts import charts_of_evaluation

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "risk-evaluation.md"


def rows(evaluation: Evaluation) -> Iterator[tuple[str, ...]]:
    for scene in evaluation.scenes:
        yield scene.scene, f"{scene.receptions:,}", f"{scene.located:,}", f"{scene.windows:,}"
    for baseline in evaluation.baseline:
        assert baseline.held_out is not None
        for alone, held_out in zip(baseline.scenes, baseline.held_out.scenes, strict=True):
            assert alone.best is not None
            yield (
                alone.scene,
                f"{alone.near:,}",
                f"{alone.auc:.3f}",
                f"{alone.best.ndcf:.3f}",
                f"{held_out.ndcf:.3f}",
                f"{held_out.threshold:.1f} dBm",
            )
    assert evaluation.model is not None
    models: dict[str, list[str]] = {}
    for name, held_out in evaluation.model.held_out:
        models.setdefault(name, [name]).extend((f"{held_out.auc:.3f}", f"{held_out.ndcf:.3f}"))
    yield from map(tuple, models.values())
    for one in evaluation.model.warnings:
        if one.calibration == "measured" or one.preset == "bluezone":
            shares = (one.sensitivity, one.precision, one.false_positive_rate)
            yield (one.preset, one.calibration, *(f"{share:.3f}" for share in shares))
    for model, values in evaluation.model.measured.items():
        yield model, f"{values.rssi_correction} dB", f"{values.tx_power} dBm"
    assert evaluation.tram is not None
    for name, warned in (
        *((rule.title, warned) for rule, warned in evaluation.tram.rules),
        *((f"preset {preset.name}", warned) for preset, warned in evaluation.tram.presets),
    ):
        yield (
            name,
            f"{warned.near_warned} of {warned.near}",
            f"{warned.true_positive_rate:.0%}",
            f"{warned.far_warned} of {warned.far}",
            f"{warned.false_positive_rate:.0%}",
        )


def test_its_picture_is_what_the_command_draws(evaluation: Evaluation) -> None:
    drawn = charts_of_evaluation(evaluation)["models.svg"]
    assert numbers(drawn) == pytest.approx(
        numbers((DOCUMENT.parent / "images" / "risk-models.svg").read_text(encoding="utf-8")), abs=0.1
    )


def numbers(svg: str) -> list[float]:
    """Every coordinate of a drawing: the last digits of a fit differ between processors."""
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", svg)]


def test_every_row_is_as_printed(evaluation: Evaluation) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    lines = {tuple(cell.strip(" *") for cell in line.strip("|").split("|")) for line in text.splitlines()}
    for row in rows(evaluation):
        assert any(line[: len(row)] == row for line in lines), row
