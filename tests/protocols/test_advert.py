"""Adverts: exact bytes out, anything in, and every kind of useless advert counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.protocols.advert import (
    AdvertError,
    AdvertReader,
    BluezoneAdvert,
    ForeignAdvert,
    GaenAdvert,
    MalformedAdvert,
    OverlongAdvert,
    ShortAdvert,
    build_bluezone_advert,
    build_gaen_advert,
    parse_bluezone_advert,
    parse_gaen_advert,
)

RPI, AEM, BLID = bytes(range(16)), b"\xa0\xa1\xa2\xa3", bytes(range(12))
FLAGS, UUIDS = bytes.fromhex("02011a"), bytes.fromhex("03036ffd")
SERVICE_DATA = bytes.fromhex("17166ffd") + RPI + AEM


def test_the_31_bytes_of_a_gaen_advert() -> None:
    assert build_gaen_advert(RPI, AEM) == FLAGS + UUIDS + SERVICE_DATA
    assert len(build_gaen_advert(RPI, AEM)) == 31


def test_the_23_bytes_of_a_bluezone_advert() -> None:
    # Flags, UUID 0x4E56, company 0x22B5 with the id.
    assert build_bluezone_advert(BLID).hex() == "020102" + "0303564e" + "0fffb522" + BLID.hex()
    assert len(build_bluezone_advert(BLID)) == 23


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=4, max_size=4))
def test_gaen_round_trip(rpi: bytes, aem: bytes) -> None:
    assert parse_gaen_advert(build_gaen_advert(rpi, aem)) == GaenAdvert(rpi, aem)


@given(st.binary(min_size=12, max_size=12))
def test_bluezone_round_trip(blid: bytes) -> None:
    assert parse_bluezone_advert(build_bluezone_advert(blid)) == BluezoneAdvert(blid)


@pytest.mark.parametrize(
    "data",
    [
        SERVICE_DATA,
        UUIDS + SERVICE_DATA,
        FLAGS + SERVICE_DATA,
        SERVICE_DATA + UUIDS,
        bytes.fromhex("020106") + UUIDS + SERVICE_DATA,
        FLAGS + bytes.fromhex("03026ffd") + SERVICE_DATA,
        SERVICE_DATA + bytes(7),  # padding behind the terminating zero
    ],
    ids=["alone", "no flags", "no list", "list last", "other flags", "incomplete list", "padded"],
)
def test_what_stacks_make_of_an_advert_is_read(data: bytes) -> None:
    assert parse_gaen_advert(data) == GaenAdvert(RPI, AEM)


USELESS = [
    (b"", ForeignAdvert),
    (FLAGS, ForeignAdvert),
    (bytes.fromhex("02011a0303aafe0716aafe10000102"), ForeignAdvert),  # another service
    (build_bluezone_advert(BLID), ForeignAdvert),
    (bytes.fromhex("0716d0fc01020304"), ForeignAdvert),
    (bytes(31), ForeignAdvert),  # nothing but padding
    (FLAGS + UUIDS, ShortAdvert),  # listed, no data
    (FLAGS + UUIDS + bytes.fromhex("16166ffd") + RPI + AEM[:3], ShortAdvert),
    (bytes.fromhex("03166ffd"), ShortAdvert),
    (bytes.fromhex("18166ffd") + RPI + AEM + b"\x00", OverlongAdvert),
    (FLAGS + UUIDS + FLAGS + SERVICE_DATA, OverlongAdvert),  # 34 bytes, payload as it should be
    (FLAGS + UUIDS + SERVICE_DATA[:-1], MalformedAdvert),  # cut off
    (SERVICE_DATA + b"\x05", MalformedAdvert),
    (b"\x00" + SERVICE_DATA, MalformedAdvert),  # content behind the end
    (bytes.fromhex("03166ffd") + bytes.fromhex("03166ffd"), MalformedAdvert),  # twice
]


@pytest.mark.parametrize(("data", "kind"), USELESS)
def test_useless_adverts_by_kind(data: bytes, kind: type[AdvertError]) -> None:
    with pytest.raises(AdvertError) as raised:
        parse_gaen_advert(data)
    assert type(raised.value) is kind


def test_the_reader_counts_each_kind_and_goes_on() -> None:
    reader = AdvertReader()
    for data, _ in USELESS:
        assert reader.read(data) is None
    assert reader.read(build_gaen_advert(RPI, AEM)) == GaenAdvert(RPI, AEM)
    assert reader.accepted == 1
    assert reader.ignored == {"foreign": 6, "short": 3, "overlong": 2, "malformed": 4}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (build_gaen_advert(RPI, AEM), ForeignAdvert),
        (bytes.fromhex("0effb522") + BLID[:11], ShortAdvert),
        (bytes.fromhex("0303564e"), ShortAdvert),
        (bytes.fromhex("10ffb522") + BLID + b"\x00", OverlongAdvert),
        (bytes.fromhex("0fffb522") + BLID[:11], MalformedAdvert),
    ],
)
def test_useless_bluezone_adverts_by_kind(data: bytes, kind: type[AdvertError]) -> None:
    with pytest.raises(AdvertError) as raised:
        parse_bluezone_advert(data)
    assert type(raised.value) is kind


@st.composite
def structures(draw: st.DrawFn) -> bytes:
    """Rows of structures, near enough to ours to go past the first check."""
    parts = []
    for _ in range(draw(st.integers(0, 5))):
        payload = draw(st.sampled_from([b"", b"\x6f\xfd", b"\x56\x4e", b"\xb5\x22"])) + draw(
            st.binary(max_size=24)
        )
        kind = draw(st.sampled_from([0x01, 0x02, 0x03, 0x16, 0xFF]))
        length = len(payload) + 1 + draw(st.sampled_from([0, 0, 0, 0, 1, -1]))
        parts.append(bytes([length, kind]) + payload)
    return b"".join(parts) + draw(st.binary(max_size=3))


@given(st.one_of(st.binary(max_size=300), structures()))
def test_arbitrary_bytes_raise_nothing_but_advert_errors(data: bytes) -> None:
    for parse in (parse_gaen_advert, parse_bluezone_advert):
        try:
            parse(data)
        except (ForeignAdvert, ShortAdvert, OverlongAdvert, MalformedAdvert):
            continue


@given(st.lists(st.one_of(st.binary(max_size=64), structures()), max_size=8))
def test_the_reader_never_raises_and_counts_every_advert(adverts: list[bytes]) -> None:
    reader = AdvertReader()
    for data in adverts:
        reader.read(data)
    assert reader.accepted + sum(reader.ignored.values()) == len(adverts)


def test_building_refuses_wrong_sizes() -> None:
    with pytest.raises(ValueError, match="16 \\+ 4 bytes, not 15 \\+ 4"):
        build_gaen_advert(RPI[:15], AEM)
    with pytest.raises(ValueError, match="16 \\+ 4 bytes, not 16 \\+ 5"):
        build_gaen_advert(RPI, AEM + b"\x00")
    with pytest.raises(ValueError, match="12 bytes, not 11"):
        build_bluezone_advert(BLID[:11])
