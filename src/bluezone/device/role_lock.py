"""Locks on files that only one open file may hold, and a look at them that never takes them.

Open file description locks of Linux: the system lets go of them when a process dies, they exclude within one
process too, and unlike ``flock`` they can be asked about.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["hold", "is_held"]

_FLOCK = "hhqqi0q"
"""``struct flock``: type, whence, start, length (0: to the end), process; padded like C's."""


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the lock of a file, made where it is missing, owner-only.

    :raises BlockingIOError: if somebody else holds it.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _write_lock())
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether anybody, here or in another process, holds the lock; nobody is ever kept from taking it."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        found = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _write_lock())
    finally:
        os.close(descriptor)
    return bool(struct.unpack(_FLOCK, found)[0] != fcntl.F_UNLCK)


def _write_lock() -> bytes:
    return struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
