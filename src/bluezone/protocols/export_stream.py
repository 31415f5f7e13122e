"""The export message as a stream: whole fields cut out of bounded pieces, keys checked and put in columns.

A protobuf message is a row of fields, and any part of the row is a message too. So the pieces of a large
export are cut at borders of top-level fields, each part is decoded by itself, and no more than one part is
in memory at a time. Everything that reads exports reads them here, so that all refuse alike.

Where the native crate is built it reads the parts that are as every authority writes them, twenty times as
fast; a part with anything unusual in it, right or wrong, is read by the protobuf library.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from bluezone.protocols import export_pb2 as pb
from bluezone.protocols.export_errors import (
    AbsurdStart,
    BadHeader,
    BadKeyLength,
    BadRollingPeriod,
    ShortHeader,
    TruncatedExport,
    UndecodableExport,
)
from bluezone.protocols.gaen import INTERVAL_SECONDS, KEY_BYTES, MAX_ROLLING_PERIOD
from bluezone.protocols.native_crate import bluezone_native

__all__ = [
    "EARLIEST_START",
    "EXPORT_HEADER",
    "LATEST_START",
    "NO_ONSET",
    "ExportFields",
    "KeyColumns",
    "check_fields",
    "read_message",
    "whole_fields",
]

EXPORT_HEADER = b"EK Export v1    "
_EARLIEST_SECONDS, _LATEST_SECONDS = 946_684_800, 4_102_444_800  # the years 2000 and 2100
EARLIEST_START = _EARLIEST_SECONDS // INTERVAL_SECONDS
LATEST_START = _LATEST_SECONDS // INTERVAL_SECONDS
"""Rolling starts outside these are absurd: they come from another unit, an overflow or a missing field."""

NO_ONSET = -(2**31) - 1
"""In a column of onset days: the file says nothing. No number that it could say."""

_MAX_FIELD_BYTES = 2**20
_KEYS_TAG = 7 << 3 | 2


@dataclass(frozen=True, slots=True)
class ExportFields:
    """What an export says of itself; times in Unix seconds, ``None`` where the file says nothing."""

    start: int | None = None
    end: int | None = None
    region: str = ""
    batch_num: int = 1
    batch_size: int = 1


@dataclass(frozen=True, slots=True)
class KeyColumns:
    """``n`` keys of an export in the file's order, checked, one array per property.

    ``teks`` uint8 (n, 16), ``starts`` uint32 (n,), ``periods`` uint8 (n,) with 144 where the file says
    nothing, ``transmission_risks`` int32 (n,), ``report_types`` uint8 (n,), ``days_since_onset`` int64 (n,)
    with ``NO_ONSET``; ``revised`` if they are the file's revised keys.
    """

    teks: NDArray[np.uint8]
    starts: NDArray[np.uint32]
    periods: NDArray[np.uint8]
    transmission_risks: NDArray[np.int32]
    report_types: NDArray[np.uint8]
    days_since_onset: NDArray[np.int64]
    revised: bool

    def __len__(self) -> int:
        return len(self.starts)


def read_message(chunks: Iterable[bytes]) -> Iterator[ExportFields | KeyColumns]:
    """The keys of a whole export.bin (header included), at last what it says of itself.

    :raises ExportError: ``ShortHeader``, ``BadHeader``, ``UndecodableExport``, ``TruncatedExport``,
        ``BadKeyLength``, ``BadRollingPeriod`` or ``AbsurdStart``, possibly after some keys.
    """
    fields = ExportFields()
    counts = {False: 0, True: 0}
    for piece in whole_fields(_after_header(chunks)):
        all_columns, part = _read_part(piece, counts)
        for columns in all_columns:
            if len(columns):
                yield columns
                counts[columns.revised] += len(columns)
        fields = _updated(fields, part)
    check_fields(fields)
    yield fields


def whole_fields(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a message that arrives in arbitrary chunks into parts that end where a top-level field ends.

    :raises ExportError: ``TruncatedExport`` if it ends within a field, ``UndecodableExport`` if a field has
        no readable tag or length, is a group (which the format does not have) or longer than 1 MiB.
    """
    rest = b""
    for chunk in chunks:
        buffer = rest + chunk
        end = _last_border(buffer)
        if end:
            yield buffer[:end]
        rest = buffer[end:]
    if rest:
        raise TruncatedExport(f"export.bin ends within a field, {len(rest)} bytes after its beginning")


