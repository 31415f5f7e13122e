"""Locks on files that only one open file may hold, and a look at them.

On Linux open file description locks: the system lets go of them when a process dies, they exclude within one
process too, and unlike ``flock`` they can be asked about. Elsewhere ``flock``, where looking is a brief try.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bluezone.device.store_schema import StoreUnusable

__all__ = ["hold", "is_held"]

_CAN_BE_ASKED = sys.platform == "linux"
_FLOCK = "hhqqi0q"
"""``struct flock`` of Linux: type, whence, start, length (0: to the end), process; padded like C's."""


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the lock of a file, made where it is missing, owner-only.

    :raises BlockingIOError: if somebody else holds it.
    :raises StoreUnusable: if the system does not let us make, open or lock the file.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        try:
            if _CAN_BE_ASKED:
                fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _write_lock())
            else:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError as error:
            raise _unusable(path, error) from None
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether anybody, here or in another process, holds the lock.

    On Linux nobody is ever kept from taking it; elsewhere whoever tries in that very moment is.

    :raises StoreUnusable: if the system does not let us look.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        if _CAN_BE_ASKED:
            found = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _write_lock())
            return bool(struct.unpack(_FLOCK, found)[0] != fcntl.F_UNLCK)
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        raise _unusable(path, error) from None
    finally:
        os.close(descriptor)  # which lets go of the lock
    return False


def _unusable(path: Path, error: OSError) -> StoreUnusable:
    return StoreUnusable(f"{path}: {error.strerror or error}")


def _write_lock() -> bytes:
    return struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
