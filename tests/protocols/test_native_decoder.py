"""Exports read with the native crate and by the protobuf library alone: one value, one refusal."""

from __future__ import annotations

from types import ModuleType
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bluezone.protocols import export_pb2 as pb
from bluezone.protocols import export_stream
from bluezone.protocols.export_errors import ExportError
from bluezone.protocols.export_stream import (
    EARLIEST_START,
    EXPORT_HEADER,
    LATEST_START,
    NO_ONSET,
    KeyColumns,
    read_message,
)

DAY = 2_694_384


def varint(value: int, padding: int = 0) -> bytes:
    """The number in as few bytes as it takes, or in some more."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    if padding:
        return bytes([*out, value | 0x80, *[0x80] * (padding - 1), 0])
    return bytes([*out, value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


# The borders of what the format, a 32-bit number and a key allow, and one beyond.
near_borders = (0, 1, 5, 6, 9, 10, 127, 128, 143, 144, 145, 255, EARLIEST_START - 1, EARLIEST_START, DAY)
beyond = (LATEST_START - 1, LATEST_START, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**32 + DAY, 2**63, 2**64 - 1)
numbers = st.sampled_from([*near_borders, *beyond])
paddings = st.sampled_from([0, 0, 0, 0, 1, 2, 4, 8, 9])
number_fields = st.builds(
    lambda number, value, tag_padding, padding: varint(number << 3, tag_padding) + varint(value, padding),
    st.integers(0, 9) | st.sampled_from([2**29 - 1, 2**29]),
    numbers,
    paddings,
    paddings,
)
byte_fields = st.builds(
    lambda number, content, padding: varint(number << 3 | 2) + varint(len(content), padding) + content,
    st.sampled_from([1, 1, 1, 1, 2, 3, 7, 8, 9, 16, 1_000]),
    st.binary(min_size=16, max_size=16) | st.binary(max_size=20),
    paddings,
)
odd_fields = st.sampled_from(
    [
        b"\x41" + bytes(8),  # 8, eight bytes
        b"\x4d" + bytes(4),  # 9, four bytes
        b"\x19" + bytes(8),  # the start, but eight bytes
        b"\x0d" + bytes(4),  # the key, but four bytes
        b"\x00\x00",  # number 0
        b"\x43\x44",  # a group
        b"\x44",  # the end of one
        b"\x47\x00",  # no wire type
        b"\x1a\x02VN",
        b"\x1a\x01\xff",
        b"\xff" * 11,
    ]
)
good_start = st.just(b"\x18" + varint(DAY))
good_data = st.binary(min_size=16, max_size=16).map(lambda data: field(1, data))
regular_keys = st.builds(
    lambda data, risk, start, period, kind, days, variant: (
        data + risk + start + period + kind + days + variant
    ),
    good_data,
    st.just(b"") | st.integers(0, 8).map(lambda value: b"\x10" + varint(value)),
    good_start,
    st.just(b"") | st.integers(1, 144).map(lambda value: b"\x20" + varint(value)),
    st.just(b"") | st.integers(0, 5).map(lambda value: b"\x28" + varint(value)),
    st.just(b"") | st.integers(0, 2**32 - 1).map(lambda value: b"\x30" + varint(value)),
    st.just(b"") | st.integers(0, 3).map(lambda value: b"\x40" + varint(value)),
)
odd_keys = st.tuples(
    good_data, good_start, st.lists(number_fields | byte_fields | odd_fields, max_size=4)
).flatmap(lambda parts: st.permutations([parts[0], parts[1], *parts[2]]).map(b"".join))
key_fields = st.builds(field, st.sampled_from([7, 7, 7, 8]), st.one_of(regular_keys, regular_keys, odd_keys))
scalars = st.builds(
    pb.KeyExport,
    start_timestamp=st.none() | st.sampled_from([0, 1_616_630_400]),
    end_timestamp=st.none() | st.sampled_from([1_616_716_800, 2**64 - 1]),
    region=st.none() | st.text(max_size=5),
    batch_num=st.none() | st.integers(-1, 3),
    batch_size=st.none() | st.integers(3, 5),
).map(lambda message: message.SerializeToString())
messages = st.lists(
    st.one_of(key_fields, key_fields, scalars, number_fields, byte_fields, odd_fields), max_size=8
).map(b"".join)


def outcome(data: bytes, size: int) -> object:
    """All that reading in chunks of a size gives: values, or the refusal's class and message."""
    whole = EXPORT_HEADER + data
    rows: dict[bool, list[tuple[object, ...]]] = {False: [], True: []}
    said = None
    try:
        for part in read_message(whole[at : at + size] for at in range(0, len(whole), size)):
            if isinstance(part, KeyColumns):
                rows[part.revised] += rows_of(part)
            else:
                said = part
    except ExportError as error:
        return type(error), str(error)
    return rows, said


