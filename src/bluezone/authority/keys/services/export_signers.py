"""With which keys a region's files are signed: several in overlap while they are turned over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction
from django.db.models import Q

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.key_store import KeyExists, KeyStore, holds, key_store, public_pem
from bluezone.authority.keys.models import ExportConfig, ExportSigner
from bluezone.authority.secret_files import EXPORT_SIGNING_KEY
from bluezone.errors import Refused
from bluezone.protocols.export_signature import MAX_SIGNATURES, SignatureInfo, Signer

__all__ = [
    "RotationRefused",
    "add_first_signer",
    "add_first_signers",
    "check_times",
    "make_key",
    "rotate_export_key",
    "signers_in_effect",
]

_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
_VERSION = re.compile(r"v(\d+)")
_log = structlog.get_logger("bluezone.authority.exports")
_FIRST_NAME = EXPORT_SIGNING_KEY.removesuffix(".pem")


class RotationRefused(Refused):
    """A signing key cannot be turned over as asked."""


def add_first_signer(config: ExportConfig) -> None:
    """Sign with the key that set-up made, under its configured version, if with none yet.

    After a rotation that key is erased: a region that comes later then gets one of its own.
    """
    if config.signers.exists():
        return
    store, version = key_store(), config.signing_key_version
    first_is_here = _FIRST_NAME in store.names()
    name = _FIRST_NAME if first_is_here else f"{_FIRST_NAME}-{config.region}-{version}"
    ExportSigner.objects.create(
        config=config,
        store_name=name,
        key_id=config.signing_key_id,
        key_version=version,
        public_key_pem=public_pem(store.public_key(name) if first_is_here else make_key(name)),
        valid_from=_ALWAYS,
    )


@transaction.atomic
def add_first_signers() -> None:
    """Do so for every region, as after an update from a version without signers."""
    for config in ExportConfig.objects.all():
        add_first_signer(config)


def signers_in_effect(config: ExportConfig, now: datetime) -> Sequence[Signer]:
    """Those to sign a file with now, the newest in effect first, at most as many as a file may carry.

    A key whose private half is lost is passed over, and an error is logged.
    """
    rows = config.signers.filter(Q(valid_until=None) | Q(valid_until__gt=now), valid_from__lte=now)
    store = key_store()
    here = [row for row in rows.order_by("-valid_from", "-pk") if _is_here(store, row)]
    return [_signer(store, row) for row in here[:MAX_SIGNATURES]]


def _is_here(store: KeyStore, row: ExportSigner) -> bool:
    """Whether the store holds this very key: set-up makes a new first one where that is lost."""
    found = holds(store, row.store_name, row.public_key_pem)
    if not found:
        _log.error(
            "an export signing key is lost: restore it from the backup, or rotate",
            region=row.config.region,
            signer=f"{row.key_id} {row.key_version}",
            file=f"{row.store_name}.pem",
        )
    return found


@transaction.atomic
def rotate_export_key(
    region: str, *, effective: datetime, overlap: timedelta, by: Actor, now: datetime
) -> ExportSigner:
    """Make a key that the region's files are signed with from ``effective``; the others stay for ``overlap``.

    :raises RotationRefused: for an unknown region, a past time, or more keys at once than a file carries.
    """
    config = ExportConfig.objects.select_for_update().filter(region=region).first()
    if config is None:
        raise RotationRefused(f"region {region!r} has no export")
    check_times(effective, overlap, now)
    add_first_signer(config)
    ends = effective + overlap
    others = config.signers.filter(Q(valid_until=None) | Q(valid_until__gt=ends))
    others.filter(valid_from__lt=effective).update(valid_until=ends)
    at_once = config.signers.filter(Q(valid_until=None) | Q(valid_until__gt=effective)).count()
    if at_once >= MAX_SIGNATURES:
        raise RotationRefused(
            f"{at_once} keys would sign from then on besides the new one, and a file carries "
            f"{MAX_SIGNATURES} signatures: wait, or shorten the overlap"
        )
    version = _next_version(config)
    name = f"{_FIRST_NAME}-{region}-{version}"
    row = ExportSigner.objects.create(
        config=config,
        store_name=name,
        key_id=config.signing_key_id,
        key_version=version,
        public_key_pem=public_pem(make_key(name)),
        valid_from=effective,
    )
    details = {"version": version, "effective": effective.isoformat(), "others_until": ends.isoformat()}
    record(by, "export-key-rotated", f"export:{region}", details, now=now)
    return row


def check_times(effective: datetime, overlap: timedelta, now: datetime) -> None:
    """:raises RotationRefused: for a key that would have signed already, or others that end before."""
    if effective < now:
        raise RotationRefused(f"a key cannot take effect at {effective:%Y-%m-%d %H:%M} UTC: that is past")
    if overlap < timedelta(0):
        raise RotationRefused("the overlap is negative")


def make_key(name: str) -> ec.EllipticCurvePublicKey:
    """A key of the store; one that was made, but not put to use before a crash, is taken now."""
    store = key_store()
    try:
        return store.create(name)
    except KeyExists:
        return store.public_key(name)


def _signer(store: KeyStore, row: ExportSigner) -> Signer:
    return Signer(
        SignatureInfo(row.key_id, row.key_version), lambda digest: store.sign(row.store_name, digest)
    )


def _next_version(config: ExportConfig) -> str:
    used = [_VERSION.fullmatch(one) for one in config.signers.values_list("key_version", flat=True)]
    return f"v{max((int(match[1]) for match in used if match), default=0) + 1}"
