"""What a device keeps: encounters, own keys, results, settings, in one folder that only its owner reads.

One connection belongs to one thread; several connections and processes may work at once. What must not run
twice holds a lock (:meth:`DeviceStore.exclusively`), which the system lets go of when a process dies.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bluezone.device import role_lock
from bluezone.device.own_keys import OwnKey, key_for
from bluezone.device.store_schema import StoreInUse, StoreUnusable, open_database
from bluezone.matching.interface import Sightings
from bluezone.protocols.gaen import KEY_BYTES, TemporaryExposureKey, interval_number

__all__ = ["RETENTION", "DeviceStore", "Encounter", "Role", "StoredEncounter"]

RETENTION = timedelta(days=14)
SIGHTINGS_PER_CHUNK = 1_000_000
PURGE_ROWS = 10_000
_FETCH_ROWS = 10_000
_DATABASE = "device.sqlite3"
_DOWNLOADS = "downloads"

Role = Literal["agent", "check"]
_IN_USE: dict[Role, str] = {
    "agent": "a device is already running on it; stop it first (Ctrl-C there)",
    "check": "a check or a report is already running on it; wait until it is done",
}


@dataclass(frozen=True, slots=True)
class Encounter:
    """What one scan heard of one identifier: strengths in whole dBm (``typical_rssi`` is the mean)."""

    rpi: bytes
    aem: bytes
    typical_rssi: int
    max_rssi: int


@dataclass(frozen=True, slots=True)
class StoredEncounter:
    """An encounter with its scan: start in Unix seconds, and the seconds (at most 300) it stands for."""

    encounter: Encounter
    time: int
    seconds_since_last_scan: int


class DeviceStore:
    """The store in a folder; made by :meth:`open`, to be closed."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._connection = connection

    @classmethod
    def open(cls, folder: Path, *, create: bool = True) -> DeviceStore:
        """Open the store in ``folder``, making both where ``create`` allows it.

        :raises Refused: ``StoreMissing``, ``StoreTooNew``, ``StoreDamaged`` and others, see ``store_schema``.
        """
        return cls(folder, open_database(folder / _DATABASE, create=create))

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> DeviceStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def downloads(self) -> Path:
        """The folder for export files on their way."""
        folder = self.folder / _DOWNLOADS
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """All or nothing. ``durable`` waits for the disk, so that even a power cut cannot undo it."""
        connection = self._connection
        if durable:
            connection.execute("PRAGMA synchronous = FULL")
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:  # disk full, read-only, busy for too long
            raise StoreUnusable(f"{self.folder}: cannot write to the device store: {error}") from error
        finally:
            if durable:
                connection.execute("PRAGMA synchronous = NORMAL")

    def query(self, sql: str, parameters: Iterable[Any] = ()) -> list[Any]:
        """All rows of a small read."""
        return self._connection.execute(sql, tuple(parameters)).fetchall()

    @contextmanager
    def exclusively(self, role: Role) -> Iterator[None]:
        """Hold a role that only one process may have; reading and other roles go on.

        :raises StoreInUse: if somebody else has it.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(role_lock.hold(self._lock_file(role)))
            except BlockingIOError:
                raise StoreInUse(f"{self.folder}: {_IN_USE[role]}") from None
            yield

    def is_held(self, role: Role) -> bool:
        """Whether somebody, here or in another process, has a role; looking keeps nobody from it."""
        return role_lock.is_held(self._lock_file(role))

    def _lock_file(self, role: Role) -> Path:
        return self.folder / f"{role}.lock"

    # Encounters

    def add_scan(self, time: int, seconds_since_last_scan: int, encounters: Iterable[Encounter]) -> None:
        """Store what a scan heard; on return it is committed. The same scan again changes nothing."""
        self.add_scans([(time, seconds_since_last_scan, encounters)])

    def add_scans(self, scans: Iterable[tuple[int, int, Iterable[Encounter]]]) -> None:
        """Store many scans, of which each is what :meth:`add_scan` takes, all or none of them."""
        rows = [
            (time, e.rpi, e.aem, e.typical_rssi, e.max_rssi, seconds)
            for time, seconds, encounters in scans
            for e in encounters
        ]
        if not rows:
            return
        with self.transaction() as connection:
            connection.executemany(
                "INSERT INTO encounters VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (time, rpi) DO NOTHING", rows
            )

    def sighting_chunks(self, *, rows: int = SIGHTINGS_PER_CHUNK) -> Iterator[Sightings]:
        """All encounters in order of time, at most ``rows`` in memory at once."""
        after: tuple[int, bytes] = (-(2**62), b"")
        while True:
            times = np.empty(rows, np.int64)
            rpis = np.empty((rows, KEY_BYTES), np.uint8)
            filled = 0
            cursor = self._connection.execute(
                "SELECT time, rpi FROM encounters WHERE (time, rpi) > (?, ?) ORDER BY time, rpi LIMIT ?",
                (*after, rows),
            )
            while part := cursor.fetchmany(_FETCH_ROWS):
                end = filled + len(part)
                times[filled:end] = [time for time, _ in part]
                rpis[filled:end] = np.frombuffer(b"".join(rpi for _, rpi in part), np.uint8).reshape(-1, 16)
                filled, after = end, part[-1]
            if filled:
                yield Sightings(rpis[:filled], times[:filled])
            if filled < rows:
                return

    def encounter(self, time: int, rpi: bytes) -> StoredEncounter | None:
        """The encounter of one scan and identifier, if it is still there."""
        found = self.query(
            "SELECT aem, typical_rssi, max_rssi, seconds_since_last_scan FROM encounters"
            " WHERE time = ? AND rpi = ?",
            (time, rpi),
        )
        if not found:
            return None
        aem, typical, strongest, seconds = found[0]
        return StoredEncounter(Encounter(rpi, aem, typical, strongest), time, seconds)

    def heard_at(self, time: int) -> list[Encounter]:
        """Everything that the scan heard which began at ``time``."""
        rows = self.query("SELECT rpi, aem, typical_rssi, max_rssi FROM encounters WHERE time = ?", (time,))
        return [Encounter(*row) for row in rows]

    def heard_besides(self, time: int, rpi: bytes) -> tuple[int, float]:
        """How many other identifiers a scan heard, and their mean strength in dBm (0 without any)."""
        ((count, mean),) = self.query(
            "SELECT count(*), avg(typical_rssi) FROM encounters WHERE time = ? AND rpi != ?", (time, rpi)
        )
        return int(count), float(mean or 0.0)

    def encounter_count(self) -> int:
        """How many scan instances are kept."""
        return int(self.query("SELECT count(*) FROM encounters")[0][0])

    def purge(self, now: datetime, *, rows: int = PURGE_ROWS) -> int:
        """Delete what is older than 14 days, at most ``rows`` encounters at a time; how many it were.

        It believes ``now``: :mod:`bluezone.device.retention` decides which time is sure enough.
        """
        cutoff = int((now - RETENTION).timestamp())
        with self.transaction() as connection:
            deleted = connection.execute(
                "DELETE FROM encounters WHERE (time, rpi) IN"
                " (SELECT time, rpi FROM encounters WHERE time < ? ORDER BY time, rpi LIMIT ?)",
                (cutoff, rows),
            ).rowcount
            connection.execute(
                "DELETE FROM own_keys WHERE rolling_start + rolling_period <= ?", (interval_number(cutoff),)
            )
            # By whole days, like the alert that rests on them: half a day would score less and withdraw it.
            connection.execute("DELETE FROM matched_scans WHERE time < ?", (cutoff - cutoff % 86_400,))
            connection.execute("DELETE FROM matched_keys WHERE tek NOT IN (SELECT tek FROM matched_scans)")
            connection.execute("DELETE FROM alerts WHERE day < ?", ((now - RETENTION).date().isoformat(),))
        return deleted

    # Own keys

    def current_key(self, now: datetime) -> TemporaryExposureKey:
        """The key of the present interval, see :func:`~bluezone.device.own_keys.key_for`.

        Made on first use, and on disk before it is returned.
        """
        interval = interval_number(now.timestamp())
        known = key_for(self.own_keys(), interval)
        if isinstance(known, OwnKey):
            return known.tek
        with self.transaction(durable=True) as connection:
            return _key_to_use(connection, interval).tek

    def claim_interval(self, now: datetime) -> TemporaryExposureKey | None:
        """The key to go on the air with for the present interval, or ``None``: stay silent.

        Each interval of a key is given out once, for ever; that is on disk when this returns. So one
        identifier is never seen under two addresses, whatever a radio, a process or the clock does.
        """
        interval = interval_number(now.timestamp())
        with self.transaction(durable=True) as connection:
            key = _key_to_use(connection, interval)
            if key.aired >= interval or key.tek.rolling_start > interval:
                return None
            connection.execute("UPDATE own_keys SET aired = ? WHERE id = ?", (interval, key.id))
        return key.tek

    def cut_current_key(self, now: datetime) -> None:
        """End the key in use with the current interval, and freeze all keys up to it, for a report.

        What was on the air stays in, also where a clock that was set back has not come to it again.
        """
        interval = interval_number(now.timestamp())
        with self.transaction(durable=True) as connection:
            connection.execute(
                "UPDATE own_keys SET rolling_period = max(aired, ?) + 1 - rolling_start"
                " WHERE rolling_start <= ? AND rolling_start + rolling_period > ?"
                " AND cut = 0 AND published_at IS NULL",
                (interval, interval, interval),
            )
            connection.execute("UPDATE own_keys SET cut = 1 WHERE rolling_start <= ?", (interval,))

    def own_keys(self) -> list[OwnKey]:
        """The device's own keys that are still kept, oldest first."""
        return _own_keys(self._connection)

    # Settings

    def setting(self, name: str) -> Any:
        """A JSON value, or ``None``."""
        rows = self.query("SELECT value FROM settings WHERE name = ?", (name,))
        return json.loads(rows[0][0]) if rows else None

    def set_setting(self, name: str, value: Any, *, durable: bool = True) -> None:
        """Keep a JSON value, on disk when this returns unless ``durable`` is false; ``None`` removes it."""
        with self.transaction(durable=durable) as connection:
            if value is None:
                connection.execute("DELETE FROM settings WHERE name = ?", (name,))
            else:
                connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))

    # The end

    def forget(self) -> None:
        """Erase everything, and close: every file is overwritten, then removed; the keys are gone for good.

        Where the disk keeps old blocks (flash, snapshots) only its own encryption makes them unreadable.

        :raises StoreInUse: if the device is running or checking.
        """
        with self.exclusively("agent"), self.exclusively("check"):
            # Held open by us, since SQLite removes its log, unerased, when the last connection closes.
            with ExitStack() as stack:
                files = [
                    (stack.enter_context(path.open("r+b", buffering=0)), path.stat().st_size)
                    for path in self._files()
                ]
                self.close()
                for file, size in files:
                    _overwrite(file, size)
            for path in self._files():
                path.unlink(missing_ok=True)
        for folder in (self.folder / _DOWNLOADS, self.folder):
            if folder.is_dir() and not any(folder.iterdir()):  # what is not ours stays
                folder.rmdir()

    def _files(self) -> list[Path]:
        """Every file of the store; the database first, since a log alone brings nothing back."""
        database = [self.folder / f"{_DATABASE}{suffix}" for suffix in ("", "-wal", "-shm")]
        downloads = sorted((self.folder / _DOWNLOADS).glob("*"))
        return [
            path for path in (*database, *downloads, *sorted(self.folder.glob("*.lock"))) if path.is_file()
        ]


