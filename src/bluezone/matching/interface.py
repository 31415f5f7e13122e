"""What an engine gets and gives; the terms every engine and the shared confirmation speak in.

*Sighting*: one reception summary (identifier, time, attenuation). *Key block*: many published keys as
contiguous arrays, so that no Python object per key exists on the hot path. *Candidate*: a key and an
interval whose identifier begins like some sighting's; not yet a match.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Candidates", "Engine", "KeyBlock", "Match", "Sightings"]


@dataclass(frozen=True, slots=True)
class KeyBlock:
    """``n`` keys: ``teks`` uint8 (n, 16) C-contiguous, ``starts`` uint32 (n,), ``periods`` uint8 (n,)."""

    teks: NDArray[np.uint8]
    starts: NDArray[np.uint32]
    periods: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True, slots=True)
class Sightings:
    """``m`` sightings: ``rpis`` uint8 (m, 16), ``times`` int64 (m,) Unix seconds.

    Any order; the same identifier may occur many times. What else is known of a sighting stays with the
    caller, who finds it again by row number.
    """

    rpis: NDArray[np.uint8]
    times: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.times)


@dataclass(frozen=True, slots=True)
class Candidates:
    """``c`` proposals: ``keys`` int64 row in the block, ``intervals`` uint32 ENIN, ``rpis`` uint8 (c, 16).

    An engine may propose too much (any interval of 144, hash collisions), never too little.
    """

    keys: NDArray[np.int64]
    intervals: NDArray[np.uint32]
    rpis: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Match:
    """A sighting (row) of an identifier that key (row) produced for an interval, within tolerance."""

    key: int
    interval: int
    sighting: int


class Engine(Protocol):
    """Derives identifiers and proposes candidates.

    Not checked by an engine: rolling period, time tolerance, the whole identifier. ``confirm`` in
    ``bluezone.matching.confirm`` does, for all engines alike.
    """

    name: str

    def prepare(self, sightings: Sightings) -> object:
        """Build whatever prefilter the engine probes; handed back to every ``propose``."""

    def propose(self, keys: KeyBlock, prefilter: object) -> Iterator[Candidates]:
        """Candidates of a block of any size, in bounded memory."""
