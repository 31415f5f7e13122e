"""Export files: the four real ones, what is written is read, and nothing true is made of something false."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from bluezone.protocols import export_pb2 as pb
from bluezone.protocols.export_errors import (
    AbsurdStart,
    BadSignature,
    ExportError,
    MissingSignature,
    UnknownSigner,
)
from bluezone.protocols.export_file import open_export, read_export, write_export
from bluezone.protocols.export_signature import SignatureInfo, load_public_key, private_key_signer
from bluezone.protocols.gaen import DiagnosisKey, ReportType, TemporaryExposureKey

pytestmark = pytest.mark.usefixtures("decoder")

START, END = 1_616_630_400, 1_616_716_800  # 25 March 2021, UTC
DAY = START // 600

diagnosis_keys = st.builds(
    DiagnosisKey,
    st.builds(
        TemporaryExposureKey,
        st.binary(min_size=16, max_size=16),
        st.integers(2_600_000, 2_900_000),
        st.integers(1, 144),
    ),
    st.sampled_from(ReportType),
    st.none() | st.integers(-14, 14),
    st.integers(0, 8),
)


def some_key(first: int = 0, **changes: object) -> DiagnosisKey:
    return DiagnosisKey(TemporaryExposureKey(bytes([first] * 16), DAY), **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def exports(shared_data: Path) -> Path:
    return shared_data / "exports"


@pytest.fixture(scope="module")
def sample_pem(exports: Path) -> bytes:
    return (exports / "two-keys-signed.public.pem").read_bytes()


# --- the real files -------------------------------------------------------------------------------


def test_the_signed_sample_verifies_with_its_key(exports: Path, sample_pem: bytes) -> None:
    file = (exports / "two-keys-signed.zip").read_bytes()
    export = read_export(file, public_keys=[load_public_key(sample_pem)])
    assert export.signature == "verified"
    assert export.signers == (SignatureInfo("some_id", "1"),)
    assert [key.tek.rolling_period for key in export.keys] == [1, 114]
    assert (export.region, export.batch_num, export.batch_size) == ("US", 1, 1)
    assert (export.start, export.end) == (1_590_159_600, 1_590_246_000)
    by_id = {("some_id", "1"): load_public_key(sample_pem)}
    assert read_export(file, public_keys=by_id) == export


def test_the_fifty_keys_have_report_types_and_onset_days(exports: Path) -> None:
    file = (exports / "v15-fifty-keys-unsigned.zip").read_bytes()
    with pytest.raises(MissingSignature):
        read_export(file)
    export = read_export(file, allow_unsigned=True)
    assert (len(export.keys), export.signature, export.signers) == (50, "missing", ())
    assert {key.report_type for key in export.keys} >= {ReportType.CONFIRMED_TEST}
    assert all(key.days_since_onset is not None for key in export.keys)
    assert export.keys[0].days_since_onset == 10  # zigzag 20 in the file
    assert export.keys[1].days_since_onset == -1  # zigzag 1


def test_the_android_sample_is_by_an_unknown_signer(exports: Path, sample_pem: bytes) -> None:
    file = (exports / "android-sample-140-keys.zip").read_bytes()
    other = load_public_key(sample_pem)
    with pytest.raises(UnknownSigner, match="'310' version 'v1'"):
        read_export(file)
    export = read_export(file, allow_unsigned=True)
    assert (len(export.keys), export.signature) == (140, "unverified")
    for allow_unsigned in (False, True):  # who vouches for a key is not told "unverified"
        with pytest.raises(BadSignature):
            read_export(file, public_keys=[other], allow_unsigned=allow_unsigned)
    with pytest.raises(UnknownSigner):
        read_export(file, public_keys={("vn", "1"): other})
    assert read_export(file, public_keys={("vn", "1"): other}, allow_unsigned=True) == export


def test_the_demo_file_has_no_times(exports: Path) -> None:
    export = read_export((exports / "demo-2392-keys-unsigned-unsorted.zip").read_bytes(), allow_unsigned=True)
    assert (len(export.keys), export.start, export.end, export.region) == (2_392, None, None, "")
    data = [key.tek.data for key in export.keys]
    assert data != sorted(data)


def test_one_flipped_byte_of_the_signed_sample_is_found(
    exports: Path, sample_pem: bytes, zip_of: Callable[..., bytes]
) -> None:
    with zipfile.ZipFile(exports / "two-keys-signed.zip") as archive:
        export, signature = archive.read("export.bin"), archive.read("export.sig")
    keys = [load_public_key(sample_pem)]
    untouched = zip_of(("export.bin", export), ("export.sig", signature))
    assert read_export(untouched, public_keys=keys).signature == "verified"
    for at in range(len(export)):
        changed = bytearray(export)
        changed[at] ^= 1
        file = zip_of(("export.bin", bytes(changed)), ("export.sig", signature))
        for allow_unsigned in (False, True):
            with pytest.raises(BadSignature):
                read_export(file, public_keys=keys, allow_unsigned=allow_unsigned)


# --- writing and reading --------------------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(st.lists(diagnosis_keys, max_size=20), st.lists(diagnosis_keys, max_size=5), st.text(max_size=8))
def test_what_is_written_is_read(keys: list[DiagnosisKey], revised: list[DiagnosisKey], region: str) -> None:
    private_key = ec.derive_private_key(20_210_325, ec.SECP256R1())
    file = write_export(
        keys,
        region=region,
        start=START,
        end=END,
        signers=[private_key_signer(private_key, "vn", "1")],
        revised_keys=revised,
        batch_num=2,
        batch_size=3,
    )
    export = read_export(file, public_keys=[private_key.public_key()])
    assert export.signature == "verified"
    assert (export.region, export.start, export.end) == (region, START, END)
    assert (export.batch_num, export.batch_size) == (2, 3)
    assert sorted(map(repr, export.keys)) == sorted(map(repr, keys))
    assert sorted(key.tek.data for key in export.keys) == [key.tek.data for key in export.keys]
    assert sorted(key.tek.data for key in revised) == [key.tek.data for key in export.revised_keys]


def test_the_same_keys_in_any_order_are_the_same_bytes(private_key: ec.EllipticCurvePrivateKey) -> None:
    keys = [some_key(first) for first in range(20)]
    signers = [private_key_signer(private_key, "vn", "1")]
    one = write_export(keys, region="VN", start=START, end=END, signers=signers)
    other = write_export(keys[::-1], region="VN", start=START, end=END, signers=signers)
    assert one == other


def test_times_as_aware_datetimes() -> None:
    day = datetime(2021, 3, 25, tzinfo=UTC)
    one = write_export([some_key()], region="VN", start=day, end=day.replace(day=26))
    assert one == write_export([some_key()], region="VN", start=START, end=END)
    with pytest.raises(ValueError, match="no time zone"):
        write_export([], region="VN", start=datetime(2021, 3, 25), end=END)


def test_a_written_file_as_others_read_it(private_key: ec.EllipticCurvePrivateKey) -> None:
    onset = some_key(1, report_type=ReportType.CONFIRMED_TEST, days_since_onset=0, transmission_risk=2)
    short = DiagnosisKey(TemporaryExposureKey(bytes([2] * 16), DAY, 7))
    file = write_export(
        [some_key(), onset, short],
        region="VN",
        start=START,
        end=END,
        signers=[private_key_signer(private_key, "vn", "1")],
    )
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.namelist() == ["export.bin", "export.sig"]
        content = archive.read("export.bin")
        (signature,) = pb.SignatureList.FromString(archive.read("export.sig")).signatures
    assert content[:16] == b"EK Export v1    "
    private_key.public_key().verify(signature.signature, content, ec.ECDSA(SHA256()))
    assert signature.signature_info.key_id == "vn"
    assert signature.signature_info.key_version == "1"
    assert signature.signature_info.signature_algorithm == "1.2.840.10045.4.3.2"
    message = pb.KeyExport.FromString(content[16:])
    assert list(message.signature_infos) == [signature.signature_info]
    assert [key.HasField("rolling_period") for key in message.keys] == [False, False, True]
    assert [key.HasField("days_since_onset") for key in message.keys] == [False, True, False]
    assert message.keys[1].days_since_onset == 0


def test_an_unsigned_file_has_no_export_sig() -> None:
    file = write_export([some_key()], region="VN", start=START, end=END)
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.namelist() == ["export.bin"]
    assert read_export(file, allow_unsigned=True).signature == "missing"


def test_several_signatures_up_to_ten(
    private_key: ec.EllipticCurvePrivateKey, other_key: ec.EllipticCurvePrivateKey
) -> None:
    signers = [
        private_key_signer(private_key, "vn", "1"),
        *(private_key_signer(other_key, "vn", str(version)) for version in range(2, 12)),
    ]
    with pytest.raises(ValueError, match="at most 10 signatures, not 11"):
        write_export([], region="VN", start=START, end=END, signers=signers)
    file = write_export([], region="VN", start=START, end=END, signers=signers[:10])
    for key in (private_key, other_key):
        export = read_export(file, public_keys=[key.public_key()])
        assert export.signature == "verified"
        assert [info.key_version for info in export.signers] == [str(n) for n in range(1, 11)]


def test_writing_refuses_what_reading_would() -> None:
    old = DiagnosisKey(TemporaryExposureKey(bytes(16), 1))
    with pytest.raises(AbsurdStart, match="rolling start 1 "):
        write_export([old], region="VN", start=START, end=END)
    with pytest.raises(AbsurdStart, match="before its start"):
        write_export([], region="VN", start=END, end=START)
    with pytest.raises(AbsurdStart, match="start 1616630400000 "):  # milliseconds
        write_export([], region="VN", start=START * 1000, end=END * 1000)
    for num, size in ((0, 1), (2, 1)):
        with pytest.raises(ValueError, match=f"file {num} of {size} does not exist"):
            write_export([], region="VN", start=START, end=END, batch_num=num, batch_size=size)


def test_signers_are_on_the_right_curve() -> None:
    with pytest.raises(ValueError, match="secp384r1"):
        private_key_signer(ec.derive_private_key(1, ec.SECP384R1()), "vn", "1")


def test_a_file_that_changes_after_the_check_is_used_as_it_was_checked() -> None:
    file = io.BytesIO(write_export([some_key()], region="VN", start=START, end=END))
    opened = open_export(file, allow_unsigned=True)
    file.seek(0)
    file.write(write_export([some_key(1)], region="VN", start=START, end=END))
    (columns,) = opened.key_columns()
    assert columns.teks.tobytes() == bytes(16)
    file.close()
    assert [len(columns) for columns in opened.key_columns()] == [1]


# --- arbitrary input ------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ExportError):
        read_export(data, allow_unsigned=True)


@settings(deadline=None)
@given(content=st.binary(max_size=200), signature=st.binary(max_size=120))
def test_arbitrary_members_raise_only_export_errors(
    export_of: Callable[..., bytes], content: bytes, signature: bytes
) -> None:
    key = ec.derive_private_key(1, ec.SECP256R1()).public_key()
    for public_keys in (None, [key]):
        try:
            read_export(export_of(content, signature), public_keys=public_keys, allow_unsigned=True)
        except ExportError:
            continue


FILES = ("two-keys-signed", "v15-fifty-keys-unsigned", "android-sample-140-keys")


@settings(deadline=None, max_examples=300)
@given(
    name=st.sampled_from(FILES),
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6
    ),
    cut=st.none() | st.floats(0, 1),
)
def test_mutated_real_files_raise_only_export_errors(
    exports: Path, name: str, changes: list[tuple[float, int]], cut: float | None
) -> None:
    data = bytearray((exports / f"{name}.zip").read_bytes())
    # Half of the changes hit the directory and headers at the end, where archives are most fragile.
    for row, (where, value) in enumerate(changes):
        first = len(data) * 2 // 3 if row % 2 else 0
        data[first + int(where * (len(data) - first))] = value
    if cut is not None:
        del data[int(cut * len(data)) :]
    try:
        read_export(bytes(data), allow_unsigned=True)
    except ExportError as error:
        assert str(error)  # noqa: PT017 - what is raised differs from case to case


@settings(deadline=None, max_examples=200)
@given(
    name=st.sampled_from(FILES),
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4
    ),
)
def test_mutated_contents_raise_only_export_errors(
    exports: Path, zip_of: Callable[..., bytes], name: str, changes: list[tuple[float, int]]
) -> None:
    with zipfile.ZipFile(exports / f"{name}.zip") as archive:
        content = bytearray(archive.read("export.bin"))
    for where, value in changes:
        content[int(where * len(content))] = value
    try:
        export = read_export(zip_of(("export.bin", bytes(content))), allow_unsigned=True)
    except ExportError:
        return
    for key in export.keys:  # what is read is within the format's limits
        assert len(key.tek.data) == 16
        assert 1 <= key.tek.rolling_period <= 144
