"""JSON from outside, read strictly: one object of known fields with the right types, or what is wrong."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from binascii import a2b_base64
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

from bluezone.errors import Refused

__all__ = ["BadRequest", "checked_fields", "decode_base64", "read_json"]

_INT32_MAX = 2**31 - 1
_JSON_NAMES = {
    list: "an array",
    str: "a string of ASCII characters",
    int: "an integer of 32 bits",
    bool: "true or false",
}
_URL_SAFE = str.maketrans("-_", "+/")


class BadRequest(Refused):
    """The body is not the JSON that was agreed; the message names the field."""


def read_json(body: bytes) -> Any:
    """What a body holds. Of a name that comes twice the last counts, as with most readers.

    :raises BadRequest: for anything but one JSON document.
    """
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise BadRequest(f"the body is not one JSON document: {reason}") from None


def checked_fields(value: Any, known: Mapping[str, type], where: str = "") -> dict[str, Any]:
    """The fields of an object; one that is ``null`` is one that is missing.

    :param where: the way to it, with a dot at the end; empty for the body itself.
    :raises BadRequest: no object, a field that nobody knows, or one of another type.
    """
    if not isinstance(value, dict):
        raise BadRequest(f"{where.rstrip('.') or 'the body'} must be a JSON object")
    for name, content in value.items():
        if name not in known:
            raise BadRequest(f'unknown field "{where}{_printable(name)}"')
        if content is not None and not _fits(content, known[name]):
            raise BadRequest(f'field "{where}{name}" must be {_JSON_NAMES[known[name]]}')
    return {name: content for name, content in value.items() if content is not None}


def decode_base64(text: str) -> bytes:
    """Bytes from standard or URL-safe base64, padded or not, as clients send both.

    :raises ValueError: if it is neither.
    """
    with suppress(ValueError):
        return a2b_base64(text.encode("ascii"), strict_mode=True)  # most often it is standard and padded
    standard = text.translate(_URL_SAFE).rstrip("=")
    try:
        return b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _fits(content: Any, kind: type) -> bool:
    if kind is int:
        # bool is an int in Python but not in JSON
        return type(content) is int and -_INT32_MAX - 1 <= content <= _INT32_MAX
    if kind is str:
        # every text field is base64, a token or an identifier; lone surrogates and the like are none of these
        return isinstance(content, str) and content.isascii()
    return isinstance(content, kind)


def _printable(name: str) -> str:
    return name[:60].encode("ascii", "backslashreplace").decode()
