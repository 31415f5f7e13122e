"""The Dublin tram measurements: minutes that 72 pairs of phones spent at each attenuation, and distances.

Two text files (doug-leith/dublintram_gaen_dataset): a row of minutes per pair, a column per attenuation bin,
the bins named in the comment on top; and a distance in metres per pair, in the same order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bluezone.errors import Refused

__all__ = ["BadTramFile", "TramPairs", "read_tram"]

_BINS = re.compile(r"are\s+((?:\d+\s*-\s*\d+\s*,\s*)+\d+\s*-\s*\d+)")
_MOST_MINUTES = 1_440.0
_MOST_METRES = 1_000.0


class BadTramFile(Refused):
    """A file of the tram measurements cannot be used; the message names the file, the line and the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class TramPairs:
    """``p`` pairs and ``b`` bins.

    ``edges_db`` float64 (b + 1,), ascending: bin ``i`` is from ``edges_db[i]`` to ``edges_db[i + 1]``.
    ``minutes`` float64 (p, b): time at that attenuation. ``metres`` float64 (p,).
    """

    edges_db: NDArray[np.float64]
    minutes: NDArray[np.float64]
    metres: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.metres)


def read_tram(attenuations: Path, distances: Path) -> TramPairs:
    """Read both files.

    :raises BadTramFile: naming the file and the line: no bins on top, a row of another length, a value that
        is no time or distance, or another number of pairs in the one than in the other.
    """
    lines = _lines(attenuations)
    edges = _edges(attenuations, lines)
    bins = len(edges) - 1
    minutes = [
        _numbers(attenuations, number, line, bins, "minutes", _MOST_MINUTES) for number, line in _rows(lines)
    ]
    metres = [
        _numbers(distances, number, line, 1, "metres", _MOST_METRES)[0]
        for number, line in _rows(_lines(distances))
    ]
    if not minutes:
        raise BadTramFile(f"{attenuations}: there are no pairs in it")
    if len(minutes) != len(metres):
        raise BadTramFile(
            f"{distances}: has {len(metres)} distances for {len(minutes)} pairs in {attenuations}"
        )
    return TramPairs(np.array(edges, dtype=np.float64), np.array(minutes), np.array(metres))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadTramFile(f"{path}: cannot be read as text ({error})") from None


def _rows(lines: list[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line


def _edges(path: Path, lines: list[str]) -> list[int]:
    comments = " ".join(line for line in lines if line.lstrip().startswith("#"))
    found = _BINS.search(comments)
    if found is None:
        raise BadTramFile(f"{path}: no comment on top names the attenuation bins (… are 48-50, 50-52, …)")
    bins = [tuple(int(edge) for edge in one.split("-")) for one in found[1].split(",")]
    for low, high in bins:
        if low >= high:
            raise BadTramFile(f"{path}: the attenuation bin {low}-{high} is empty")
    for before, after in pairwise(bins):
        if before[1] != after[0]:
            raise BadTramFile(
                f"{path}: the attenuation bin {before[0]}-{before[1]} is not followed by one from {before[1]}"
            )
    return [bins[0][0], *(high for _, high in bins)]


def _numbers(path: Path, number: int, line: str, count: int, name: str, most: float) -> list[float]:
    fields = line.split()
    if len(fields) != count:
        raise BadTramFile(f"{path}, line {number}: has {len(fields)} values, needs {count}")
    values = []
    for field in fields:
        try:
            value = float(field)
        except ValueError:
            value = math.nan
        if not 0 <= value <= most:
            raise BadTramFile(f"{path}, line {number}: {field!r:.60} is not from 0 to {most:g} {name}")
        values.append(value)
    return values
