"""What passkeys are bound to, and which counters are believed: by hand, from WebAuthn level 3."""

from __future__ import annotations

import pytest

from bluezone.authority.accounts.rules import PasskeySite, counter_may_be_its_own, passkey_site


@pytest.mark.parametrize(
    ("address", "rp_id", "origin"),
    [
        ("https://bluezone.example.vn", "bluezone.example.vn", "https://bluezone.example.vn"),
        ("https://Bluezone.Example.VN:443", "bluezone.example.vn", "https://bluezone.example.vn"),
        ("https://bluezone.example.vn:8443", "bluezone.example.vn", "https://bluezone.example.vn:8443"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
        ("http://localhost:80", "localhost", "http://localhost"),
        ("https://bücher.example", "xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_the_site_is_the_address_as_browsers_write_it(address: str, rp_id: str, origin: str) -> None:
    assert passkey_site(address) == PasskeySite(rp_id, origin)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8000",
        "https://127.0.0.1",
        "https://[::1]:8000",
        "http://bluezone.example.vn",
        "http://192.0.2.7",
        "https://a..b",
        f"https://{'a' * 64}.vn",
    ],
)
def test_browsers_have_no_passkeys_without_tls_or_without_a_name(address: str) -> None:
    assert passkey_site(address) is None


@pytest.mark.parametrize(
    ("stored", "seen", "good"),
    [(0, 0, True), (0, 1, True), (1, 0, False), (5, 5, False), (5, 4, False), (5, 6, True), (5, 90, True)],
)
def test_a_counter_only_goes_on(stored: int, seen: int, good: bool) -> None:
    assert counter_may_be_its_own(stored, seen) is good
