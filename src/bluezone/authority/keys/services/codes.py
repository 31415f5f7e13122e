"""Verification codes: issue one, exchange it for a token, and the token for a certificate.

A code is computed from the client's UUID under a secret key, and only its keyed hash is stored. So issuing
with the same UUID again gives the same code, and the database alone gives none. Of a certificate its time and
a keyed hash of the MAC in it are stored: asked for again, it is signed anew with the same claims.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.scope import EVERYWHERE, Scope, check_area_path
from bluezone.authority.keys import certificates
from bluezone.authority.keys.models import HealthAuthority, VerificationCode, VerificationToken
from bluezone.authority.keys.report_types import ISSUABLE, ReportTypeName
from bluezone.authority.keys.rules import HANOI, check_test_dates, midnight_interval
from bluezone.authority.keys.services.authorities import own_key_id
from bluezone.authority.keys.wire import decode_base64
from bluezone.authority.secret_files import CERTIFICATE_SIGNING_KEY, CODE_KEY, read_private_key, read_secret
from bluezone.errors import Refused

__all__ = [
    "CODE_LIFETIME",
    "CertificateRefused",
    "CodeRefused",
    "IssuedCode",
    "VerifiedCode",
    "issue_certificate",
    "issue_code",
    "verify_code",
]

CODE_DIGITS = 8
CODE_LIFETIME = timedelta(minutes=15)
TOKEN_LIFETIME = timedelta(hours=24)
_ATTEMPTS = 20
_ACCEPTS = {
    ReportTypeName.CONFIRMED: {ReportTypeName.CONFIRMED},
    ReportTypeName.LIKELY: {ReportTypeName.CONFIRMED, ReportTypeName.LIKELY},
    ReportTypeName.NEGATIVE: set(ISSUABLE),
    ReportTypeName.USER_REPORT: {*ISSUABLE, ReportTypeName.USER_REPORT},
}


class CodeRefused(Refused):
    """No code is issued, or a code is not accepted; ``code`` and ``status`` are those of the API."""

    def __init__(self, message: str, code: str = "code_invalid", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class CertificateRefused(CodeRefused):
    """No certificate for this token and MAC."""


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A code as it is read aloud; ``code`` is shown to whoever issued it and stored nowhere."""

    uuid: uuid.UUID
    code: str = field(repr=False)
    report_type: ReportTypeName
    test_date: date | None
    onset_date: date | None
    issued_at: datetime
    expires_at: datetime
    claimed: bool

    @property
    def grouped(self) -> str:
        """The digits in groups of four."""
        return f"{self.code[:4]} {self.code[4:]}"


@dataclass(frozen=True, slots=True)
class VerifiedCode:
    """What a device gets for a code."""

    token: str = field(repr=False)
    report_type: ReportTypeName
    test_date: date | None
    onset_date: date | None


@transaction.atomic
def issue_code(
    *,
    report_type: ReportTypeName,
    test_date: date | None = None,
    onset_date: date | None = None,
    uuid: uuid.UUID,
    area_path: str,
    scope: Scope,
    by: Actor,
    now: datetime,
) -> IssuedCode:
    """A one-time code for a test, 8 digits, good for 15 minutes.

    :param uuid: made by the client; with the same one again, the answer is the same and nothing is issued.
    :param area_path: where it is issued, inside ``scope``; or ``EVERYWHERE`` for one without limits.
    :raises CodeRefused: impossible dates or type, an area outside the scope, a UUID used for another test.
    """
    if area_path != EVERYWHERE:
        check_area_path(area_path)
    if not scope.allows(area_path):
        raise CodeRefused("Địa bàn này nằm ngoài phạm vi được giao.")
    if report_type not in ISSUABLE:
        raise CodeRefused(f"no code is issued for a test of type {report_type.value!r}")
    known = VerificationCode.objects.filter(pk=uuid).first()
    if known is None:
        fault = check_test_dates(report_type, test_date, onset_date, now.astimezone(HANOI).date())
        if fault:
            raise CodeRefused(fault)
        known, created = _store_code(
            VerificationCode(
                uuid=uuid,
                report_type=report_type.value,
                test_date=test_date,
                onset_date=onset_date,
                issued_at=now,
                expires_at=now + CODE_LIFETIME,
                issued_by_id=by.user_id,
                area_path=area_path,
            )
        )
        if created:
            details = {"area": area_path, "report_type": report_type.value}
            record(by, "keys.code-issued", f"code:{uuid}", details, now=now)
    wanted = (report_type.value, test_date, onset_date, area_path, by.user_id)
    if wanted != (
        known.report_type,
        known.test_date,
        known.onset_date,
        known.area_path,
        known.issued_by_id,
    ):
        raise CodeRefused(f"UUID {uuid} was used for another test")
    return IssuedCode(
        uuid=known.uuid,
        code=_code(known.uuid, known.attempt),
        report_type=ReportTypeName(known.report_type),
        test_date=known.test_date,
        onset_date=known.onset_date,
        issued_at=known.issued_at,
        expires_at=known.expires_at,
        claimed=known.claimed_at is not None,
    )


