"""Benchmark of matching from end to end: signed export files on disk against what one device heard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from bluezone.bench.exports import signed_file
from bluezone.bench.made_up_keys import (
    HEARD,
    SIGHTINGS,
    by_identifier,
    key_block,
    plain_matches,
    sightings_of,
)
from bluezone.bench.registry import Workload, benchmark
from bluezone.matching.key_files import DiagnosisKeyBlock, open_key_file
from bluezone.matching.match import choose_engine, match_keys
from bluezone.protocols.export_file import read_export

__all__: list[str] = []

_PLAIN_KEYS = 250


def _blocks(path: Path, public_key: ec.EllipticCurvePublicKey) -> Iterator[DiagnosisKeyBlock]:
    with open_key_file(path, public_keys=[public_key]) as file:
        yield from file.blocks()


@benchmark(
    "match-files",
    unit="keys/s",
    summary="a signed zip file on disk: checked, read, matched against 20,000 sightings",
    sizes=(10_000, 40_000, 160_000),
    quick=(64, 256, 1_024),
)
def match_files(size: int, folder: Path) -> Workload:
    path, small_path = folder / "export.zip", folder / "small.zip"
    content, public_key = signed_file(size)
    path.write_bytes(content)
    sightings, engine = sightings_of(key_block(size)), choose_engine("auto")
    plain = min(size, _PLAIN_KEYS)
    small_path.write_bytes(signed_file(plain)[0])

    def run() -> None:
        found = len(match_keys(engine, _blocks(path, public_key), sightings).matches)
        if found != HEARD:
            raise AssertionError(f"{found} matches, {HEARD} sightings are of these keys")

    def in_memory() -> None:
        read = read_export(small_path.read_bytes(), public_keys=[public_key])
        plain_matches(list(read.keys), by_identifier(sightings))

    return Workload(
        input=f"{size:,} keys in one file, {SIGHTINGS:,} sightings",
        run=run,
        baseline=in_memory,
        baseline_units=plain,
        baseline_name="plain Python: one object per key, HKDF and AES per key, dictionary",
    )
