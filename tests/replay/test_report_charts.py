"""Which charts a report gives, and that their lines have its values."""

from __future__ import annotations

from typing import Any

import pytest
from tests.charts.drawn_charts import panels, parse, texts

from bluezone.replay.report_charts import charts_of


def spread(mean: float, by: float = 0.1) -> dict[str, float]:
    return {"mean": mean, "low": max(0.0, mean - by), "high": min(1.0, mean + by)}


def report(**changes: Any) -> dict[str, Any]:
    """Two presets at three adoptions, made up."""
    made = {
        "people": 469,
        "f0": 5,
        "source": {"kind": "haslemere", "name": "HaslemereProximity.csv", "days": 3, "roles": False},
        "options": {
            "seed": 3,
            "seeds": 4,
            "f0": 5,
            "adoption": 1.0,
            "preset": "ours",
            "delay_days": 0,
        },
        "presets": [{"name": "ours", "high_minutes": 12.0}, {"name": "theirs", "high_minutes": 15.0}],
        "sweep": [
            {
                "preset": name,
                "adoption": level,
                "sensitivity": spread(top * level**2),
                "precision": None if level < 0.3 else spread(0.5),
            }
            for name, top in (("ours", 0.8), ("theirs", 0.4))
            for level in (0.2, 0.6, 1.0)
        ],
        "thresholds": [],
        "delays": [],
    }
    return {**made, **changes}


def test_the_adoption_chart() -> None:
    charts = charts_of(report())
    assert list(charts) == ["adoption.svg"]
    root = parse(charts["adoption.svg"])
    sensitivity, precision = panels(charts["adoption.svg"])
    (ours,) = sensitivity.lines["ours"]
    assert [(round(x, 3), round(y, 3)) for x, y in ours] == [(0.2, 0.032), (0.6, 0.288), (1.0, 0.8)]
    # The guide is p² of the sensitivity at full adoption, 0.8.
    (guide,) = sensitivity.lines["p² × ours at full adoption"]
    assert len(guide) == 51
    for p, value in guide:
        assert value == pytest.approx(0.8 * p**2, abs=0.002)
    assert [[round(x, 3) for x, _ in run] for run in precision.lines["theirs"]] == [[0.6, 1.0]]
    assert len(sensitivity.bands) == 2
    said = " ".join(texts(root))
    for part in ("HaslemereProximity.csv", "469 people", "3 days", "5 F0s", "4 seeds (3 to 6"):
        assert part in said


def test_without_full_adoption_there_is_no_guide() -> None:
    nobody = [{**row, "sensitivity": None} for row in report()["sweep"]]
    (sensitivity, _) = panels(charts_of(report(sweep=nobody))["adoption.svg"])
    assert not sensitivity.lines


def test_one_point_is_no_chart() -> None:
    only = [row for row in report()["sweep"] if row["adoption"] == 1.0]
    assert charts_of(report(sweep=only)) == {}


def test_the_thresholds_chart() -> None:
    rows = [
        {
            "preset": "ours",
            "minutes": minutes,
            "shift_db": shift,
            "sensitivity": spread(0.5 + shift / 20 - minutes / 100),
            "precision": spread(0.5),
        }
        for minutes in (5.0, 30.0)
        for shift in (-3.0, 0.0, 3.0)
    ]
    chart = charts_of(report(thresholds=rows))["thresholds.svg"]
    sensitivity, _ = panels(chart)
    assert set(sensitivity.lines) == {"−3 dB", "limits as they are", "+3 dB"}
    (raised,) = sensitivity.lines["+3 dB"]
    assert [(round(x, 2), round(y, 2)) for x, y in raised] == [(5, 0.6), (30, 0.35)]


def test_the_delay_chart() -> None:
    rows = [
        {
            "preset": name,
            "delay_days": delay,
            "sensitivity": spread(0.8),
            "precision": spread(0.5),
            "days_to_warning": None
            if delay == 12
            else {"mean": delay + 1.5, "low": delay, "high": delay + 3.0},
        }
        for name in ("ours", "theirs")
        for delay in (0, 7, 12)
    ]
    chart = charts_of(report(delays=rows))["delay.svg"]
    _, days = panels(chart)
    (ours,) = days.lines["ours"]
    assert [(round(x, 2), round(y, 2)) for x, y in ours] == [(0, 1.5), (7, 8.5)]
