"""One-time codes as RFC 6238 prints them, and what is stored of them."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bluezone.authority.accounts import totp
from bluezone.errors import Refused

SECRET = base64.b32encode(b"12345678901234567890").decode()


# RFC 6238, appendix B: the last six of its eight digits, for SHA-1
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert totp.matching_step(SECRET, code, 0, now) == seconds // 30


@pytest.mark.parametrize(
    ("late", "is_taken"), [(-60, False), (-30, True), (0, True), (30, True), (61, False)]
)
def test_a_clock_may_be_wrong_by_half_a_minute(late: int, is_taken: bool) -> None:
    now = datetime.fromtimestamp(1111111109 + late, UTC)
    assert (totp.matching_step(SECRET, "081804", 0, now) is not None) is is_taken


def test_a_step_that_was_taken_is_not_taken_again() -> None:
    now = datetime.fromtimestamp(1111111109, UTC)
    step = 1111111109 // 30
    assert totp.matching_step(SECRET, "081804", step - 1, now) == step
    assert totp.matching_step(SECRET, "081804", step, now) is None


@pytest.mark.parametrize("code", ["", "81804", "0818040", "081805", "٠٨١٨٠٤", "đ", "x" * 40])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert totp.matching_step(SECRET, code, 0, datetime.fromtimestamp(1111111109, UTC)) is None


def test_what_the_app_is_told() -> None:
    uri = urlsplit(totp.provisioning_uri(SECRET, "bs.an"))
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Bluezone:bs.an")
    assert parse_qs(uri.query) == {"secret": [SECRET], "issuer": ["Bluezone"]}


def test_a_sealed_secret_is_opened_for_its_user_only(authority: Path) -> None:
    user, other = uuid.uuid4(), uuid.uuid4()
    sealed = totp.seal_secret(SECRET, user)
    assert SECRET.encode() not in sealed
    assert totp.seal_secret(SECRET, user) != sealed
    assert totp.open_secret(sealed, user) == SECRET
    for wrong, whose in ((sealed, other), (sealed[:-1], user), (b"", user)):
        with pytest.raises(Refused, match=r"second-factor\.key"):
            totp.open_secret(wrong, whose)


def test_secrets_have_160_bits_and_recovery_codes_are_many() -> None:
    secrets = {totp.new_secret() for _ in range(50)}
    assert {len(base64.b32decode(one)) for one in secrets} == {20}
    assert len(secrets) == 50
    codes = {totp.new_recovery_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(totp.plain_code(one)) == 10 for one in codes)
    assert totp.plain_code(" 123 456\t") == "123456"
    assert totp.plain_code("ABCDE-fgh jk") == "abcdefghjk"
