"""Exports in a bucket of an S3-compatible store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from storages.backends.s3 import S3Storage

from bluezone.authority.keys.export_names import CACHE_FOREVER, CACHE_SHORTLY, INDEX
from bluezone.authority.keys.export_storage import StorageUnavailable, put_in_place, write_aside

__all__ = ["BucketExports", "ExportBucket"]

_PATIENCE = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})
"""A thread that serves waits for the store; the library's minutes would hold all of them."""


class ExportBucket(S3Storage):  # type: ignore[misc] # the library has no types
    """Its objects say to caches what this server says, so that a CDN may stand before either."""

    def get_default_settings(self) -> dict[str, Any]:
        """Of the library, and how long to wait."""
        return {**super().get_default_settings(), "client_config": _PATIENCE}

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        """Headers of an object."""
        if name.endswith(INDEX):
            return {"CacheControl": CACHE_SHORTLY, "ContentType": "text/plain; charset=utf-8"}
        return {"CacheControl": CACHE_FOREVER, "ContentType": "application/zip"}


@dataclass(frozen=True, slots=True)
class BucketExports:
    """Exports in a bucket, and copies of those that were asked for on this machine's disk."""

    storage: ExportBucket
    copies: Path

    def put(self, name: str, write: Callable[[BinaryIO], None]) -> None:
        """Make a file of what ``write`` writes."""
        aside = write_aside(self.copies, write)
        with aside.open("rb") as file, self._speaking(f"write {name}"):
            self.storage.save(name, File(file))
        aside.unlink()
        (self.copies / name).unlink(missing_ok=True)

    def put_index(self, region: str, content: bytes) -> None:
        """Replace a region's index, if it is another."""
        if self.index(region) != content:
            with self._speaking(f"write {region}/{INDEX}"):
                self.storage.save(f"{region}/{INDEX}", ContentFile(content))

    def index(self, region: str) -> bytes | None:
        """A region's index, ``None`` before there is one."""
        name = f"{region}/{INDEX}"
        try:
            with self._speaking(f"read {name}"), self.storage.open(name, "rb") as file:
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
        with self._speaking(f"delete {name}"):
            self.storage.delete(name)
        (self.copies / name).unlink(missing_ok=True)

    def check(self) -> None:
        """Whether the bucket is there and lets us in; :raises StorageUnavailable:"""
        with self._speaking("look"):
            self.storage.connection.meta.client.head_bucket(Bucket=self.storage.bucket_name)

    def _copy(self, name: str, path: Path) -> None:
        """Fetch a file, with the bucket's time stamp: all servers name it by the same entity tag."""
        with self._speaking(f"read {name}"), self.storage.open(name, "rb") as file:
            modified = self.storage.get_modified_time(name).timestamp()
            aside = write_aside(self.copies, lambda out: shutil.copyfileobj(file, out))
        os.utime(aside, (modified, modified))
        put_in_place(aside, path)
        listed = set((self.index(path.parent.name) or b"").decode().split("\n"))
        for old in path.parent.glob("*.zip"):  # copies of what the builder's machine has removed
            if old != path and f"{path.parent.name}/{old.name}" not in listed:
                old.unlink(missing_ok=True)

    @contextmanager
    def _speaking(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            bucket, store = self.storage.bucket_name, self.storage.endpoint_url or "Amazon's S3"
            cause = " ".join(str(error).split())
            raise StorageUnavailable(f"cannot {doing} in the bucket {bucket} of {store}: {cause}") from error
