"""Verification codes: issue one, and revoke one.

A code is computed from the client's UUID under a secret key, and only its keyed hash is stored. So issuing
with the same UUID again gives the same code, and the database alone gives none.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.scope import EVERYWHERE, Scope, check_area_path
from bluezone.authority.keys import code_texts
from bluezone.authority.keys.date_faults import date_fault_text
from bluezone.authority.keys.issue_rules import CodeRefused, CodeState
from bluezone.authority.keys.models import VerificationCode
from bluezone.authority.keys.queries import code_row, state_of
from bluezone.authority.keys.report_types import ISSUABLE, ReportTypeName
from bluezone.authority.keys.rules import HANOI, check_test_dates
from bluezone.authority.keys.services.issue_limits import check_issue_limit

__all__ = [
    "LONG_CODE_LIFETIME",
    "IssuedCode",
    "code_lifetime",
    "issue_code",
    "issued_code_of",
    "revoke_code",
    "store_new_code",
]

LONG_CODE_LIFETIME = timedelta(hours=24)
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A code as it is read aloud or sent; ``code`` and ``long_code`` are stored nowhere."""

    uuid: uuid.UUID
    code: str = field(repr=False)
    report_type: ReportTypeName
    test_date: date | None
    onset_date: date | None
    issued_at: datetime
    expires_at: datetime
    claimed: bool
    long_code: str | None = field(default=None, repr=False)
    long_expires_at: datetime | None = None
    revoked: bool = False
    repeated: bool = field(default=False, compare=False)
    """Nothing was issued: the UUID was used for this very code before."""

    @property
    def grouped(self) -> str:
        """The digits in groups of four."""
        return f"{self.code[:4]} {self.code[4:]}"


def code_lifetime() -> timedelta:
    """How long a short code is good for."""
    return timedelta(minutes=settings.BLUEZONE_CODE_MINUTES)


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
    with_long_code: bool = False,
    api_key: uuid.UUID | None = None,
) -> IssuedCode:
    """A one-time code for a test: 8 digits, and 16 characters for a message; using one uses up both.

    :param uuid: made by the client; with the same one again, the answer is the same and nothing is issued.
    :param area_path: where it is issued, inside ``scope``; or ``EVERYWHERE`` for one without limits.
    :param api_key: row of the API key through which another system asks.
    :raises CodeRefused: impossible dates or type, an area outside the scope, a UUID used for another test.
    """
    if area_path != EVERYWHERE:
        check_area_path(area_path)
    if not scope.allows(area_path):
        raise CodeRefused(
            gettext("Địa bàn này nằm ngoài phạm vi được giao."),
            english="the area is outside of what was assigned",
        )
    if report_type not in ISSUABLE:
        raise CodeRefused(f"no code is issued for a test of type {report_type.value!r}", "invalid_test_type")
    known, created = VerificationCode.objects.filter(pk=uuid).first(), False
    if known is None:
        fault = check_test_dates(report_type, test_date, onset_date, now.astimezone(HANOI).date())
        if fault:
            raise CodeRefused(date_fault_text(fault), fault.code, english=fault.english)
        check_issue_limit(area_path, now)
        known, created = store_new_code(
            VerificationCode(
                uuid=uuid,
                report_type=report_type.value,
                test_date=test_date,
                onset_date=onset_date,
                issued_at=now,
                expires_at=now + code_lifetime(),
                long_expires_at=now + LONG_CODE_LIFETIME if with_long_code else None,
                issued_by_id=by.user_id,
                area_path=area_path,
                api_key_id=api_key,
            )
        )
        if created:
            details = {"area": area_path, "report_type": report_type.value}
            record(by, "keys.code-issued", f"code:{uuid}", details, now=now)
    if _of_test(known) != (
        report_type.value, test_date, onset_date, area_path, by.user_id, api_key, with_long_code,
    ):  # fmt: skip
        raise CodeRefused(f"UUID {uuid} was used for another test", "uuid_already_exists", 409)
    return issued_code_of(known, repeated=not created)


@transaction.atomic
def revoke_code(uuid: uuid.UUID, *, scope: Scope, by: Actor, now: datetime) -> CodeState:
    """Take a code back, so that it can no longer be used; one that is revoked or expired stays as it is.

    :returns: the state it is in now.
    :raises CodeRefused: no code inside the scope has this UUID, or it has been used already.
    """
    found = code_row(uuid, scope)
    state = state_of(found, now)
    if state is CodeState.CLAIMED:
        raise _already_claimed()
    if state is not CodeState.WAITING:
        return state
    # the condition again: a phone may have been quicker
    if not VerificationCode.objects.filter(pk=uuid, claimed_at=None).update(revoked_at=now):
        raise _already_claimed()
    record(by, "keys.code-revoked", f"code:{uuid}", {"area": found.area_path}, now=now)
    return CodeState.REVOKED


def issued_code_of(row: VerificationCode, *, repeated: bool = False) -> IssuedCode:
    """A stored code with its texts, which are made anew: for whoever may see or send them."""
    return IssuedCode(
        uuid=row.uuid,
        code=code_texts.short_code(row.uuid, row.attempt),
        report_type=ReportTypeName(row.report_type),
        test_date=row.test_date,
        onset_date=row.onset_date,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        claimed=row.claimed_at is not None,
        long_code=code_texts.long_code(row.uuid, row.attempt) if row.long_expires_at else None,
        long_expires_at=row.long_expires_at,
        revoked=row.revoked_at is not None,
        repeated=repeated,
    )


def store_new_code(row: VerificationCode) -> tuple[VerificationCode, bool]:
    """Save under the first attempt whose code nobody else holds; false when the same request won the race.

    With a ``long_expires_at`` it also gets a long code.
    """
    for attempt in range(_ATTEMPTS):
        row.attempt = attempt
        row.code_hmac = code_texts.short_code_hmac(code_texts.short_code(row.uuid, attempt))
        if row.long_expires_at is not None:
            row.long_code_hmac = code_texts.long_code_hmac(code_texts.long_code(row.uuid, attempt))
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


def _already_claimed() -> CodeRefused:
    return CodeRefused(
        gettext("Mã này đã được dùng nên không thu hồi được nữa."),
        "code_already_claimed",
        english="the code has been used, so it can no longer be taken back",
    )


def _of_test(row: VerificationCode) -> tuple[object, ...]:
    """What a UUID may not be used twice for with different values."""
    return (
        row.report_type,
        row.test_date,
        row.onset_date,
        row.area_path,
        row.issued_by_id,
        row.api_key_id,
        row.long_expires_at is not None,
    )
