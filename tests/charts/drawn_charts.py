"""Reading a chart back: its values by the scale of its own tick labels."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

SVG = "{http://www.w3.org/2000/svg}"


def parse(svg: str) -> Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own output


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
