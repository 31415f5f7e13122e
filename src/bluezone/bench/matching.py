"""Benchmarks of derivation and matching: made-up keys of two weeks against what one device heard."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bluezone.bench.registry import Workload, benchmark
from bluezone.matching.interface import KeyBlock, Sightings
from bluezone.matching.key_files import DiagnosisKeyBlock, block_of
from bluezone.matching.match import choose_engine, match_keys
from bluezone.matching.reference import derive_rpis
from bluezone.protocols.gaen import (
    INTERVAL_SECONDS,
    KEY_BYTES,
    MATCH_TOLERANCE_INTERVALS,
    MAX_ROLLING_PERIOD,
    DiagnosisKey,
    TemporaryExposureKey,
    rolling_proximity_identifiers,
)

__all__ = ["random_keys", "random_sightings"]

_SIGHTINGS = 20_000
_HEARD = 50
_DAYS = 14
_FIRST_INTERVAL = 2_900_016  # a midnight in February 2025
_BLOCK_KEYS = 2_048
_NAIVE_KEYS = 500


def random_keys(count: int) -> list[DiagnosisKey]:
    """``count`` whole-day keys, evenly over two weeks; the same every time."""
    rng = np.random.default_rng(20_210_325)
    return [
        DiagnosisKey(
            TemporaryExposureKey(rng.bytes(KEY_BYTES), _FIRST_INTERVAL + row % _DAYS * MAX_ROLLING_PERIOD)
        )
        for row in range(count)
    ]


def random_sightings(keys: list[DiagnosisKey]) -> Sightings:
    """20,000 sightings of two weeks, of which 50 are of the given keys."""
    rng = np.random.default_rng(4_207)
    rpis = rng.integers(0, 256, (_SIGHTINGS, KEY_BYTES), dtype=np.uint8)
    intervals = _FIRST_INTERVAL + rng.integers(0, _DAYS * MAX_ROLLING_PERIOD, _SIGHTINGS)
    for row in range(_HEARD):
        tek = keys[row * len(keys) // _HEARD].tek
        slot = row * 7 % MAX_ROLLING_PERIOD
        rpis[row] = np.frombuffer(rolling_proximity_identifiers(tek)[slot], dtype=np.uint8)
        intervals[row] = tek.rolling_start + slot
    return Sightings(rpis, intervals.astype(np.int64) * INTERVAL_SECONDS)


@benchmark("match", unit="keys/s", summary="published keys against 20,000 sightings, two weeks, one core")
def _match(quick: bool) -> Workload:
    keys = random_keys(4_096 if quick else 40_960)
    sightings = random_sightings(keys)
    blocks = [block_of(keys[first : first + _BLOCK_KEYS]) for first in range(0, len(keys), _BLOCK_KEYS)]
    engine = choose_engine("auto")
    heard = _by_identifier(sightings)

    def run() -> None:
        found = len(match_keys(engine, blocks, sightings).matches)
        if found != _HEARD:
            raise AssertionError(f"{found} matches, {_HEARD} sightings are of these keys")

    return Workload(
        size=len(keys),
        input=f"{len(keys)} keys, {_SIGHTINGS} sightings, {engine.name} engine",
        run=run,
        baseline_size=_NAIVE_KEYS,
        baseline=lambda: _naive_matches(keys[:_NAIVE_KEYS], heard),
        baseline_name="plain Python: HKDF and AES per key, dictionary of sightings",
    )


@benchmark("derive", unit="keys/s", summary="144 identifiers of each key, one core")
def _derive(quick: bool) -> Workload:
    keys = random_keys(1_024 if quick else 8_192)
    block = block_of(keys)
    scratch = bytearray((256 * MAX_ROLLING_PERIOD + 1) * KEY_BYTES)

    def run() -> None:
        for part in _parts(block, 256):
            derive_rpis(part, scratch)

    def one_by_one() -> None:
        for key in keys[:_NAIVE_KEYS]:
            rolling_proximity_identifiers(key.tek)

    return Workload(
        size=len(keys),
        input=f"{len(keys)} keys of 144 intervals, reference engine",
        run=run,
        baseline_size=_NAIVE_KEYS,
        baseline=one_by_one,
        baseline_name="plain Python: one key after the other",
    )


def _parts(block: DiagnosisKeyBlock, size: int) -> Iterator[KeyBlock]:
    for first in range(0, len(block), size):
        rows = slice(first, first + size)
        yield KeyBlock(block.keys.teks[rows], block.keys.starts[rows], block.keys.periods[rows])


def _by_identifier(sightings: Sightings) -> dict[bytes, list[int]]:
    heard: dict[bytes, list[int]] = {}
    for rpi, seconds in zip(sightings.rpis, sightings.times.tolist(), strict=True):
        heard.setdefault(rpi.tobytes(), []).append(seconds // INTERVAL_SECONDS)
    return heard


def _naive_matches(keys: list[DiagnosisKey], heard: dict[bytes, list[int]]) -> int:
    return sum(
        abs(at - (key.tek.rolling_start + slot)) <= MATCH_TOLERANCE_INTERVALS
        for key in keys
        for slot, rpi in enumerate(rolling_proximity_identifiers(key.tek))
        for at in heard.get(rpi, ())
    )