def check_fields(fields: ExportFields) -> None:
    """Refuse times outside the years 2000 to 2100, and an end before the start.

    :raises AbsurdStart: naming the time.
    """
    for name, seconds in (("start", fields.start), ("end", fields.end)):
        if seconds is not None and not _EARLIEST_SECONDS <= seconds < _LATEST_SECONDS:
            raise AbsurdStart(f"the export's {name} {seconds} is not a time in seconds of this century")
    if fields.start is not None and fields.end is not None and fields.end < fields.start:
        raise AbsurdStart(f"the export ends at {fields.end}, before its start {fields.start}")


def _after_header(chunks: Iterable[bytes]) -> Iterator[bytes]:
    head = b""
    for chunk in chunks:
        if len(head) < len(EXPORT_HEADER):
            head, chunk = _split_header(head + chunk)
        yield chunk
    if len(head) < len(EXPORT_HEADER):
        raise ShortHeader(f"export.bin has {len(head)} bytes, its header alone has {len(EXPORT_HEADER)}")


def _split_header(begin: bytes) -> tuple[bytes, bytes]:
    size = len(EXPORT_HEADER)
    if not EXPORT_HEADER.startswith(begin[:size]):
        raise BadHeader(f"export.bin begins with {begin[:size]!r}, not {EXPORT_HEADER!r}")
    return begin[:size], begin[size:]


def _last_border(buffer: bytes) -> int:
    """Where the last complete top-level field of a buffer that begins with a field ends."""
    if bluezone_native is not None:
        border: int | None = bluezone_native.last_border(buffer)
        if border is not None:
            return border
    at, size = 0, len(buffer)
    while at < size:
        # Nearly every field is a key with a one-byte length.
        if buffer[at] == _KEYS_TAG and at + 1 < size and buffer[at + 1] < 0x80:
            end = at + 2 + buffer[at + 1]
        else:
            end = _field_end(buffer, at)
        if end > size:
            break
        at = end
    if size - at > _MAX_FIELD_BYTES:
        raise UndecodableExport(f"a field of export.bin is longer than {_MAX_FIELD_BYTES} bytes")
    return at


def _field_end(buffer: bytes, at: int) -> int:
    """Where a field ends; beyond the buffer when that is not known yet."""
    tag, at = _varint(buffer, at)
    if at > len(buffer):
        return at
    if tag >> 3 == 0:
        raise UndecodableExport("export.bin has a field with number 0")
    match tag & 7:
        case 0:  # a number
            return _varint(buffer, at)[1]
        case 1:  # eight bytes
            return at + 8
        case 2:  # length, then content
            length, at = _varint(buffer, at)
            if length > _MAX_FIELD_BYTES:
                raise UndecodableExport(f"a field of export.bin claims {length} bytes")
            return at + length
        case 5:  # four bytes
            return at + 4
        case wire_type:
            raise UndecodableExport(f"export.bin has a field of wire type {wire_type}")


