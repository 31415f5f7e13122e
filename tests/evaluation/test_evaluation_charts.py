"""The pictures of an evaluation say what its figures say."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from tests.charts.drawn_charts import panels

from bluezone.device.calibration_file import read_calibration
from bluezone.evaluation.evaluate import Evaluation
from bluezone.evaluation.evaluation_charts import charts_of_evaluation
from bluezone.evaluation.path_loss import PathLoss
from bluezone.evaluation.radio import RadioEvaluation
from bluezone.evaluation.receptions import located_receptions
from bluezone.evaluation.scenes import find_scenes, read_scene

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "risk-evaluation.md"


def test_the_area_below_each_line_is_its_auc(evaluation: Evaluation) -> None:
    assert evaluation.model is not None
    drawn = panels(charts_of_evaluation(evaluation)["models.svg"])
    assert [panel.title for panel in drawn] == [
        "Of the windows nearer than 1.5 m, called near",
        "Of the windows nearer than 2 m, called near",
    ]
    by_limit = dict(zip((1.5, 2.0), drawn, strict=True))
    for name, held_out in evaluation.model.held_out:
        (line,) = by_limit[held_out.limit].lines[name]
        area = sum((x1 - x0) * (y0 + y1) / 2 for (x0, y0), (x1, y1) in pairwise(line))
        assert held_out.auc is not None
        assert area == pytest.approx(held_out.auc, abs=0.003)


def test_the_radio_stands_among_what_was_measured(evaluation: Evaluation, shared_data: Path) -> None:
    """A point of the office by hand: the median of its windows' mean losses from 3 to 3.5 m."""
    folder = shared_data / "radio"
    scenes = [read_scene(path) for path in find_scenes(folder)]
    receptions = located_receptions(scenes, read_calibration(folder / "en-calibration-2020-06-13.csv"))
    fitted = PathLoss(60.0, 2.0, 0.001, 0.001, 200.0, 1.0, 0.0, 0.0)  # everything arrives, nothing varies
    drawn = charts_of_evaluation(
        Evaluation(
            folder, (), evaluation.scenes, None, (), None, None, None, RadioEvaluation(receptions, fitted, ())
        )
    )
    (panel,) = panels(drawn["radio.svg"])
    (curve,) = panel.lines["the fitted radio"]
    at_four = min(curve, key=lambda point: abs(point[0] - 4.0))
    assert at_four == (pytest.approx(4.0, abs=0.02), pytest.approx(60 + 20 * 0.602, abs=0.1))
    office = [
        total / count
        for scene, metres, total, count in zip(
            receptions.scene.tolist(),
            receptions.metres.tolist(),
            receptions.total.tolist(),
            receptions.count.tolist(),
            strict=True,
        )
        if scene == 2 and 3.0 <= metres < 3.5
    ]
    office.sort()
    middle = (office[(len(office) - 1) // 2] + office[len(office) // 2]) / 2
    points = {round(x, 2): y for run in panel.lines["scenario03-office"] for x, y in run}
    assert points[3.25] == pytest.approx(middle, abs=0.1)


def test_nothing_is_drawn_of_what_is_not_there(tmp_path: Path) -> None:
    assert charts_of_evaluation(Evaluation(tmp_path, (), (), None, (), None, None, None, None)) == {}
