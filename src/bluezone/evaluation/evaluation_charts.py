"""What an evaluation looks like: near told from far by each model, and the radio's loss against distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bluezone.charts.line_chart import Axis, Panel, Series, draw_chart
from bluezone.evaluation.evaluate import Evaluation, ModelEvaluation
from bluezone.evaluation.path_loss import mean_received_loss
from bluezone.evaluation.radio import RadioEvaluation
from bluezone.evaluation.windows import Windows

__all__ = ["charts_of_evaluation"]

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_ALARM_RATES = np.linspace(0.0, 1.0, 51)
_BIN_METRES = 0.5
_FARTHEST_METRES = 8.0
_LEAST_WINDOWS = 10
"""In a bin: of fewer a median says little."""


def charts_of_evaluation(evaluation: Evaluation) -> dict[str, str]:
    """File name to SVG text: ``models.svg`` where models were judged, ``radio.svg`` where the radio was."""
    charts = {}
    if evaluation.model is not None and evaluation.windows is not None:
        charts["models.svg"] = _models(evaluation.model, evaluation.windows)
    if evaluation.radio is not None:
        charts["radio.svg"] = _radio(evaluation.radio)
    return charts


def _models(model: ModelEvaluation, windows: Windows) -> str:
    names = list(dict.fromkeys(name for name, _ in model.held_out))
    x = Axis("Of the far windows, called near", _SHARES, percent=True)
    y = Axis("", _SHARES, percent=True)
    guessing = Series("guessing", ((0.0, 0.0), (1.0, 1.0)), style=None)
    panels = []
    for limit in dict.fromkeys(held_out.limit for _, held_out in model.held_out):
        near = windows.metres < limit
        curves = tuple(
            Series(
                name,
                tuple(zip(_ALARM_RATES.tolist(), _hit_rates(held_out.scores, near).tolist(), strict=True)),
                style=names.index(name),
                strong=name == names[-1],
                marked=False,
            )
            for name, held_out in model.held_out
            if held_out.limit == limit
        )
        title = f"Of the windows nearer than {limit:g} m, called near"
        panels.append(Panel(title, x, y, (*curves, guessing)))
    return draw_chart(
        "Near told from far in scenes left out",
        (
            f"{len(windows):,} five-minute windows of {len(windows.scenes)} scenes (DP-3T); every scene is "
            "judged by a fit on the others.",
            "A line nearer to the upper left corner is better; the area below it is the AUC.",
        ),
        panels,
    )


def _hit_rates(scores: NDArray[np.float64], near: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of the near ones called near at each of the alarm rates: the ROC curve, ties cut straight."""
    values, group = np.unique(-scores, return_inverse=True)
    hits = np.cumsum(np.bincount(group, near, len(values))) / near.sum()
    alarms = np.cumsum(np.bincount(group, ~near, len(values))) / (~near).sum()
    return np.interp(_ALARM_RATES, np.concatenate(([0.0], alarms)), np.concatenate(([0.0], hits)))


def _radio(radio: RadioEvaluation) -> str:
    receptions = radio.receptions
    loss = receptions.total / receptions.count
    edges = np.arange(0.0, _FARTHEST_METRES + _BIN_METRES, _BIN_METRES)
    bins = np.digitize(receptions.metres, edges)

    def medians(of_scene: NDArray[np.bool_]) -> tuple[tuple[float, float | None], ...]:
        points: list[tuple[float, float | None]] = []
        for number in range(1, len(edges)):
            here = of_scene & (bins == number)
            middle = float(edges[number - 1] + _BIN_METRES / 2)
            enough = here.sum() >= _LEAST_WINDOWS
            points.append((middle, float(np.median(loss[here])) if enough else None))
        return tuple(points)

    scenes = tuple(
        Series(name, medians(receptions.scene == at), style=at + 1)
        for at, name in enumerate(receptions.scenes)
    )
    metres = np.linspace(0.4, _FARTHEST_METRES, 39)
    curve = tuple(zip(metres.tolist(), mean_received_loss(metres, radio.fitted).tolist(), strict=True))
    model = Series("the fitted radio", curve, style=0, strong=True, marked=False)
    panel = Panel(
        "Loss in dB of the adverts that arrived",
        Axis("Metres", (0.0, 2.0, 4.0, 6.0, 8.0)),
        Axis("", (45.0, 50.0, 55.0, 60.0, 65.0, 70.0, 75.0, 80.0)),
        (*scenes, model),
    )
    return draw_chart(
        "The radio of replays against the scenes",
        (
            f"Medians of {len(receptions):,} five-minute windows by half metres, where there are at least "
            f"{_LEAST_WINDOWS}.",
            "The line rises less than the loss does: from afar only the strongest adverts arrive.",
        ),
        (panel,),
    )
