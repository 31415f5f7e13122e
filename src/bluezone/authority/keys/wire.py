"""The publish request as sent: strict JSON in, checked values out. Field names are the reference server's."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from binascii import a2b_base64
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from bluezone.errors import Refused

__all__ = [
    "MAX_PUBLISH_BYTES",
    "BadRequest",
    "PublishRequest",
    "WireKey",
    "decode_base64",
    "is_authority_id",
    "parse_keys",
    "parse_publish",
]

MAX_PUBLISH_BYTES = 64_000
_INT32_MAX = 2**31 - 1
_MAX_AUTHORITY_ID = 100


class BadRequest(Refused):
    """The body is not the JSON that was agreed; the message names the field."""


def is_authority_id(text: str) -> bool:
    """Whether a health authority can be called so: apps send it in every publish."""
    return text.isascii() and text.isprintable() and 0 < len(text) <= _MAX_AUTHORITY_ID


@dataclass(frozen=True, slots=True)
class WireKey:
    """One key as the client wrote it; ``key`` stays text, since the MAC is over the text."""

    key: str = field(repr=False)
    rolling_start: int
    rolling_period: int
    transmission_risk: int = 0

    @property
    def parts(self) -> tuple[str, int, int, int]:
        """The four fields in the order in which MACs are computed over them."""
        return self.key, self.rolling_start, self.rolling_period, self.transmission_risk


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """A publish request's fields; padding is dropped."""

    keys: tuple[WireKey, ...] = field(repr=False)
    health_authority: str
    certificate: str = field(repr=False)
    hmac_key: str = field(repr=False)
    onset_interval: int = 0
    traveler: bool = False
    revision_token: str = field(default="", repr=False)


_FIELDS: Mapping[str, type] = {
    "temporaryExposureKeys": list,
    "healthAuthorityID": str,
    "verificationPayload": str,
    "hmacKey": str,
    "symptomOnsetInterval": int,
    "traveler": bool,
    "revisionToken": str,
    "padding": str,
}
_KEY_FIELDS: Mapping[str, type] = {
    "key": str,
    "rollingStartNumber": int,
    "rollingPeriod": int,
    "transmissionRisk": int,
}
_JSON_NAMES = {
    list: "an array",
    str: "a string of ASCII characters",
    int: "an integer of 32 bits",
    bool: "true or false",
}


def parse_publish(body: bytes) -> PublishRequest:
    """Read a publish body. Of a name that comes twice the last counts, as with the reference server.

    :raises BadRequest: for anything but one JSON object of known fields with the right types, an authority's
        identifier that is not plain text, or a key that holds a separator of the text that MACs are over.
    """
    fields = _checked(_load(body), _FIELDS, "")
    authority = fields.get("healthAuthorityID", "")
    if authority and not is_authority_id(authority):
        raise BadRequest(
            f'field "healthAuthorityID" must be up to {_MAX_AUTHORITY_ID} printable ASCII characters'
        )
    keys = parse_keys(fields.get("temporaryExposureKeys", []))
    return PublishRequest(
        keys=keys,
        health_authority=authority,
        certificate=fields.get("verificationPayload", ""),
        hmac_key=fields.get("hmacKey", ""),
        onset_interval=fields.get("symptomOnsetInterval", 0),
        traveler=fields.get("traveler", False),
        revision_token=fields.get("revisionToken", ""),
    )


def parse_keys(value: Any) -> tuple[WireKey, ...]:
    """The keys in a request's ``temporaryExposureKeys``.

    :raises BadRequest: no array of objects with a key's fields.
    """
    if not isinstance(value, list):
        raise BadRequest('field "temporaryExposureKeys" must be an array')
    return tuple(_wire_key(one, f"temporaryExposureKeys[{at}]") for at, one in enumerate(value))


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


_URL_SAFE = str.maketrans("-_", "+/")


def _load(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise BadRequest(f"the body is not one JSON document: {reason}") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _wire_key(value: Any, where: str) -> WireKey:
    fields = _checked(value, _KEY_FIELDS, f"{where}.")
    key = fields.get("key", "")
    if "." in key or "," in key:
        # base64 has neither; else one "key" could be written so that it reads like two in a MAC's text
        raise BadRequest(f'field "{where}.key" must not contain "." or ","')
    return WireKey(
        key=key,
        rolling_start=fields.get("rollingStartNumber", 0),
        rolling_period=fields.get("rollingPeriod", 0),
        transmission_risk=fields.get("transmissionRisk", 0),
    )


def _checked(value: Any, known: Mapping[str, type], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadRequest(f"{where.rstrip('.') or 'the body'} must be a JSON object")
    for name, content in value.items():
        if name not in known:
            raise BadRequest(f'unknown field "{where}{_printable(name)}"')
        if content is not None and not _fits(content, known[name]):
            raise BadRequest(f'field "{where}{name}" must be {_JSON_NAMES[known[name]]}')
    return {name: content for name, content in value.items() if content is not None}


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
