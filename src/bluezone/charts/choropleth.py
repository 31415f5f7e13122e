"""A map of areas by a share, as SVG: no tiles, nothing loaded, nothing told by colour alone.

Areas are numbered; the list below the map has each number's name and figure. Shares differ in hatching as
well as in shade. An area too small for its number has it at the side, at the end of a line; where there are
too many of these, they are drawn once more, larger.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import shapely
from shapely.geometry import MultiPolygon, Polygon

__all__ = ["MapWords", "Region", "draw_choropleth"]

WIDTH = 400
SHOWN_WIDTH = 720
FONT_SIZE = 13
_LINE_HEIGHT = 18
_LEFT, _RIGHT = 40.0, 360.0
_TALLEST = 420.0
_CHARACTERS = 55
_TITLE_CHARACTERS = 36
_ONE_COLUMN = 24
"""Up to so many areas have a line of their own in the list; more stand in two columns, shortened."""

_ROOM = (8.0, 10.0, 13.0)
"""The radius that a number of one, two or three digits needs."""

_DETAIL = 0.4
"""Units: a finer line is not seen."""

Ring = Sequence[Sequence[float]]

_CLASSES = (
    (0.2, "#f3f8fc", ""),
    (0.4, "#cfe1f2", "M0,8 L8,0"),
    (0.6, "#93c3df", "M0,4 L4,0 M4,8 L8,4 M0,8 L8,0"),
    (0.8, "#4b97c9", "M0,8 L8,0 M0,0 L8,8"),
    (float("inf"), "#1b69af", "M0,2 L8,2 M0,6 L8,6 M2,0 L2,8 M6,0 L6,8"),
)
_NONE = "#ffffff"


@dataclass(frozen=True, slots=True)
class MapWords:
    """What a map says by itself."""

    classes: tuple[str, str, str, str, str] = (
        "dưới 20 %",
        "20 đến dưới 40 %",
        "40 đến dưới 60 %",
        "60 đến dưới 80 %",
        "từ 80 %",
    )
    none: str = "chưa có số liệu"
    enlarged: str = "Phóng to các địa bàn nhỏ"
    unplaced: str = "chưa có ranh giới, không có trên bản đồ"


_VIETNAMESE = MapWords()


@dataclass(frozen=True, slots=True)
class Region:
    """An area: where it lies (polygons of rings of longitude, latitude), its share, and that in words.

    ``share`` is ``None`` where there is no figure, ``polygons`` empty where its boundary is not known.
    """

    name: str
    polygons: Sequence[Sequence[Ring]]
    share: float | None
    text: str


def draw_choropleth(
    title: str, notes: Sequence[str], regions: Sequence[Region], words: MapWords = _VIETNAMESE
) -> str:
    """The whole SVG document; numbers are the places in ``regions``, from 1.

    :raises ValueError: no region has a boundary.
    """
    placed = {number: one for number, one in enumerate(regions, 1) if one.polygons}
    if not placed:
        raise ValueError("no region has a boundary")
    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img"})
    svg.set("font-family", "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif")
    svg.set("font-size", str(FONT_SIZE))
    SubElement(svg, "title").text = title
    SubElement(svg, "desc").text = " ".join([*notes, *(f"{one.name}: {one.text}." for one in regions)])
    _define_hatching(svg)
    background = SubElement(svg, "rect", {"width": str(WIDTH), "fill": "#ffffff"})
    y = 12.0
    for line in textwrap.wrap(title, _TITLE_CHARACTERS):
        y += _LINE_HEIGHT + 1
        _text(svg, 14, y, line, size=16, bold=True)
    for note in notes:
        for line in textwrap.wrap(note, _CHARACTERS):
            y += _LINE_HEIGHT
            _text(svg, 14, y, line)
    y = _draw_key(svg, regions, y + 10, words)
    y = _draw_map(svg, placed, y + 16, words)
    y = _draw_list(svg, regions, y + 8, words)
    height = round(y + 12)
    background.set("height", str(height))
    svg.set("viewBox", f"0 0 {WIDTH} {height}")
    svg.set("width", str(SHOWN_WIDTH))
    svg.set("height", str(round(height * SHOWN_WIDTH / WIDTH)))
    svg.set("style", "max-width:100%;height:auto")
    return ElementTree.tostring(svg, encoding="unicode") + "\n"


def _class_of(share: float | None) -> int | None:
    return None if share is None else next(at for at, one in enumerate(_CLASSES) if share < one[0])


def _define_hatching(svg: Element) -> None:
    defs = SubElement(svg, "defs")
    box = {"width": "8", "height": "8", "patternUnits": "userSpaceOnUse"}
    for at, (_, colour, lines) in enumerate(_CLASSES):
        pattern = SubElement(defs, "pattern", {"id": f"class-{at}", **box})
        SubElement(pattern, "rect", {"width": "8", "height": "8", "fill": colour})
        if lines:
            ink = "#08306b" if at < len(_CLASSES) - 1 else "#ffffff"
            SubElement(pattern, "path", {"d": lines, "stroke": ink, "stroke-width": "0.8", "fill": "none"})
    pattern = SubElement(defs, "pattern", {"id": "class-none", **box})
    SubElement(pattern, "rect", {"width": "8", "height": "8", "fill": _NONE})
    SubElement(pattern, "circle", {"cx": "4", "cy": "4", "r": "1", "fill": "#777777"})


def _fill(share: float | None) -> str:
    at = _class_of(share)
    return "url(#class-none)" if at is None else f"url(#class-{at})"


def _draw_key(svg: Element, regions: Sequence[Region], y: float, words: MapWords) -> float:
    """The classes that are on the map, two in a row."""
    used = {_class_of(one.share) for one in regions if one.polygons}
    entries = [(f"url(#class-{at})", name) for at, name in enumerate(words.classes) if at in used]
    if None in used:
        entries.append(("url(#class-none)", words.none))
    for at, (fill, name) in enumerate(entries):
        x = 14.0 + at % 2 * 190
        top = y + at // 2 * (_LINE_HEIGHT + 4)
        box = {"x": _n(x), "y": _n(top), "width": "32", "height": "16", "fill": fill, "stroke": "#333333"}
        SubElement(svg, "rect", box)
        _text(svg, x + 40, top + 13, name, kind="key")
    return y + (len(entries) + 1) // 2 * (_LINE_HEIGHT + 4)


def _draw_map(svg: Element, regions: Mapping[int, Region], top: float, words: MapWords) -> float:
    """The map, and below it once more and larger the areas whose numbers have no room in it."""
    shapes = _placed(regions, top)
    bottom = max(one.bounds[3] for one in shapes.values())
    group = SubElement(svg, "g", {"class": "map"})
    for number, place in shapes.items():
        region = regions[number]
        path = SubElement(group, "path", {"class": "region", "d": _path(place), "fill": _fill(region.share)})
        path.set("stroke", "#333333")
        path.set("stroke-width", "0.8")
        path.set("fill-rule", "evenodd")
        SubElement(path, "title").text = f"{region.name}: {region.text}"
    small: dict[int, tuple[float, float]] = {}
    for number, place in shapes.items():
        circle = shapely.maximum_inscribed_circle(place, tolerance=0.5)
        (x, y), radius = circle.coords[0], circle.length
        if radius >= _ROOM[min(len(str(number)), len(_ROOM)) - 1]:
            _number(group, x, y + 4.5, number, regions[number])
        else:
            small[number] = (x, y)
    room = max(4, int((bottom - top) / _LINE_HEIGHT))
    if len(small) <= room or len(small) == len(shapes):
        return max(bottom, _draw_at_sides(group, regions, small, top))
    y = bottom + 2 * _LINE_HEIGHT
    _text(svg, 14, y, words.enlarged, bold=True, kind="enlarged")
    return _draw_map(svg, {number: regions[number] for number in small}, y + 12, words)


def _draw_at_sides(
    group: Element, regions: Mapping[int, Region], small: Mapping[int, tuple[float, float]], top: float
) -> float:
    """Numbers of small areas, left or right of the map, each as near to its height as there is room."""
    lowest, middle = top, (_LEFT + _RIGHT) / 2
    halves = (
        [number for number, (x, _) in small.items() if x < middle],
        [number for number, (x, _) in small.items() if x >= middle],
    )
    for numbers, x, end in zip(halves, (20.0, WIDTH - 20.0), (32.0, WIDTH - 32.0), strict=True):
        y = top
        for number in sorted(numbers, key=lambda one: small[one][1]):
            at_x, at_y = small[number]
            y = max(y, at_y)
            line = {"x1": _n(end), "y1": _n(y), "x2": _n(at_x), "y2": _n(at_y), "class": "leader"}
            SubElement(group, "line", {**line, "stroke": "#111111", "stroke-width": "0.8"})
            SubElement(group, "circle", {"cx": _n(at_x), "cy": _n(at_y), "r": "1.6", "fill": "#111111"})
            _number(group, x, y + 4.5, number, regions[number])
            y += _LINE_HEIGHT
            lowest = max(lowest, y)
    return lowest


def _placed(regions: Mapping[int, Region], top: float) -> dict[int, MultiPolygon]:
    """By number, each region in units of the drawing; one degree east is shorter than one north."""
    raw = {number: _geometry(one) for number, one in regions.items()}
    west, south, east, north = shapely.total_bounds(list(raw.values()))
    narrower = cos(radians((south + north) / 2))
    across, down = (east - west) * narrower, north - south
    scale = min((_RIGHT - _LEFT) / across, _TALLEST / down)
    start = (_LEFT + _RIGHT - across * scale) / 2
    moved = [
        shapely.transform(
            one,
            lambda points: (points - (west, north)) * (narrower * scale, -scale) + (start, top),
        )
        for one in raw.values()
    ]
    simpler = shapely.coverage_simplify(moved, _DETAIL)
    kept = [
        new if new.is_valid and not new.is_empty else old for new, old in zip(simpler, moved, strict=True)
    ]
    return {at: _multi(one) for at, one in zip(raw, kept, strict=True)}


def _geometry(region: Region) -> MultiPolygon:
    return MultiPolygon([Polygon(rings[0], rings[1:]) for rings in region.polygons])


def _multi(shape: shapely.Geometry) -> MultiPolygon:
    return MultiPolygon([one for one in shapely.get_parts(shape) if isinstance(one, Polygon)])


def _path(shape: MultiPolygon) -> str:
    rings = [ring for one in shape.geoms for ring in (one.exterior, *one.interiors)]
    return " ".join(
        "M" + " L".join(f"{_n(x)},{_n(y)}" for x, y in list(ring.coords)[:-1]) + " Z" for ring in rings
    )


def _draw_list(svg: Element, regions: Sequence[Region], y: float, words: MapWords) -> float:
    """Every region with its number, name and figure; those without a boundary too, and marked."""
    columns = 1 if len(regions) <= _ONE_COLUMN else 2
    rows = -(-len(regions) // columns)
    letters = 38 if columns == 1 else 14
    for at, region in enumerate(regions):
        left = 14.0 + at // rows * 190
        right = (WIDTH - 14.0) if columns == 1 else left + 180
        line = y + (at % rows + 1) * _LINE_HEIGHT
        mark = "" if region.polygons else " *"
        full = region.name if columns == 1 else region.name.replace("Phường ", "P. ")
        name = full if len(full) <= letters else f"{full[: letters - 1]}…"
        _text(svg, left + 24, line, f"{at + 1}", anchor="end", bold=True, kind="number")
        _text(svg, left + 32, line, name + mark, kind="name")
        text = region.text if columns == 1 or region.share is not None else "–"
        _text(svg, right, line, text, anchor="end", kind="figure")
    y += rows * _LINE_HEIGHT
    if any(not one.polygons for one in regions):
        y += _LINE_HEIGHT + 4
        _text(svg, 14, y, f"* {words.unplaced}")
    return y


def _number(parent: Element, x: float, y: float, number: int, region: Region) -> None:
    """On a white rim, so that hatching does not run into it; a question mark where there is no figure."""
    label = f"{number}" + ("?" if region.share is None else "")
    element = _text(parent, x, y, label, anchor="middle", bold=True, kind="label")
    element.set("stroke", "#ffffff")
    element.set("stroke-width", "3.5")
    element.set("stroke-linejoin", "round")
    element.set("paint-order", "stroke")


def _text(
    parent: Element,
    x: float,
    y: float,
    text: str,
    *,
    size: int = FONT_SIZE,
    bold: bool = False,
    anchor: str = "start",
    kind: str = "",
) -> Element:
    element = SubElement(parent, "text", {"x": _n(x), "y": _n(y), "fill": "#111111"})
    if size != FONT_SIZE:
        element.set("font-size", str(size))
    if bold:
        element.set("font-weight", "bold")
    if anchor != "start":
        element.set("text-anchor", anchor)
    if kind:
        element.set("class", kind)
    element.text = text
    return element


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
