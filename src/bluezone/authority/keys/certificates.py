"""Verification certificates: ES256 JWTs by which an authority vouches for a diagnosis and keys."""

from __future__ import annotations

import json
import math
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeGuard

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.wire import decode_base64
from bluezone.errors import Refused

__all__ = [
    "LIFETIME",
    "CertificateInvalid",
    "Claims",
    "check_certificate",
    "is_key_id",
    "key_id_of",
    "sign_certificate",
    "take_the_time_to_check",
]

LIFETIME = timedelta(minutes=15)
BACKDATED = timedelta(seconds=5)
"""Issued and valid this much earlier, and this much is forgiven: clocks of two servers differ."""

_ALGORITHM = "ES256"
_MAC_BYTES = 32
_MAX_KID = 64
_SIGNATURE_BYTES = 64
_ECDSA = ec.ECDSA(SHA256())


class CertificateInvalid(Refused):
    """A certificate is not one to believe; the message says why."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a certificate says. ``onset_interval`` is 0 when it names none."""

    report_type: ReportTypeName
    onset_interval: int
    tekmac: bytes = field(repr=False)


def sign_certificate(
    claims: Claims,
    *,
    issuer: str,
    audience: str,
    key: ec.EllipticCurvePrivateKey,
    kid: str,
    encoded_tekmac: str,
    now: datetime,
) -> str:
    """A certificate of 15 minutes; ``encoded_tekmac`` is the MAC as the device wrote it."""
    backdated = int((now - BACKDATED).timestamp())
    payload: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "iat": backdated,
        "nbf": backdated,
        "exp": int((now + LIFETIME).timestamp()),
        "reportType": claims.report_type.value,
        "tekmac": encoded_tekmac,
    }
    if claims.onset_interval:
        payload["symptomOnsetInterval"] = claims.onset_interval
    header = {"alg": _ALGORITHM, "kid": kid, "typ": "JWT"}
    signed = f"{_encoded(header)}.{_encoded(payload)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), _ECDSA))
    half = _SIGNATURE_BYTES // 2
    return f"{signed}.{_base64url(r.to_bytes(half, 'big') + s.to_bytes(half, 'big'))}"


def _encoded(part: dict[str, Any]) -> str:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def key_id_of(certificate: str) -> str:
    """Which key a certificate says it is signed with; nothing about it is believed yet.

    :raises CertificateInvalid: when it is no JWT, or names no key by plain text.
    """
    kid = _header(certificate.partition(".")[0]).kid
    if not is_key_id(kid):
        raise CertificateInvalid(
            f"the certificate's key id is not up to {_MAX_KID} printable ASCII characters"
        )
    return kid


def is_key_id(kid: object) -> TypeGuard[str]:
    """Whether something can be a key's id: short plain text."""
    return isinstance(kid, str) and kid.isascii() and kid.isprintable() and 0 < len(kid) <= _MAX_KID


def check_certificate(
    certificate: str, public_key: ec.EllipticCurvePublicKey, *, issuer: str, audience: str, now: datetime
) -> Claims:
    """Believe a certificate, or not.

    :raises CertificateInvalid: wrong signature, algorithm, issuer, audience or time, or unusable claims.
    """
    payload = _signed_payload(certificate, public_key)
    if payload.get("iss") != issuer:
        raise CertificateInvalid("the certificate is from another issuer")
    audiences = payload.get("aud")
    if audience not in (audiences if isinstance(audiences, list) else [audiences]):
        raise CertificateInvalid("the certificate is for another audience")
    present, leeway = now.timestamp(), BACKDATED.total_seconds()
    if _seconds(payload, "exp") <= present:
        raise CertificateInvalid("the certificate has expired")
    if _seconds(payload, "iat") > present + leeway or _seconds(payload, "nbf", 0) > present + leeway:
        raise CertificateInvalid("the certificate is not valid yet")
    return _claims(payload)


def take_the_time_to_check() -> None:
    """Check a signature as a certificate's is checked, for a request that has none to check."""
    public_key, signature = _example()
    public_key.verify(signature, b"", _ECDSA)


@lru_cache(maxsize=1)
def _example() -> tuple[ec.EllipticCurvePublicKey, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.public_key(), key.sign(b"", _ECDSA)


@dataclass(frozen=True, slots=True)
class _Header:
    kid: object
    is_es256: bool


@lru_cache(maxsize=64)
def _header(encoded: str) -> _Header:
    """A JWT's first part, which is the same in all certificates by one key."""
    try:
        header = json.loads(decode_base64(encoded))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise CertificateInvalid("the certificate is no signed JWT")
    return _Header(header.get("kid"), header.get("alg") == _ALGORITHM and "crit" not in header)


def _signed_payload(certificate: str, public_key: ec.EllipticCurvePublicKey) -> dict[str, Any]:
    """The claims, once the signature over them holds (RFC 7515, compact form; RFC 7518, 3.4).

    By hand, since a JOSE library takes longer than the signature itself, and this is done for each publish.
    """
    if not _header(certificate.partition(".")[0]).is_es256:
        raise CertificateInvalid(f"the certificate's algorithm is not {_ALGORITHM}")
    signed, _, signature = certificate.rpartition(".")
    try:
        raw = decode_base64(signature)
        if len(raw) != _SIGNATURE_BYTES or signed.count(".") != 1:
            raise ValueError("not a signature of P-256")
        half = _SIGNATURE_BYTES // 2
        der = encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
        public_key.verify(der, signed.encode(), _ECDSA)
        payload = json.loads(decode_base64(signed.partition(".")[2]))
    except (InvalidSignature, ValueError, RecursionError):
        raise CertificateInvalid("the certificate's signature is wrong") from None
    if not isinstance(payload, dict):
        raise CertificateInvalid("the certificate's claims are no JSON object")
    return payload


def _claims(payload: dict[str, Any]) -> Claims:
    try:
        report_type = ReportTypeName(payload.get("reportType", ""))
    except ValueError:
        raise CertificateInvalid("the certificate's reportType is unknown") from None
    onset = payload.get("symptomOnsetInterval", 0)
    if type(onset) is not int or not 0 <= onset < 2**32:
        raise CertificateInvalid("the certificate's symptomOnsetInterval is no interval number")
    try:
        tekmac = decode_base64(payload["tekmac"])
    except (KeyError, ValueError, AttributeError):
        raise CertificateInvalid("the certificate has no tekmac") from None
    if len(tekmac) != _MAC_BYTES:
        raise CertificateInvalid(f"the certificate's tekmac has {len(tekmac)} bytes, not {_MAC_BYTES}")
    return Claims(report_type, onset, tekmac)


def _seconds(payload: dict[str, Any], name: str, default: float | None = None) -> float:
    value = payload.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CertificateInvalid(f"the certificate has no time {name}")
    if isinstance(value, float) and not math.isfinite(value):
        raise CertificateInvalid(f"the certificate's time {name} is no time")
    return value
