"""The stream of fields against the protobuf library's own reading of the whole message, by both decoders."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from bluezone.protocols import export_pb2 as pb
from bluezone.protocols.export_errors import ExportError, TruncatedExport, UndecodableExport
from bluezone.protocols.export_stream import (
    EXPORT_HEADER,
    NO_ONSET,
    ExportFields,
    KeyColumns,
    read_message,
    whole_fields,
)

pytestmark = pytest.mark.usefixtures("decoder")

DAY = 2_694_384


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


good_keys = st.builds(
    pb.DiagnosisKey,
    key_data=st.binary(min_size=16, max_size=16),
    transmission_risk_level=st.none() | st.integers(-5, 9),
    rolling_start_interval_number=st.integers(DAY, DAY + 10_000),
    rolling_period=st.none() | st.integers(1, 144),
    report_type=st.none() | st.sampled_from(list(range(6))),
    days_since_onset=st.none() | st.integers(-20, 20),
).map(lambda key: key.SerializeToString())


@st.composite
def fields(draw: st.DrawFn) -> bytes:
    """One field: a good key, one of the other known fields, or any unknown one."""
    kind = draw(st.sampled_from(["key", "key", "key", "revised", "scalar", "unknown"]))
    if kind in ("key", "revised"):
        content = draw(good_keys)
        return varint((7 if kind == "key" else 8) << 3 | 2) + varint(len(content)) + content
    if kind == "scalar":
        message = draw(
            st.builds(
                pb.KeyExport,
                start_timestamp=st.none() | st.just(1_616_630_400),
                end_timestamp=st.none() | st.just(1_616_716_800),
                region=st.none() | st.text(max_size=5),
                batch_num=st.none() | st.integers(1, 3),
                batch_size=st.none() | st.integers(3, 5),
            )
        )
        return message.SerializeToString()
    number = draw(st.integers(9, 2**29 - 1))
    match draw(st.sampled_from([0, 1, 2, 5])):
        case 0:
            return varint(number << 3) + varint(draw(st.integers(0, 2**64 - 1)))
        case 1:
            return varint(number << 3 | 1) + draw(st.binary(min_size=8, max_size=8))
        case 2:
            content = draw(st.binary(max_size=300))
            return varint(number << 3 | 2) + varint(len(content)) + content
        case _:
            return varint(number << 3 | 5) + draw(st.binary(min_size=4, max_size=4))


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    borders = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    for first, last in pairwise(borders):
        yield data[first:last]


def stream(data: bytes, places: list[int]) -> tuple[pb.KeyExport, ExportFields]:
    """What the stream reads, as a message of its own."""
    message = pb.KeyExport()
    said = ExportFields()
    for part in read_message(cut(EXPORT_HEADER + data, places)):
        if isinstance(part, ExportFields):
            said = part
            continue
        assert isinstance(part, KeyColumns)
        keys = message.revised_keys if part.revised else message.keys
        for row in range(len(part)):
            days = int(part.days_since_onset[row])
            keys.add(
                key_data=part.teks[row].tobytes(),
                transmission_risk_level=int(part.transmission_risks[row]),
                rolling_start_interval_number=int(part.starts[row]),
                rolling_period=int(part.periods[row]),
                report_type=pb.ReportType.Name(int(part.report_types[row])),  # type: ignore[arg-type]
                days_since_onset=None if days == NO_ONSET else days,
            )
    return message, said


def as_tuples(message: pb.KeyExport) -> list[tuple[object, ...]]:
    return [
        (
            revised,
            key.key_data,
            key.transmission_risk_level,
            key.rolling_start_interval_number,
            key.rolling_period,
            key.report_type,
            key.days_since_onset if key.HasField("days_since_onset") else None,
        )
        for revised, keys in ((False, message.keys), (True, message.revised_keys))
        for key in keys
    ]


@settings(deadline=None, max_examples=150)
@given(st.lists(fields(), max_size=12).map(b"".join), st.lists(st.integers(0, 4_000), max_size=12))
def test_any_order_of_fields_cut_anywhere_reads_as_the_library_does(data: bytes, places: list[int]) -> None:
    whole = pb.KeyExport.FromString(data)
    streamed, said = stream(data, places)
    assert as_tuples(streamed) == as_tuples(whole)
    assert said == ExportFields(
        start=whole.start_timestamp if whole.HasField("start_timestamp") else None,
        end=whole.end_timestamp if whole.HasField("end_timestamp") else None,
        region=whole.region,
        batch_num=whole.batch_num if whole.HasField("batch_num") else 1,
        batch_size=whole.batch_size if whole.HasField("batch_size") else 1,
    )


@settings(deadline=None, max_examples=300)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.tuples(st.lists(fields(), max_size=4).map(b"".join), st.integers(0, 500), st.integers(0, 255)).map(
            lambda drawn: (
                drawn[0][: drawn[1] % (len(drawn[0]) + 1)] + bytes([drawn[2]]) + drawn[0][drawn[1] :]
            )
        ),
    ),
    st.lists(st.integers(0, 4_000), max_size=5),
)
def test_what_the_library_refuses_the_stream_refuses(data: bytes, places: list[int]) -> None:
    try:
        streamed = as_tuples(stream(data, places)[0])
    except ExportError:
        return
    assert streamed == as_tuples(pb.KeyExport.FromString(data))  # it would raise DecodeError


@settings(deadline=None)
@given(st.lists(fields(), max_size=8).map(b"".join), st.integers(0, 2_000))
def test_how_a_message_is_cut_does_not_matter(data: bytes, size: int) -> None:
    def outcome(places: list[int]) -> object:
        try:
            return as_tuples(stream(data[:size], places)[0])
        except ExportError as error:
            return type(error)

    assert outcome([]) == outcome(list(range(len(data) + 17)))
    with_library: object
    try:
        with_library = as_tuples(pb.KeyExport.FromString(data[:size]))
    except DecodeError:
        with_library = TruncatedExport
    assert outcome([]) == with_library


def test_pieces_are_whole_fields_and_nothing_is_lost() -> None:
    data = b"\x1a\x02VN" * 3
    assert list(whole_fields([data[:1], data[1:5], data[5:]])) == [data[:4], data[4:]]
    assert list(whole_fields([])) == []


@pytest.mark.parametrize("chunk", [1, 1_000, 65_536])
def test_an_endless_field_does_not_fill_memory(chunk: int) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield b"\xd2\x0f" + varint(2**20 + (chunk == 1))
        while True:
            taken += chunk
            yield bytes(chunk)

    with pytest.raises(UndecodableExport):
        list(whole_fields(endless()))
    assert taken <= 2**21
