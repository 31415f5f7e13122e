"""With which key this server signs certificates, and turning it over."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.key_store import KeyStore, StoredKey, key_store, public_pem
from bluezone.authority.keys.models import HealthAuthority, HealthAuthorityKey
from bluezone.authority.keys.services.accepted_keys import forget_accepted_keys, keys_of_authority
from bluezone.authority.keys.services.export_signers import RotationRefused, check_times, make_key
from bluezone.authority.secret_files import MissingSecret

__all__ = ["certificate_signer", "rotate_certificate_key"]

STORE_PREFIX = "certificate-signing"


def certificate_signer(now: datetime) -> tuple[ec.EllipticCurvePrivateKey, str]:
    """The key to sign a certificate with, and its ``kid``: of those in effect the one that became so last.

    The key object signs and gives nothing away; its private half stays in the store.

    :raises MissingSecret: if none is in effect, or the store holds none of those that are.
    """
    store = key_store()
    for row in keys_of_authority(settings.BLUEZONE_HEALTH_AUTHORITY):
        if row.valid_from <= now and (row.valid_until is None or now < row.valid_until):
            name = _name_in_store(store, row.public_key_pem)
            if name is not None:
                return StoredKey(store, name), row.kid
    raise MissingSecret(
        "no certificate key is in effect: run `bluezone keys list`, then `bluezone keys rotate --certificate`"
    )


def _name_in_store(store: KeyStore, pem: str) -> str | None:
    try:
        return _found_name(store, pem)
    except LookupError:
        return None


@lru_cache(maxsize=64)
def _found_name(store: KeyStore, pem: str) -> str:
    """Under which name a public key's private half is kept; what was not found is looked for again."""
    for name in store.names():
        if name.startswith(STORE_PREFIX) and public_pem(store.public_key(name)) == pem:
            return name
    raise LookupError(pem)


@transaction.atomic
def rotate_certificate_key(
    *, effective: datetime, overlap: timedelta, by: Actor, now: datetime
) -> HealthAuthorityKey:
    """Make a key that this server signs certificates with from ``effective``; others stay for ``overlap``.

    Who checks certificates fetches the keys now and then, so a key should be known before it signs.

    :raises RotationRefused: for a past time or a negative overlap, or before the server is set up.
    """
    check_times(effective, overlap, now)
    authority = (
        HealthAuthority.objects.select_for_update()
        .filter(identifier=settings.BLUEZONE_HEALTH_AUTHORITY)
        .first()
    )
    if authority is None:
        raise RotationRefused(f"there is no health authority {settings.BLUEZONE_HEALTH_AUTHORITY!r} here")
    name = f"{STORE_PREFIX}-{effective:%Y%m%dT%H%M%SZ}"
    pem = public_pem(make_key(name))
    kid = sha256(pem.encode()).hexdigest()[:16]
    if authority.signing_keys.filter(kid=kid).exists():
        raise RotationRefused(f"a key takes effect at {effective:%Y-%m-%d %H:%M:%S} UTC already")
    ends = effective + overlap
    others = authority.signing_keys.filter(Q(valid_until=None) | Q(valid_until__gt=ends))
    others.filter(valid_from__lt=effective).update(valid_until=ends)
    row = authority.signing_keys.create(kid=kid, public_key_pem=pem, valid_from=effective)
    details = {"kid": kid, "effective": effective.isoformat(), "others_until": ends.isoformat()}
    record(by, "certificate-key-rotated", f"authority:{authority.identifier}", details, now=now)
    forget_accepted_keys()
    return row
