"""Where export files lie: a folder of this machine, or a bucket of an S3-compatible store.

Names are those of the index: ``VN/1615363200-1615377600-00001.zip``. Whoever reads sees a file or the index
whole, or as it was before. A server serves from its own disk in either case (see ADR 13): of a bucket's
files it keeps copies, which never go stale, since files never change.
"""

from __future__ import annotations

import filecmp
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from django.conf import settings
from django.core.files.storage import storages

from bluezone.authority.keys.export_names import INDEX, exports_folder
from bluezone.errors import Refused

__all__ = [
    "BUCKET_ALIAS",
    "ExportStorage",
    "StorageUnavailable",
    "clear_leftovers",
    "export_storage",
    "put_in_place",
    "write_aside",
]

BUCKET_ALIAS = "exports"
_ASIDE = ".aside"
_LEFT_SECONDS = 3600
"""Since the last byte was written: no file takes so long."""


class StorageUnavailable(Refused, OSError):
    """The bucket does not answer, or refuses, or the folder does; where, and why in its own words."""


class ExportStorage(Protocol):
    """What exports need of a place; each call is complete when it returns, power cut or not."""

    def put(self, name: str, write: Callable[[BinaryIO], None]) -> None:
        """Make a file of what ``write`` writes; one of the same content stays as it is."""

    def put_index(self, region: str, content: bytes) -> None:
        """Replace a region's index."""

    def index(self, region: str) -> bytes | None:
        """A region's index, ``None`` before there is one."""

    def open(self, name: str) -> BinaryIO:
        """A file of this machine's disk; :raises FileNotFoundError: if it is not there."""

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""

    def check(self) -> None:
        """Whether it can be used at all; :raises StorageUnavailable:"""


def export_storage() -> ExportStorage:
    """As the settings say."""
    folder = Path(exports_folder())
    if BUCKET_ALIAS in settings.STORAGES:
        from bluezone.authority.keys.export_bucket import BucketExports, ExportBucket  # 20 MB

        return BucketExports(cast(ExportBucket, storages[BUCKET_ALIAS]), folder)
    return _Folder(folder)


def clear_leftovers() -> None:
    """Remove what somebody who died was writing: not builders alone write, so age is what tells it."""
    oldest = time.time() - _LEFT_SECONDS
    for aside in (exports_folder() / _ASIDE).glob("*"):
        with suppress(FileNotFoundError):  # put in place at this moment
            if aside.stat().st_mtime < oldest:
                aside.unlink()


@dataclass(frozen=True, slots=True)
class _Folder:
    root: Path

    def put(self, name: str, write: Callable[[BinaryIO], None]) -> None:
        path = self.root / name
        aside = write_aside(self.root, write)
        if path.exists() and filecmp.cmp(aside, path, shallow=False):
            aside.unlink()  # written before a crash; replacing would only change its time stamp
            return
        put_in_place(aside, path)

    def put_index(self, region: str, content: bytes) -> None:
        self.put(f"{region}/{INDEX}", lambda out: _write_all(out, content))

    def index(self, region: str) -> bytes | None:
        try:
            return (self.root / region / INDEX).read_bytes()
        except FileNotFoundError:
            return None

    def open(self, name: str) -> BinaryIO:
        return (self.root / name).open("rb")

    def delete(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def check(self) -> None:
        if self.root.exists() and not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
            raise StorageUnavailable(f"cannot write to {self.root}")


def _write_all(out: BinaryIO, content: bytes) -> None:
    out.write(content)


def write_aside(root: Path, write: Callable[[BinaryIO], None]) -> Path:
    """A whole file on disk that nobody sees yet."""
    folder = root / _ASIDE
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / secrets.token_hex(8)
    with aside.open("w+b") as out:
        write(out)
        out.flush()
        os.fsync(out.fileno())
    return aside


def put_in_place(aside: Path, path: Path) -> None:
    """Put a whole file in place at once, safe against a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
