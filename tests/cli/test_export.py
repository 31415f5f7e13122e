"""``bluezone export inspect``: the real files, and every exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bluezone.protocols.export_file import write_export
from bluezone.protocols.gaen import DiagnosisKey, ReportType, TemporaryExposureKey

Run = Callable[..., Any]
DAY = 2_694_384
START = DAY * 600


@pytest.fixture(scope="module")
def exports(shared_data: Path) -> Path:
    return shared_data / "exports"


def test_the_signed_sample(bluezone: Run, exports: Path) -> None:
    pem = exports / "two-keys-signed.public.pem"
    ran = bluezone("export", "inspect", exports / "two-keys-signed.zip", "--public-key", pem, "--json")
    assert (ran.exit_code, ran.stderr) == (0, "")
    expected = [("172fc480e598490c34177604339b1543", 2_649_980, 1, 8)]
    expected.append(("2b63053ac483238de176169e861f3dcd", 2_649_866, 114, 1))
    assert ran.document == {
        "region": "US",
        "start": 1_590_159_600,
        "end": 1_590_246_000,
        "batch": 1,
        "batch_size": 1,
        "keys": 2,
        "revised_keys": 0,
        "signature": "verified",
        "records": [
            {
                "key": key,
                "rolling_start": start,
                "rolling_period": period,
                "transmission_risk": risk,
                "report_type": 0,
                "days_since_onset": None,
                "revised": False,
            }
            for key, start, period, risk in expected
        ],
    }


@pytest.mark.parametrize(
    ("name", "keys", "signature", "error"),
    [
        ("v15-fifty-keys-unsigned", 50, "missing", "MissingSignature"),
        ("android-sample-140-keys", 140, "unverified", "UnknownSigner"),
        ("demo-2392-keys-unsigned-unsorted", 2_392, "missing", "MissingSignature"),
    ],
)
def test_files_nobody_vouches_for_need_the_option(
    bluezone: Run, exports: Path, name: str, keys: int, signature: str, error: str
) -> None:
    path = exports / f"{name}.zip"
    refused = bluezone("export", "inspect", path, "--json")
    assert refused.exit_code == 1
    assert refused.document["error"] == error
    assert str(path) in refused.document["message"]
    assert refused.stderr == f"bluezone: {refused.document['message']}\n"
    allowed = bluezone("export", "inspect", path, "--allow-unsigned", "--json")
    assert allowed.exit_code == 0
    assert (allowed.document["keys"], allowed.document["signature"]) == (keys, signature)
    assert len(allowed.document["records"]) == keys


def test_a_file_without_times_says_so(bluezone: Run, exports: Path) -> None:
    path = exports / "demo-2392-keys-unsigned-unsorted.zip"
    document = bluezone("export", "inspect", path, "--allow-unsigned", "--json").document
    assert (document["start"], document["end"], document["region"]) == (None, None, "")


def test_a_foreign_key_is_refused_whatever_is_allowed(bluezone: Run, exports: Path) -> None:
    pem = exports / "two-keys-signed.public.pem"
    path = exports / "android-sample-140-keys.zip"
    ran = bluezone("export", "inspect", path, "--public-key", pem, "--allow-unsigned", "--json")
    assert (ran.exit_code, ran.document["error"]) == (1, "BadSignature")


def test_revised_keys_come_last(bluezone: Run, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    tek = TemporaryExposureKey(bytes(16), DAY, 7)
    confirmed = DiagnosisKey(tek, ReportType.CONFIRMED_TEST, -2, 5)
    revoked = DiagnosisKey(tek, ReportType.REVOKED)
    path.write_bytes(write_export([confirmed], region="VN", start=START, end=START, revised_keys=[revoked]))
    ran = bluezone("export", "inspect", path, "--allow-unsigned", "--json")
    assert (ran.document["keys"], ran.document["revised_keys"]) == (1, 1)
    first, second = ran.document["records"]
    assert (first["report_type"], first["days_since_onset"], first["revised"]) == (1, -2, False)
    assert (second["report_type"], second["days_since_onset"], second["revised"]) == (5, None, True)
    text = bluezone("export", "inspect", path, "--allow-unsigned")
    assert text.stdout.splitlines() == [
        f"{'00' * 16}  {DAY}+7  risk 5  confirmed_test  onset -2",
        f"{'00' * 16}  {DAY}+7  risk 0  revoked  onset -  revised",
    ]
    assert "signature: missing, by nobody" in text.stderr
    assert "1 keys, 1 revised" in text.stderr


def test_what_is_no_export_is_refused(bluezone: Run, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(b"hello")
    ran = bluezone("export", "inspect", path, "--json")
    assert (ran.exit_code, ran.document["error"]) == (1, "NotAnArchive")
    assert bluezone("export", "inspect", path).stdout == ""


def test_a_key_that_is_no_key_is_refused(bluezone: Run, exports: Path, tmp_path: Path) -> None:
    pem = tmp_path / "key.pem"
    pem.write_bytes(b"hello")
    ran = bluezone("export", "inspect", exports / "two-keys-signed.zip", "--public-key", pem, "--json")
    assert (ran.exit_code, ran.document["error"]) == (1, "UnusablePublicKey")
    assert str(pem) in ran.document["message"]


def test_a_refused_signature_says_which_option_helps(bluezone: Run, exports: Path, tmp_path: Path) -> None:
    signed, unsigned = (exports / f"{name}.zip" for name in ("two-keys-signed", "v15-fifty-keys-unsigned"))
    wrong = tmp_path / "wrong.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    wrong.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    for command in (("export", "inspect"), ("export", "audit")):
        for file, given, error, options in (
            (signed, (), "UnknownSigner", ("--public-key", "--allow-unsigned")),
            (unsigned, (), "MissingSignature", ("--allow-unsigned",)),
            (signed, ("--public-key", wrong, "--allow-unsigned"), "BadSignature", ("no --public-key",)),
        ):
            ran = bluezone(*command, file, *given, "--json")
            assert (ran.exit_code, ran.document["error"]) == (1, error)
            assert all(option in ran.document["message"] for option in options), ran.document["message"]
    assert bluezone("export", "inspect", signed, "--allow-unsigned").exit_code == 0


def test_wrong_usage(bluezone: Run, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    assert bluezone("export", "inspect", path).exit_code == 2
    assert bluezone("export", "inspect").exit_code == 2
    assert bluezone("export", "inspect", tmp_path).exit_code == 2
    path.write_bytes(b"")
    assert bluezone("export", "inspect", path, "--public-key", tmp_path / "none.pem").exit_code == 2
