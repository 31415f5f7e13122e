"""Charts: valid SVG whose lines give back the values, by the scale of their own tick labels."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.charts.drawn_charts import SVG, panels, parse, texts

from bluezone.charts.line_chart import Axis, Panel, Series, draw_chart

SHARES = Axis("share", (0.0, 0.25, 0.5, 0.75, 1.0), percent=True)
DAYS = Axis("days", (0.0, 2.0, 10.0))


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
