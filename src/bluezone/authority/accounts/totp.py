"""Time-based one-time codes (RFC 6238) and recovery codes: made, compared, and how they are stored."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from uuid import UUID

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bluezone.authority.secret_files import SECOND_FACTOR_KEY, read_secret
from bluezone.errors import Refused

__all__ = [
    "RECOVERY_CODES",
    "hash_recovery_code",
    "matching_step",
    "new_recovery_code",
    "new_secret",
    "open_secret",
    "plain_code",
    "provisioning_uri",
    "seal_secret",
]

RECOVERY_CODES = 10
_STEP = 30
_NONCE = 12
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """160 random bits in Base32, as authenticator apps want them."""
    return pyotp.random_base32(32)


def provisioning_uri(secret: str, username: str) -> str:
    """What the QR code says to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="Bluezone")


def matching_step(secret: str, code: str, last_step: int, now: datetime) -> int | None:
    """The time step whose code this is: the present one or a neighbour, newer than the last one taken."""
    present, totp = int(now.timestamp()) // _STEP, pyotp.TOTP(secret)
    found = None
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()) and step > last_step:
            found = step
    return found


def new_recovery_code() -> str:
    """About 50 bits that can be copied from paper."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"{text[:5]}-{text[5:]}"


def plain_code(typed: str) -> str:
    """A code of either kind without what people type around it."""
    return "".join(typed.split()).replace("-", "").lower()


def hash_recovery_code(user_id: UUID, code: str) -> bytes:
    """How a recovery code is stored; under a key, since 50 bits could be tried out."""
    text = f"recovery|{user_id}|{plain_code(code)}"
    return hmac.digest(_key(), text.encode(), "sha256")


def seal_secret(secret: str, user_id: UUID) -> bytes:
    """``nonce (12) ‖ ciphertext`` of AES-256-GCM, bound to its user."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(_key()).encrypt(nonce, secret.encode(), user_id.bytes)


def open_secret(sealed: bytes, user_id: UUID) -> str:
    """The secret again.

    :raises Refused: it was sealed under another key, which was lost, or for another user.
    """
    try:
        return AESGCM(_key()).decrypt(sealed[:_NONCE], sealed[_NONCE:], user_id.bytes).decode()
    except (InvalidTag, ValueError):
        raise Refused(
            f"the second factor of user {user_id} is not readable with {SECOND_FACTOR_KEY}"
        ) from None


def _key() -> bytes:
    return bytes.fromhex(read_secret(SECOND_FACTOR_KEY).decode())
