"""An evaluation as the JSON document of ``bluezone risk evaluate --json``.

::

    {"data": folder, "missing": [text, …],
     "scenes": [{"scene", "receptions", "located", "windows", "models": […]}, …],
     "baseline": {"window_seconds", "limits": [{
         "limit", "windows", "near", "auc", "best_ndcf", "threshold",
         "reference": {"scenes", "windows", "auc", "best_ndcf"},
         "scenes": [{"scene", "windows", "near", "auc", "best_ndcf", "threshold"}, …],
         "held_out": HeldOut | null}, …]} | null,
     "model": {"models": [{"name", HeldOut}, …],
               "warnings": [{"preset", "calibration", "pairs", "near", "warned", "right",
                             "sensitivity", "precision", "false_positive_rate"}, …],
               "measured": [{"model", "rssi_correction", "tx_power"}, …]} | null,
     "tram": {"pairs", "near_metres",
              "rules": [{"name", "title", "below_db", "weights", "minutes", Warned}, …],
              "presets": [{"name", "title", "version", Warned}, …]} | null,
     "phones": {"source", "models", "measured", "fallback": {"rssi_correction", "tx_power"},
                "phones": [{"model", "rssi_correction", "tx_power", "measured", "known"}, …]} | null,
     "radio": {"fitted": {"loss_at_one_metre_db", "exponent", "shadowing_db", "fading_db", "reception_db",
                          "reception_spread_db", "receiver_db", "transmitter_db"},
               "held_out": [{"scene", "windows", "rmse_db", "constant_rmse_db", "bias_db"}, …]} | null}

    HeldOut = {"limit", "auc", "ndcf",
               "scenes": [{"scene", "windows", "near", "auc", "ndcf", "threshold"}, …]}
    Warned = "near_warned", "near", "far_warned", "far", "notified", "tpr", "fpr"

``located``: receptions of known distance. ``limit`` in metres. A rate is null where it has no denominator, a
threshold where calling nothing near is best. ``radio`` is null unless it was asked for.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bluezone.atomic_file import write_whole
from bluezone.evaluation.baseline import REFERENCE, Baseline
from bluezone.evaluation.evaluate import Evaluation, ModelEvaluation, PhoneEvaluation, TramEvaluation
from bluezone.evaluation.evaluation_charts import charts_of_evaluation
from bluezone.evaluation.held_out import HeldOut
from bluezone.evaluation.metrics import Threshold
from bluezone.evaluation.tram import NEAR_METRES, Warned
from bluezone.evaluation.windows import WINDOW_SECONDS

__all__ = ["evaluation_document", "held_out_document", "write_evaluation"]


def evaluation_document(evaluation: Evaluation) -> dict[str, Any]:
    """The document; see the module."""
    return {
        "data": str(evaluation.folder),
        "missing": list(evaluation.missing),
        "scenes": [asdict(scene) for scene in evaluation.scenes],
        "baseline": {
            "window_seconds": WINDOW_SECONDS,
            "limits": [_baseline(baseline) for baseline in evaluation.baseline],
        }
        if evaluation.baseline
        else None,
        "model": None if evaluation.model is None else _model(evaluation.model),
        "tram": None if evaluation.tram is None else _tram(evaluation.tram),
        "phones": None if evaluation.phones is None else _phones(evaluation.phones),
        "radio": None
        if evaluation.radio is None
        else {
            "fitted": asdict(evaluation.radio.fitted),
            "held_out": [asdict(scene) for scene in evaluation.radio.held_out],
        },
    }


def write_evaluation(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write ``evaluation.json`` and the charts there are into a folder; returns their paths.

    :raises CannotWrite: naming the file.
    """
    document = json.dumps(evaluation_document(evaluation), ensure_ascii=False, indent=1) + "\n"
    texts = {"evaluation.json": document, **charts_of_evaluation(evaluation)}
    for name, text in texts.items():
        write_whole(folder / name, text)
    return [folder / name for name in texts]


def held_out_document(held_out: HeldOut) -> dict[str, Any]:
    """What came of leaving one scene out, without the single windows."""
    return {
        "limit": held_out.limit,
        "auc": held_out.auc,
        "ndcf": held_out.ndcf,
        "scenes": [{**asdict(scene), "threshold": _finite(scene.threshold)} for scene in held_out.scenes],
    }


def _baseline(baseline: Baseline) -> dict[str, Any]:
    return {
        "limit": baseline.limit,
        "windows": baseline.windows,
        "near": baseline.near,
        "auc": baseline.auc,
        **_best(baseline.best),
        "reference": REFERENCE.get(baseline.limit),
        "scenes": [
            {
                "scene": scene.scene,
                "windows": scene.windows,
                "near": scene.near,
                "auc": scene.auc,
                **_best(scene.best),
            }
            for scene in baseline.scenes
        ],
        "held_out": None if baseline.held_out is None else held_out_document(baseline.held_out),
    }


def _model(model: ModelEvaluation) -> dict[str, Any]:
    return {
        "models": [{"name": name, **held_out_document(held_out)} for name, held_out in model.held_out],
        "warnings": [
            {
                **asdict(warned),
                "sensitivity": warned.sensitivity,
                "precision": warned.precision,
                "false_positive_rate": warned.false_positive_rate,
            }
            for warned in model.warnings
        ],
        "measured": [
            {"model": name, "rssi_correction": values.rssi_correction, "tx_power": values.tx_power}
            for name, values in model.measured.items()
        ],
    }


def _best(best: Threshold | None) -> dict[str, float | None]:
    if best is None:
        return {"best_ndcf": None, "threshold": None}
    return {"best_ndcf": best.ndcf, "threshold": _finite(best.value)}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _tram(tram: TramEvaluation) -> dict[str, Any]:
    return {
        "pairs": tram.pairs,
        "near_metres": NEAR_METRES,
        "rules": [{**asdict(rule), **_warned(warned)} for rule, warned in tram.rules],
        "presets": [
            {"name": preset.name, "title": preset.title, "version": preset.version, **_warned(warned)}
            for preset, warned in tram.presets
        ],
    }


def _warned(warned: Warned) -> dict[str, Any]:
    return {
        **asdict(warned),
        "notified": warned.near_warned + warned.far_warned,
        "tpr": warned.true_positive_rate,
        "fpr": warned.false_positive_rate,
    }


def _phones(phones: PhoneEvaluation) -> dict[str, Any]:
    table = phones.table
    return {
        "source": table.source,
        "models": len(table.rows),
        "measured": table.measured,
        "fallback": {
            "rssi_correction": table.fallback.rssi_correction,
            "tx_power": table.fallback.tx_power,
        },
        "phones": [{"model": model, **asdict(values)} for model, values in phones.phones],
    }
