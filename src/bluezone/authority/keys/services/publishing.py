"""Publishing: take a device's keys once, and answer the same when they are sent again."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction

from bluezone.authority.keys import certificates
from bluezone.authority.keys.models import (
    HealthAuthority,
    PublishedKey,
    PublishMemory,
    random_row_id,
)
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.revision_token import Entries, InvalidToken, open_token, seal_token
from bluezone.authority.keys.rules import (
    LIMITS,
    AcceptedKey,
    Decision,
    KnownKey,
    PublishRefused,
    decide_keys,
    decide_revision,
    floor_to,
)
from bluezone.authority.keys.services.accepted_keys import accepted_key, find_authority, is_exported
from bluezone.authority.keys.services.report_rows import NewMemory, NewReport, write_report
from bluezone.authority.keys.services.request_memory import request_hmac_of, sorted_places, taken_bits
from bluezone.authority.keys.services.statistics import note_chaff, note_publish, note_revision
from bluezone.authority.keys.statistics_rules import key_ages, onset_to_upload
from bluezone.authority.keys.tekmac import matches_tekmac
from bluezone.authority.keys.wire import PublishRequest, WireKey, decode_base64
from bluezone.protocols.gaen import INTERVAL_SECONDS, KEY_BYTES, MAX_ROLLING_PERIOD

__all__ = ["MEMORY_LIFETIME", "PublishOutcome", "publish", "publish_chaff"]

MEMORY_LIFETIME = timedelta(days=14)
"""As long as the keys themselves may be there: a phone that was off for a week may still ask again."""

_TRIES = 3
_USUAL_KEYS = 14


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """The answer: how many keys are new, how many were refused singly, and the token to revise them."""

    inserted: int
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    revision_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class _Vouched:
    """A request whose certificate holds."""

    authority: HealthAuthority
    claims: certificates.Claims


class _CarriedOutMeanwhile(Exception):
    """Another worker finished this very request after we had looked for it."""


def publish(request: PublishRequest, now: datetime) -> PublishOutcome:
    """Store a device's keys for the next export, or revise the report type of those stored before.

    :raises PublishRefused: with the reference server's error code and HTTP status.
    """
    request_hmac = request_hmac_of(request)
    try:
        vouched, decision = _judge(request, now)
    except PublishRefused:
        remembered = PublishMemory.objects.filter(request_hmac=request_hmac).first()
        if remembered is None:
            raise
        return _answer_again(request, remembered, now)
    if not request.revision_token and vouched.claims.report_type is not ReportTypeName.NEGATIVE:
        try:
            outcome = _store_new(request, request_hmac, vouched, decision, now)
            _count(request, vouched, decision.accepted, now)
            return outcome
        except IntegrityError:
            pass  # there is something already: take the longer way
        except OperationalError:
            if connection.vendor == "sqlite":  # its lock was waited for in vain: not again as long
                raise
            # else the connection had been lost, or others' keys came in another order
    return _revise_or_repeat(request, request_hmac, vouched, decision, now)


def publish_chaff(request: PublishRequest | None, now: datetime) -> PublishOutcome:
    """Do all that publishing does and take it back; the outcome is of the shape that a real one has.

    :param request: what was sent, if it can be read. Its content is nothing but noise.
    """
    keys = request.keys[: LIMITS.max_keys] if request else ()
    made_up = PublishRequest(
        keys=_made_up_keys(len(keys) or _USUAL_KEYS, now),
        health_authority=settings.BLUEZONE_HEALTH_AUTHORITY,
        certificate=request.certificate if request else "",
        hmac_key=request.hmac_key if request else "",
    )
    request_hmac = request_hmac_of(made_up)
    authority = find_authority(made_up.health_authority)
    if authority is None:
        raise RuntimeError("this server's own health authority is not registered")
    certificates.take_the_time_to_check()
    matches_tekmac(made_up.keys, request_hmac, request_hmac)
    decision = decide_keys(made_up.keys, ReportTypeName.CONFIRMED, onset_sent=0, onset_certified=0, now=now)
    vouched = _Vouched(authority, certificates.Claims(ReportTypeName.CONFIRMED, 0, b""))
    outcome = _store_new(made_up, request_hmac, vouched, decision, now, keep=False)
    note_chaff(now)
    return outcome


def _count(request: PublishRequest, vouched: _Vouched, new: Sequence[AcceptedKey], now: datetime) -> None:
    """Count stored keys for the statistics; none: nothing happened."""
    if new:
        onset = onset_to_upload(request.onset_interval, vouched.claims.onset_interval, now)
        ages = key_ages([key.rolling_start for key in new], now)
        note_publish(vouched.claims.report_type, ages, onset, now)


def _judge(request: PublishRequest, now: datetime) -> tuple[_Vouched, Decision]:
    vouched = _vouch(request, now)
    return vouched, decide_keys(
        request.keys,
        vouched.claims.report_type,
        onset_sent=request.onset_interval,
        onset_certified=vouched.claims.onset_interval,
        now=now,
    )


def _store_new(
    request: PublishRequest,
    request_hmac: bytes,
    vouched: _Vouched,
    decision: Decision,
    now: datetime,
    *,
    keep: bool = True,
) -> PublishOutcome:
    """Take it that nobody has sent the request or a key of it before, as is nearly always so.

    :raises IntegrityError: when somebody has; nothing is stored then.
    """
    accepted = decision.accepted
    memory = NewMemory(
        request_hmac,
        inserted=len(accepted),
        refused=len(decision.errors),
        left_out=len(decision.warnings),
        accepted=taken_bits(request, {key.index for key in accepted}),
        expires_at=floor_to(now, LIMITS.window) + MEMORY_LIFETIME,
    )
    write_report(
        NewReport(memory, accepted, vouched.claims.report_type, request.traveler, vouched.authority),
        keep=keep,
    )
    entries = {key.tek: (key.rolling_start, key.rolling_period) for key in accepted}
    return PublishOutcome(len(accepted), decision.errors, decision.warnings, _token(entries))


def _made_up_keys(count: int, now: datetime) -> tuple[WireKey, ...]:
    today = int(now.timestamp()) // INTERVAL_SECONDS // MAX_ROLLING_PERIOD
    return tuple(
        WireKey(
            b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
            (today - 1 - ago % _USUAL_KEYS) * MAX_ROLLING_PERIOD,
            MAX_ROLLING_PERIOD,
        )
        for ago in range(count)
    )


def _revise_or_repeat(
    request: PublishRequest,
    request_hmac: bytes,
    vouched: _Vouched,
    decision: Decision,
    now: datetime,
) -> PublishOutcome:
    for _ in range(_TRIES):
        remembered = PublishMemory.objects.filter(request_hmac=request_hmac).first()
        if remembered is not None:
            return _answer_again(request, remembered, now)
        try:
            return _store(request, request_hmac, vouched, decision, now)
        except (IntegrityError, _CarriedOutMeanwhile):
            continue  # the same request or the same key was written at this moment: look again
    raise RuntimeError("a publish request kept colliding with others")


@transaction.atomic
def _store(
    request: PublishRequest,
    request_hmac: bytes,
    vouched: _Vouched,
    decision: Decision,
    now: datetime,
) -> PublishOutcome:
    accepted, warnings = decision.accepted, decision.warnings
    token = _read_token(request, now)
    known = {
        bytes(row.tek): row
        for row in PublishedKey.objects.select_for_update()
        .filter(tek__in=[key.tek for key in accepted])
        .order_by("pk")
    }
    if known and PublishMemory.objects.filter(request_hmac=request_hmac).exists():
        raise _CarriedOutMeanwhile
    report_type = vouched.claims.report_type
    new: list[AcceptedKey] = []
    kept: list[AcceptedKey] = []
    revised: list[PublishedKey] = []
    taken_over: list[int] = []
    for key in accepted:
        row = known.get(key.tek)
        text = ""
        if row is not None and row.imported_from_id is None:
            if decide_revision(_known_key(row), key, report_type, token):
                revised.append(_revise(row, key, report_type))
        elif row is not None and row.batch_id is not None:
            text = f"key {key.index} is out already: another authority published it"
        elif report_type is ReportTypeName.NEGATIVE:
            # the reference server would publish them; the keys of a healthy person are nobody's business
            text = f"key {key.index} is not stored: a negative result only revises keys published before"
        else:
            new.append(key)
            if row is not None:
                taken_over.append(row.pk)
        if text:
            warnings = (*warnings, text)
        else:
            kept.append(key)
    PublishMemory.objects.create(
        request_hmac=request_hmac,
        inserted=len(new),
        refused=len(decision.errors),
        left_out=len(warnings),
        accepted=taken_bits(request, {key.index for key in kept}),
        expires_at=floor_to(now, LIMITS.window) + MEMORY_LIFETIME,
    )
    PublishedKey.objects.filter(pk__in=taken_over).delete()
    PublishedKey.objects.bulk_create(
        _row(key, report_type, vouched.authority, traveler=request.traveler) for key in new
    )
    if revised:
        PublishedKey.objects.bulk_update(revised, _REVISION_FIELDS)
        transaction.on_commit(lambda: note_revision(report_type, now))
    transaction.on_commit(lambda: _count(request, vouched, new, now))
    entries = {key.tek: (key.rolling_start, key.rolling_period) for key in kept}
    return PublishOutcome(len(new), decision.errors, warnings, _token({**(token or {}), **entries}))


def _answer_again(request: PublishRequest, memory: PublishMemory, now: datetime) -> PublishOutcome:
    """The remembered outcome and counts, with a fresh token for the keys that were taken then."""
    taken = [request.keys[at] for bit, at in enumerate(sorted_places(request)) if memory.accepted >> bit & 1]
    entries = {decode_base64(key.key): (key.rolling_start, key.rolling_period) for key in taken}
    refused = (f"{memory.refused} keys cannot be imported",) if memory.refused else ()
    left_out = (f"{memory.left_out} keys were left out",) if memory.left_out else ()
    token = _token({**(_read_token(request, now) or {}), **entries})
    return PublishOutcome(memory.inserted, refused, left_out, token)


def _vouch(request: PublishRequest, now: datetime) -> _Vouched:
    """Whether a known health authority vouches for these very keys."""
    authority = find_authority(request.health_authority)
    if authority is None:
        raise PublishRefused(
            "unknown_health_authority_id", f"unknown health authority {request.health_authority!r}", 401
        )
    if not is_exported(authority.region):
        raise PublishRefused(
            "health_authority_missing_region_config", "the health authority's region has no export", 500
        )
    try:
        kid = certificates.key_id_of(request.certificate)
        key = accepted_key(request.health_authority, kid, now)
        if key is None:
            raise certificates.CertificateInvalid("the certificate's key is not one of the authority's")
        claims = certificates.check_certificate(
            request.certificate,
            key.public_key,
            issuer=authority.issuer,
            audience=authority.audience,
            now=now,
        )
        if not matches_tekmac(request.keys, _hmac_key(request), claims.tekmac):
            raise certificates.CertificateInvalid("the certificate is for other keys")
    except certificates.CertificateInvalid as error:
        raise PublishRefused("health_authority_verification_certificate_invalid", str(error), 401) from None
    return _Vouched(authority, claims)


def _hmac_key(request: PublishRequest) -> bytes:
    try:
        return decode_base64(request.hmac_key)
    except ValueError:
        raise certificates.CertificateInvalid("hmacKey is not base64") from None


def _read_token(request: PublishRequest, now: datetime) -> dict[bytes, tuple[int, int]] | None:
    """The request's revision token without keys that are too old by now; ``None`` if none was sent.

    A token that cannot be read lists nothing: it only matters when there is something to revise.
    """
    if not request.revision_token:
        return None
    try:
        entries = open_token(request.revision_token)
    except InvalidToken:
        return {}
    oldest = int((now - LIMITS.max_age).timestamp()) // INTERVAL_SECONDS
    return {tek: (start, period) for tek, (start, period) in entries.items() if start + period > oldest}


def _token(entries: Entries) -> str:
    return seal_token(entries) if entries else ""


def _known_key(row: PublishedKey) -> KnownKey:
    revised = row.revised_report_type
    return KnownKey(
        row.rolling_start,
        row.rolling_period,
        ReportTypeName(row.report_type),
        None if revised is None else ReportTypeName(revised),
    )


def _row(
    key: AcceptedKey, report_type: ReportTypeName, authority: HealthAuthority, *, traveler: bool
) -> PublishedKey:
    return PublishedKey(
        id=random_row_id(),
        tek=key.tek,
        rolling_start=key.rolling_start,
        rolling_period=key.rolling_period,
        transmission_risk=key.transmission_risk,
        report_type=report_type.value,
        days_since_onset=key.days_since_onset,
        traveler=traveler,
        authority=authority,
        region=authority.region,
        release_at=key.release_at,
    )


_REVISION_FIELDS = (
    "revised_report_type",
    "revised_transmission_risk",
    "revised_days_since_onset",
    "revised_release_at",
    "mixed",
)


def _revise(row: PublishedKey, key: AcceptedKey, report_type: ReportTypeName) -> PublishedKey:
    row.revised_report_type = report_type.value
    row.revised_transmission_risk = key.transmission_risk
    row.revised_days_since_onset = key.days_since_onset
    row.revised_release_at = key.release_at
    row.mixed = False
    return row
