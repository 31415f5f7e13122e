"""Benchmarks of derivation and matching: made-up keys of two weeks against what one device heard."""

from __future__ import annotations

from pathlib import Path

from bluezone.bench.made_up_keys import (
    HEARD,
    SIGHTINGS,
    by_identifier,
    key_block,
    parts,
    plain_matches,
    random_keys,
    sightings_of,
)
from bluezone.bench.registry import NotMeasurable, Workload, benchmark
from bluezone.matching.interface import Engine, Sightings
from bluezone.matching.key_files import DiagnosisKeyBlock
from bluezone.matching.match import choose_engine, match_keys
from bluezone.matching.native import EngineUnavailable, NativeEngine
from bluezone.matching.reference import derive_rpis
from bluezone.protocols.gaen import KEY_BYTES, MAX_ROLLING_PERIOD, rolling_proximity_identifiers

__all__: list[str] = []

_BLOCK_KEYS = 2_048
_NATIVE_BLOCK_KEYS = 65_536
_PLAIN_KEYS = 250
_REFERENCE_KEYS = 8_192
_DERIVED_AT_ONCE = 256


def _match(
    engine: Engine, block: DiagnosisKeyBlock, sightings: Sightings, block_keys: int = _BLOCK_KEYS
) -> None:
    found = len(match_keys(engine, parts(block, block_keys), sightings).matches)
    if found != HEARD:
        raise AssertionError(f"{found} matches, {HEARD} sightings are of these keys")


@benchmark(
    "match-reference",
    unit="keys/s",
    summary="published keys against 20,000 sightings, two weeks: reference engine, one core",
    sizes=(2_500, 10_000, 40_000),
    quick=(64, 256, 1_024),
)
def match_reference(size: int, folder: Path) -> Workload:
    block = key_block(size)
    sightings = sightings_of(block)
    engine, plain = choose_engine("reference"), min(size, _PLAIN_KEYS)
    keys, heard = [block.diagnosis_key(row) for row in range(plain)], by_identifier(sightings)
    return Workload(
        input=f"{size:,} keys, {SIGHTINGS:,} sightings",
        run=lambda: _match(engine, block, sightings),
        baseline=lambda: plain_matches(keys, heard),
        baseline_units=plain,
        baseline_name="plain Python: HKDF and AES per key, dictionary of sightings",
    )


@benchmark(
    "match-native-one-core",
    unit="keys/s",
    summary="published keys against 20,000 sightings, two weeks: native engine, one core",
    sizes=(62_500, 250_000, 1_000_000),
    quick=(256, 1_024, 4_096),
)
def match_native_one_core(size: int, folder: Path) -> Workload:
    return _native_workload(size, threads=1)


@benchmark(
    "match-native-all-cores",
    unit="keys/s",
    summary="published keys against 20,000 sightings, two weeks: native engine, all cores",
    sizes=(62_500, 250_000, 1_000_000),
    quick=(256, 1_024, 4_096),
)
def match_native_all_cores(size: int, folder: Path) -> Workload:
    return _native_workload(size, threads=0)


def _native_workload(size: int, *, threads: int) -> Workload:
    try:
        engine = NativeEngine(threads)
    except EngineUnavailable as error:
        raise NotMeasurable(str(error)) from None
    block, small = key_block(size), key_block(min(size, _REFERENCE_KEYS))
    sightings, small_sightings = sightings_of(block), sightings_of(small)
    reference = choose_engine("reference")
    return Workload(
        input=f"{size:,} keys, {SIGHTINGS:,} sightings",
        run=lambda: _match(engine, block, sightings, _NATIVE_BLOCK_KEYS),
        baseline=lambda: _match(reference, small, small_sightings),
        baseline_units=len(small),
        baseline_name="reference engine, one core",
    )


@benchmark(
    "derive",
    unit="keys/s",
    summary="144 identifiers of each key: reference engine, one core",
    sizes=(512, 2_048, 8_192),
    quick=(16, 64, 256),
)
def derive(size: int, folder: Path) -> Workload:
    keys, block = random_keys(size), key_block(size)
    scratch = bytearray((_DERIVED_AT_ONCE * MAX_ROLLING_PERIOD + 1) * KEY_BYTES)
    plain = min(size, _PLAIN_KEYS)

    def run() -> None:
        for part in parts(block, _DERIVED_AT_ONCE):
            derive_rpis(part.keys, scratch)

    def one_by_one() -> None:
        for key in keys[:plain]:
            rolling_proximity_identifiers(key.tek)

    return Workload(
        input=f"{size:,} keys of 144 intervals",
        run=run,
        baseline=one_by_one,
        baseline_units=plain,
        baseline_name="plain Python: one key after the other",
    )
