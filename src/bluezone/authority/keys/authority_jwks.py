"""Fetching and reading the public keys of a health authority: a PEM text, or a JWKS (RFC 7517) at an address.

Nothing that is fetched is trusted further than that the address is the authority's: size and time are capped,
and only P-256 keys with an id are taken.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bluezone.authority.keys.capped_http import FetchFailed, check_address, fetch, open_client
from bluezone.authority.keys.certificates import is_key_id
from bluezone.authority.keys.wire import decode_base64
from bluezone.errors import Refused
from bluezone.protocols.export_errors import UnusablePublicKey
from bluezone.protocols.export_signature import load_public_key

__all__ = ["BadAuthorityKey", "check_jwks_url", "fetch_jwks", "public_pem", "read_jwks"]

MAX_BYTES = 100_000
_MOST_KEYS = 50
_WAIT_SECONDS, _WHOLE_SECONDS = 10.0, 30.0


class BadAuthorityKey(Refused):
    """A health authority's key, or the address of its keys, cannot be used."""


def public_pem(text: str) -> str:
    """A P-256 public key, written the usual way.

    :raises BadAuthorityKey: if the text is none.
    """
    try:
        return _pem(load_public_key(text.encode()))
    except UnusablePublicKey as error:
        raise BadAuthorityKey(str(error)) from None


def check_jwks_url(url: str) -> str:
    """The address itself: ``https``, or ``http`` on this machine.

    :raises BadAuthorityKey: otherwise.
    """
    try:
        return check_address(url)
    except FetchFailed as error:
        raise BadAuthorityKey(str(error)) from None


def fetch_jwks(
    url: str, transport: httpx.BaseTransport | None = None, clock: Callable[[], float] = time.monotonic
) -> dict[str, str]:
    """The keys at an address, as {key id: PEM}; redirects are not followed.

    :raises BadAuthorityKey: naming the host, if they cannot be had.
    """
    host = urlsplit(check_jwks_url(url)).netloc
    try:
        with open_client(_WAIT_SECONDS, transport) as client:
            content = fetch(client, url, most=MAX_BYTES, seconds=_WHOLE_SECONDS, clock=clock)
    except FetchFailed as error:
        raise BadAuthorityKey(f"{host}: {error}") from None
    return read_jwks(content)


def read_jwks(content: bytes) -> dict[str, str]:
    """The P-256 keys of a JWKS, as {key id: PEM}; keys for other uses are passed over.

    :raises BadAuthorityKey: if it is no JWKS, names a key twice or holds none that can be used: a fault of
        theirs must not look as if all keys had been withdrawn.
    """
    try:
        entries = json.loads(content)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError):
        entries = None
    if not isinstance(entries, list) or len(entries) > _MOST_KEYS:
        raise BadAuthorityKey(f"no JWKS of up to {_MOST_KEYS} keys")
    keys: dict[str, str] = {}
    for entry in entries:
        pem = _pem_of(entry) if isinstance(entry, dict) else None
        if pem is None:
            continue
        if entry["kid"] in keys:
            raise BadAuthorityKey("the JWKS names a key id twice")
        keys[entry["kid"]] = pem
    if not keys:
        raise BadAuthorityKey("the JWKS has no P-256 key with a key id")
    return keys


def _pem_of(entry: Mapping[str, Any]) -> str | None:
    if (entry.get("kty"), entry.get("crv")) != ("EC", "P-256") or not is_key_id(entry.get("kid")):
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", "ES256") != "ES256":
        return None
    try:
        x, y = (int.from_bytes(decode_base64(entry[name]), "big") for name in ("x", "y"))
        return _pem(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
    except (KeyError, ValueError, AttributeError):
        return None


def _pem(key: ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()