def _own_keys(connection: sqlite3.Connection) -> list[OwnKey]:
    rows = connection.execute(
        "SELECT tek, rolling_start, rolling_period, id, aired, cut, published_at FROM own_keys"
        " ORDER BY rolling_start, id"
    )
    return [
        OwnKey(TemporaryExposureKey(tek, start, period), id_, aired, bool(cut), published_at)
        for tek, start, period, id_, aired, cut, published_at in rows
    ]


def _key_to_use(connection: sqlite3.Connection, interval: int) -> OwnKey:
    """The key for an interval, drawn if need be; within a transaction, so that no two processes draw."""
    known = key_for(_own_keys(connection), interval)
    if isinstance(known, OwnKey):
        return known
    tek = TemporaryExposureKey(secrets.token_bytes(KEY_BYTES), known.start, known.period)
    connection.execute(
        "INSERT INTO own_keys (tek, rolling_start, rolling_period) VALUES (?, ?, ?)",
        (tek.data, tek.rolling_start, tek.rolling_period),
    )
    (id_,) = connection.execute("SELECT last_insert_rowid()").fetchone()
    return OwnKey(tek, id_)


def _overwrite(file: FileIO, size: int) -> None:
    left = max(size, file.seek(0, os.SEEK_END))
    file.seek(0)
    while left > 0:
        left -= file.write(bytes(min(left, 1 << 20)))
    os.fsync(file.fileno())
