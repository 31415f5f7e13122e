"""The exact check that every engine's candidates pass: identifier, rolling period, time tolerance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bluezone.matching.interface import Candidates, KeyBlock, Sightings
from bluezone.protocols.gaen import INTERVAL_SECONDS, KEY_BYTES, MATCH_TOLERANCE_INTERVALS

__all__ = ["ConfirmedRows", "SightingIndex", "confirm", "index_sightings"]


@dataclass(frozen=True, slots=True)
class SightingIndex:
    """Sightings sorted by identifier: ``rpis`` (m,) as 16-byte strings, ``intervals`` int64 (m,) heard in,
    ``rows`` int64 (m,) where each was before sorting."""

    rpis: NDArray[np.bytes_]
    intervals: NDArray[np.int64]
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ConfirmedRows:
    """``c`` matches: ``keys`` row in the block, ``intervals`` of the key, ``sightings`` row, int64 each."""

    keys: NDArray[np.int64]
    intervals: NDArray[np.int64]
    sightings: NDArray[np.int64]


def index_sightings(sightings: Sightings) -> SightingIndex:
    """Sort sightings once, for any number of :func:`confirm`."""
    rpis = _as_strings(sightings.rpis)
    order = np.argsort(rpis, kind="stable")
    return SightingIndex(rpis[order], (sightings.times // INTERVAL_SECONDS)[order], order.astype(np.int64))


def confirm(keys: KeyBlock, candidates: Candidates, index: SightingIndex) -> ConfirmedRows:
    """Which candidates are matches, once per sighting of the same identifier.

    A match has the whole identifier, an interval within its key's rolling period, and was heard at most
    ``MATCH_TOLERANCE_INTERVALS`` intervals from it.
    """
    rpis = _as_strings(candidates.rpis)
    first = np.searchsorted(index.rpis, rpis, side="left")
    heard = np.searchsorted(index.rpis, rpis, side="right") - first
    # One row per pair of candidate and sighting: those of candidate i are first[i], first[i] + 1, ...
    pair = np.repeat(np.arange(len(rpis)), heard)
    position = np.arange(len(pair)) - np.repeat(np.cumsum(heard) - heard, heard) + first[pair]
    key_rows = candidates.keys[pair].astype(np.int64)
    intervals = candidates.intervals[pair].astype(np.int64)
    slots = intervals - keys.starts[key_rows].astype(np.int64)
    good = (
        (slots >= 0)
        & (slots < keys.periods[key_rows])
        & (np.abs(index.intervals[position] - intervals) <= MATCH_TOLERANCE_INTERVALS)
    )
    return ConfirmedRows(key_rows[good], intervals[good], index.rows[position[good]])


def _as_strings(rpis: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """Rows of 16 bytes as one string each; numpy compares all of it, zeros at its end like any byte."""
    return np.ascontiguousarray(rpis, dtype=np.uint8).view(f"S{KEY_BYTES}").reshape(-1)
