"""Mirrors: another authority's files under our own address, byte for byte, for people who cannot reach it.

Only files whose signature we checked are shown. The index is written after the files it names, and files that
the source has taken away go after the index no longer names them.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import BinaryIO

from bluezone.authority.keys.export_names import FILE_NAME
from bluezone.authority.keys.export_storage import ExportStorage
from bluezone.authority.keys.import_client import ImportFailed
from bluezone.authority.keys.models import ImportSource

__all__ = ["copy_file", "mirrored_lines", "show_files"]


def mirrored_lines(source: ImportSource, storage: ExportStorage) -> list[str]:
    """What our own index of the mirror shows, oldest first."""
    return (storage.index(source.region) or b"").decode().split()


def copy_file(source: ImportSource, name: str, content: bytes, storage: ExportStorage) -> None:
    """Keep a file that was taken in; nobody is shown it yet.

    :raises ImportFailed: if it is not the file that was checked, or its name is not one that we serve.
    """
    if not FILE_NAME.fullmatch(_bare(name)):
        raise ImportFailed("its name is not like 1615363200-1615377600-00001.zip, so it cannot be mirrored")
    checked = source.files.filter(name=name).values_list("sha256", flat=True).first()
    if checked is None or sha256(content).digest() != bytes(checked):
        raise ImportFailed("it is not the file that was taken in, though files never change")

    def write(out: BinaryIO) -> None:
        out.write(content)

    storage.put(_line(source, name), write)


def show_files(source: ImportSource, names: Sequence[str], storage: ExportStorage) -> None:
    """Show these of the source's files, which are all kept, and remove those that were shown before."""
    before = mirrored_lines(source, storage)
    lines = [_line(source, name) for name in names]
    if lines != before or storage.index(source.region) is None:
        storage.put_index(source.region, "\n".join(lines).encode())
    for line in before:
        if line not in lines:
            storage.delete(line)


def _line(source: ImportSource, name: str) -> str:
    return f"{source.region}/{_bare(name)}"


def _bare(name: str) -> str:
    return name.rpartition("/")[2]
