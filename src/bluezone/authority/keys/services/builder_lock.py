"""The lock of whoever writes exports or mixes rows: one at a time on a data folder and on a database."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from bluezone.authority.keys.export_names import exports_folder

__all__ = ["only_builder"]

_POSTGRES_LOCK = int.from_bytes(b"bluezone", "big")


@contextmanager
def only_builder() -> Iterator[None]:
    """Wait for the others and keep them out; the system lets go of the lock when its holder dies.

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
def _database_lock() -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_POSTGRES_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_POSTGRES_LOCK])
