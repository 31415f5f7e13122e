"""With which key this server signs certificates, and turning it over."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db.models import Q

from bluezone.authority.key_store import KeyStore, StoredKey, key_store, public_pem
from bluezone.authority.keys.models import HealthAuthorityKey
from bluezone.authority.secret_files import MissingSecret

__all__ = ["certificate_signer"]

STORE_PREFIX = "certificate-signing"


def certificate_signer(now: datetime) -> tuple[ec.EllipticCurvePrivateKey, str]:
    """The key to sign a certificate with, and its ``kid``: of those in effect the one that became so last.

    The key object signs and gives nothing away; its private half stays in the store.

    :raises MissingSecret: if none is in effect, or the store holds none of those that are.
    """
    rows = (
        HealthAuthorityKey.objects.filter(
            Q(valid_until=None) | Q(valid_until__gt=now),
            authority__identifier=settings.BLUEZONE_HEALTH_AUTHORITY,
            valid_from__lte=now,
        )
        .order_by("-valid_from", "-pk")
        .values_list("kid", "public_key_pem")
    )
    store = key_store()
    for kid, pem in rows:
        name = _name_in_store(store, pem)
        if name is not None:
            return StoredKey(store, name), kid
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