def _varint(buffer: bytes, at: int) -> tuple[int, int]:
    """A variable-length number and where it ends; beyond the buffer when it is not complete."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(buffer):
            return 0, len(buffer) + 1
        byte = buffer[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise UndecodableExport("export.bin has a number longer than ten bytes")


def _read_part(piece: bytes, counts: dict[bool, int]) -> tuple[list[KeyColumns], pb.KeyExport]:
    """Keys and revised keys of a part, of which so many came before, and a message with its other fields."""
    if bluezone_native is not None:
        read = bluezone_native.read_keys(piece, EARLIEST_START, LATEST_START)
        if read is not None:
            keys, revised_keys, others = read
            columns = [_from_bytes(*keys, revised=False), _from_bytes(*revised_keys, revised=True)]
            return columns, _decoded(others)
    part = _decoded(piece)
    return [
        _checked_columns(part.keys, counts[False], revised=False),
        _checked_columns(part.revised_keys, counts[True], revised=True),
    ], part


def _decoded(piece: bytes) -> pb.KeyExport:
    try:
        return pb.KeyExport.FromString(piece)
    except (DecodeError, UnicodeDecodeError):
        raise UndecodableExport("export.bin is not a readable protobuf message") from None


def _from_bytes(
    teks: bytes, starts: bytes, periods: bytes, risks: bytes, types: bytes, days: bytes, *, revised: bool
) -> KeyColumns:
    return KeyColumns(
        teks=np.frombuffer(teks, dtype=np.uint8).reshape(-1, KEY_BYTES),
        starts=np.frombuffer(starts, dtype=np.uint32),
        periods=np.frombuffer(periods, dtype=np.uint8),
        transmission_risks=np.frombuffer(risks, dtype=np.int32),
        report_types=np.frombuffer(types, dtype=np.uint8),
        days_since_onset=np.frombuffer(days, dtype=np.int64),
        revised=revised,
    )


def _checked_columns(keys: Sequence[pb.DiagnosisKey], first: int, *, revised: bool) -> KeyColumns:
    rows = list(keys)
    teks = [key.key_data for key in rows]
    periods = [key.rolling_period for key in rows]
    starts = [key.rolling_start_interval_number for key in rows]
    kind = "revised key" if revised else "key"
    for row, data in enumerate(teks):
        if len(data) != KEY_BYTES:
            raise BadKeyLength(f"{kind} {first + row + 1} has {len(data)} bytes, not {KEY_BYTES}")
    for row, period in enumerate(periods):
        if not 1 <= period <= MAX_ROLLING_PERIOD:
            raise BadRollingPeriod(
                f"{kind} {first + row + 1}: rolling period {period} is outside 1-{MAX_ROLLING_PERIOD}"
            )
    for row, start in enumerate(starts):
        if not EARLIEST_START <= start < LATEST_START:
            raise AbsurdStart(
                f"{kind} {first + row + 1}: rolling start {start} is no interval of this century"
                f" ({EARLIEST_START}-{LATEST_START - 1})"
            )
    days = [key.days_since_onset if key.HasField("days_since_onset") else NO_ONSET for key in rows]
    return KeyColumns(
        teks=np.frombuffer(b"".join(teks), dtype=np.uint8).reshape(-1, KEY_BYTES),
        starts=np.array(starts, dtype=np.uint32),
        periods=np.array(periods, dtype=np.uint8),
        transmission_risks=np.array([key.transmission_risk_level for key in rows], dtype=np.int32),
        report_types=np.array([int(key.report_type) for key in rows], dtype=np.uint8),
        days_since_onset=np.array(days, dtype=np.int64),
        revised=revised,
    )


def _updated(fields: ExportFields, part: pb.KeyExport) -> ExportFields:
    """What a further part of the message says; of a repeated field the last one counts."""
    if not isinstance(part.region, str):  # invalid UTF-8 comes as bytes
        raise UndecodableExport("the export's region is not UTF-8")
    return ExportFields(
        start=part.start_timestamp if part.HasField("start_timestamp") else fields.start,
        end=part.end_timestamp if part.HasField("end_timestamp") else fields.end,
        region=part.region if part.HasField("region") else fields.region,
        batch_num=part.batch_num if part.HasField("batch_num") else fields.batch_num,
        batch_size=part.batch_size if part.HasField("batch_size") else fields.batch_size,
    )