def rows_of(columns: KeyColumns) -> list[tuple[object, ...]]:
    types = {
        "teks": np.uint8,
        "starts": np.uint32,
        "periods": np.uint8,
        "transmission_risks": np.int32,
        "report_types": np.uint8,
        "days_since_onset": np.int64,
    }
    arrays = [getattr(columns, name) for name in types]
    assert [array.dtype for array in arrays] == [np.dtype(kind) for kind in types.values()]
    assert {len(array) for array in arrays} == {len(columns)}
    assert columns.teks.shape == (len(columns), 16)
    return list(zip(*(array.tolist() for array in arrays), strict=True))


def both(data: bytes, size: int) -> tuple[object, object]:
    with patch.object(export_stream, "bluezone_native", None):
        plain = outcome(data, size)
    return outcome(data, size), plain


def test_the_crate_says_no_onset_as_we_do(native_crate: ModuleType) -> None:
    assert native_crate.NO_ONSET == NO_ONSET


@settings(max_examples=500, deadline=None)
@given(messages, st.sampled_from([1, 7, 64, 10_000]))
@example(field(7, field(1, bytes(16)) + b"\x18" + varint(DAY) + b"\x30" + varint(2**32 - 1)), 10_000)
@example(field(7, field(1, bytes(16)) + b"\x18" + varint(2**32 + DAY)), 10_000)
@example(field(7, field(1, bytes(16)) + b"\x18" + varint(DAY) + b"\x10" + varint(2**64 - 5)), 10_000)
@example(b"\xba\x80\x80\x80\x80\x00" + b"\x00", 10_000)
@pytest.mark.usefixtures("native_crate")
def test_any_message_reads_alike(data: bytes, size: int) -> None:
    native, plain = both(data, size)
    assert native == plain


@settings(max_examples=500, deadline=None)
@given(messages, st.integers(0, 10**6), st.integers(0, 255), st.booleans())
@pytest.mark.usefixtures("native_crate")
def test_any_changed_byte_reads_alike(data: bytes, place: int, byte: int, cut: bool) -> None:
    at = place % (len(data) + 1)
    changed = data[:at] + (b"" if cut else bytes([byte]) + data[at + 1 :])
    native, plain = both(changed, 10_000)
    assert native == plain


@settings(max_examples=100, deadline=None)
@given(st.lists(st.builds(field, st.sampled_from([7, 8]), regular_keys), min_size=1, max_size=8))
def test_keys_as_authorities_write_them_are_read_by_the_crate(
    native_crate: ModuleType, fields: list[bytes]
) -> None:
    data = b"".join(fields)
    assert native_crate.last_border(data) == len(data)
    assert native_crate.last_border(data[:-1]) == len(data) - len(fields[-1])
    keys, revised, others = native_crate.read_keys(data + b"\x1a\x02VN", EARLIEST_START, LATEST_START)
    assert (len(keys[1]) + len(revised[1])) / 4 == len(fields)
    assert others == b"\x1a\x02VN"
