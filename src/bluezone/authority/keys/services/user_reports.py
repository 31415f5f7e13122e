"""Self reports: a person says that they are infected, and gets a code by message; once in 90 days a number,
unless the message could not be sent.

The answer never tells whether a number has reported before: then the same is done, and undone.
"""

from __future__ import annotations

import hmac
import uuid
from datetime import date, datetime

from django.conf import settings
from django.db import transaction

from bluezone.authority.access.audit import SYSTEM, record
from bluezone.authority.access.scope import EVERYWHERE
from bluezone.authority.keys.date_faults import date_fault_text
from bluezone.authority.keys.issue_rules import CodeRefused
from bluezone.authority.keys.keyed_hash import keyed
from bluezone.authority.keys.models import UserReport, VerificationCode
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.rules import HANOI, check_test_dates
from bluezone.authority.keys.services.codes import LONG_CODE_LIFETIME, code_lifetime, store_new_code
from bluezone.authority.keys.services.issue_limits import check_user_report_limit
from bluezone.authority.keys.services.messages import queue_message
from bluezone.authority.keys.services.reported_numbers import REPORT_AGAIN_AFTER
from bluezone.authority.keys.sms.phone_numbers import parse_phone

__all__ = ["NONCE_BYTES", "is_reporters_nonce", "report_by_user"]

NONCE_BYTES = 256
"""As many as the reference server asks for; the device sends them once more with the code."""


class _ReportedBefore(Exception):
    """Undoes what was done for a number that has had its code."""


def report_by_user(
    *, phone: str, nonce: bytes, test_date: date | None, onset_date: date | None, now: datetime
) -> datetime:
    """Send a code for a self report to a phone, unless it has had one in the last 90 days.

    :param phone: as a person wrote it.
    :param nonce: random bytes of the device that asks: only with them the code is good.
    :returns: when a code that was issued now expires, whether or not one was.
    :raises CodeRefused: self reports are off, impossible dates, no usable nonce, too many today.
    :raises PhoneRefused: not a number that a message can be sent to.
    """
    if not settings.BLUEZONE_USER_REPORTS:
        raise CodeRefused("self reports are not accepted here", "unsupported_test_type")
    if len(nonce) != NONCE_BYTES:
        raise CodeRefused(f"the nonce has {len(nonce)} bytes, not {NONCE_BYTES}", "missing_nonce")
    fault = check_test_dates(ReportTypeName.USER_REPORT, test_date, onset_date, now.astimezone(HANOI).date())
    if fault:
        raise CodeRefused(date_fault_text(fault), fault.code, english=fault.english)
    number = parse_phone(phone)
    expires_at = now + code_lifetime()
    try:
        with transaction.atomic():
            check_user_report_limit(now)
            _report(number, nonce, test_date, onset_date, now, expires_at)
    except _ReportedBefore:
        pass
    return expires_at


def is_reporters_nonce(code: VerificationCode, nonce: bytes) -> bool:
    """Whether these are the bytes that a self report's code was asked for with."""
    report = UserReport.objects.filter(code=code).first()
    return report is not None and hmac.compare_digest(bytes(report.nonce_hmac), _nonce_hmac(nonce))


def _report(
    number: str,
    nonce: bytes,
    test_date: date | None,
    onset_date: date | None,
    now: datetime,
    expires_at: datetime,
) -> None:
    code, _ = store_new_code(
        VerificationCode(
            uuid=uuid.uuid4(),
            report_type=ReportTypeName.USER_REPORT.value,
            test_date=test_date,
            onset_date=onset_date,
            issued_at=now,
            expires_at=expires_at,
            long_expires_at=now + LONG_CODE_LIFETIME,
            area_path=EVERYWHERE,
        )
    )
    record(SYSTEM, "keys.self-report", f"code:{code.pk}", {}, now=now)
    queue_message(code.pk, number, now)
    phone_hmac = keyed("user-report-phone", number)
    UserReport.objects.filter(phone_hmac=phone_hmac, reported_at__lte=now - REPORT_AGAIN_AFTER).delete()
    _, created = UserReport.objects.get_or_create(
        phone_hmac=phone_hmac, defaults={"nonce_hmac": _nonce_hmac(nonce), "code": code, "reported_at": now}
    )
    if not created:
        raise _ReportedBefore


def _nonce_hmac(nonce: bytes) -> bytes:
    return keyed("user-report-nonce", nonce.hex())
