"""Noise that apps send so that a network cannot tell when somebody verifies: the same work, no traces."""

from __future__ import annotations

import secrets
import uuid
from base64 import b64encode
from datetime import datetime, timedelta

from django.conf import settings

from bluezone.authority.commit_together import commit_together
from bluezone.authority.keys import certificates
from bluezone.authority.keys.keyed_hash import keyed
from bluezone.authority.keys.models import VerificationToken
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.rules import HANOI
from bluezone.authority.keys.services.authorities import AUDIENCE
from bluezone.authority.keys.services.certificate_signers import certificate_signer
from bluezone.authority.keys.services.certifying import TOKEN_LIFETIME, VerifiedCode, find_code
from bluezone.authority.keys.services.code_rows import find_token

__all__ = ["certificate_chaff", "verify_chaff"]


def verify_chaff(now: datetime) -> VerifiedCode:
    """What a code would have given: a token that is good for nothing, of the same size."""
    find_code(secrets.token_hex(4), now)
    token, today = secrets.token_urlsafe(32), now.astimezone(HANOI).date()
    commit_together(lambda: _store(token, now), keep=False)
    yesterday = today - timedelta(days=1)
    return VerifiedCode(token, ReportTypeName.CONFIRMED, yesterday, yesterday)


def certificate_chaff(now: datetime) -> str:
    """What a token would have given: text of a certificate's size. A real one is signed and thrown away."""
    find_token(keyed("token", uuid.uuid4().hex))
    commit_together(lambda: _store(secrets.token_urlsafe(32), now), keep=False)
    key, kid = certificate_signer(now)
    tekmac = secrets.token_bytes(32)
    certificate = certificates.sign_certificate(
        certificates.Claims(ReportTypeName.CONFIRMED, int(now.timestamp()) // 600, tekmac),
        issuer=settings.BLUEZONE_HEALTH_AUTHORITY,
        audience=AUDIENCE,
        key=key,
        kid=kid,
        encoded_tekmac=b64encode(tekmac).decode(),
        now=now,
    )
    return secrets.token_urlsafe(len(certificate))[: len(certificate)]


def _store(token: str, now: datetime) -> None:
    VerificationToken.objects.create(
        token_hmac=keyed("token", token),
        report_type=ReportTypeName.CONFIRMED.value,
        expires_at=now + TOKEN_LIFETIME,
    )
