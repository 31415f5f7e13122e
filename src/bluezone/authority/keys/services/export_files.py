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
    new, revised = _rows(new_keys(batch)), _rows(revised_keys(batch))
    files = keys = 0
    while True:
        first_new, first_revised = list(islice(new, 1)), list(islice(revised, 1))
        if not first_new and not first_revised:
            return files, keys
        counted = _Counted()
        pieces = chain(
            _encoded(encoder, chain(first_new, new), batch.max_keys_per_file, counted, revised=False),
            _encoded(encoder, chain(first_revised, revised), batch.max_keys_per_file, counted, revised=True),
        )
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


def _encoded(
    encoder: KeyEncoder, rows: Iterator[KeyRow], most: int, counted: _Counted, *, revised: bool
) -> Iterator[bytes]:
    """At most so many of the rows; the others stay for the next file."""
    for at in range(0, most, ROWS_AT_ONCE):
        some = list(islice(rows, min(ROWS_AT_ONCE, most - at)))
        if not some:
            return
        counted.keys += len(some)
        yield encoder.encode(some, revised=revised)


def _rows(keys: QuerySet[PublishedKey, Any]) -> Iterator[KeyRow]:
    """In random order: that of the rows' random numbers."""
    seen = ("tek", "rolling_start", "rolling_period", "seen_risk", "seen_type", "seen_days")
    return read_rows(keys.order_by("pk").values_list(*seen))
