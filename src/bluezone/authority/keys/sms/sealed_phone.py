"""A phone number as it is stored: AES-256-GCM under a key of its own, bound to the message it is for."""

from __future__ import annotations

import secrets
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bluezone.authority.secret_files import PHONE_KEY, read_secret

__all__ = ["UnreadablePhone", "open_phone", "seal_phone"]

_NONCE = 12


class UnreadablePhone(Exception):
    """Sealed under another key, or for another message, or altered."""


def seal_phone(phone: str, message_uuid: uuid.UUID) -> bytes:
    """``nonce (12) ‖ ciphertext``. All Vietnamese mobile numbers have one length, so that tells nothing."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher().encrypt(nonce, phone.encode(), message_uuid.bytes)


def open_phone(sealed: bytes, message_uuid: uuid.UUID) -> str:
    """The number again.

    :raises UnreadablePhone: see there.
    """
    try:
        return _cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], message_uuid.bytes).decode()
    except (InvalidTag, ValueError):
        raise UnreadablePhone from None


def _cipher() -> AESGCM:
    return AESGCM(bytes.fromhex(read_secret(PHONE_KEY).decode()))
