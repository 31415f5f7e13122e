"""Where what is thrown away is kept meanwhile: in memory if there is plenty, since hundreds of devices that
each write durably keep a disk waiting for longer than they compute.

A folder's owner holds a lock on a file in it. So what a killed replay left is known, and removed by the next.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bluezone.atomic_file import CannotWrite

__all__ = ["remove_abandoned", "scratch_folder", "scratch_parent"]

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - only folders of our own are made in it
_TIMES_AS_MUCH = 4
_PREFIX = "bluezone-replay-"
_LOCK = ".lock"


def scratch_parent(needed: int, *, in_memory: Path = _IN_MEMORY) -> Path:
    """The folder to make temporary folders in, for ``needed`` bytes: one in memory only if four times as much
    is free there, and unless ``TMPDIR`` asks for another. What killed replays left in either is removed."""
    on_disk = Path(tempfile.gettempdir())
    for parent in (in_memory, on_disk):
        remove_abandoned(parent)
    if os.environ.get("TMPDIR"):
        return on_disk
    try:
        free = min(shutil.disk_usage(in_memory).free, _free_memory())
    except (OSError, ValueError):
        return on_disk
    roomy = free >= _TIMES_AS_MUCH * needed and os.access(in_memory, os.W_OK | os.X_OK)
    return in_memory if roomy else on_disk


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A new folder of this process, removed afterwards.

    :raises CannotWrite: if there can be none in ``parent``.
    """
    folder, lock = _make(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def remove_abandoned(parent: Path) -> None:
    """Remove the folders in ``parent`` that processes of this user made and no living one holds."""
    try:
        names = [name for name in os.listdir(parent) if name.startswith(_PREFIX)]
    except OSError:
        return
    for name in names:
        with suppress(OSError):
            lock = _hold(parent / name)
            try:
                shutil.rmtree(parent / name, ignore_errors=True)
            finally:
                os.close(lock)


def _make(parent: Path) -> tuple[Path, int | None]:
    while True:
        try:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        except OSError as error:
            raise CannotWrite(f"cannot make a folder in {parent}: {error.strerror or error}") from None
        try:
            return folder, _hold(folder)
        except (BlockingIOError, FileNotFoundError):
            continue  # another replay began just now and took it for an abandoned one
        except OSError:
            return folder, None  # no locks on this file system, so nobody removes what they cannot lock


def _hold(folder: Path) -> int:
    """The descriptor of the folder's lock, which is held until that is closed, or its process ends.

    :raises BlockingIOError: if another holds it.
    :raises FileNotFoundError: if it was removed.
    :raises OSError: if it is no folder, but a link to one, say, or another user's.
    """
    inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(inside).st_uid != os.geteuid():
            raise PermissionError(f"{folder} is another user's")
        lock = os.open(_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=inside)
    finally:
        os.close(inside)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.fstat(lock).st_nlink:
            raise FileNotFoundError(f"{folder} was removed")
    except BaseException:
        os.close(lock)
        raise
    return lock


def _free_memory() -> int:
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
