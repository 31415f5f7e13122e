"""Charts: valid SVG whose lines give back the values, by the scale of their own tick labels."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.replay.charts import Axis, Panel, Series, draw_chart
from bluezone.replay.report_charts import charts_of

SVG = "{http://www.w3.org/2000/svg}"
SHARES = Axis("share", (0.0, 0.25, 0.5, 0.75, 1.0), percent=True)
DAYS = Axis("days", (0.0, 2.0, 10.0))


def parse(svg: str) -> Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own  # noqa: S314 - our own output


def texts(root: Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


class DrawnPanel:
    """A panel read back: its scale from where the tick labels stand, its lines by name."""

    def __init__(self, group: Element) -> None:
        self.title = group.findtext(f"{SVG}title")
        marks = {
            kind: [
                (number(element.text or ""), float(element.get(at, "nan")))
                for element in group.iter(f"{SVG}text")
                if element.get("class") == kind
            ]
            for kind, at in (("x-tick", "x"), ("y-tick", "y"))
        }
        # An x label may be moved at the drawing's edge: the first two are enough for a scale.
        (x0, self._left), (x1, right) = marks["x-tick"][0], marks["x-tick"][1]
        self._x = (x0, (x1 - x0) / (right - self._left))
        (y0, bottom), (y1, top) = marks["y-tick"][0], marks["y-tick"][-1]
        self._bottom, self._y = bottom - 4.5, (y0, (y1 - y0) / (top - bottom))
        self.lines: dict[str, list[list[tuple[float, float]]]] = {}
        for line in group.iter(f"{SVG}polyline"):
            name = line.findtext(f"{SVG}title") or ""
            self.lines.setdefault(name, []).append([self.value(*at) for at in points(line)])
        self.bands = [
            [self.value(*at) for at in points(band)]
            for band in group.iter(f"{SVG}polygon")
            if band.get("class") == "band"
        ]

    def value(self, x: float, y: float) -> tuple[float, float]:
        return (
            self._x[0] + (x - self._left) * self._x[1],
            self._y[0] + (y - self._bottom) * self._y[1],
        )


def number(label: str) -> float:
    text = label.replace("−", "-")
    return float(text.removesuffix(" %")) / 100 if text.endswith(" %") else float(text)


def points(element: Element) -> list[tuple[float, float]]:
    return [tuple(map(float, pair.split(","))) for pair in element.get("points", "").split()]  # type: ignore[misc]


def panels(svg: str) -> list[DrawnPanel]:
    return [DrawnPanel(group) for group in parse(svg).iter(f"{SVG}g") if group.get("class") == "panel"]


@given(
    st.lists(
        st.tuples(st.floats(0, 10), st.one_of(st.none(), st.floats(0, 1))),
        min_size=1,
        max_size=12,
        unique_by=lambda point: point[0],
    )
)
def test_values_are_read_back_from_the_lines(drawn: list[tuple[float, float | None]]) -> None:
    in_order = tuple(sorted(drawn, key=lambda point: point[0]))
    (panel,) = panels(draw_chart("t", (), [Panel("p", DAYS, SHARES, (Series("line", in_order),))]))
    runs = panel.lines.get("line", [])
    found = [point for run in runs for point in run]
    expected = [(x, y) for x, y in in_order if y is not None]
    assert len(found) == len(expected)
    for (x, y), (wanted_x, wanted_y) in zip(found, expected, strict=True):
        assert x == pytest.approx(wanted_x, abs=0.001)
        assert y == pytest.approx(wanted_y, abs=0.0002)
    # A missing value breaks the line.
    gaps = re.sub(r"x+", "x", "".join("-" if y is None else "x" for _, y in in_order)).count("x")
    assert len(runs) == gaps


def test_a_band_goes_up_one_side_and_down_the_other() -> None:
    band = ((0.0, 0.1, 0.3), (5.0, 0.2, 0.6), (10.0, 0.2, 0.4))
    series = Series("s", ((0.0, 0.2), (5.0, 0.4), (10.0, 0.3)), band)
    (panel,) = panels(draw_chart("t", (), [Panel("p", DAYS, SHARES, (series,))]))
    expected = [(0, 0.3), (5, 0.6), (10, 0.4), (10, 0.2), (5, 0.2), (0, 0.1)]
    assert [(round(x, 3), round(y, 3)) for x, y in panel.bands[0]] == expected


def test_names_cannot_break_the_drawing() -> None:
    evil = "<script>&\"'</svg>"
    svg = draw_chart(evil, (evil,), [Panel(evil, DAYS, SHARES, (Series(evil, ((0.0, 0.5),)),))])
    root = parse(svg)
    assert "<script" not in svg
    assert root.findtext(f"{SVG}title") == evil
    assert evil in "".join(texts(root))
    assert {element.tag for element in root.iter()} <= {
        f"{SVG}{name}"
        for name in ("svg", "title", "desc", "rect", "text", "line", "g", "polyline", "polygon", "circle")
    }


def test_lines_differ_in_more_than_colour() -> None:
    series = tuple(Series(f"s{at}", ((0.0, 0.1), (2.0, 0.2)), style=at) for at in range(5))
    root = parse(draw_chart("t", (), [Panel("p", DAYS, SHARES, series)]))
    drawn = list(root.iter(f"{SVG}polyline"))
    assert len({line.get("stroke-dasharray") for line in drawn}) == 5
    assert len({line.get("stroke") for line in drawn}) == 5
    assert {f"s{at}" for at in range(5)} <= set(texts(root))


def test_it_is_readable_on_a_telephone() -> None:
    """Letters keep 11 pixels where the drawing is 360 wide, and no line of text is wider than the drawing."""
    long = "HaslemereProximity-of-a-very-long-name-indeed.csv"
    root = parse(
        draw_chart(f"Warning against adoption: {long}", ("word " * 60,), [Panel("p " * 40, DAYS, SHARES, ())])
    )
    width = float((root.get("viewBox") or "").split()[2])
    assert root.get("width") == "720"
    for element in root.iter(f"{SVG}text"):
        size = float(element.get("font-size", root.get("font-size", "0")))
        assert size * 360 / width >= 11
        if element.get("text-anchor") is None:
            assert float(element.get("x", 0)) + 0.55 * size * len(element.text or "") <= width + size


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
