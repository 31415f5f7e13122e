"""A code for a token, and a token for a certificate.

Of a certificate its time and a keyed hash of the MAC in it are stored: asked for again, it is signed anew
with the same claims.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings

from bluezone.authority.commit_together import commit_together
from bluezone.authority.keys import certificates
from bluezone.authority.keys.code_texts import (
    LONG_CODE_CHARACTERS,
    long_code_hmac,
    short_code_hmac,
    typed_code,
)
from bluezone.authority.keys.issue_rules import CodeRefused
from bluezone.authority.keys.keyed_hash import keyed
from bluezone.authority.keys.models import VerificationCode, VerificationToken
from bluezone.authority.keys.report_types import ISSUABLE, ReportTypeName
from bluezone.authority.keys.rules import midnight_interval
from bluezone.authority.keys.services.accepted_keys import find_authority
from bluezone.authority.keys.services.certificate_signers import certificate_signer
from bluezone.authority.keys.services.code_rows import (
    claim_code,
    find_token,
    find_unused_code,
    note_certificate,
)
from bluezone.authority.keys.services.user_reports import is_reporters_nonce
from bluezone.authority.keys.wire import decode_base64
from bluezone.authority.secret_files import MissingSecret

__all__ = [
    "TOKEN_LIFETIME",
    "CertificateRefused",
    "VerifiedCode",
    "certified_token",
    "find_code",
    "issue_certificate",
    "verify_code",
]

TOKEN_LIFETIME = timedelta(hours=24)
_ACCEPTS = {
    ReportTypeName.CONFIRMED: {ReportTypeName.CONFIRMED},
    ReportTypeName.LIKELY: {ReportTypeName.CONFIRMED, ReportTypeName.LIKELY},
    ReportTypeName.NEGATIVE: set(ISSUABLE),
    ReportTypeName.USER_REPORT: {ReportTypeName.CONFIRMED, ReportTypeName.USER_REPORT},
}


class CertificateRefused(CodeRefused):
    """No certificate for this token and MAC."""


@dataclass(frozen=True, slots=True)
class VerifiedCode:
    """What a device gets for a code."""

    token: str = field(repr=False)
    report_type: ReportTypeName
    test_date: date | None
    onset_date: date | None


def verify_code(code: str, accept: Sequence[str], now: datetime, *, nonce: bytes = b"") -> VerifiedCode:
    """Exchange a short or long code for a token of 24 hours; the code is used up in both forms.

    :param accept: the report types the client understands; empty means all.
    :param nonce: for the code of a self report, what it was asked for with.
    :raises CodeRefused: one and the same answer for a wrong, expired, revoked or used code, and for a self
        report's without its nonce.
    """
    allowed = _accepted_types(accept)
    found = find_code(code, now)
    if found is None:
        raise CodeRefused("verification code invalid")
    report_type = ReportTypeName(found.report_type)
    if report_type is ReportTypeName.USER_REPORT and not is_reporters_nonce(found, nonce):
        raise CodeRefused("verification code invalid")
    if report_type not in allowed:
        raise CodeRefused("verification code has unsupported test type", "unsupported_test_type", 412)
    token = secrets.token_urlsafe(32)
    token_hmac = keyed("token", token)
    if not commit_together(lambda: claim_code(found, token_hmac, now, now + TOKEN_LIFETIME)):
        raise CodeRefused("verification code invalid")  # another phone was quicker
    return VerifiedCode(token, report_type, found.test_date, found.onset_date)


def issue_certificate(token: str, ekeyhmac: str, now: datetime) -> str:
    """A certificate of 15 minutes over a device's keys, which are known here only by their MAC.

    The same token and MAC again give a certificate with the same claims and times, and once that has expired
    one with new times; the same token with another MAC gives nothing.

    :raises CertificateRefused: an unknown or expired token, a token used for other keys, or no MAC.
    """
    found = _usable_token(token, now)
    try:
        tekmac = decode_base64(ekeyhmac)
    except ValueError:
        raise CertificateRefused("exposure key HMAC is not base64", "hmac_invalid") from None
    if len(tekmac) != 32:
        raise CertificateRefused(f"exposure key HMAC has {len(tekmac)} bytes, not 32", "hmac_invalid")
    tekmac_hmac = keyed("tekmac", f"{token}|{tekmac.hex()}")
    if found.certified_at is None or found.certified_at + certificates.LIFETIME <= now:
        if commit_together(lambda: note_certificate(found, tekmac_hmac, now)):
            found.tekmac_hmac, found.certified_at = tekmac_hmac, now
        else:  # another request was quicker, maybe the same one
            found.refresh_from_db()
    if found.certified_at is None or not hmac.compare_digest(bytes(found.tekmac_hmac or b""), tekmac_hmac):
        raise CertificateRefused("verification token invalid", "token_invalid")
    return _sign(found, ekeyhmac, tekmac, found.certified_at, now)


def certified_token(token: str, now: datetime) -> VerificationToken:
    """The row of a token that a certificate was asked for with.

    :raises CertificateRefused: an unknown or expired token, or one without a certificate.
    """
    found = _usable_token(token, now)
    if found.tekmac_hmac is None:
        raise CertificateRefused("no certificate has been asked for with this token", "token_invalid")
    return found


def _usable_token(token: str, now: datetime) -> VerificationToken:
    found = find_token(keyed("token", token))
    if found is None:
        raise CertificateRefused("verification token invalid", "token_invalid")
    if found.expires_at <= now:
        raise CertificateRefused("verification token expired", "token_expired")
    return found


def _sign(token: VerificationToken, ekeyhmac: str, tekmac: bytes, issued_at: datetime, now: datetime) -> str:
    key, kid = certificate_signer(now)
    authority = find_authority(settings.BLUEZONE_HEALTH_AUTHORITY)
    if authority is None:
        raise MissingSecret("this server's own health authority is not there: run `bluezone setup`")
    onset = midnight_interval(token.onset_date) if token.onset_date else 0
    return certificates.sign_certificate(
        certificates.Claims(ReportTypeName(token.report_type), onset, tekmac),
        issuer=authority.issuer,
        audience=authority.audience,
        key=key,
        kid=kid,
        encoded_tekmac=ekeyhmac,
        now=issued_at,
    )


def find_code(code: str, now: datetime) -> VerificationCode | None:
    """The row of a code that can be used; it is found by keyed hash, so how long that takes tells nothing."""
    typed = typed_code(code)
    if len(typed) == LONG_CODE_CHARACTERS:
        return find_unused_code(long_code_hmac(typed), now, is_long=True)
    return find_unused_code(short_code_hmac(typed), now, is_long=False)


def _accepted_types(accept: Sequence[str]) -> set[ReportTypeName]:
    if not accept:
        return set(ReportTypeName)
    try:
        return set().union(*(_ACCEPTS[ReportTypeName(one.lower())] for one in accept))
    except (ValueError, KeyError):
        raise CodeRefused("invalid test type in accept", "invalid_test_type") from None
