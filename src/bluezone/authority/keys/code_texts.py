"""What codes look like: made from a client's UUID under the server's secret, recognised by a keyed hash."""

from __future__ import annotations

import uuid

from django.conf import settings

from bluezone.authority.keys.keyed_hash import keyed

__all__ = [
    "LONG_CODE_CHARACTERS",
    "SHORT_CODE_DIGITS",
    "code_link",
    "code_web_link",
    "is_long_code",
    "is_short_code",
    "long_code",
    "long_code_hmac",
    "short_code",
    "short_code_hmac",
    "typed_code",
]

SHORT_CODE_DIGITS = 8
LONG_CODE_CHARACTERS = 16

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o or u, so that a code read off a screen is typed right."""

_MISREAD = str.maketrans("ilo", "110")


def short_code(code_uuid: uuid.UUID, attempt: int) -> str:
    """8 digits, to be read aloud."""
    number = _number("code", code_uuid, attempt)
    return f"{number % 10**SHORT_CODE_DIGITS:0{SHORT_CODE_DIGITS}d}"


def long_code(code_uuid: uuid.UUID, attempt: int) -> str:
    """16 characters of 5 bits, for a link in a message: nobody guesses it within its day."""
    number = _number("long-code", code_uuid, attempt)
    return "".join(_ALPHABET[number >> 5 * at & 31] for at in range(LONG_CODE_CHARACTERS))


def typed_code(text: str) -> str:
    """A code as it was meant: no blanks or dashes, small letters, digits for letters that look like them."""
    return "".join(text.split()).replace("-", "").lower().translate(_MISREAD)


def is_short_code(text: str) -> bool:
    """Whether a typed code has the form of a short one."""
    typed = typed_code(text)
    return len(typed) == SHORT_CODE_DIGITS and typed.isascii() and typed.isdigit()


def is_long_code(text: str) -> bool:
    """Whether a text can only have been meant as a long code."""
    typed = typed_code(text)
    return len(typed) == LONG_CODE_CHARACTERS and set(typed) <= set(_ALPHABET)


def short_code_hmac(code: str) -> bytes:
    """Under which a short code is found."""
    return keyed("lookup", code)


def long_code_hmac(code: str) -> bytes:
    """Under which a long code is found."""
    return keyed("lookup-long", code)


def code_link(code: str) -> str:
    """The link that opens a phone's own Exposure Notifications settings with a long code."""
    return f"ens://v?r={settings.BLUEZONE_REGION}&c={code}"


def code_web_link(code: str) -> str | None:
    """The same for phones that open apps by web addresses, if ``BLUEZONE_CODE_LINK`` names one."""
    return f"{settings.BLUEZONE_CODE_LINK}{code}" if settings.BLUEZONE_CODE_LINK else None


def _number(purpose: str, code_uuid: uuid.UUID, attempt: int) -> int:
    return int.from_bytes(keyed(purpose, f"{code_uuid}|{attempt}")[:16], "big")
