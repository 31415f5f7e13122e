"""Matching from end to end: published keys against what a device heard, by whichever engine there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from bluezone.matching.confirm import confirm, index_sightings
from bluezone.matching.interface import Engine, KeyBlock, Sightings
from bluezone.matching.key_files import DiagnosisKeyBlock
from bluezone.matching.native import EngineUnavailable, NativeEngine
from bluezone.matching.reference import ReferenceEngine
from bluezone.protocols.gaen import (
    MATCH_TOLERANCE_INTERVALS,
    DiagnosisKey,
    ReportType,
)

__all__ = [
    "ENGINE_NAMES",
    "EngineUnavailable",
    "KeyMatch",
    "MatchResult",
    "choose_engine",
    "match_keys",
]

ENGINE_NAMES = ("auto", "reference", "native")


@dataclass(frozen=True, slots=True)
class KeyMatch:
    """A sighting (its row) of an identifier that a published key produced for an interval."""

    key: DiagnosisKey
    interval: int
    sighting: int
    revised: bool = False


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What was found among ``keys`` published keys.

    ``matches`` warn; ``revoked`` are sightings of keys that the authority has taken back, so whatever they
    warned of before is to be withdrawn. Both are sorted by sighting, interval and key.
    """

    matches: list[KeyMatch]
    revoked: list[KeyMatch]
    keys: int


def choose_engine(name: str = "auto") -> Engine:
    """The engine of a name; "auto" is the fastest of this installation.

    :raises EngineUnavailable: if it is not there.
    """
    if name == "native":
        return NativeEngine()
    if name == "reference":
        return ReferenceEngine()
    if name == "auto":
        try:
            return NativeEngine()
        except EngineUnavailable:
            return ReferenceEngine()
    raise EngineUnavailable(f"there is no matching engine {name!r}; there are {', '.join(ENGINE_NAMES)}")


def match_keys(
    engine: Engine,
    blocks: Iterable[DiagnosisKeyBlock],
    sightings: Sightings,
    progress: Callable[[int], None] | None = None,
) -> MatchResult:
    """Every sighting of an identifier of these keys, within the key's period and two hours.

    The result depends neither on how keys are split into blocks nor on their order. Of a key published more
    than once, its revised form counts; if any form of it is revoked, it warns nobody.

    :param progress: told the number of keys done after each block.
    """
    prefilter = engine.prepare(sightings)
    index = index_sightings(sightings)
    heard = np.unique(index.intervals)
    found: list[KeyMatch] = []
    done = 0
    for block in blocks:
        near = _rows_in_time(block.keys, heard)
        keys = KeyBlock(block.keys.teks[near], block.keys.starts[near], block.keys.periods[near])
        for candidates in engine.propose(keys, prefilter):
            rows = confirm(keys, candidates, index)
            for key, interval, sighting in zip(
                near[rows.keys].tolist(), rows.intervals.tolist(), rows.sightings.tolist(), strict=True
            ):
                found.append(KeyMatch(block.diagnosis_key(key), interval, sighting, block.revised))
        done += len(block)
        if progress is not None:
            progress(done)
    matches, revoked = _settle(found)
    return MatchResult(matches, revoked, done)


def _rows_in_time(keys: KeyBlock, heard: np.ndarray) -> np.ndarray:
    """Rows of the keys during whose period, give or take the tolerance, anything was heard at all."""
    starts = keys.starts.astype(np.int64)
    earliest = np.searchsorted(heard, starts - MATCH_TOLERANCE_INTERVALS, side="left")
    latest = np.searchsorted(heard, starts + keys.periods - 1 + MATCH_TOLERANCE_INTERVALS, side="right")
    return np.flatnonzero(latest > earliest)


def _settle(found: list[KeyMatch]) -> tuple[list[KeyMatch], list[KeyMatch]]:
    """One match per key, interval and sighting, and the revoked ones apart."""
    revoked_keys = {m.key.tek.data for m in found if m.key.report_type is ReportType.REVOKED}
    best: dict[tuple[int, int, bytes], KeyMatch] = {}
    for match in sorted(found, key=_preference):
        best[match.sighting, match.interval, match.key.tek.data] = match
    settled = [best[place] for place in sorted(best)]
    return (
        [match for match in settled if match.key.tek.data not in revoked_keys],
        [match for match in settled if match.key.tek.data in revoked_keys],
    )


def _preference(match: KeyMatch) -> tuple[bool, bool, int, int, int, int, int]:
    """The greatest is kept: a revocation, a revised form, then whatever makes order irrelevant."""
    key = match.key
    days = -(2**32) if key.days_since_onset is None else key.days_since_onset
    return (
        key.report_type is ReportType.REVOKED,
        match.revised,
        int(key.report_type),
        days,
        key.transmission_risk,
        key.tek.rolling_start,
        key.tek.rolling_period,
    )
