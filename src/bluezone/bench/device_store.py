"""Benchmarks of the encounter store: how fast scans go in, on an empty and on a full device."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np

from bluezone.bench.registry import Workload, benchmark
from bluezone.device.store import DeviceStore, Encounter

__all__: list[str] = []

_HEARD_PER_SCAN = 50
_SCAN_SECONDS = 270
_START = 1_795_564_800
_ROWS_PER_FILL = 500_000
_SCANS, _FEW_SCANS, _FEW_BELOW = 200, 5, 100_000
_PLAIN_READ = 200_000


def fill(store: DeviceStore, rows: int) -> None:
    """Put ``rows`` made-up encounters in, scan by scan, in large transactions that SQLite fills by itself."""
    for first in range(0, rows, _ROWS_PER_FILL):
        with store.transaction() as connection:
            connection.execute(
                "WITH RECURSIVE made(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM made WHERE n + 1 < ?)"
                " INSERT INTO encounters"
                " SELECT ? + n / ? * ?, randomblob(16), x'00000000', -70, -65, ? FROM made",
                (
                    first,
                    min(rows, first + _ROWS_PER_FILL),
                    _START,
                    _HEARD_PER_SCAN,
                    _SCAN_SECONDS,
                    _SCAN_SECONDS,
                ),
            )


def _scan_time(number: int) -> int:
    return _START + number * _SCAN_SECONDS


class _Device:
    """Stores in a folder; every scan is later than all before."""

    def __init__(self, folder: Path, rows: int = 0) -> None:
        self._folder = folder
        self._rng = np.random.default_rng(rows)
        self._stores = count()
        self._next = count(rows // _HEARD_PER_SCAN + 1)
        self.store = self._open()
        fill(self.store, rows)

    def _open(self) -> DeviceStore:
        return DeviceStore.open(self._folder / f"device-{next(self._stores)}")

    def start_anew(self) -> None:
        """Go on with a new store."""
        self.store.close()
        self.store = self._open()

    def close(self) -> None:
        self.store.close()

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
    "encounter-insert",
    unit="encounters/s",
    summary="scans of 50 encounters into a new store, committed",
    sizes=(6_250, 25_000, 100_000),
    quick=(100, 400, 1_600),
)
def insert(size: int, folder: Path) -> Workload:
    scans, plain_scans = size // _HEARD_PER_SCAN, max(1, size // _HEARD_PER_SCAN // 50)
    device = _Device(folder)
    return Workload(
        units=scans * _HEARD_PER_SCAN,
        input=f"{scans:,} scans of {_HEARD_PER_SCAN} encounters, a transaction each, write-ahead log",
        before=device.start_anew,
        run=lambda: device.insert_scans(scans),
        before_baseline=device.start_anew,
        baseline=lambda: device.insert_one_by_one(plain_scans),
        baseline_units=plain_scans * _HEARD_PER_SCAN,
        baseline_name="a transaction per encounter",
        close=device.close,
    )


@benchmark(
    "encounter-full",
    unit="encounters/s",
    summary="scans of 50 encounters into a store by how many it holds already",
    sizes=(400_000, 2_000_000, 10_000_000),
    quick=(5_000, 20_000, 80_000),
)
def insert_full(size: int, folder: Path) -> Workload:
    full, new = _Device(folder / "full", size), _Device(folder / "new")
    scans = _FEW_SCANS if size < _FEW_BELOW else _SCANS

    def close() -> None:
        full.close()
        new.close()

    return Workload(
        units=scans * _HEARD_PER_SCAN,
        input=f"{scans:,} scans of {_HEARD_PER_SCAN} encounters into {size:,}",
        run=lambda: full.insert_scans(scans),
        before_baseline=new.start_anew,
        baseline=lambda: new.insert_scans(scans),
        baseline_units=scans * _HEARD_PER_SCAN,
        baseline_name="into a new store",
        close=close,
    )


@benchmark(
    "encounter-read",
    unit="encounters/s",
    summary="loading what a device heard, for matching",
    sizes=(125_000, 500_000, 2_000_000),
    quick=(1_000, 4_000, 16_000),
)
def read(size: int, folder: Path) -> Workload:
    device = _Device(folder, size)
    plain = min(size, _PLAIN_READ)

    def as_arrays() -> None:
        _same(size, sum(len(chunk) for chunk in device.store.sighting_chunks()))

    def as_tuples() -> None:
        _same(plain, len(device.store.query("SELECT * FROM encounters ORDER BY time LIMIT ?", (plain,))))

    return Workload(
        input=f"{size:,} encounters in chunks of a million, as numpy arrays",
        run=as_arrays,
        baseline=as_tuples,
        baseline_units=plain,
        baseline_name="rows as Python tuples",
        close=device.close,
    )


def _same(wanted: int, found: int) -> None:
    """The read must not be quick for having lost something."""
    if found != wanted:
        raise AssertionError(f"{found} encounters read, {wanted} stored")
