"""Made-up published keys of two weeks, and what one device heard of them; the same every time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bluezone.matching.interface import KeyBlock, Sightings
from bluezone.matching.key_files import NO_ONSET, DiagnosisKeyBlock
from bluezone.protocols.gaen import (
    INTERVAL_SECONDS,
    KEY_BYTES,
    MATCH_TOLERANCE_INTERVALS,
    MAX_ROLLING_PERIOD,
    DiagnosisKey,
    ReportType,
    rolling_proximity_identifiers,
)

__all__ = [
    "HEARD",
    "SIGHTINGS",
    "by_identifier",
    "key_block",
    "parts",
    "plain_matches",
    "random_keys",
    "sightings_of",
]

SIGHTINGS = 20_000
HEARD = 50
"""How many of the sightings are of published keys."""

_DAYS = 14
_FIRST_INTERVAL = 2_900_016  # a midnight in February 2025


def key_block(count: int) -> DiagnosisKeyBlock:
    """``count`` whole-day keys, evenly over two weeks."""
    rng = np.random.default_rng(20_210_325)
    days = np.arange(count, dtype=np.uint32) % _DAYS
    return DiagnosisKeyBlock(
        keys=KeyBlock(
            teks=rng.integers(0, 256, (count, KEY_BYTES), dtype=np.uint8),
            starts=(_FIRST_INTERVAL + days * MAX_ROLLING_PERIOD).astype(np.uint32),
            periods=np.full(count, MAX_ROLLING_PERIOD, dtype=np.uint8),
        ),
        report_types=np.full(count, ReportType.CONFIRMED_TEST, dtype=np.uint8),
        days_since_onset=np.full(count, NO_ONSET, dtype=np.int64),
        transmission_risks=np.zeros(count, dtype=np.int32),
    )


def random_keys(count: int) -> list[DiagnosisKey]:
    """The same as objects."""
    block = key_block(count)
    return [block.diagnosis_key(row) for row in range(count)]


def parts(block: DiagnosisKeyBlock, size: int) -> Iterator[DiagnosisKeyBlock]:
    """A block cut into blocks of ``size`` keys, as a file is read."""
    for first in range(0, len(block), size):
        rows = slice(first, first + size)
        yield DiagnosisKeyBlock(
            KeyBlock(block.keys.teks[rows], block.keys.starts[rows], block.keys.periods[rows]),
            block.report_types[rows],
            block.days_since_onset[rows],
            block.transmission_risks[rows],
        )


def sightings_of(block: DiagnosisKeyBlock) -> Sightings:
    """20,000 sightings of two weeks, of which 50 are of the given keys, one each or more."""
    rng = np.random.default_rng(4_207)
    rpis = rng.integers(0, 256, (SIGHTINGS, KEY_BYTES), dtype=np.uint8)
    intervals = _FIRST_INTERVAL + rng.integers(0, _DAYS * MAX_ROLLING_PERIOD, SIGHTINGS)
    for row in range(HEARD):
        tek = block.diagnosis_key(row * len(block) // HEARD).tek
        slot = row * 7 % MAX_ROLLING_PERIOD
        rpis[row] = np.frombuffer(rolling_proximity_identifiers(tek)[slot], dtype=np.uint8)
        intervals[row] = tek.rolling_start + slot
    return Sightings(rpis, intervals.astype(np.int64) * INTERVAL_SECONDS)


def by_identifier(sightings: Sightings) -> dict[bytes, list[int]]:
    """Intervals in which each identifier was heard: what a plain matcher looks in."""
    heard: dict[bytes, list[int]] = {}
    for rpi, seconds in zip(sightings.rpis, sightings.times.tolist(), strict=True):
        heard.setdefault(rpi.tobytes(), []).append(seconds // INTERVAL_SECONDS)
    return heard


def plain_matches(keys: list[DiagnosisKey], heard: dict[bytes, list[int]]) -> int:
    """Matches by HKDF and AES key by key, and a dictionary."""
    return sum(
        abs(at - (key.tek.rolling_start + slot)) <= MATCH_TOLERANCE_INTERVALS
        for key in keys
        for slot, rpi in enumerate(rolling_proximity_identifiers(key.tek))
        for at in heard.get(rpi, ())
    )
