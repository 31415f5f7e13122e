"""Matching from end to end: published keys against what a device heard, by whichever engine there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
_MAX_TABLE_INTERVALS = 2**20
"""Twenty years: sightings whose times lie further apart cost time, not memory."""


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
    heard = _times_heard(index.intervals)
    found: _Found = {}
    done = 0
    for block in blocks:
        near = _rows_in_time(block.keys, heard)
        keys = block.keys
        if len(near) < len(keys):
            keys = KeyBlock(keys.teks[near], keys.starts[near], keys.periods[near])
        for candidates in engine.propose(keys, prefilter):
            rows = confirm(keys, candidates, index)
            for key, interval, sighting in zip(
                near[rows.keys].tolist(), rows.intervals.tolist(), rows.sightings.tolist(), strict=True
            ):
                _keep_best(found, KeyMatch(block.diagnosis_key(key), interval, sighting, block.revised))
        done += len(block)
        if progress is not None:
            progress(done)
    matches, revoked = _settle(found)
    return MatchResult(matches, revoked, done)


@dataclass(frozen=True, slots=True)
class _TimesHeard:
    """When anything was heard: in ``before[i]`` of the ``i`` intervals from ``first`` on, int32.

    The last entry counts whatever was heard later than the table reaches as one interval more.
    """

    first: int
    before: NDArray[np.int32]


def _times_heard(intervals: NDArray[np.int64]) -> _TimesHeard:
    if len(intervals) == 0:
        return _TimesHeard(0, np.zeros(2, dtype=np.int32))
    first = int(intervals.min())
    offsets = intervals - first
    size = min(int(offsets.max()) + 1, _MAX_TABLE_INTERVALS)
    heard = np.zeros(size + 1, dtype=np.int32)
    heard[np.minimum(offsets, size)] = 1
    return _TimesHeard(first, np.concatenate([[0], np.cumsum(heard, dtype=np.int32)], dtype=np.int32))


def _rows_in_time(keys: KeyBlock, heard: _TimesHeard) -> NDArray[np.intp]:
    """Rows of the keys during whose period, give or take the tolerance, anything was heard at all."""
    last = len(heard.before) - 1
    begin = keys.starts.astype(np.int64) - (heard.first + MATCH_TOLERANCE_INTERVALS)
    end = begin + keys.periods + 2 * MATCH_TOLERANCE_INTERVALS
    earlier = heard.before.take(begin.clip(0, last - 1, out=begin))
    return np.flatnonzero(heard.before.take(end.clip(0, last, out=end)) > earlier)


_Found = dict[tuple[int, int, bytes], KeyMatch]
"""By sighting, interval and key: a file may name a key a million times."""


def _keep_best(found: _Found, match: KeyMatch) -> None:
    place = match.sighting, match.interval, match.key.tek.data
    known = found.get(place)
    if known is None or _preference(match) > _preference(known):
        found[place] = match


def _settle(found: _Found) -> tuple[list[KeyMatch], list[KeyMatch]]:
    """The matches in order, and those of revoked keys apart."""
    revoked_keys = {m.key.tek.data for m in found.values() if m.key.report_type is ReportType.REVOKED}
    settled = [found[place] for place in sorted(found)]
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
