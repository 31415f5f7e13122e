"""Writing export files as a stream: keys are encoded, hashed and compressed piece by piece.

The message of a key is 16 random bytes and properties that thousands of keys share, so the bytes of each
combination of properties are made once. That is some four times as fast as a protobuf object per key, and a
file of half a million keys never stands in memory. The same keys in the same order give the same bytes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import chain
from typing import Any, BinaryIO

from bluezone.protocols import export_pb2 as pb
from bluezone.protocols.export_archive import ArchiveWriter
from bluezone.protocols.export_errors import AbsurdStart
from bluezone.protocols.export_signature import MAX_SIGNATURES, Signer, build_signature_file
from bluezone.protocols.export_stream import (
    EARLIEST_START,
    EXPORT_HEADER,
    LATEST_START,
    ExportFields,
    check_fields,
)
from bluezone.protocols.gaen import KEY_BYTES, MAX_ROLLING_PERIOD

__all__ = ["KeyEncoder", "KeyRow", "write_export_file"]

KeyRow = tuple[bytes, int, int, int, Hashable, int | None]
"""(16 bytes, rolling start, rolling period, transmission risk, report type, days since onset)."""

_KEYS, _REVISED_KEYS = b"\x3a", b"\x42"
_DATA = b"\x0a\x10"  # field 1, 16 bytes
_RISK, _START, _PERIOD, _TYPE, _DAYS = b"\x10", b"\x18", b"\x20", b"\x28", b"\x30"
_UINT64 = 2**64 - 1


class KeyEncoder:
    """Encodes rows as fields of the export message.

    :param report_types: what stands in the rows for a report type → its number in the file.
    :param max_onset_days: days of onset further away are left out of a key.
    """

    def __init__(self, report_types: Mapping[Any, int], *, max_onset_days: int | None = None) -> None:
        self._new = _Shapes(_KEYS, report_types, max_onset_days)
        self._revised = _Shapes(_REVISED_KEYS, report_types, max_onset_days)

    def encode(self, rows: Sequence[KeyRow], *, revised: bool = False) -> bytes:
        """One field a row, in the order of the rows.

        :raises AbsurdStart: for a rolling start that a reader would refuse.
        :raises ValueError: for a key that has not 16 bytes, or a period outside 1-144.
        """
        for row in rows:
            if len(row[0]) != KEY_BYTES:
                raise ValueError(f"a key has {len(row[0])} bytes, not {KEY_BYTES}")
        shapes = self._revised if revised else self._new
        return b"".join([(around := shapes[row[1:]])[0] + row[0] + around[1] for row in rows])


class _Shapes(dict[tuple[int, int, int, Hashable, int | None], tuple[bytes, bytes]]):
    """Properties of a key → the bytes before and after its random ones, made when they are first met."""

    def __init__(self, tag: bytes, report_types: Mapping[Any, int], max_onset_days: int | None) -> None:
        self._tag = tag
        self._report_types = report_types
        self._max_onset_days = max_onset_days

    def __missing__(self, shape: tuple[int, int, int, Hashable, int | None]) -> tuple[bytes, bytes]:
        start, period, risk, report_type, days = shape
        if not EARLIEST_START <= start < LATEST_START:
            raise AbsurdStart(f"rolling start {start} is no interval of this century")
        if not 1 <= period <= MAX_ROLLING_PERIOD:
            raise ValueError(f"a rolling period of {period} is outside 1-{MAX_ROLLING_PERIOD}")
        after = _RISK + _varint(risk) + _START + _varint(start)
        if period != MAX_ROLLING_PERIOD:
            after += _PERIOD + _varint(period)
        after += _TYPE + _varint(self._report_types[report_type])
        if days is not None and (self._max_onset_days is None or abs(days) <= self._max_onset_days):
            after += _DAYS + _varint(days << 1 if days >= 0 else (-days << 1) - 1)
        self[shape] = self._tag + _varint(len(_DATA) + KEY_BYTES + len(after)) + _DATA, after
        return self[shape]


def write_export_file(
    out: BinaryIO,
    encoded: Iterable[bytes],
    fields: ExportFields,
    signers: Sequence[Signer],
) -> None:
    """Write a whole file to ``out``, which is seekable and stays open.

    :param encoded: of a :class:`KeyEncoder`: keys, then revised keys.
    :param signers: at most ten, in the order in which the file names them; without any it is unsigned.
    :raises ValueError: for more signers, or a batch number outside the batch.
    :raises AbsurdStart: for times that a reader would refuse.
    """
    if len(signers) > MAX_SIGNATURES:
        raise ValueError(f"an export carries at most {MAX_SIGNATURES} signatures, not {len(signers)}")
    if not 1 <= fields.batch_num <= fields.batch_size:
        raise ValueError(f"file {fields.batch_num} of {fields.batch_size} does not exist")
    check_fields(fields)
    digest = sha256()
    with ArchiveWriter(out) as archive:
        with archive.export() as export:
            for piece in chain((EXPORT_HEADER + _encode_fields(fields, signers),), encoded):
                digest.update(piece)
                export.write(piece)
        archive.add_signatures(
            build_signature_file(
                digest.digest(), signers, batch_num=fields.batch_num, batch_size=fields.batch_size
            )
        )


def _encode_fields(fields: ExportFields, signers: Sequence[Signer]) -> bytes:
    """All of the message but its keys, which are its last fields."""
    message = pb.KeyExport(
        start_timestamp=fields.start,
        end_timestamp=fields.end,
        region=fields.region,
        batch_num=fields.batch_num,
        batch_size=fields.batch_size,
        signature_infos=[
            pb.SignatureInfo(
                key_version=signer.info.key_version,
                key_id=signer.info.key_id,
                signature_algorithm=signer.info.algorithm,
            )
            for signer in signers
        ],
    )
    return message.SerializeToString(deterministic=True)


def _varint(number: int) -> bytes:
    number &= _UINT64  # a negative one takes ten bytes
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
