"""Export files: the signed zip in which an authority publishes keys, written and read.

Layout in ``spec/export.proto``. Nothing of a file is used before its signature is checked over the whole
export.bin; see :data:`PublicKeys` for how keys are given. A file is read once: what is decompressed for the
check is kept, 64 MiB at most, and the keys come out of these very bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import BinaryIO

from bluezone.protocols.export_archive import MAX_EXPORT_BYTES, ExportArchive
from bluezone.protocols.export_signature import (
    PublicKeys,
    SignatureInfo,
    SignatureStatus,
    Signer,
    check_signatures,
)
from bluezone.protocols.export_stream import (
    NO_ONSET,
    ExportFields,
    KeyColumns,
    read_message,
)
from bluezone.protocols.export_writer import KeyEncoder, KeyRow, write_export_file
from bluezone.protocols.gaen import DiagnosisKey, ReportType, TemporaryExposureKey

__all__ = ["Export", "OpenExport", "open_export", "read_export", "write_export"]

_PIECE_CHUNKS = 8
"""Of 64 KiB: what is decoded at a time; enough for both cores of a small machine, little beside the file."""


@dataclass(frozen=True, slots=True)
class Export:
    """A whole export file; ``start`` and ``end`` in Unix seconds, ``None`` where it says nothing."""

    region: str
    start: int | None
    end: int | None
    batch_num: int
    batch_size: int
    keys: tuple[DiagnosisKey, ...]
    revised_keys: tuple[DiagnosisKey, ...]
    signature: SignatureStatus
    signers: tuple[SignatureInfo, ...]


class OpenExport:
    """An export whose signature is already checked, to be read as a stream; made by :func:`open_export`.

    ``fields`` is ``None`` until the message was read to its end, since its fields come in any order.
    """

    def __init__(
        self, chunks: list[bytes], signature: SignatureStatus, signers: tuple[SignatureInfo, ...]
    ) -> None:
        self.signature = signature
        self.signers = signers
        self.fields: ExportFields | None = None
        self._chunks = chunks

    def key_columns(self) -> Iterator[KeyColumns]:
        """All keys, some ten thousand at a time. Use them for good only after the last one came.

        :raises ExportError: any fault of the message.
        """
        pieces = (
            b"".join(self._chunks[first : first + _PIECE_CHUNKS])
            for first in range(0, len(self._chunks), _PIECE_CHUNKS)
        )
        for part in read_message(pieces):
            if isinstance(part, KeyColumns):
                yield part
            else:
                self.fields = part


def open_export(
    file: BinaryIO,
    *,
    public_keys: PublicKeys = None,
    allow_unsigned: bool = False,
    max_bytes: int = MAX_EXPORT_BYTES,
) -> OpenExport:
    """Check the archive and the signature of a seekable file; afterwards it may be closed.

    :param public_keys: whose signatures to believe, see :data:`PublicKeys`.
    :param allow_unsigned: also open files without a signature or by a signer whose key is not given.
    :param max_bytes: limit of the decompressed export.bin, which is kept in memory.
    :raises ExportError: its classes name the fault.
    """
    archive = ExportArchive(file, max_bytes=max_bytes)
    digest = sha256()
    chunks = []
    for chunk in archive.export_chunks():
        digest.update(chunk)
        chunks.append(chunk)
    signature, signers = check_signatures(
        digest.digest(), archive.signature_file(), public_keys, allow_unsigned=allow_unsigned
    )
    return OpenExport(chunks, signature, signers)


def read_export(
    source: bytes | BinaryIO,
    *,
    public_keys: PublicKeys = None,
    allow_unsigned: bool = False,
    max_bytes: int = MAX_EXPORT_BYTES,
) -> Export:
    """Read a whole export file; parameters and errors as of :func:`open_export`."""
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    opened = open_export(file, public_keys=public_keys, allow_unsigned=allow_unsigned, max_bytes=max_bytes)
    keys: dict[bool, list[DiagnosisKey]] = {False: [], True: []}
    for columns in opened.key_columns():
        keys[columns.revised].extend(_diagnosis_keys(columns))
    fields = opened.fields or ExportFields()
    return Export(
        region=fields.region,
        start=fields.start,
        end=fields.end,
        batch_num=fields.batch_num,
        batch_size=fields.batch_size,
        keys=tuple(keys[False]),
        revised_keys=tuple(keys[True]),
        signature=opened.signature,
        signers=opened.signers,
    )


def write_export(
    keys: Iterable[DiagnosisKey],
    *,
    region: str,
    start: datetime | int,
    end: datetime | int,
    signers: Sequence[Signer] = (),
    revised_keys: Iterable[DiagnosisKey] = (),
    batch_num: int = 1,
    batch_size: int = 1,
) -> bytes:
    """The zip for some keys; the same bytes for the same input, whatever the order of the keys.

    Keys are sorted by their random bytes, so that a file does not tell which of them came together.

    :param start: earliest time the keys were received, aware or Unix seconds; ``end`` is exclusive.
    :param signers: at most ten; without any the file is unsigned.
    :raises ValueError: for more signers, a naive time or a batch number outside the batch.
    :raises AbsurdStart: for times and rolling starts that a reader would refuse.
    """
    encoder = KeyEncoder({one: one.value for one in ReportType})
    out = io.BytesIO()
    write_export_file(
        out,
        (
            encoder.encode([_row(key) for key in sorted(keys, key=_sort_key)]),
            encoder.encode([_row(key) for key in sorted(revised_keys, key=_sort_key)], revised=True),
        ),
        ExportFields(_unix_seconds(start), _unix_seconds(end), region, batch_num, batch_size),
        signers,
    )
    return out.getvalue()


def _sort_key(key: DiagnosisKey) -> tuple[bytes, int, int, int]:
    return key.tek.data, key.tek.rolling_start, key.tek.rolling_period, key.report_type


def _row(key: DiagnosisKey) -> KeyRow:
    tek = key.tek
    return (
        tek.data, tek.rolling_start, tek.rolling_period, key.transmission_risk, key.report_type,
        key.days_since_onset,
    )  # fmt: skip


def _diagnosis_keys(columns: KeyColumns) -> Iterator[DiagnosisKey]:
    rows = zip(
        columns.teks,
        columns.starts.tolist(),
        columns.periods.tolist(),
        columns.report_types.tolist(),
        columns.days_since_onset.tolist(),
        columns.transmission_risks.tolist(),
        strict=True,
    )
    for data, start, period, report_type, days, risk in rows:
        tek = TemporaryExposureKey(data.tobytes(), start, period)
        yield DiagnosisKey(tek, ReportType(report_type), None if days == NO_ONSET else days, risk)


def _unix_seconds(moment: datetime | int) -> int:
    if isinstance(moment, int):
        return moment
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return int(moment.timestamp())
