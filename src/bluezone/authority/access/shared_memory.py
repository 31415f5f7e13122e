"""Numbers in memory that a process shares with those it forks, and with nobody else.

Whatever is to be shared must have been made before the fork: at import, by the modules of the web
application. Nothing of it is in a file. A lock is the system's own on a file without a name, so that it is
free again when its holder dies.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

__all__ = ["SharedNumbers", "SharedSlots"]

_NUMBER = struct.Struct("=q")
_SLOT = struct.Struct("=16sqq")
_BUCKET = 8
"""Slots in which one name may be; with all of them taken, the one with the lowest rank gives way."""


def _file_without_a_name() -> int:
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


_lock_file = _file_without_a_name()
_threads = threading.Lock()


@contextmanager
def _only_we() -> Iterator[None]:
    """Keep other threads and other processes out.

    One lock for all that is shared: it is held for microseconds. With several, the system would see two
    processes whose threads hold one each and want the other's, and take that for a deadlock.
    """
    with _threads:
        fcntl.lockf(_lock_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(_lock_file, fcntl.LOCK_UN)


class SharedNumbers:
    """A few named whole numbers of 64 bits, 0 at first; change them under :attr:`lock`."""

    def __init__(self, *names: str) -> None:
        self._places = {name: place * _NUMBER.size for place, name in enumerate(names)}
        self._memory = mmap.mmap(-1, len(names) * _NUMBER.size)

    @property
    def lock(self) -> AbstractContextManager[None]:
        """A context in which no other thread or process of the server is; not for use within another."""
        return _only_we()

    def __getitem__(self, name: str) -> int:
        (number,) = _NUMBER.unpack_from(self._memory, self._places[name])
        return int(number)

    def __setitem__(self, name: str, number: int) -> None:
        _NUMBER.pack_into(self._memory, self._places[name], number)


class SharedSlots:
    """Two numbers by names of 16 random-looking bytes, in a table of fixed size; for use under a lock.

    The first of the two is the rank: those that are not worth keeping have the lowest, free slots have 0.
    """

    def __init__(self, size: int) -> None:
        self._buckets = size // _BUCKET
        self._memory = mmap.mmap(-1, self._buckets * _BUCKET * _SLOT.size)

    def get(self, name: bytes) -> tuple[int, int]:
        """The numbers of a name; zeros if it is not there."""
        place = self._place(name)
        if place is None:
            return 0, 0
        _, rank, other = _SLOT.unpack_from(self._memory, place)
        return rank, other

    def put(self, name: bytes, rank: int, other: int = 0) -> None:
        """Set the numbers of a name."""
        place = self._place(name)
        if place is None:
            place = min(self._places(name), key=lambda slot: int(_SLOT.unpack_from(self._memory, slot)[1]))
        _SLOT.pack_into(self._memory, place, name, rank, other)

    def clear(self) -> None:
        """Forget every name."""
        self._memory[:] = bytes(len(self._memory))

    def _place(self, name: bytes) -> int | None:
        places = self._places(name)
        found = self._memory.find(name, places.start, places.stop)
        return found if found in places else None

    def _places(self, name: bytes) -> range:
        """Where the slots of a name's bucket are."""
        first = int.from_bytes(name[:4], "big") % self._buckets * _BUCKET * _SLOT.size
        return range(first, first + _BUCKET * _SLOT.size, _SLOT.size)
