"""Whose certificates are believed: the authority that this server itself signs for."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.db import transaction

from bluezone.authority.keys.models import ExportConfig, HealthAuthority, HealthAuthorityKey
from bluezone.authority.secret_files import CERTIFICATE_SIGNING_KEY, read_private_key, secrets_folder
from bluezone.errors import Refused

__all__ = ["AUDIENCE", "RegionChanged", "add_own_authority", "own_key_id"]

AUDIENCE = "bluezone-key-server"


class RegionChanged(Refused):
    """The settings name another region than the data folder was set up for."""


@transaction.atomic
def add_own_authority(now: datetime) -> HealthAuthority:
    """Register this server's own health authority and its present certificate key, where they are missing.

    :raises RegionChanged: if its keys have been exported with another region than the settings name.
    """
    identifier = settings.BLUEZONE_HEALTH_AUTHORITY
    authority, _ = HealthAuthority.objects.get_or_create(
        identifier=identifier,
        defaults={
            "name": identifier,
            "issuer": identifier,
            "audience": AUDIENCE,
            "region": settings.BLUEZONE_REGION,
        },
    )
    if authority.region != settings.BLUEZONE_REGION:
        if ExportConfig.objects.filter(region=authority.region).exists():
            raise RegionChanged(
                f"keys of this data folder go out with region {authority.region}, but BLUEZONE_REGION is "
                f"{settings.BLUEZONE_REGION}: devices would look for them in vain. Set it to "
                f"{authority.region}, or name another folder and database"
            )
        authority.region = settings.BLUEZONE_REGION  # nothing ever went out: set-up had not got further
        authority.save(update_fields=["region"])
    if (secrets_folder() / CERTIFICATE_SIGNING_KEY).exists():  # after a rotation it may be gone
        HealthAuthorityKey.objects.get_or_create(
            authority=authority,
            kid=own_key_id(),
            defaults={"public_key_pem": _public_pem().decode(), "valid_from": now},
        )
    return authority


def own_key_id() -> str:
    """The key id of this server's certificate key: it names the key by its hash, so it needs no counter."""
    return sha256(_public_pem()).hexdigest()[:16]


def _public_pem() -> bytes:
    return (
        read_private_key(CERTIFICATE_SIGNING_KEY)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
