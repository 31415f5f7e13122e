"""Writing a file so that whoever reads it sees all of it, or what was there before."""

from __future__ import annotations

import os
from pathlib import Path

from bluezone.errors import Refused

__all__ = ["CannotWrite", "make_folder", "write_whole"]


class CannotWrite(Refused):
    """A file cannot be written; the message names it and why."""


def make_folder(path: Path) -> None:
    """Make a folder where there is none, with those above it.

    :raises CannotWrite: naming it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"cannot make the folder {path}: {error.strerror or error}") from None


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
