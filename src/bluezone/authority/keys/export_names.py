"""What an export's files are called and where they are, on disk, in the index and in addresses."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from django.conf import settings

__all__ = ["CACHE_FOREVER", "CACHE_SHORTLY", "FILE_NAME", "INDEX", "batch_file_names", "exports_folder"]

FILE_NAME = re.compile(r"[0-9]{1,12}-[0-9]{1,12}-00001\.zip")
INDEX = "index.txt"
CACHE_FOREVER = "public, max-age=31536000, immutable"
CACHE_SHORTLY = "public, max-age=60"


def exports_folder() -> Path:
    """The root of all exports; a region is a folder in it."""
    return Path(settings.BLUEZONE_DATA) / "exports"


def batch_file_names(start: datetime, end: datetime, count: int) -> list[str]:
    """The files of one batch. Each is "1 of 1"; those of a split batch end one second after another."""
    first, last = int(start.timestamp()), int(end.timestamp())
    return [f"{first}-{last + at}-00001.zip" for at in range(count)]
