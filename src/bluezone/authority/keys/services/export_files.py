"""The files of a batch, and the index: written from the rows, in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain, islice
from typing import Any, BinaryIO

from django.db.models import QuerySet

from bluezone.authority.keys.export_names import batch_file_names
from bluezone.authority.keys.export_storage import ExportStorage
from bluezone.authority.keys.models import BatchStatus, ExportBatch, ExportConfig, PublishedKey
from bluezone.authority.keys.report_types import EXPORT_TYPE
from bluezone.authority.keys.rules import LIMITS
from bluezone.authority.keys.services.export_rows import ROWS_AT_ONCE, new_keys, read_rows, revised_keys
from bluezone.protocols.export_signature import Signer
from bluezone.protocols.export_stream import ExportFields
from bluezone.protocols.export_writer import KeyEncoder, KeyRow, write_export_file

__all__ = ["file_names", "write_batch_files", "write_index"]


def write_batch_files(
    config: ExportConfig, batch: ExportBatch, signers: Sequence[Signer], storage: ExportStorage
) -> tuple[int, int]:
    """Write every file of a batch; returns how many files, and keys in them.

    The same batch and signers give the same bytes, so doing it again is harmless.
    """
    report_types = {name.value: number.value for name, number in EXPORT_TYPE.items()}
    encoder = KeyEncoder(report_types, max_onset_days=LIMITS.max_days_from_onset)
    new, revised = _Waiting(new_keys(batch)), _Waiting(revised_keys(batch))
    files = keys = 0
    while new.any or revised.any:
        counted = _Counted()
        pieces = _encoded(encoder, new, revised, batch.max_keys_per_file, counted)
        fields = ExportFields(
            int(batch.start_at.timestamp()),
            int((batch.end_at + timedelta(seconds=files)).timestamp()),
            config.region,
        )
        name = batch_file_names(batch.start_at, batch.end_at, files + 1)[files]

        def write(out: BinaryIO, pieces: Iterator[bytes] = pieces, fields: ExportFields = fields) -> None:
            write_export_file(out, pieces, fields, signers)

        storage.put(f"{config.region}/{name}", write)
        files += 1
        keys += counted.keys
    return files, keys


def write_index(config: ExportConfig, storage: ExportStorage) -> None:
    """List the files of published batches, oldest first."""
    published = config.batches.filter(status=BatchStatus.PUBLISHED).order_by("end_at")
    storage.put_index(config.region, "\n".join(chain.from_iterable(map(file_names, published))).encode())


def file_names(batch: ExportBatch) -> list[str]:
    """The lines of a batch's files in the index."""
    names = batch_file_names(batch.start_at, batch.end_at, batch.file_count)
    return [f"{batch.config.region}/{name}" for name in names]


class _Counted:
    keys = 0


class _Waiting:
    """A batch's rows that are in no file yet, in random order: that of their random numbers."""

    def __init__(self, keys: QuerySet[PublishedKey, Any]) -> None:
        seen = ("tek", "rolling_start", "rolling_period", "seen_risk", "seen_type", "seen_days")
        self._rows: Iterator[KeyRow] = read_rows(keys.order_by("pk").values_list(*seen))
        self._next = list(islice(self._rows, 1))

    @property
    def any(self) -> bool:
        return bool(self._next)

    def take(self, most: int) -> list[KeyRow]:
        """At least one, if there are any."""
        taken = [*self._next, *islice(self._rows, most - 1)]
        self._next = list(islice(self._rows, 1))
        return taken


def _encoded(
    encoder: KeyEncoder, new: _Waiting, revised: _Waiting, most: int, counted: _Counted
) -> Iterator[bytes]:
    """One file's keys: at most so many of both together; the others stay for the next file."""
    for waiting in (new, revised):
        while waiting.any and counted.keys < most:
            rows = waiting.take(min(ROWS_AT_ONCE, most - counted.keys))
            counted.keys += len(rows)
            yield encoder.encode(rows, revised=waiting is revised)
