"""Reads of the key server."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext

from bluezone.authority.access.scope import Scope
from bluezone.authority.key_store import key_store, public_pem
from bluezone.authority.keys.bulk_codes import row_uuid
from bluezone.authority.keys.issue_rules import CodeRefused, CodeState, state_of_code
from bluezone.authority.keys.models import (
    ApiKey,
    BulkIssue,
    ExportSigner,
    HealthAuthority,
    HealthAuthorityKey,
    ImportedFile,
    ImportSource,
    PublishedKey,
    SmsMessage,
    SmsState,
    VerificationCode,
)

__all__ = [
    "ExportPublicKey",
    "FollowedSource",
    "KnownAuthority",
    "SigningKey",
    "UnusedCodes",
    "api_keys",
    "bulk_issues_since",
    "certificate_keys",
    "code_row",
    "code_state",
    "codes_to_follow",
    "codes_with_unsent_messages",
    "export_public_keys",
    "health_authorities",
    "import_sources",
    "own_authority",
    "signing_keys",
    "state_of",
    "unused_codes",
    "usable_codes",
]

_MESSAGES_FOLLOWED = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class ExportPublicKey:
    """A key that a region's exports are signed with, under the id and version that the files name."""

    region: str
    key_id: str
    key_version: str
    pem: str
    valid_from: datetime
    """Devices are to know it before."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key's use ("export VN", "certificate"), name, time, and whether its private half is in the store."""

    use: str
    name: str
    valid_from: datetime
    valid_until: datetime | None
    in_store: bool

    def state(self, now: datetime) -> str:
        """In a word."""
        if self.valid_until is not None and self.valid_until <= now:
            return "ended"
        return "waiting" if self.valid_from > now else "signing"


def export_public_keys(
    region: str | None = None, *, now: datetime | None = None
) -> Sequence[ExportPublicKey]:
    """The public halves of the export signing keys, of one region or all; public, so without a scope.

    Newest first, also those whose time is to come, so that devices know them when it does.

    :param now: leaves out those that signed no file which may still be listed.
    """
    signers = ExportSigner.objects.select_related("config").order_by("config__region", "-valid_from", "-pk")
    if region is not None:
        signers = signers.filter(config__region=region)
    return [
        ExportPublicKey(one.config.region, one.key_id, one.key_version, one.public_key_pem, one.valid_from)
        for one in signers
        if now is None
        or one.valid_until is None
        or one.valid_until > now - timedelta(hours=one.config.retention_hours)
    ]


def signing_keys() -> Sequence[SigningKey]:
    """Every key that this server signs with, or did: for exports, then certificates, newest first."""
    store = key_store()
    kept = {public_pem(store.public_key(name)) for name in store.names()}
    exports = ExportSigner.objects.select_related("config").order_by("config__region", "-valid_from", "-pk")
    found = [
        SigningKey(
            f"export {one.config.region}",
            f"{one.key_id} {one.key_version}",
            one.valid_from,
            one.valid_until,
            one.public_key_pem in kept,
        )
        for one in exports
    ]
    own = HealthAuthorityKey.objects.filter(authority__identifier=settings.BLUEZONE_HEALTH_AUTHORITY)
    found += [
        SigningKey("certificate", one.kid, one.valid_from, one.valid_until, one.public_key_pem in kept)
        for one in own.order_by("-valid_from", "-pk")
    ]
    return found


def codes_to_follow(midnight: datetime, now: datetime, scope: Scope) -> QuerySet[VerificationCode]:
    """Codes inside the scope that staff may have to do something about, newest first.

    Those issued since midnight, those that can still be used, and those whose message waits or failed within
    two days and whose holder has therefore none; the codes themselves are not stored.
    """
    unused = Q(claimed_at=None, revoked_at=None)
    recent = SmsMessage.objects.filter(created_at__gte=now - _MESSAGES_FOLLOWED)
    without = recent.exclude(state=SmsState.SENT).values("code")
    wanted = VerificationCode.objects.filter(
        Q(issued_at__gte=midnight)
        | unused & (Q(expires_at__gt=now) | Q(long_expires_at__gt=now) | Q(pk__in=without))
    )
    return scope.filter(wanted.select_related("issued_by"), "area_path").order_by("-issued_at", "pk")


def codes_with_unsent_messages(midnight: datetime, now: datetime, scope: Scope) -> QuerySet[VerificationCode]:
    """Of :func:`codes_to_follow` those that have a message that was not sent, with their messages."""
    unsent = SmsMessage.objects.exclude(state=SmsState.SENT).values("code")
    return codes_to_follow(midnight, now, scope).filter(pk__in=unsent).prefetch_related("messages")


@dataclass(frozen=True, slots=True)
class UnusedCodes:
    """How many codes wait, when the first of them ends; how many of today ended without having been used."""

    waiting: int
    first_end: datetime | None
    ended: int
    first_ended: datetime | None


