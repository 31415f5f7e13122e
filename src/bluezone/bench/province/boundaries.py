"""Where the made-up areas lie: a grid whose lines are bent, so that neighbours share their edges."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, sin, sqrt

__all__ = ["Grid"]

_WEST, _NORTH, _SIDE = 105.3, 21.4, 0.02
_BETWEEN = 8
"""Points between two corners: a ward has 36, as a simplified real one."""

Point = tuple[float, float]


class Grid:
    """Cells by number, row by row. A district is a run of them: its boundary is a polygon for each cell."""

    def __init__(self, cells: int) -> None:
        self._across = ceil(sqrt(cells))

    def cell(self, number: int) -> list[list[Point]]:
        """One polygon, as it is stored: its rings, here one."""
        y, x = divmod(number, self._across)
        corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1), (x, y)]
        ring: list[Point] = []
        for start, end in pairwise(corners):
            forward = start < end
            edge = self._edge(min(start, end), max(start, end))
            ring += edge[:-1] if forward else edge[:0:-1]
        return [[*ring, ring[0]]]

    def _edge(self, start: tuple[int, int], end: tuple[int, int]) -> list[Point]:
        """From corner to corner, bent by what depends on the edge alone."""
        points = []
        for step in range(_BETWEEN + 1 + 1):
            part = step / (_BETWEEN + 1)
            x, y = start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part
            bend = 0.15 * sin(3.14159265 * part) * sin(1 + 12.9898 * start[0] + 78.233 * start[1])
            if start[1] == end[1]:
                y += bend
            else:
                x += bend
            points.append((round(_WEST + x * _SIDE, 5), round(_NORTH - y * _SIDE, 5)))
        return points
