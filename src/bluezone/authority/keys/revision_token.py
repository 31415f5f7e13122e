"""The revision token: a list of somebody's published keys that only this server can read, kept by the phone.

AES-256-GCM; the token is ``version ‖ key number (u64) ‖ nonce (12) ‖ ciphertext``, in base64. The plaintext
is padded to whole groups of 30 entries, so that its size does not tell how many keys there are. Keys are
files of the secrets folder named by the second they were made: the newest encrypts, all under 360 h decrypt.
"""

from __future__ import annotations

import secrets
import struct
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from bluezone.authority.keys.wire import decode_base64
from bluezone.authority.secret_files import MissingSecret, secrets_folder, write_secret

__all__ = ["Entries", "InvalidToken", "open_token", "rotate_token_keys", "seal_token"]

Entries = Mapping[bytes, tuple[int, int]]
"""{TEK: (rolling start, rolling period)}"""

_ROTATE_AFTER = timedelta(hours=168)
_DIE_AFTER = timedelta(hours=360)
_ENTRY = struct.Struct(">16sIB")
_HEADER = struct.Struct(">BQ")
_VERSION = 1
_NONCE = 12
_GROUP = 30
_CONTEXT = b"bluezone revision token"


class InvalidToken(Exception):
    """The token was not made here, was altered, or its key has been destroyed."""


def seal_token(entries: Entries) -> str:
    """A token for these keys.

    :raises MissingSecret: when no key was ever made.
    """
    number = max(_key_files(), default=None)
    if number is None:
        raise MissingSecret(f"{_folder()} holds no key: run `bluezone setup`")
    header = _HEADER.pack(_VERSION, number)
    plain = b"".join(_ENTRY.pack(tek, start, period) for tek, (start, period) in entries.items())
    plain += bytes(_ENTRY.size * (-len(entries) % _GROUP or (0 if entries else _GROUP)))
    nonce = secrets.token_bytes(_NONCE)
    sealed = _cipher(number).encrypt(nonce, plain, header + _CONTEXT)
    return b64encode(header + nonce + sealed).decode()


def open_token(token: str) -> dict[bytes, tuple[int, int]]:
    """The keys that a token lists.

    :raises InvalidToken: see there.
    """
    try:
        data = decode_base64(token)
        version, number = _HEADER.unpack_from(data)
    except (ValueError, struct.error):
        raise InvalidToken("not a revision token") from None
    if version != _VERSION or number not in _key_files():
        raise InvalidToken("the token's key is unknown")
    nonce, sealed = data[_HEADER.size : _HEADER.size + _NONCE], data[_HEADER.size + _NONCE :]
    try:
        plain = _cipher(number).decrypt(nonce, sealed, data[: _HEADER.size] + _CONTEXT)
    except (InvalidTag, ValueError):
        raise InvalidToken("the token was altered") from None
    entries = (_ENTRY.unpack_from(plain, at) for at in range(0, len(plain), _ENTRY.size))
    return {tek: (start, period) for tek, start, period in entries if period}


def rotate_token_keys(now: datetime) -> None:
    """Make a new key when the newest is a week old, and destroy those that no token in use needs."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    second = int(now.timestamp())
    numbers = _key_files()
    if not numbers or second - max(numbers) >= _ROTATE_AFTER.total_seconds():
        write_secret(folder / f"{second}.key", secrets.token_bytes(32))
    for number in numbers:
        if second - number >= _DIE_AFTER.total_seconds():
            (folder / f"{number}.key").unlink(missing_ok=True)


def _folder() -> Path:
    return _folder_in(settings.BLUEZONE_DATA)


@lru_cache(maxsize=4)
def _folder_in(_data: Path) -> Path:
    return secrets_folder() / "revision-token"


def _key_files() -> frozenset[int]:
    """Their numbers; the folder is read again when its time has changed."""
    folder = _folder()
    try:
        changed = folder.stat().st_mtime_ns
    except FileNotFoundError:
        return frozenset()
    return _listed(folder, changed)


@lru_cache(maxsize=4)
def _listed(folder: Path, _changed: int) -> frozenset[int]:
    return frozenset(int(path.stem) for path in folder.glob("[0-9]*.key"))


def _cipher(number: int) -> AESGCM:
    return _load_cipher(_folder(), number)


@lru_cache(maxsize=16)
def _load_cipher(folder: Path, number: int) -> AESGCM:
    return AESGCM((folder / f"{number}.key").read_bytes())
