"""A phone with passkeys and the browser before it, written by hand from WebAuthn level 3 and RFC 8949."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, HAS_KEY = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value: Any) -> bytes:
    """Integers, byte and text strings, and maps in the order given: all that a registration needs."""
    match value:
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case dict():
            return _head(5, len(value)) + b"".join(cbor(key) + cbor(one) for key, one in value.items())
    raise TypeError(value)


def _head(major: int, number: int) -> bytes:
    for size, marker in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if number < 24:
            return bytes([major << 5 | number])
        if number < 1 << 8 * size:
            return bytes([major << 5 | marker]) + number.to_bytes(size, "big")
    raise OverflowError(number)


@dataclass
class Device:
    """Holds one key for one site; what it says may be falsified by whoever calls it."""

    origin: str = "https://bluezone.example.vn"
    rp_id: str = "bluezone.example.vn"
    flags: int = USER_PRESENT | USER_VERIFIED
    counter: int = 0
    algorithm: int = -7
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user_handle: bytes = b""

    def create(self, options: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """The answer to ``navigator.credentials.create``."""
        asked = options["publicKey"]
        self.user_handle = unb64(asked["user"]["id"])
        point = self.key.public_key().public_numbers()
        public = {
            1: 2,
            3: self.algorithm,
            -1: 1,
            -2: point.x.to_bytes(32, "big"),
            -3: point.y.to_bytes(32, "big"),
        }
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor(public)
        data = self._authenticator_data(self.flags | HAS_KEY) + attested
        response = {
            "clientDataJSON": b64(self._client_data("webauthn.create", asked["challenge"], **changed)),
            "attestationObject": b64(cbor({"fmt": "none", "attStmt": {}, "authData": data})),
        }
        return self._credential(response)

    def get(self, options: dict[str, Any], *, handle: bytes | None = None, **changed: Any) -> dict[str, Any]:
        """The answer to ``navigator.credentials.get``."""
        client = self._client_data("webauthn.get", options["publicKey"]["challenge"], **changed)
        data = self._authenticator_data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(signature),
            "userHandle": b64(self.user_handle if handle is None else handle),
        }
        return self._credential({name: value for name, value in response.items() if value})

    def _authenticator_data(self, flags: int) -> bytes:
        rp_id_hash = hashlib.sha256(self.rp_id.encode()).digest()
        return rp_id_hash + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _client_data(self, kind: str, asked: str, /, **changed: Any) -> bytes:
        said = {"type": kind, "challenge": asked, "origin": self.origin, "crossOrigin": False, **changed}
        return json.dumps(said).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        known = b64(self.credential_id)
        return {
            "id": known,
            "rawId": known,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }
