"""The device's database file: its tables, how it is opened, and why it can be refused.

Encounters are clustered by time (``WITHOUT ROWID``): a scan is appended at the end, retention cuts at the
beginning, matching reads in order, and no second index has to be kept. About 50 bytes a row.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from bluezone.errors import Refused

__all__ = [
    "SCHEMA_VERSION",
    "StoreDamaged",
    "StoreInUse",
    "StoreMissing",
    "StoreTooNew",
    "StoreUnusable",
    "open_database",
]

SCHEMA_VERSION = 1
_BUSY_MILLISECONDS = 30_000

_TABLES = """
CREATE TABLE encounters (        -- one row per scan instance: what one scan heard of one identifier
    time INTEGER NOT NULL,       -- start of the scan, Unix seconds
    rpi BLOB NOT NULL CHECK (length(rpi) = 16),
    aem BLOB NOT NULL CHECK (length(aem) = 4),
    typical_rssi INTEGER NOT NULL,
    max_rssi INTEGER NOT NULL,
    seconds_since_last_scan INTEGER NOT NULL,
    PRIMARY KEY (time, rpi)
) WITHOUT ROWID;

CREATE TABLE own_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order of drawing; never given anew, reports name it
    tek BLOB NOT NULL UNIQUE CHECK (length(tek) = 16),
    rolling_start INTEGER NOT NULL,
    rolling_period INTEGER NOT NULL CHECK (rolling_period BETWEEN 1 AND 144),
    aired INTEGER NOT NULL DEFAULT -1,   -- last interval whose identifier went on the air
    cut INTEGER NOT NULL DEFAULT 0,      -- 1: part of a report, so it neither changes nor goes on the air
    published_at INTEGER
);

CREATE TABLE exports (           -- the server's index, line by line, and how far we are with each
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'processed', 'refused')),
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    keys INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE matched_keys (      -- published keys that were heard
    tek BLOB PRIMARY KEY CHECK (length(tek) = 16),
    report_type INTEGER NOT NULL,
    days_since_onset INTEGER,
    revised INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE matched_scans (     -- scan instances of matched keys, with the attenuation their metadata gave
    tek BLOB NOT NULL REFERENCES matched_keys (tek),
    time INTEGER NOT NULL,
    rpi BLOB NOT NULL,
    typical_attenuation INTEGER NOT NULL,
    min_attenuation INTEGER NOT NULL,
    seconds_since_last_scan INTEGER NOT NULL,
    surroundings REAL,           -- mean attenuation of what else that scan heard, if it heard enough
    PRIMARY KEY (tek, time, rpi)
) WITHOUT ROWID;

CREATE TABLE alerts (            -- one per day of exposure
    day TEXT PRIMARY KEY,
    preset TEXT NOT NULL,
    score REAL NOT NULL,
    seconds INTEGER NOT NULL,
    closest_attenuation INTEGER,
    certainty TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    withdrawn_at INTEGER
);

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL          -- JSON
);
"""

_OUT_OF_REACH = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
"""Primary result codes that say nothing against the file: the system kept us from it."""


class StoreMissing(Refused):
    """There is no store in that folder."""


class StoreTooNew(Refused):
    """The store was written by a newer program; an older one could damage it."""


class StoreDamaged(Refused):
    """The file is no database, or a broken one."""


class StoreUnusable(Refused):
    """The system does not let us write: disk full, read-only, or busy for too long."""


class StoreInUse(Refused):
    """Another process does something with the store that must not be done twice at once."""


def open_database(file: Path, *, create: bool) -> sqlite3.Connection:
    """A connection in autocommit mode, tables made where the file is new, owner-only on disk.

    Write-ahead log with ``synchronous=NORMAL``: what was committed survives kill -9; after a power cut the
    last scans may be missing, and the file is whole. ``secure_delete`` overwrites what retention removes.

    :raises StoreMissing: if there is no file and ``create`` is false.
    :raises StoreTooNew: if a newer program wrote it.
    :raises StoreDamaged: if it is no database of ours.
    :raises StoreUnusable: if the system does not let us in.
    """
    try:
        if not file.exists():
            if not create:
                raise StoreMissing(f"{file.parent}: no device store there; `bluezone device run` makes one")
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Made before SQLite opens it: the files beside it (-wal, -shm) get the same mode.
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreUnusable(f"{error.filename or file}: {error.strerror or error}") from None
    try:
        connection = sqlite3.connect(file, isolation_level=None, timeout=_BUSY_MILLISECONDS / 1000)
    except sqlite3.Error as error:
        raise _refusal(error, file) from None
    try:
        _prepare(connection, file)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise _refusal(error, file) from None
    except Refused:
        connection.close()
        raise
    return connection


def _refusal(error: sqlite3.Error, file: Path) -> Refused:
    if isinstance(error, sqlite3.OperationalError):
        if error.sqlite_errorcode & 0xFF in _OUT_OF_REACH:
            return StoreUnusable(f"{file}: {error}")
        if "locked" in str(error):
            return StoreInUse(f"{file}: another process keeps the database busy; try again")
    return StoreDamaged(f"{file}: {error}; move it away to start a new store")


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("BEGIN IMMEDIATE")  # two processes may open a new store at once
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise StoreTooNew(
                f"{file}: written by a newer bluezone (format {version}, this one reads {SCHEMA_VERSION})"
            )
        if version == 0:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
                raise StoreDamaged(f"{file}: a database, but not a device store")
            for statement in _TABLES.split(";\n"):  # executescript would end the transaction
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
