"""Exports in a bucket of an S3-compatible store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from storages.backends.s3 import S3Storage

from bluezone.authority.keys.export_names import CACHE_FOREVER, CACHE_SHORTLY, INDEX
from bluezone.authority.keys.export_storage import StorageUnavailable, put_in_place, write_aside

__all__ = ["BucketExports", "ExportBucket"]


class ExportBucket(S3Storage):  # type: ignore[misc] # the library has no types
    """Its objects say to caches what this server says, so that a CDN may stand before either."""

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        """Headers of an object."""
        if name.endswith(INDEX):
            return {"CacheControl": CACHE_SHORTLY, "ContentType": "text/plain; charset=utf-8"}
        return {"CacheControl": CACHE_FOREVER, "ContentType": "application/zip"}


@dataclass(frozen=True, slots=True)
class BucketExports:
    """Exports in a bucket, and copies of those that were asked for on this machine's disk."""

    storage: Storage
    copies: Path

    def put(self, name: str, write: Callable[[BinaryIO], None]) -> None:
        """Make a file of what ``write`` writes."""
        aside = write_aside(self.copies, write)
        with aside.open("rb") as file:
            self._save(name, File(file))
        aside.unlink()
        (self.copies / name).unlink(missing_ok=True)

    def put_index(self, region: str, content: bytes) -> None:
        """Replace a region's index, if it is another."""
        if self.index(region) != content:
            self._save(f"{region}/{INDEX}", ContentFile(content))

    def index(self, region: str) -> bytes | None:
        """A region's index, ``None`` before there is one."""
        try:
            with self._open(f"{region}/{INDEX}") as file:
                content: bytes = file.read()
                return content
        except FileNotFoundError:
            return None

    def open(self, name: str) -> BinaryIO:
        """A file's copy, fetched if it is not here yet; :raises FileNotFoundError:"""
        path = self.copies / name
        try:
            return path.open("rb")
        except FileNotFoundError:
            self._copy(name, path)
            return path.open("rb")

    def delete(self, name: str) -> None:
        """Remove a file and its copy."""
        try:
            self.storage.delete(name)
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable(f"cannot delete {name}") from error
        (self.copies / name).unlink(missing_ok=True)

    def _copy(self, name: str, path: Path) -> None:
        """Fetch a file, with the bucket's time stamp: all servers name it by the same entity tag."""
        with self._open(name) as file:
            modified = self.storage.get_modified_time(name).timestamp()
            aside = write_aside(self.copies, lambda out: shutil.copyfileobj(file, out))
        os.utime(aside, (modified, modified))
        put_in_place(aside, path)
        listed = set((self.index(path.parent.name) or b"").decode().split("\n"))
        for old in path.parent.glob("*.zip"):  # copies of what the builder's machine has removed
            if old != path and f"{path.parent.name}/{old.name}" not in listed:
                old.unlink(missing_ok=True)

    def _save(self, name: str, content: File[bytes]) -> None:
        try:
            self.storage.save(name, content)
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable(f"cannot write {name}") from error

    def _open(self, name: str) -> IO[bytes]:
        try:
            return self.storage.open(name, "rb")
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable(f"cannot read {name}") from error
