"""GAEN arithmetic against all published vectors, and its borders."""

import json
from hashlib import sha256
from hmac import digest as hmac_digest
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.protocols.gaen import (
    MAX_ROLLING_PERIOD,
    Metadata,
    TemporaryExposureKey,
    decrypt_metadata,
    derive_aemk,
    derive_rpik,
    encrypt_metadata,
    identifier_block,
    interval_number,
    interval_start,
    rolling_proximity_identifier,
    rolling_proximity_identifiers,
)


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((shared_data / "vectors/gaen_v1_2.json").read_text())
    return document


def test_published_keys(vectors: dict[str, Any]) -> None:
    tek = bytes.fromhex(vectors["tek"])
    assert derive_rpik(tek).hex() == vectors["rpik"]
    assert derive_aemk(tek).hex() == vectors["aemk"]


def test_all_144_published_identifiers_and_metadata(vectors: dict[str, Any]) -> None:
    key = TemporaryExposureKey(bytes.fromhex(vectors["tek"]), vectors["rolling_start"])
    rpis = rolling_proximity_identifiers(key)
    aemk = bytes.fromhex(vectors["aemk"])
    metadata = bytes.fromhex(vectors["metadata"])
    assert len(vectors["intervals"]) == len(rpis) == 144
    for published, rpi in zip(vectors["intervals"], rpis, strict=True):
        assert rpi.hex() == published["rpi"]
        assert rolling_proximity_identifier(derive_rpik(key.data), published["interval"]) == rpi
        assert encrypt_metadata(aemk, rpi, metadata).hex() == published["aem"]
        assert decrypt_metadata(aemk, rpi, bytes.fromhex(published["aem"])) == metadata


def test_published_metadata_is_version_1_and_8_dbm(vectors: dict[str, Any]) -> None:
    # 0x40 = major 1, minor 0; 0x08 = 8 dBm.
    assert Metadata.unpack(bytes.fromhex(vectors["metadata"])) == Metadata(tx_power=8)
    assert Metadata(tx_power=8).pack().hex() == vectors["metadata"]


@given(st.binary(min_size=16, max_size=16))
def test_key_derivation_is_rfc_5869(tek: bytes) -> None:
    # By hand: extract with a salt of zeros, one round of expand.
    secret = hmac_digest(bytes(32), tek, sha256)
    assert derive_rpik(tek) == hmac_digest(secret, b"EN-RPIK\x01", sha256)[:16]
    assert derive_aemk(tek) == hmac_digest(secret, b"EN-AEMK\x01", sha256)[:16]


def test_identifier_block_layout() -> None:
    # 2642976 = 0x00285420, little-endian.
    assert identifier_block(2_642_976).hex() == "454e2d525049" + "00" * 6 + "20542800"


def test_a_short_period_has_as_many_identifiers() -> None:
    whole = TemporaryExposureKey(bytes(range(16)), 2_642_976)
    short = TemporaryExposureKey(bytes(range(16)), 2_642_976, 3)
    assert rolling_proximity_identifiers(short) == rolling_proximity_identifiers(whole)[:3]
    assert short.rolling_end == 2_642_979


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_keys_of_another_size_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"16 bytes, not {size}"):
        TemporaryExposureKey(bytes(size), 2_642_976)


@pytest.mark.parametrize("period", [-1, 0, 145])
def test_periods_outside_a_day_are_refused(period: int) -> None:
    with pytest.raises(ValueError, match="outside 1-144"):
        TemporaryExposureKey(bytes(16), 2_642_976, period)


@pytest.mark.parametrize("start", [-1, 2**32 - 144, 2**40])
def test_starts_that_leave_32_bits_are_refused(start: int) -> None:
    with pytest.raises(ValueError, match="not an interval number"):
        TemporaryExposureKey(bytes(16), start)
    assert TemporaryExposureKey(bytes(16), 2**32 - 145).rolling_end == 2**32 - 1


def test_a_key_is_not_shown_in_logs() -> None:
    assert "ab" * 16 not in repr(TemporaryExposureKey(b"\xab" * 16, 2_642_976))
    assert "\\xab" not in repr(TemporaryExposureKey(b"\xab" * 16, 2_642_976))


@given(st.integers(-128, 127), st.integers(0, 3), st.integers(0, 3))
def test_metadata_round_trip(power: int, major: int, minor: int) -> None:
    metadata = Metadata(power, major, minor)
    packed = metadata.pack()
    assert len(packed) == 4
    assert Metadata.unpack(packed) == metadata


def test_metadata_of_minus_20_dbm_by_hand() -> None:
    # Major 1, minor 1: 0b0101_0000; -20 = 0xEC in two's complement.
    assert Metadata(-20, 1, 1).pack().hex() == "50ec0000"
    assert Metadata.unpack(bytes.fromhex("50ecffff")) == Metadata(-20, 1, 1)  # reserved bytes are ignored


@pytest.mark.parametrize("size", [0, 3, 5])
def test_metadata_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="4 bytes"):
        Metadata.unpack(bytes(size))


@pytest.mark.parametrize(("major", "minor"), [(4, 0), (0, 4), (-1, 0)])
def test_versions_that_do_not_fit_are_refused(major: int, minor: int) -> None:
    with pytest.raises(ValueError, match="two bits"):
        Metadata(0, major, minor).pack()


@pytest.mark.parametrize(
    ("seconds", "interval"), [(0, 0), (599.999, 0), (600, 1), (1_585_785_600, 2_642_976)]
)
def test_interval_numbers(seconds: float, interval: int) -> None:
    assert interval_number(seconds) == interval


@given(st.integers(0, 2**32 - 1))
def test_an_interval_lasts_ten_minutes(interval: int) -> None:
    first = interval_start(interval)
    assert interval_number(first) == interval_number(first + 599) == interval
    assert interval_number(first - 1) == interval - 1
    assert MAX_ROLLING_PERIOD * 600 == 86_400
