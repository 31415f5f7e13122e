"""The bytes of an export, put together by hand: struct, hashes and lists, without our protobuf classes."""

from __future__ import annotations

import io
import struct
import zipfile
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from bluezone.protocols.export_errors import AbsurdStart
from bluezone.protocols.export_file import read_export
from bluezone.protocols.export_signature import private_key_signer
from bluezone.protocols.export_stream import ExportFields
from bluezone.protocols.export_writer import KeyEncoder, KeyRow, write_export_file

KEYS = [ec.derive_private_key(number, ec.SECP256R1()) for number in (4_207, 4_208)]
OID = b"1.2.840.10045.4.3.2"
TYPES = {"": 0, "confirmed": 1, "likely": 2, "user-report": 3, "negative": 5}


def varint(number: int) -> bytes:
    """Groups of seven bits, the lowest first; all but the last are marked."""
    groups = []
    while True:
        groups.append(number % 128)
        number //= 128
        if not number:
            return bytes([group + 128 for group in groups[:-1]] + groups[-1:])


def field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return varint(number * 8) + varint(content)
    return varint(number * 8 + 2) + varint(len(content)) + content


def key(row: KeyRow) -> bytes:
    tek, start, period, risk, report_type, days = row
    parts = [field(1, tek), field(2, risk), field(3, start)]
    if period != 144:
        parts.append(field(4, period))
    parts.append(field(5, TYPES[str(report_type)]))
    if days is not None and -14 <= days <= 14:
        parts.append(field(6, 2 * days if days >= 0 else -2 * days - 1))
    return b"".join(parts)


def signature_info(version: bytes) -> bytes:
    return field(3, version) + field(4, b"452") + field(5, OID)


def export_bin(rows: list[KeyRow], revised: list[KeyRow], versions: list[bytes]) -> bytes:
    head = struct.pack("<BQBQ", 0x09, 1_615_363_200, 0x11, 1_615_377_600)
    parts = [b"EK Export v1    ", head, field(3, b"VN"), field(4, 1), field(5, 1)]
    parts += [field(6, signature_info(version)) for version in versions]
    parts += [field(7, key(row)) for row in rows] + [field(8, key(row)) for row in revised]
    return b"".join(parts)


def written(rows: list[KeyRow], revised: list[KeyRow], signers: int = 1) -> bytes:
    encoder = KeyEncoder(TYPES, max_onset_days=14)
    out = io.BytesIO()
    write_export_file(
        out,
        [encoder.encode(rows), encoder.encode(revised, revised=True)],
        ExportFields(1_615_363_200, 1_615_377_600, "VN"),
        [private_key_signer(KEYS[at], "452", f"v{signers - at}") for at in range(signers)],
    )
    return out.getvalue()


def members(file: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.testzip() is None
        return {one.filename: archive.read(one) for one in archive.infolist()}


def test_every_byte_of_a_small_export() -> None:
    row: KeyRow = (bytes(range(16)), 2_692_128, 144, 2, "confirmed", -3)
    revised: KeyRow = (bytes(range(16, 32)), 2_692_000, 87, 6, "negative", None)
    export = members(written([row], [revised]))["export.bin"]
    assert export == export_bin([row], [revised], [b"v1"])
    by_hand = [
        b"EK Export v1    ".hex(),
        "09807c486000000000",  # start: 0x60487c80, the lowest byte first
        "11c0b4486000000000",  # end: 0x6048b4c0
        "1a02564e20012801",  # VN, file 1 of 1
        "321e1a0276312203343532" + "2a13" + OID.hex(),  # signed by 452 v1
        "3a1d0a10000102030405060708090a0b0c0d0e0f" + "1002" + "18a0a8a401" + "2801" + "3005",
        "421d0a10101112131415161718191a1b1c1d1e1f" + "1006" + "18a0a7a401" + "2057" + "2805",
    ]
    assert export.hex() == "".join(by_hand)


def test_the_signature_file_byte_by_byte() -> None:
    row: KeyRow = (bytes(range(16)), 2_692_128, 144, 2, "confirmed", -3)
    parts = members(written([row], [], signers=2))
    export = parts["export.bin"]
    assert export == export_bin([row], [], [b"v2", b"v1"])  # in the order given
    digest = sha256(export).digest()
    algorithm = ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True)
    expected = b"".join(
        field(
            1,
            field(1, signature_info(version))
            + field(2, 1)
            + field(3, 1)
            + field(4, KEYS[at].sign(digest, algorithm)),
        )
        for at, version in enumerate((b"v2", b"v1"))
    )
    assert parts["export.sig"] == expected


@pytest.mark.parametrize("days", [14, -14, 15, -15, 0, None])
def test_days_of_onset_beyond_a_fortnight_are_left_out(days: int | None) -> None:
    row: KeyRow = (bytes(16), 2_692_128, 1, 0, "", days)
    (read,) = read_export(written([row], []), allow_unsigned=True).keys
    assert read.days_since_onset == (days if days is not None and abs(days) < 15 else None)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ((bytes(15), 2_692_128, 144, 2, "confirmed", 0), ValueError),
        ((bytes(17), 2_692_128, 144, 2, "confirmed", 0), ValueError),
        ((bytes(16), 2_692_128, 0, 2, "confirmed", 0), ValueError),
        ((bytes(16), 2_692_128, 145, 2, "confirmed", 0), ValueError),
        ((bytes(16), 0, 144, 2, "confirmed", 0), AbsurdStart),
        ((bytes(16), 2**31, 144, 2, "confirmed", 0), AbsurdStart),
        ((bytes(16), 2_692_128, 144, 2, "unheard of", 0), KeyError),
    ],
)
def test_keys_that_no_reader_would_take_are_not_written(row: KeyRow, error: type[Exception]) -> None:
    with pytest.raises(error):
        KeyEncoder(TYPES).encode([row])


rows = st.lists(
    st.tuples(
        st.binary(min_size=16, max_size=16),
        st.integers(2_678_400, 2_692_128),  # three months
        st.integers(1, 144),
        st.integers(0, 8),
        st.sampled_from(sorted(TYPES)),
        st.none() | st.integers(-30, 30),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(rows, rows)
def test_any_keys_are_written_as_by_hand_and_read_back(new: list[KeyRow], revised: list[KeyRow]) -> None:
    file = written(new, revised)
    assert file == written(new, revised)
    assert members(file)["export.bin"] == export_bin(new, revised, [b"v1"])
    read = read_export(file, public_keys=[KEYS[0].public_key()])
    assert read.signature == "verified"
    for rows_in, keys_out in ((new, read.keys), (revised, read.revised_keys)):
        assert [one.tek.data for one in keys_out] == [row[0] for row in rows_in]
        assert [one.tek.rolling_period for one in keys_out] == [row[2] for row in rows_in]
