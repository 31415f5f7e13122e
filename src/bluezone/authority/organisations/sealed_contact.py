"""A contact person as it is stored: AES-256-GCM under a key of its own, bound to its row."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import asdict, dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bluezone.authority.secret_files import CONTACT_KEY, read_secret

__all__ = ["ContactPerson", "UnreadableContact", "open_contact", "seal_contact"]

_NONCE = 12
_BLOCK = 256
"""Contents are filled up to multiples of it, so that lengths tell no names apart."""


@dataclass(frozen=True, slots=True)
class ContactPerson:
    """Whom to ask. Nothing of it is in a repr, which may end in a log."""

    name: str = field(default="", repr=False)
    position: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)


class UnreadableContact(Exception):
    """Sealed under another key, or for another row, or altered."""


def seal_contact(person: ContactPerson, row: uuid.UUID) -> bytes:
    """``nonce (12) ‖ ciphertext``."""
    nonce = secrets.token_bytes(_NONCE)
    text = json.dumps(asdict(person), ensure_ascii=False).encode()
    filled = text.ljust(-(-len(text) // _BLOCK) * _BLOCK)
    return nonce + _cipher().encrypt(nonce, filled, row.bytes)


def open_contact(sealed: bytes, row: uuid.UUID) -> ContactPerson:
    """The person again.

    :raises UnreadableContact: see there.
    """
    try:
        return ContactPerson(**json.loads(_cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], row.bytes)))
    except (InvalidTag, ValueError, TypeError):
        raise UnreadableContact from None


def _cipher() -> AESGCM:
    return AESGCM(bytes.fromhex(read_secret(CONTACT_KEY).decode()))
