"""Writing a file so that whoever reads it sees all of it, or what was there before."""

from __future__ import annotations

import os
from pathlib import Path

from bluezone.errors import Refused

__all__ = ["CannotWrite", "write_whole"]


class CannotWrite(Refused):
    """A file cannot be written; the message names it and why."""


def write_whole(path: Path, text: str) -> None:
    """Write aside and rename; folders are made.

    :raises CannotWrite: naming the file.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.aside")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            aside.write_text(text, encoding="utf-8")
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(f"cannot write {path}: {error.strerror or error}") from None
