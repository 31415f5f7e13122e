"""Which keys' certificates are believed: looked up once in a while, since every publish asks.

Each worker remembers for two seconds what it found, never that it found nothing. So a key that is taken away
stops being believed everywhere within that time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db.models import Q

from bluezone.authority.keys.models import ExportConfig, HealthAuthority, HealthAuthorityKey

__all__ = [
    "AcceptedKeyOf",
    "accepted_key",
    "find_authority",
    "forget_accepted_keys",
    "is_exported",
    "keys_of_authority",
]

_REMEMBERED_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class AcceptedKeyOf:
    """A health authority's public key, with the time in which it is good."""

    authority: HealthAuthority
    public_key: ec.EllipticCurvePublicKey
    valid_from: datetime
    valid_until: datetime | None

    def is_good(self, now: datetime) -> bool:
        """Whether certificates by this key are believed at that time."""
        return self.valid_from <= now and (self.valid_until is None or now < self.valid_until)


_authorities: dict[str, tuple[float, HealthAuthority]] = {}
_all_keys: dict[str, tuple[float, Sequence[HealthAuthorityKey]]] = {}
_keys: dict[tuple[str, str], tuple[float, AcceptedKeyOf]] = {}
_exported: dict[str, float] = {}


def find_authority(identifier: str) -> HealthAuthority | None:
    """The health authority of that identifier."""
    held = _authorities.get(identifier)
    if held is not None and time.monotonic() < held[0]:
        return held[1]
    found = HealthAuthority.objects.filter(identifier=identifier).first()
    if found is None:
        _authorities.pop(identifier, None)
    else:
        _authorities[identifier] = (time.monotonic() + _REMEMBERED_SECONDS, found)
    return found


def is_exported(region: str) -> bool:
    """Whether keys of that region ever go out: without an export they would only grow too old."""
    if time.monotonic() < _exported.get(region, 0.0):
        return True
    found = bool(region) and ExportConfig.objects.filter(region=region).exists()
    if found:
        _exported[region] = time.monotonic() + _REMEMBERED_SECONDS
    return found


def accepted_key(identifier: str, kid: str, now: datetime) -> AcceptedKeyOf | None:
    """The key of an authority that has this id and is good at that time."""
    held = _keys.get((identifier, kid))
    if held is not None and time.monotonic() < held[0]:
        return held[1] if held[1].is_good(now) else None
    row = (
        HealthAuthorityKey.objects.select_related("authority")
        .filter(Q(valid_until=None) | Q(valid_until__gt=now), authority__identifier=identifier, kid=kid)
        .first()
    )
    public = None if row is None else serialization.load_pem_public_key(row.public_key_pem.encode())
    if row is None or not isinstance(public, ec.EllipticCurvePublicKey):
        _keys.pop((identifier, kid), None)
        return None
    found = AcceptedKeyOf(row.authority, public, row.valid_from, row.valid_until)
    _keys[identifier, kid] = (time.monotonic() + _REMEMBERED_SECONDS, found)
    return found if found.is_good(now) else None


def keys_of_authority(identifier: str) -> Sequence[HealthAuthorityKey]:
    """Every key of an authority, at whatever time it is good, that which becomes so last first."""
    held = _all_keys.get(identifier)
    if held is not None and time.monotonic() < held[0]:
        return held[1]
    found = tuple(
        HealthAuthorityKey.objects.filter(authority__identifier=identifier).order_by("-valid_from", "-pk")
    )
    if found:
        _all_keys[identifier] = (time.monotonic() + _REMEMBERED_SECONDS, found)
    return found


def forget_accepted_keys() -> None:
    """Look again at the next question, because this process has changed what is stored."""
    _authorities.clear()
    _all_keys.clear()
    _keys.clear()
    _exported.clear()
