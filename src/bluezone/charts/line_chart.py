"""Line charts as SVG: panels one above the other, narrow enough to be read on a telephone.

A drawing is 400 units wide, so that its 13-unit letters are still 11.7 pixels high where the screen has 360.
Lines differ in colour (the palette of Okabe and Ito, which the colour-blind can tell apart), dash and mark.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

__all__ = ["Axis", "Panel", "Series", "draw_chart"]

WIDTH = 400
SHOWN_WIDTH = 720
FONT_SIZE = 13
_LINE_HEIGHT = 18
_LEFT, _RIGHT = 54.0, 386.0
_PLOT_HEIGHT = 180.0
_CHARACTERS = 55
"""Of a line in 13-unit letters; a sans-serif letter is on average half as wide as it is high."""
_TITLE_CHARACTERS = 42

Mark = Literal["circle", "square", "diamond", "triangle", "wedge", "none"]


@dataclass(frozen=True, slots=True)
class _Style:
    colour: str
    dash: str
    mark: Mark


_STYLES = (
    _Style("#0072B2", "", "circle"),
    _Style("#D55E00", "8 3", "square"),
    _Style("#009E73", "3 3", "diamond"),
    _Style("#CC79A7", "10 3 2 3", "triangle"),
    _Style("#A67A00", "5 2", "wedge"),
    _Style("#56B4E9", "2 2", "circle"),
    _Style("#6B4C9A", "12 4", "square"),
)
_CORNERS: dict[Mark, tuple[tuple[float, float], ...]] = {
    "square": ((-3, -3), (3, -3), (3, 3), (-3, 3)),
    "diamond": ((0, -4.5), (4.5, 0), (0, 4.5), (-4.5, 0)),
    "triangle": ((0, -4), (4, 3), (-4, 3)),
    "wedge": ((0, 4), (4, -3), (-4, -3)),
}
_GUIDE = _Style("#222222", "1 3", "none")


@dataclass(frozen=True, slots=True)
class Axis:
    """From ``low`` to ``high``, both among the ``ticks``; as percent, as plain numbers, or as days.

    ``first_day``: the ticks count days from it, and show dates, of which four fit below a panel.
    """

    label: str
    ticks: tuple[float, ...]
    percent: bool = False
    first_day: date | None = None

    @property
    def low(self) -> float:
        return self.ticks[0]

    @property
    def high(self) -> float:
        return self.ticks[-1]

    def text(self, value: float) -> str:
        if self.first_day is not None:
            return f"{self.first_day + timedelta(value):%d/%m/%Y}"
        return f"{value * 100:g} %" if self.percent else f"{value:g}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Series:
    """A line: ``points`` (x, y), y ``None`` where there is no value; ``band`` (x, low, high), may be empty.

    ``style``: which colour, dash and mark; ``None``: a guide line without marks. ``marked``: a mark at every
    point, else only in the key.
    """

    name: str
    points: tuple[tuple[float, float | None], ...]
    band: tuple[tuple[float, float, float], ...] = ()
    style: int | None = 0
    strong: bool = False
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Panel:
    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]


def draw_chart(title: str, notes: Sequence[str], panels: Sequence[Panel]) -> str:
    """The whole SVG document; ``notes`` are paragraphs under the title, and lines of one name share a key."""
    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img"})
    svg.set("font-family", "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif")
    svg.set("font-size", str(FONT_SIZE))
    SubElement(svg, "title").text = title
    SubElement(svg, "desc").text = " ".join(notes)
    background = SubElement(svg, "rect", {"width": str(WIDTH), "fill": "#ffffff"})
    y = 12.0
    for line in textwrap.wrap(title, _TITLE_CHARACTERS):
        y += _LINE_HEIGHT + 1
        _text(svg, 14, y, line, size=16, bold=True)
    for note in notes:
        for line in textwrap.wrap(note, _CHARACTERS):
            y += _LINE_HEIGHT
            _text(svg, 14, y, line, colour="#444444")
    y = _draw_key(svg, panels, y + 10)
    for panel in panels:
        y = _draw_panel(svg, panel, y + 14)
    height = round(y + 8)
    background.set("height", str(height))
    svg.set("viewBox", f"0 0 {WIDTH} {height}")
    svg.set("width", str(SHOWN_WIDTH))
    svg.set("height", str(round(height * SHOWN_WIDTH / WIDTH)))
    svg.set("style", "max-width:100%;height:auto")
    ElementTree.indent(svg)
    return ElementTree.tostring(svg, encoding="unicode") + "\n"


def _draw_key(svg: Element, panels: Sequence[Panel], y: float) -> float:
    """Every line once, two in a row where the names are short; returns where the next thing may begin."""
    named = {series.name: series for panel in panels for series in panel.series}
    column = 0
    for series in named.values():
        long = len(series.name) > 20
        if column == 0 or long:
            y += _LINE_HEIGHT
            column = 0
        x = 14.0 + column * 190
        style = _style(series)
        line = SubElement(svg, "line", {"x1": _n(x), "x2": _n(x + 32), "y1": _n(y - 4), "y2": _n(y - 4)})
        _stroke(line, style, series.strong)
        _draw_mark(svg, style, x + 16, y - 4)
        _text(svg, x + 40, y, series.name, bold=series.strong)
        column = 0 if long else 1 - column
    return y


def _draw_panel(svg: Element, panel: Panel, top: float) -> float:
    """Title, frame, lines and labels below ``top``; returns where it ends."""
    group = SubElement(svg, "g", {"class": "panel"})
    SubElement(group, "title").text = panel.title
    lines = textwrap.wrap(panel.title, _CHARACTERS - 4)
    for line in lines:
        top += _LINE_HEIGHT
        _text(group, 14, top, line, bold=True)
    top += 12
    bottom = top + _PLOT_HEIGHT
    frame = _Frame(panel.x, panel.y, top, bottom)
    _draw_axes(group, frame)
    for series in panel.series:
        if len(series.band) > 1:
            upper = [(frame.at_x(x), frame.at_y(high)) for x, _, high in series.band]
            lower = [(frame.at_x(x), frame.at_y(low)) for x, low, _ in reversed(series.band)]
            band = SubElement(group, "polygon", {"class": "band", "points": _points([*upper, *lower])})
            band.set("fill", _style(series).colour)
            band.set("fill-opacity", "0.2" if series.strong else "0.07")
    # The line that matters most is drawn last, over the others.
    for series in sorted(panel.series, key=lambda one: one.strong):
        _draw_series(group, frame, series)
    label = bottom + 2 * _LINE_HEIGHT + 1
    _text(group, (_LEFT + _RIGHT) / 2, label, panel.x.label, anchor="middle")
    return label + 4


@dataclass(frozen=True, slots=True)
class _Frame:
    x: Axis
    y: Axis
    top: float
    bottom: float

    def at_x(self, value: float) -> float:
        return _LEFT + (value - self.x.low) / (self.x.high - self.x.low) * (_RIGHT - _LEFT)

    def at_y(self, value: float) -> float:
        return self.bottom - (value - self.y.low) / (self.y.high - self.y.low) * (self.bottom - self.top)


def _draw_axes(group: Element, frame: _Frame) -> None:
    for tick in frame.y.ticks:
        y = frame.at_y(tick)
        _rule(group, _LEFT, y, _RIGHT, y, "#dddddd" if tick != frame.y.low else "#555555")
        _text(group, _LEFT - 6, y + 4.5, frame.y.text(tick), anchor="end", kind="y-tick")
    wide = frame.x.percent or frame.x.first_day is not None
    for tick in frame.x.ticks:
        x = frame.at_x(tick)
        _rule(group, x, frame.bottom, x, frame.bottom + 5, "#555555")
        # The last label would leave the drawing if it stood in the middle below its tick.
        anchor: Anchor = "end" if x > _RIGHT - 8 and wide else "middle"
        at = _RIGHT + 8 if anchor == "end" else x
        _text(group, at, frame.bottom + _LINE_HEIGHT, frame.x.text(tick), anchor=anchor, kind="x-tick")


def _draw_series(group: Element, frame: _Frame, series: Series) -> None:
    style = _style(series)
    for run in _runs(series.points):
        at = [(frame.at_x(x), frame.at_y(y)) for x, y in run]
        line = SubElement(group, "polyline", {"class": "line", "points": _points(at), "fill": "none"})
        SubElement(line, "title").text = series.name
        _stroke(line, style, series.strong)
        if series.marked:
            for x, y in at:
                _draw_mark(group, style, x, y)


def _runs(points: Sequence[tuple[float, float | None]]) -> Iterator[list[tuple[float, float]]]:
    """The points without gaps in between."""
    run: list[tuple[float, float]] = []
    for x, y in points:
        if y is not None:
            run.append((x, y))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _draw_mark(parent: Element, style: _Style, x: float, y: float) -> None:
    if style.mark == "none":
        return
    if style.mark == "circle":
        mark = SubElement(parent, "circle", {"cx": _n(x), "cy": _n(y), "r": "3"})
    else:
        corners = [(x + dx, y + dy) for dx, dy in _CORNERS[style.mark]]
        mark = SubElement(parent, "polygon", {"points": _points(corners)})
    mark.set("class", "mark")
    mark.set("fill", style.colour)


def _style(series: Series) -> _Style:
    return _GUIDE if series.style is None else _STYLES[series.style % len(_STYLES)]


def _stroke(line: Element, style: _Style, strong: bool) -> None:
    line.set("stroke", style.colour)
    line.set("stroke-width", "2.8" if strong else "1.8")
    line.set("stroke-linejoin", "round")
    if style.dash:
        line.set("stroke-dasharray", style.dash)


Anchor = Literal["start", "middle", "end"]


def _text(
    parent: Element,
    x: float,
    y: float,
    text: str,
    *,
    size: int = FONT_SIZE,
    bold: bool = False,
    colour: str = "#111111",
    anchor: Anchor = "start",
    kind: str = "",
) -> None:
    element = SubElement(parent, "text", {"x": _n(x), "y": _n(y), "fill": colour})
    if size != FONT_SIZE:
        element.set("font-size", str(size))
    if bold:
        element.set("font-weight", "bold")
    if anchor != "start":
        element.set("text-anchor", anchor)
    if kind:
        element.set("class", kind)
    element.text = text


def _rule(parent: Element, x1: float, y1: float, x2: float, y2: float, colour: str) -> None:
    SubElement(parent, "line", {"x1": _n(x1), "y1": _n(y1), "x2": _n(x2), "y2": _n(y2), "stroke": colour})


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
