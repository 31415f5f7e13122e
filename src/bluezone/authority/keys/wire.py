"""The publish request as sent: strict JSON in, checked values out. Field names are the reference server's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bluezone.authority.access.strict_json import BadRequest, checked_fields, decode_base64, read_json

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
_MAX_AUTHORITY_ID = 100


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


def parse_publish(body: bytes) -> PublishRequest:
    """Read a publish body. Of a name that comes twice the last counts, as with the reference server.

    :raises BadRequest: for anything but one JSON object of known fields with the right types, an authority's
        identifier that is not plain text, or a key that holds a separator of the text that MACs are over.
    """
    fields = checked_fields(read_json(body), _FIELDS)
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


def _wire_key(value: Any, where: str) -> WireKey:
    fields = checked_fields(value, _KEY_FIELDS, f"{where}.")
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
