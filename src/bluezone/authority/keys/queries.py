"""Reads of the key server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from django.db.models import QuerySet

from bluezone.authority.access.scope import Scope
from bluezone.authority.keys.models import ExportConfig, VerificationCode
from bluezone.authority.secret_files import EXPORT_SIGNING_KEY, read_private_key

__all__ = ["ExportPublicKey", "codes_issued_since", "export_public_keys"]


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