def unused_codes(midnight: datetime, now: datetime, scope: Scope) -> UnusedCodes:
    """Codes inside the scope that nobody has used or taken back; see :func:`state_of`."""
    unused = VerificationCode.objects.filter(
        Q(expires_at__gt=now) | Q(long_expires_at__gt=now) | Q(issued_at__gte=midnight),
        claimed_at=None,
        revoked_at=None,
    ).annotate(end=Greatest(F("expires_at"), Coalesce(F("long_expires_at"), F("expires_at"))))
    waits, has_ended = Q(end__gt=now), Q(end__lte=now)
    counts = scope.filter(unused, "area_path").aggregate(
        waiting=Count("pk", filter=waits),
        first_end=Min("end", filter=waits),
        ended=Count("pk", filter=has_ended),
        first_ended=Min("end", filter=has_ended),
    )
    return UnusedCodes(**counts)


def code_state(uuid: uuid.UUID, scope: Scope, now: datetime) -> CodeState:
    """What became of a code.

    :raises CodeRefused: no code inside the scope has this UUID.
    """
    return state_of(code_row(uuid, scope), now)


def code_row(uuid: uuid.UUID, scope: Scope) -> VerificationCode:
    """A stored code by its UUID; raises like :func:`code_state`."""
    found = scope.filter(VerificationCode.objects.filter(pk=uuid), "area_path").first()
    if found is None:
        raise CodeRefused(gettext("Không tìm thấy mã này."), "code_not_found", 404, english="code not found")
    return found


def bulk_issues_since(moment: datetime, scope: Scope) -> QuerySet[BulkIssue]:
    """Files of tests inside the scope for which codes were issued since a moment, newest first."""
    issued = BulkIssue.objects.filter(issued_at__gte=moment).select_related("issued_by")
    return scope.filter(issued, "area_path").order_by("-issued_at", "pk")


def usable_codes(upload: BulkIssue, now: datetime) -> int:
    """How many codes of a file can still be used."""
    uuids = [row_uuid(upload.pk, number) for number in range(1, upload.rows + 1)]
    rows = VerificationCode.objects.filter(pk__in=uuids)
    return sum(state_of(row, now) is CodeState.WAITING for row in rows)


def state_of(row: VerificationCode, now: datetime) -> CodeState:
    """A stored code's state; it waits while either of its forms can be used."""
    return state_of_code(
        claimed_at=row.claimed_at,
        revoked_at=row.revoked_at,
        expires_at=max(row.expires_at, row.long_expires_at or row.expires_at),
        now=now,
    )


def own_authority() -> HealthAuthority | None:
    """The authority that this server signs certificates for; it is there once the server is set up."""
    return HealthAuthority.objects.filter(identifier=settings.BLUEZONE_HEALTH_AUTHORITY).first()


def certificate_keys(authority: HealthAuthority, now: datetime) -> QuerySet[HealthAuthorityKey]:
    """An authority's keys that are not past their time, also those whose time is to come, newest last."""
    current = HealthAuthorityKey.objects.filter(Q(valid_until=None) | Q(valid_until__gt=now))
    return current.filter(authority=authority).order_by("valid_from", "pk")


def api_keys(scope: Scope) -> QuerySet[ApiKey]:
    """The API keys of systems inside the scope, newest first; the keys themselves are not stored."""
    return scope.filter(ApiKey.objects.all(), "area_path").order_by("-created_at")


@dataclass(frozen=True, slots=True)
class FollowedSource:
    """Another authority that is followed, or was; how many files and keys came from it."""

    source: ImportSource
    files: int
    keys: int


def import_sources() -> Sequence[FollowedSource]:
    """By name; without a scope, since all of it is public."""
    files = dict(ImportedFile.objects.values_list("source").annotate(Count("pk")).order_by())
    keys = dict(
        PublishedKey.objects.filter(imported_from__isnull=False)
        .values_list("imported_from")
        .annotate(Count("pk"))
        .order_by()
    )
    return [
        FollowedSource(one, files.get(one.pk, 0), keys.get(one.pk, 0))
        for one in ImportSource.objects.order_by("name")
    ]


@dataclass(frozen=True, slots=True)
class KnownAuthority:
    """A health authority, and the ids of its keys that are valid at the time asked for."""

    identifier: str
    issuer: str
    audience: str
    region: str
    jwks_url: str
    fetched_at: datetime | None
    last_error: str
    key_ids: Sequence[str]


def health_authorities(now: datetime) -> Sequence[KnownAuthority]:
    """Every health authority by its identifier; whom the server believes is no secret, so without a scope."""
    return [
        KnownAuthority(
            one.identifier,
            one.issuer,
            one.audience,
            one.region,
            one.jwks_url,
            one.jwks_fetched_at,
            one.jwks_error,
            [
                key.kid
                for key in one.signing_keys.order_by("kid")
                if key.valid_from <= now and (key.valid_until is None or now < key.valid_until)
            ],
        )
        for one in HealthAuthority.objects.order_by("identifier")
    ]
