"""Benchmarks of the encounter store: how fast scans go in, on an empty and on a full device."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bluezone.bench.registry import Workload, benchmark
from bluezone.device.store import DeviceStore, Encounter

__all__ = ["fill"]

_HEARD_PER_SCAN = 50
_SCAN_SECONDS = 270
_START = 1_795_564_800
_FULL, _READ, _QUICK_FULL = 10_000_000, 2_000_000, 100_000
_ROWS_PER_FILL = 100_000


def fill(store: DeviceStore, rows: int) -> None:
    """Put ``rows`` made-up encounters in, scan by scan, in large transactions."""
    rng = np.random.default_rng(20_210_325)
    for first in range(0, rows, _ROWS_PER_FILL):
        size = min(_ROWS_PER_FILL, rows - first)
        rpis = rng.bytes(16 * size)
        with store.transaction() as connection:
            connection.executemany(
                "INSERT INTO encounters VALUES (?, ?, x'00000000', -70, -65, 270)",
                (
                    (_scan_time((first + row) // _HEARD_PER_SCAN), rpis[16 * row : 16 * row + 16])
                    for row in range(size)
                ),
            )


def _scan_time(number: int) -> int:
    return _START + number * _SCAN_SECONDS


class _Device:
    """A store in a folder of its own, removed with it; every run inserts scans later than all before."""

    def __init__(self, rows: int) -> None:
        self._folder = TemporaryDirectory(prefix="bluezone-bench-")
        self.store = DeviceStore.open(Path(self._folder.name) / "device")
        fill(self.store, rows)
        self._next = count(rows // _HEARD_PER_SCAN + 1)
        self._rng = np.random.default_rng(rows)

    def _heard(self) -> list[Encounter]:
        rpis = self._rng.bytes(16 * _HEARD_PER_SCAN)
        return [Encounter(rpis[16 * n : 16 * n + 16], b"\0\0\0\0", -70, -65) for n in range(_HEARD_PER_SCAN)]

    def insert_scans(self, scans: int) -> None:
        for _ in range(scans):
            self.store.add_scan(_scan_time(next(self._next)), _SCAN_SECONDS, self._heard())

    def insert_one_by_one(self, scans: int) -> None:
        for _ in range(scans):
            time = _scan_time(next(self._next))
            for encounter in self._heard():
                self.store.add_scan(time, _SCAN_SECONDS, [encounter])


@benchmark(
    "encounter-insert", unit="encounters/s", summary="scans of 50 encounters into a new store, committed"
)
def _insert(quick: bool) -> Workload:
    scans, plain_scans, device = (20, 2, _Device(0)) if quick else (1_000, 20, _Device(0))
    return Workload(
        size=scans * _HEARD_PER_SCAN,
        input=f"{scans} scans of {_HEARD_PER_SCAN} encounters, a transaction each, write-ahead log",
        run=lambda: device.insert_scans(scans),
        baseline_size=plain_scans * _HEARD_PER_SCAN,
        baseline=lambda: device.insert_one_by_one(plain_scans),
        baseline_name="a transaction per encounter",
    )


@benchmark("encounter-full", unit="encounters/s", summary="the same into a store that holds 10 million")
def _insert_full(quick: bool) -> Workload:
    rows, scans = (_QUICK_FULL, 20) if quick else (_FULL, 1_000)
    full, new = _Device(rows), _Device(0)
    return Workload(
        size=scans * _HEARD_PER_SCAN,
        input=f"{scans} scans of {_HEARD_PER_SCAN} encounters into {rows:,}",
        run=lambda: full.insert_scans(scans),
        baseline_size=scans * _HEARD_PER_SCAN,
        baseline=lambda: new.insert_scans(scans),
        baseline_name="into a new store",
    )


@benchmark("encounter-read", unit="encounters/s", summary="loading what a device heard, for matching")
def _read(quick: bool) -> Workload:
    rows = _QUICK_FULL if quick else _READ
    device = _Device(rows)
    plain = min(rows, 200_000)

    def read() -> int:
        return sum(len(chunk) for chunk in device.store.sighting_chunks())

    def plain_read() -> int:
        return len(device.store.query("SELECT * FROM encounters ORDER BY time LIMIT ?", (plain,)))

    return Workload(
        size=rows,
        input=f"{rows:,} encounters in chunks of a million, as numpy arrays",
        run=read,
        baseline_size=plain,
        baseline=plain_read,
        baseline_name="rows as Python tuples",
    )
