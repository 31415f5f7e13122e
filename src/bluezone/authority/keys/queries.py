"""Reads of the key server."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from django.db.models import QuerySet

from bluezone.authority.access.scope import Scope
from bluezone.authority.keys.issue_rules import CodeRefused, CodeState, state_of_code
from bluezone.authority.keys.models import ExportConfig, VerificationCode
from bluezone.authority.secret_files import EXPORT_SIGNING_KEY, read_private_key

__all__ = [
    "ExportPublicKey",
    "code_row",
    "code_state",
    "codes_issued_since",
    "export_public_keys",
    "state_of",
]


@dataclass(frozen=True, slots=True)
class ExportPublicKey:
    """A key that a region's exports are signed with, under the id and version that the files name."""

    region: str
    key_id: str
    key_version: str
    pem: str


def export_public_keys(region: str | None = None) -> Sequence[ExportPublicKey]:
    """The public halves of the export signing keys, of one region or all; public, so without a scope."""
    pem = (
        read_private_key(EXPORT_SIGNING_KEY)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    configs = ExportConfig.objects.order_by("region")
    if region is not None:
        configs = configs.filter(region=region)
    return [ExportPublicKey(one.region, one.signing_key_id, one.signing_key_version, pem) for one in configs]


def codes_issued_since(moment: datetime, scope: Scope) -> QuerySet[VerificationCode]:
    """Codes issued since a moment inside the scope, newest first; the codes themselves are not stored."""
    issued = VerificationCode.objects.filter(issued_at__gte=moment).select_related("issued_by")
    return scope.filter(issued, "area_path").order_by("-issued_at")


def code_state(uuid: uuid.UUID, scope: Scope, now: datetime) -> CodeState:
    """What became of a code.

    :raises CodeRefused: no code inside the scope has this UUID.
    """
    return state_of(code_row(uuid, scope), now)


def code_row(uuid: uuid.UUID, scope: Scope) -> VerificationCode:
    """A stored code by its UUID; raises like :func:`code_state`."""
    found = scope.filter(VerificationCode.objects.filter(pk=uuid), "area_path").first()
    if found is None:
        raise CodeRefused("Không tìm thấy mã này.", "code_not_found", 404)
    return found


def state_of(row: VerificationCode, now: datetime) -> CodeState:
    """A stored code's state; it waits while either of its forms can be used."""
    return state_of_code(
        claimed_at=row.claimed_at,
        revoked_at=row.revoked_at,
        expires_at=max(row.expires_at, row.long_expires_at or row.expires_at),
        now=now,
    )