@transaction.atomic
def verify_code(code: str, accept: Sequence[str], now: datetime) -> VerifiedCode:
    """Exchange a code for a token of 24 hours; the code is used up.

    :param accept: the report types the client understands; empty means all.
    :raises CodeRefused: one and the same answer for a wrong, expired or used code.
    """
    allowed = _accepted_types(accept)
    digits = "".join(code.split()).replace("-", "")
    found = VerificationCode.objects.filter(
        code_hmac=_keyed("lookup", digits), claimed_at=None, expires_at__gt=now
    ).first()
    if found is None:
        raise CodeRefused("verification code invalid")
    report_type = ReportTypeName(found.report_type)
    if report_type not in allowed:
        raise CodeRefused("verification code has unsupported test type", "unsupported_test_type", 412)
    claimed = VerificationCode.objects.filter(pk=found.pk, claimed_at=None).update(claimed_at=now)
    if not claimed:
        raise CodeRefused("verification code invalid")
    token = secrets.token_urlsafe(32)
    VerificationToken.objects.create(
        token_hmac=_keyed("token", token),
        report_type=found.report_type,
        onset_date=found.onset_date,
        expires_at=now + TOKEN_LIFETIME,
    )
    return VerifiedCode(token, report_type, found.test_date, found.onset_date)


@transaction.atomic
def issue_certificate(token: str, ekeyhmac: str, now: datetime) -> str:
    """A certificate of 15 minutes over a device's keys, which are known here only by their MAC.

    The same token and MAC again give a certificate with the same claims and times, and once that has expired
    one with new times; the same token with another MAC gives nothing.

    :raises CertificateRefused: an unknown or expired token, a token used for other keys, or no MAC.
    """
    found = VerificationToken.objects.select_for_update().filter(token_hmac=_keyed("token", token)).first()
    if found is None:
        raise CertificateRefused("verification token invalid", "token_invalid")
    if found.expires_at <= now:
        raise CertificateRefused("verification token expired", "token_expired")
    try:
        tekmac = decode_base64(ekeyhmac)
    except ValueError:
        raise CertificateRefused("exposure key HMAC is not base64", "hmac_invalid") from None
    if len(tekmac) != 32:
        raise CertificateRefused(f"exposure key HMAC has {len(tekmac)} bytes, not 32", "hmac_invalid")
    tekmac_hmac = _keyed("tekmac", f"{token}|{tekmac.hex()}")
    if found.tekmac_hmac is not None and not hmac.compare_digest(bytes(found.tekmac_hmac), tekmac_hmac):
        raise CertificateRefused("verification token invalid", "token_invalid")
    certified_at = found.certified_at
    if certified_at is None or certified_at + certificates.LIFETIME <= now:
        certified_at = now
        found.tekmac_hmac, found.certified_at = tekmac_hmac, certified_at
        found.save(update_fields=["tekmac_hmac", "certified_at"])
    return _sign(found, ekeyhmac, tekmac, certified_at)


def _sign(token: VerificationToken, ekeyhmac: str, tekmac: bytes, issued_at: datetime) -> str:
    authority = HealthAuthority.objects.get(identifier=settings.BLUEZONE_HEALTH_AUTHORITY)
    onset = midnight_interval(token.onset_date) if token.onset_date else 0
    return certificates.sign_certificate(
        certificates.Claims(ReportTypeName(token.report_type), onset, tekmac),
        issuer=authority.issuer,
        audience=authority.audience,
        key=read_private_key(CERTIFICATE_SIGNING_KEY),
        kid=own_key_id(),
        encoded_tekmac=ekeyhmac,
        now=issued_at,
    )


def _store_code(row: VerificationCode) -> tuple[VerificationCode, bool]:
    """Save under the first attempt whose code nobody else holds; false when the same request won the race."""
    for attempt in range(_ATTEMPTS):
        row.attempt = attempt
        row.code_hmac = _keyed("lookup", _code(row.uuid, attempt))
        if VerificationCode.objects.filter(code_hmac=row.code_hmac).exists():
            continue
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            same = VerificationCode.objects.filter(pk=row.uuid).first()
            if same is not None:
                return same, False
        else:
            return row, True
    raise RuntimeError("no free verification code was found")


def _code(code_uuid: uuid.UUID, attempt: int) -> str:
    number = int.from_bytes(_keyed("code", f"{code_uuid}|{attempt}")[:16], "big")
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def _keyed(purpose: str, text: str) -> bytes:
    return hmac.digest(read_secret(CODE_KEY), f"{purpose}|{text}".encode(), "sha256")


def _accepted_types(accept: Sequence[str]) -> set[ReportTypeName]:
    if not accept:
        return set(ReportTypeName)
    try:
        return set().union(*(_ACCEPTS[ReportTypeName(one)] for one in accept))
    except (ValueError, KeyError):
        raise CodeRefused("invalid test type in accept", "invalid_test_type") from None
