"""Addresses of a server that no connection could be made to are refused when they are given."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bluezone.device.enrolment import Enrolment, WrongAddress, enrolment_of, save_enrolment
from bluezone.device.store import DeviceStore


@pytest.mark.parametrize(
    "server",
    [
        "https://a..b",
        "https://.example",
        "https://" + "a" * 64 + ".example",
        "https://exa mple",
        "https://exa%20mple",
        "https://a.example/b c",
        "https://a.example\u00a0",
        "https://a:99999/",
        "https://a:65536",
        "https://xn--zzzzzzzz99999.example",
    ],
)
def test_what_cannot_be_connected_to_is_no_address(tmp_path: Path, server: str) -> None:
    with DeviceStore.open(tmp_path / "d") as store:
        with pytest.raises(WrongAddress, match="address"):
            save_enrolment(store, server=server)
        assert enrolment_of(store) == Enrolment()
    with pytest.raises(WrongAddress):  # kept by an older version
        Enrolment(server=server).require_server()


@pytest.mark.parametrize(
    "server",
    [
        "https://a.example.",
        "https://" + "a" * 63 + ".example",
        "https://việt.example:65535",
        "https://straße.example",
        "https://[2001:db8::1]:8443/base",
    ],
)
def test_unusual_addresses_are_fine(tmp_path: Path, server: str) -> None:
    with DeviceStore.open(tmp_path / "d") as store:
        assert save_enrolment(store, server=server).require_server() == server


def test_one_file_may_hold_the_key_that_signs_and_the_next(tmp_path: Path) -> None:
    """As ``bluezone export public-key`` prints them while keys are turned over."""
    keys = [ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(2)]
    pem = "".join(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for key in keys)
    with DeviceStore.open(tmp_path / "d") as store:
        trusted = save_enrolment(store, public_keys=(pem,)).trusted_keys()
    assert [key.public_numbers() for key in trusted] == [key.public_numbers() for key in keys]
