"""Where what is thrown away is kept meanwhile: in memory if there is plenty, since hundreds of devices that
each write durably keep a disk waiting for longer than they compute."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

__all__ = ["scratch_parent"]

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - only a folder of our own is made in it
_TIMES_AS_MUCH = 4


def scratch_parent(needed: int, *, in_memory: Path = _IN_MEMORY) -> Path:
    """The folder to make temporary folders in, for ``needed`` bytes: one in memory only if four times as much
    is free there, and unless ``TMPDIR`` asks for another."""
    if os.environ.get("TMPDIR"):
        return Path(tempfile.gettempdir())
    try:
        free = min(shutil.disk_usage(in_memory).free, _free_memory())
    except (OSError, ValueError):
        return Path(tempfile.gettempdir())
    roomy = free >= _TIMES_AS_MUCH * needed and os.access(in_memory, os.W_OK | os.X_OK)
    return in_memory if roomy else Path(tempfile.gettempdir())


def _free_memory() -> int:
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
