"""The report of a replay, put together and written: ``spec/replay_report.schema.json`` says what is in it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bluezone.atomic_file import write_whole
from bluezone.protocols.risk_presets import RiskPreset, load_preset, preset_names
from bluezone.replay.contact_trace import ContactTrace, near_pairs, true_contacts
from bluezone.replay.day import NEAR_SECONDS
from bluezone.replay.direct_radio import RadioConstants
from bluezone.replay.report_charts import charts_of
from bluezone.replay.sweep import SweepKind, SweepResult, spread

__all__ = ["REPORT_NAME", "build_report", "write_report"]

REPORT_NAME = "report.json"

_Row = dict[str, Any]


def build_report(trace: ContactTrace, swept: SweepResult, seconds: float) -> dict[str, Any]:
    """The whole document; ``seconds`` it took, with what earlier runs did."""
    options = swept.options
    here = swept.at_options()
    top = _rows(here[:1], preset=options.preset, adoption=options.adoption)[0]
    pairs = near_pairs(trace)
    long_enough = pairs.seconds >= NEAR_SECONDS
    return {
        "people": len(trace.people),
        "steps": trace.steps,
        "near_pairs": len(true_contacts(trace)),
        "near_pair_days": int(np.count_nonzero(long_enough)),
        "f0": options.f0,
        "true_contacts": top["true_contacts"],
        "warned": top["warned"],
        "sensitivity": top["sensitivity"],
        "precision": top["precision"],
        "source": {
            "kind": trace.kind,
            "name": trace.name,
            "days": trace.days,
            "roles": bool(trace.roles),
        },
        "options": {
            "seed": options.seed,
            "seeds": options.seeds,
            "f0": options.f0,
            "adoption": options.adoption,
            "preset": options.preset,
            "delay_days": options.delay_days,
        },
        "presets": [_preset(load_preset(name)) for name in preset_names()],
        "radio": _radio(),
        "sweep": _sweep(here),
        "thresholds": _thresholds(here, options.preset),
        "delays": _delays(swept) if SweepKind.DELAY in options.sweeps else [],
        "person_days": here[0]["person_days"],
        "resumed": swept.resumed,
        "seconds": round(seconds, 1),
    }


def write_report(report: dict[str, Any], folder: Path) -> list[Path]:
    """The report and its charts, each file whole or not at all; returns the charts.

    :raises CannotWrite: naming the file.
    """
    charts = charts_of(report)
    for name, chart in charts.items():
        write_whole(folder / name, chart)
    text = json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1)
    write_whole(folder / REPORT_NAME, f"{text}\n")
    return [folder / name for name in charts]


def _preset(preset: RiskPreset) -> _Row:
    return {
        "name": preset.name,
        "title": preset.title,
        "version": preset.version,
        "below_db": list(preset.below_db),
        "weights": list(preset.weights),
        "high_minutes": preset.high_minutes,
        "of_scan": preset.of_scan,
    }


def _radio() -> _Row:
    model = RadioConstants()
    return {
        "name": "log-distance path loss, fitted to DP-3T",
        "loss_at_one_metre_db": model.loss_at_one_metre_db,
        "exponent": model.exponent,
        "device_db": round(math.hypot(model.transmitter_db, model.receiver_db), 1),
        "shadowing_db": model.shadowing_db,
        "fading_db": model.fading_db,
    }


def _sweep(units: Sequence[_Row]) -> list[_Row]:
    """In the order of presets and adoption; a spread is over seeds and over draws of who has the app."""
    levels = sorted({row["adoption"] for row in units[0]["rates"]})
    return [
        {
            "preset": name,
            "adoption": level,
            "seeds": len(units),
            "draws": len(rows) // len(units),
            "sensitivity": _spread(rows, "sensitivity"),
            "precision": _spread(rows, "precision"),
            "reachable": _spread(rows, "reachable"),
            "p_squared": round(level**2, 6),
        }
        for name in preset_names()
        for level in levels
        for rows in [_rows(units, preset=name, adoption=level)]
    ]


def _thresholds(units: Sequence[_Row], preset: str) -> list[_Row]:
    return [
        {
            "preset": preset,
            "minutes": first["minutes"],
            "shift_db": first["shift_db"],
            "seeds": len(rows),
            "sensitivity": _spread(rows, "sensitivity"),
            "precision": _spread(rows, "precision"),
        }
        for first, *rest in zip(*(unit["thresholds"] for unit in units), strict=True)
        for rows in [[first, *rest]]
    ]


def _delays(swept: SweepResult) -> list[_Row]:
    """For every delay that was tried, the point of adoption that was asked for."""
    found = []
    for delay in sorted({unit["delay_days"] for unit in swept.units}):
        units = [unit for unit in swept.units if unit["delay_days"] == delay]
        for name in preset_names():
            rows = _rows(units, preset=name, adoption=swept.options.adoption)
            found.append(
                {
                    "preset": name,
                    "delay_days": delay,
                    "seeds": len(units),
                    "sensitivity": _spread(rows, "sensitivity"),
                    "precision": _spread(rows, "precision"),
                    "days_to_warning": _spread(rows, "days_to_warning"),
                }
            )
    return found


def _spread(rows: Sequence[_Row], figure: str) -> dict[str, float | int] | None:
    return spread(row[figure] for row in rows)


def _rows(units: Sequence[_Row], **wanted: object) -> list[_Row]:
    """All rates like that, of every unit and draw in order."""
    return [
        row
        for unit in units
        for row in unit["rates"]
        if all(row[name] == value for name, value in wanted.items())
    ]
