"""Locks of background work: one at a time on a data folder and on a database."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from bluezone.authority.keys.export_names import exports_folder

__all__ = ["only_builder", "only_importer"]

_BUILDERS = int.from_bytes(b"bluezone", "big")
_IMPORTERS = int.from_bytes(b"bluezimp", "big")


@contextmanager
def only_builder() -> Iterator[None]:
    """Wait for others who write exports or mix rows; the system lets go of the lock when its holder dies.

    A lock on a file of the folder, and on PostgreSQL one in the database too: file systems that several
    machines share do not all pass locks on.
    """
    folder = exports_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _database_lock():
            yield


@contextmanager
def only_importer() -> Iterator[bool]:
    """Whether nobody else follows sources on schedule; does not wait, since the next run is as good."""
    folder = exports_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".import-lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        if connection.vendor != "postgresql":
            yield True
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_IMPORTERS])
            (free,) = cursor.fetchone()
        try:
            yield bool(free)
        finally:
            if free:
                _unlock(_IMPORTERS)


@contextmanager
def _database_lock() -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_BUILDERS])
    try:
        yield
    finally:
        _unlock(_BUILDERS)


def _unlock(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
