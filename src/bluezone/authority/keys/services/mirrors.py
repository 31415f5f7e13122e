"""Mirrors: another authority's files under our own address, byte for byte, for people who cannot reach it.

Only files whose signature we checked are shown. The index is written after the files it names, and files that
the source has taken away go after the index no longer names them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import BinaryIO

import structlog
from django.db.models import Q, QuerySet

from bluezone.authority.keys.export_names import FILE_NAME
from bluezone.authority.keys.export_storage import ExportStorage, StorageUnavailable, export_storage
from bluezone.authority.keys.import_client import ImportFailed
from bluezone.authority.keys.models import ExportConfig, ImportSource

__all__ = [
    "claim_region",
    "copy_file",
    "mirrored_lines",
    "mirrors_of",
    "show_files",
    "take_down_old_mirrors",
]

_log = structlog.get_logger("bluezone.authority.imports")


def mirrors_of(region: str) -> QuerySet[ImportSource]:
    """Sources whose files are shown under a region, or are to be; nothing else may have files there."""
    asked_for = Q(enabled=True, mirror=True, region=region)
    return ImportSource.objects.filter(asked_for | Q(shown_as=region))


def claim_region(source: ImportSource) -> bool:
    """Note that files of the source lie under its region; false if it is mirrored there no longer."""
    rows = ImportSource.objects.filter(pk=source.pk, enabled=True, mirror=True, region=source.region)
    return bool(rows.update(shown_as=source.region))


def take_down_old_mirrors() -> None:
    """Remove what is shown of sources that are stopped, or are mirrored otherwise by now.

    Devices would go on reading an index that nobody brings up to date.
    """
    for source in ImportSource.objects.exclude(shown_as=""):
        if source.enabled and source.mirror and source.region == source.shown_as:
            continue
        try:
            if not ExportConfig.objects.filter(region=source.shown_as).exists():
                _take_down(source, export_storage())
        except (OSError, StorageUnavailable):
            _log.exception("a mirror could not be taken down; it is tried again", source=source.name)
            continue
        ImportSource.objects.filter(pk=source.pk).update(shown_as="")


def mirrored_lines(source: ImportSource, storage: ExportStorage) -> list[str]:
    """What our own index of the mirror shows, oldest first.

    :raises ImportFailed: if the storage does not answer.
    """
    with _told():
        return (storage.index(source.region) or b"").decode().split()


def copy_file(source: ImportSource, name: str, content: bytes, storage: ExportStorage) -> None:
    """Keep a file that was taken in; nobody is shown it yet.

    :raises ImportFailed: if it is not the file that was checked, its name is not one that we serve, or the
        storage does not answer.
    """
    if not FILE_NAME.fullmatch(_bare(name)):
        raise ImportFailed("its name is not like 1615363200-1615377600-00001.zip, so it cannot be mirrored")
    checked = source.files.filter(name=name).values_list("sha256", flat=True).first()
    if checked is None or sha256(content).digest() != bytes(checked):
        raise ImportFailed("it is not the file that was taken in, though files never change")

    def write(out: BinaryIO) -> None:
        out.write(content)

    with _told():
        storage.put(_line(source, name), write)


def show_files(source: ImportSource, names: Sequence[str], storage: ExportStorage) -> None:
    """Show these of the source's files, which are all kept, and remove those that were shown before.

    :raises ImportFailed: if the storage does not answer.
    """
    before = mirrored_lines(source, storage)
    lines = [_line(source, name) for name in names]
    with _told():
        if lines != before or storage.index(source.region) is None:
            storage.put_index(source.region, "\n".join(lines).encode())
        for line in before:
            if line not in lines:
                storage.delete(line)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except StorageUnavailable as error:
        raise ImportFailed(f"not mirrored: {error}") from error


def _take_down(source: ImportSource, storage: ExportStorage) -> None:
    storage.put_index(source.shown_as, b"")
    for name in source.files.values_list("name", flat=True):  # all there ever were: the index may be gone
        if FILE_NAME.fullmatch(_bare(name)):
            storage.delete(f"{source.shown_as}/{_bare(name)}")


def _line(source: ImportSource, name: str) -> str:
    return f"{source.region}/{_bare(name)}"


def _bare(name: str) -> str:
    return name.rpartition("/")[2]
