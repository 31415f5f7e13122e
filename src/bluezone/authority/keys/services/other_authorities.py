"""Other health authorities whose certificates are believed, and keeping up with their keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.keys.authority_jwks import BadAuthorityKey, check_jwks_url, fetch_jwks, public_pem
from bluezone.authority.keys.certificates import is_key_id
from bluezone.authority.keys.models import (
    ExportConfig,
    HealthAuthority,
    HealthAuthorityKey,
    PublishedKey,
)
from bluezone.authority.keys.services.accepted_keys import forget_accepted_keys
from bluezone.errors import Refused
from bluezone.protocols.export_region import REGION

__all__ = [
    "AuthorityRefused",
    "NewAuthority",
    "add_authority",
    "refresh_authority_keys",
    "remove_authority",
]

_log = structlog.get_logger("bluezone.authority.keys")
_LONGEST_ERROR = 300


class AuthorityRefused(Refused):
    """A health authority cannot be added, or there is none of that identifier."""


@dataclass(frozen=True, slots=True)
class NewAuthority:
    """A health authority to believe: who signs its certificates for whom, and where its keys go.

    ``keys`` are {key id: PEM}; or there is a ``jwks_url`` to fetch them from.
    """

    identifier: str
    issuer: str
    audience: str
    region: str
    name: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    jwks_url: str = ""


@transaction.atomic
def add_authority(new: NewAuthority, *, by: Actor, now: datetime) -> HealthAuthority:
    """Believe another health authority from now on, or change what is known of it.

    Keys that it had and that are not among ``new.keys`` stop being valid.

    :raises AuthorityRefused: an identifier, issuer or region that cannot be, or neither keys nor an address.
    :raises BadAuthorityKey: a key or an address that cannot be used.
    """
    _check(new)
    keys = {kid: public_pem(pem) for kid, pem in new.keys.items()}
    url = check_jwks_url(new.jwks_url) if new.jwks_url else ""
    authority, created = HealthAuthority.objects.update_or_create(
        identifier=new.identifier,
        defaults={
            "name": new.name or new.identifier,
            "issuer": new.issuer,
            "audience": new.audience,
            "region": new.region,
            "jwks_url": url,
            "jwks_fetched_at": None,
            "jwks_error": "",
        },
    )
    _set_keys(authority, keys, now)  # of an address none until they have been fetched
    action = "keys.authority-added" if created else "keys.authority-changed"
    record(by, action, f"authority:{authority.pk}", {"keys": len(keys), "region": new.region}, now=now)
    forget_accepted_keys()
    return authority


@transaction.atomic
def remove_authority(identifier: str, *, by: Actor, now: datetime) -> None:
    """Believe nothing that it signs any more; keys published with its certificates stay until they expire.

    :raises AuthorityRefused: if it is unknown, or this server's own.
    """
    if identifier == settings.BLUEZONE_HEALTH_AUTHORITY:
        raise AuthorityRefused(f"{identifier!r} is this server's own health authority")
    authority = HealthAuthority.objects.filter(identifier=identifier).first()
    if authority is None:
        raise AuthorityRefused(f"there is no health authority {identifier!r}")
    record(by, "keys.authority-removed", f"authority:{authority.pk}", {}, now=now)
    authority.signing_keys.all().delete()
    if PublishedKey.objects.filter(authority=authority).exists():
        HealthAuthority.objects.filter(pk=authority.pk).update(jwks_url="", jwks_error="")
    else:
        authority.delete()
    forget_accepted_keys()


def refresh_authority_keys(
    now: datetime, fetch: Callable[[str], Mapping[str, str]] = fetch_jwks, *, only: str = ""
) -> int:
    """Fetch the keys of every authority that gives them at an address; how many could be fetched.

    A key that is not there any more stops being valid. An authority that cannot be reached keeps its keys,
    and why; it holds up none of the others, whatever fails with it.

    :param only: the identifier of the one whose keys to fetch.
    """
    fetched = 0
    authorities = HealthAuthority.objects.exclude(jwks_url="").order_by("pk")
    for authority in authorities.filter(identifier=only) if only else authorities:
        log = _log.bind(authority=authority.identifier)
        try:
            fetched += _refresh(authority, fetch, now)
        except BadAuthorityKey as error:
            log.warning("keys of a health authority not fetched", why=str(error))
            _note_failure(authority, str(error))
        except Exception as error:  # what nobody thought of must not hold up the others
            log.exception("keys of a health authority not fetched")
            _note_failure(authority, f"stopped by a fault: {type(error).__name__}")
    forget_accepted_keys()
    return fetched


def _note_failure(authority: HealthAuthority, why: str) -> None:
    """Unless it was changed or removed meanwhile; it tries to, since the database may be what failed."""
    with suppress(DatabaseError):
        unchanged = HealthAuthority.objects.filter(pk=authority.pk, jwks_url=authority.jwks_url)
        unchanged.update(jwks_error=why[:_LONGEST_ERROR])


def _refresh(authority: HealthAuthority, fetch: Callable[[str], Mapping[str, str]], now: datetime) -> bool:
    """Its keys are what is at its address; false if it was changed or removed while we waited."""
    keys = fetch(authority.jwks_url)
    with transaction.atomic():
        unchanged = HealthAuthority.objects.filter(pk=authority.pk, jwks_url=authority.jwks_url)
        if not unchanged.update(jwks_fetched_at=now, jwks_error=""):
            return False
        _set_keys(authority, keys, now)
    return True


def _set_keys(authority: HealthAuthority, keys: Mapping[str, str], now: datetime) -> None:
    """These are its keys now: new ones are valid from now on, others no longer."""
    valid = Q(valid_until=None) | Q(valid_until__gt=now)
    authority.signing_keys.filter(valid).exclude(kid__in=keys).update(valid_until=now)
    for kid, pem in keys.items():
        HealthAuthorityKey.objects.update_or_create(
            authority=authority,
            kid=kid,
            defaults={"public_key_pem": pem, "valid_until": None},
            create_defaults={"public_key_pem": pem, "valid_from": now},
        )


def _check(new: NewAuthority) -> None:
    for name, text, most in (
        ("identifier", new.identifier, 100),
        ("issuer", new.issuer, 200),
        ("audience", new.audience, 200),
    ):
        if not text or not text.isascii() or not text.isprintable() or len(text) > most:
            raise AuthorityRefused(f"the {name} must be 1 to {most} printable ASCII characters, not {text!r}")
    if new.identifier == settings.BLUEZONE_HEALTH_AUTHORITY:
        raise AuthorityRefused(f"{new.identifier!r} is this server's own health authority")
    if HealthAuthority.objects.filter(issuer=new.issuer).exclude(identifier=new.identifier).exists():
        raise AuthorityRefused(f"another health authority has the issuer {new.issuer!r}")
    if not REGION.fullmatch(new.region):
        raise AuthorityRefused(f"region {new.region!r} is not like VN or VN-HN")
    if not ExportConfig.objects.filter(region=new.region).exists():
        raise AuthorityRefused(
            f"region {new.region} has no export: run `bluezone export configure {new.region}` first"
        )
    if bool(new.keys) == bool(new.jwks_url):
        raise AuthorityRefused("give either keys (PEM) or the address of a JWKS")
    for kid in new.keys:
        if not is_key_id(kid):
            raise AuthorityRefused(f"{kid!r} cannot be a key id: up to 64 printable ASCII characters")
