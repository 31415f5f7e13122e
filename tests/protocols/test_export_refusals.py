"""Each way an export file can be wrong has its own name, and says what and where."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bluezone.errors import Refused
from bluezone.protocols import export_errors
from bluezone.protocols import export_pb2 as pb
from bluezone.protocols.export_errors import (
    AbsurdStart,
    BadHeader,
    BadKeyLength,
    BadRollingPeriod,
    CorruptMember,
    DuplicateMember,
    EncryptedMember,
    ExportError,
    MissingExportBin,
    NotAnArchive,
    OversizeMember,
    ShortHeader,
    TruncatedExport,
    UndecodableExport,
    naming_file,
)
from bluezone.protocols.export_file import read_export

pytestmark = pytest.mark.usefixtures("decoder")

ZipOf = Callable[..., bytes]
HEADER = b"EK Export v1    "
DAY = 2_694_384


def refused(data: bytes, error: type[ExportError], text: str, **options: int) -> None:
    with pytest.raises(ExportError, match=text) as raised:
        read_export(data, allow_unsigned=True, **options)  # type: ignore[arg-type]
    assert type(raised.value) is error


def key(**changes: object) -> pb.DiagnosisKey:
    values: dict[str, object] = {"key_data": bytes(16), "rolling_start_interval_number": DAY, **changes}
    return pb.DiagnosisKey(**values)  # type: ignore[arg-type]


def test_every_error_is_a_refusal() -> None:
    errors = [getattr(export_errors, name) for name in export_errors.__all__ if name != "naming_file"]
    assert len(errors) == 20
    assert all(issubclass(error, ExportError) and issubclass(error, Refused) for error in errors)


# --- the archive ----------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"PK", b"hello" * 100, b"PK\x05\x06", b"PK\x05\x06" + bytes(17)])
def test_not_a_zip(data: bytes) -> None:
    refused(data, NotAnArchive, "not a zip archive")


def test_half_a_zip(zip_of: ZipOf) -> None:
    whole = zip_of(("export.bin", HEADER))
    refused(whole[: len(whole) // 2], NotAnArchive, "not a zip archive")


def test_no_export_bin(zip_of: ZipOf) -> None:
    refused(zip_of(), MissingExportBin, "no export.bin")
    refused(zip_of(("export.sig", b"x"), ("Export.bin", HEADER)), MissingExportBin, "no export.bin")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["export.bin", "export.sig", "other"])
def test_two_members_of_one_name(zip_of: ZipOf, name: str) -> None:
    members = [("export.bin", HEADER), (name, b"x"), (name, b"x")]
    refused(zip_of(*members), DuplicateMember, f"members named '{name}'")


def test_other_members_are_left_alone(zip_of: ZipOf) -> None:
    file = zip_of(("content.sig", b"another country's"), ("export.bin", HEADER))
    assert read_export(file, allow_unsigned=True).keys == ()


def test_a_directory_of_thousands_is_refused_before_it_is_read(zip_of: ZipOf) -> None:
    file = zip_of(("export.bin", HEADER), *((f"{n}", b"") for n in range(60_000)))
    begin = time.process_time()
    refused(file, NotAnArchive, "60001 members")
    assert time.process_time() - begin < 0.1


def test_a_directory_that_lies_about_its_size_is_refused(zip_of: ZipOf) -> None:
    file = bytearray(zip_of(("export.bin", HEADER), *((f"{n}", b"") for n in range(3_000))))
    at = file.rindex(b"PK\x05\x06")
    struct.pack_into("<2H", file, at + 8, 1, 1)  # claims one member
    refused(bytes(file), NotAnArchive, "1 members in [0-9]{6} bytes")


def test_zip64_is_refused(zip_of: ZipOf) -> None:
    file = zip_of(("export.bin", HEADER))
    at = file.rindex(b"PK\x05\x06")
    refused(file[:at] + b"PK\x06\x07" + bytes(16) + file[at:], NotAnArchive, "zip64")


def _with_flag(file: bytes, flag: int) -> bytes:
    changed = bytearray(file)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.index(signature) + offset
        struct.pack_into("<H", changed, at, struct.unpack_from("<H", changed, at)[0] | flag)
    return bytes(changed)


def test_an_encrypted_member(zip_of: ZipOf) -> None:
    refused(_with_flag(zip_of(("export.bin", HEADER)), 1), EncryptedMember, "export.bin is encrypted")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(zip_of: ZipOf, compression: int) -> None:
    file = zip_of(("export.bin", HEADER), compression=compression)
    refused(file, CorruptMember, f"method {compression}")


def test_a_wrong_checksum(zip_of: ZipOf) -> None:
    file = zip_of(("export.bin", HEADER), compression=zipfile.ZIP_STORED)
    refused(file.replace(HEADER, HEADER[:-1] + b"!"), CorruptMember, "export.bin cannot be decompressed")


def test_damaged_compression(zip_of: ZipOf) -> None:
    file = bytearray(zip_of(("export.bin", HEADER + bytes(1000))))
    at = file.index(b"export.bin") + len("export.bin")
    file[at : at + 4] = b"\xff\xff\xff\xff"
    refused(bytes(file), CorruptMember, "export.bin cannot be decompressed")


def test_a_damaged_signature_file(zip_of: ZipOf) -> None:
    file = zip_of(("export.bin", HEADER), ("export.sig", b"0123456789"), compression=zipfile.ZIP_STORED)
    damaged = file.replace(b"0123456789", b"0123456780")
    refused(damaged, CorruptMember, "export.sig cannot be decompressed")


# --- sizes ----------------------------------------------------------------------------------------


def _declaring(file: bytes, name: bytes, size: int, checksum: int | None = None) -> bytes:
    """The archive with another uncompressed size (and checksum) of a member, in both its records."""
    changed = bytearray(file)
    for signature, name_at, crc_at in ((b"PK\x03\x04", 30, 14), (b"PK\x01\x02", 46, 16)):
        at = changed.index(signature)
        while changed[at + name_at : at + name_at + len(name)] != name:
            at = changed.index(signature, at + 4)
        struct.pack_into("<L", changed, at + crc_at + 8, size)
        if checksum is not None:
            struct.pack_into("<L", changed, at + crc_at, checksum)
    return bytes(changed)


def test_a_zip_bomb_is_refused_by_its_declared_size(zip_of: ZipOf) -> None:
    file = zip_of(("export.bin", HEADER + bytes(100 * 2**20)))
    assert len(file) < 110_000
    refused(file, OversizeMember, "export.bin declares 104857616 bytes, the limit is 67108864")


def test_the_limit_is_the_callers(zip_of: ZipOf) -> None:
    file = zip_of(("export.bin", HEADER + b"\x1a\x02VN"))
    assert read_export(file, allow_unsigned=True, max_bytes=20).region == "VN"
    refused(file, OversizeMember, "declares 20 bytes, the limit is 19", max_bytes=19)


def test_a_large_signature_file(zip_of: ZipOf) -> None:
    file = zip_of(("export.bin", HEADER), ("export.sig", bytes(65_537)))
    refused(file, OversizeMember, "export.sig declares 65537 bytes")


def test_a_zip_bomb_that_lies_about_its_size_expands_no_further(zip_of: ZipOf) -> None:
    content = HEADER + bytes(100 * 2**20)
    file = zip_of(("export.bin", content))
    begin = time.process_time()
    refused(_declaring(file, b"export.bin", 1_000), CorruptMember, "cannot be decompressed")
    # Also with the checksum of what is declared: then it is no more than that.
    lie = _declaring(file, b"export.bin", 1_000, zlib.crc32(content[:1_000]))
    refused(lie, UndecodableExport, "field")
    assert time.process_time() - begin < 0.2  # expanding all of it takes longer


def test_less_than_declared(zip_of: ZipOf) -> None:
    file = _declaring(zip_of(("export.bin", HEADER)), b"export.bin", 17)
    refused(file, CorruptMember, "export.bin has 16 bytes, 17 were declared")


# --- the message ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 15])
def test_no_or_a_short_header(zip_of: ZipOf, size: int) -> None:
    refused(zip_of(("export.bin", HEADER[:size])), ShortHeader, f"export.bin has {size} bytes")


@pytest.mark.parametrize("header", [b"EK Export v2    ", b"EK Export v1\0\0\0\0", b"ek", bytes(16)])
def test_a_bad_header(zip_of: ZipOf, header: bytes) -> None:
    refused(zip_of(("export.bin", header + b"\x1a\x02VN")), BadHeader, "not b'EK Export v1    '")


def test_every_truncation_is_found(export_of: ZipOf) -> None:
    message = pb.KeyExport(region="VN", keys=[key()], revised_keys=[key()])
    whole = message.SerializeToString()
    borders = {
        len(part.SerializeToString())
        for part in (pb.KeyExport(), pb.KeyExport(region="VN"), pb.KeyExport(region="VN", keys=[key()]))
    }
    assert len(borders) == 3
    for size in range(len(whole)):
        if size in borders:
            assert read_export(export_of(whole[:size]), allow_unsigned=True)
        else:
            refused(export_of(whole[:size]), TruncatedExport, "ends within a field")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\x3a\x02\x0a\x05", "not a readable protobuf"),  # a key that ends within its data
        (b"\x3a\x01\xff", "not a readable protobuf"),
        (b"\x02\x00", "number 0"),
        (b"\x06\x00", "number 0"),
        (b"\x0b\x0c", "wire type 3"),  # a group
        (b"\x0c", "wire type 4"),
        (b"\x0f\x00", "wire type 7"),
        (b"\x20" + b"\xff" * 10, "longer than ten bytes"),
        (b"\x80" * 11, "longer than ten bytes"),
        (b"\x3a\xff\xff\xff\xff\x0f", "claims 4294967295 bytes"),
        (b"\x1a\x02\xff\xfe", "region is not UTF-8"),
    ],
)
def test_what_is_no_message(export_of: ZipOf, content: bytes, text: str) -> None:
    refused(export_of(content), UndecodableExport, text)


def test_unknown_fields_are_skipped(export_of: ZipOf) -> None:
    unknown = (
        b"\xd2\x0f\x03abc"  # number 250, with a length
        b"\xd8\x0f\x01"  # 251, a number
        b"\xe1\x0f12345678"  # 252, eight bytes
        b"\xed\x0f1234"  # 253, four bytes
        b"\x3d1234"  # the keys' number, but four bytes
    )
    message = pb.KeyExport(region="VN", keys=[key()]).SerializeToString()
    export = read_export(export_of(unknown + message + unknown), allow_unsigned=True)
    assert (export.region, len(export.keys)) == ("VN", 1)


# --- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 15, 17, 32])
@pytest.mark.parametrize("field", ["keys", "revised_keys"])
def test_a_key_that_is_not_16_bytes(export_of: ZipOf, field: str, size: int) -> None:
    message = pb.KeyExport(**{field: [key(), key(key_data=bytes(size))]})  # type: ignore[arg-type]
    name = "revised key" if field == "revised_keys" else "key"
    refused(export_of(message), BadKeyLength, f"^{name} 2 has {size} bytes, not 16")


def test_a_key_without_data(export_of: ZipOf) -> None:
    message = pb.KeyExport(keys=[pb.DiagnosisKey(rolling_start_interval_number=DAY)])
    refused(export_of(message), BadKeyLength, "key 1 has 0 bytes")


@pytest.mark.parametrize("period", [0, -1, 145, 2**31 - 1])
@pytest.mark.parametrize("field", ["keys", "revised_keys"])
def test_a_period_outside_a_day(export_of: ZipOf, field: str, period: int) -> None:
    message = pb.KeyExport(**{field: [key(), key(), key(rolling_period=period)]})  # type: ignore[arg-type]
    refused(export_of(message), BadRollingPeriod, f"key 3: rolling period {period} is outside 1-144")


@pytest.mark.parametrize("period", [1, 144])
def test_periods_up_to_a_day(export_of: ZipOf, period: int) -> None:
    export = read_export(export_of(pb.KeyExport(keys=[key(rolling_period=period)])), allow_unsigned=True)
    assert export.keys[0].tek.rolling_period == period


# The year 2000 begins with interval 946684800 / 600, the year 2100 with 4102444800 / 600.
@pytest.mark.parametrize("start", [-1, -(2**31), 0, 1_577_807, 6_837_408, 2**31 - 1])
@pytest.mark.parametrize("field", ["keys", "revised_keys"])
def test_an_absurd_start(export_of: ZipOf, field: str, start: int) -> None:
    message = pb.KeyExport(**{field: [key(rolling_start_interval_number=start)]})  # type: ignore[arg-type]
    refused(export_of(message), AbsurdStart, f"key 1: rolling start {start} is no interval")


def test_a_key_without_a_start(export_of: ZipOf) -> None:
    message = pb.KeyExport(keys=[pb.DiagnosisKey(key_data=bytes(16))])
    refused(export_of(message), AbsurdStart, "key 1: rolling start 0 ")


@pytest.mark.parametrize("start", [1_577_808, 6_837_407])
def test_starts_of_this_century(export_of: ZipOf, start: int) -> None:
    message = pb.KeyExport(keys=[key(rolling_start_interval_number=start)])
    assert read_export(export_of(message), allow_unsigned=True).keys[0].tek.rolling_start == start


def test_a_fault_in_a_later_block_is_named_by_its_place(export_of: ZipOf) -> None:
    many = [key(rolling_period=n % 144 + 1) for n in range(9_999)]
    message = pb.KeyExport(keys=[*many, key(rolling_period=145)])
    refused(export_of(message), BadRollingPeriod, "^key 10000: rolling period 145")


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (2**63, None, "start 9223372036854775808 is not a time"),
        (0, None, "start 0 is not a time"),
        (None, 4_102_444_800, "end 4102444800 is not a time"),
        (1_616_716_800, 1_616_630_400, "before its start"),
    ],
)
def test_absurd_times(export_of: ZipOf, start: int | None, end: int | None, text: str) -> None:
    refused(export_of(pb.KeyExport(start_timestamp=start, end_timestamp=end)), AbsurdStart, text)


@pytest.mark.parametrize("days", [-(2**31), -15, 0, 2**31 - 1])
def test_any_onset_day_is_kept(export_of: ZipOf, days: int) -> None:
    message = pb.KeyExport(keys=[key(days_since_onset=days)])
    assert read_export(export_of(message), allow_unsigned=True).keys[0].days_since_onset == days


def test_an_unknown_report_type_is_unknown(export_of: ZipOf) -> None:
    content = key().SerializeToString() + b"\x28\x63"  # report type 99
    file = export_of(b"\x3a" + bytes([len(content)]) + content)
    assert read_export(file, allow_unsigned=True).keys[0].report_type == 0


def test_a_refusal_names_the_file(zip_of: ZipOf) -> None:
    with pytest.raises(MissingExportBin, match=r"^/tmp/a\.zip: the archive"), naming_file(Path("/tmp/a.zip")):
        read_export(io.BytesIO(zip_of()))
