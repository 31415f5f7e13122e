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
        self._report_types = report_types
        self._max_onset_days = max_onset_days
        self._shapes: dict[tuple[int, int, int, Hashable, int | None], tuple[bytes, bytes]] = {}

    def encode(self, rows: Iterable[KeyRow], *, revised: bool = False) -> bytes:
        """One field a row, in the order of the rows.

        :raises AbsurdStart: for a rolling start that a reader would refuse.
        :raises ValueError: for a key that has not 16 bytes, or a period outside 1-144.
        """
        tag = _REVISED_KEYS if revised else _KEYS
        known = self._shapes
        parts: list[bytes] = []
        add = parts.append
        for tek, start, period, risk, report_type, days in rows:
            shape = (start, period, risk, report_type, days)
            around = known.get(shape)
            if around is None:
                around = known[shape] = self._around(*shape)
            if len(tek) != KEY_BYTES:
                raise ValueError(f"a key has {len(tek)} bytes, not {KEY_BYTES}")
            add(tag)
            add(around[0])
            add(tek)
            add(around[1])
        return b"".join(parts)

    def _around(
        self, start: int, period: int, risk: int, report_type: Hashable, days: int | None
    ) -> tuple[bytes, bytes]:
        """What stands before a key's random bytes, but for the tag, and after them."""
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
        return _varint(len(_DATA) + KEY_BYTES + len(after)) + _DATA, after


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
