"""Erasing what has served its purpose."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import ExpressionWrapper, F, IntegerField

from bluezone.authority.keys.models import (
    BatchStatus,
    BulkIssue,
    CaseLink,
    PublishedKey,
    PublishMemory,
    UserReport,
    VerificationCode,
    VerificationToken,
)
from bluezone.authority.keys.rules import LIMITS
from bluezone.authority.keys.services.reported_numbers import REPORT_AGAIN_AFTER
from bluezone.protocols.gaen import INTERVAL_SECONDS

__all__ = ["CODES_KEPT", "delete_expired"]

CODES_KEPT = timedelta(days=14)


@transaction.atomic
def delete_expired(now: datetime) -> None:
    """Delete what is past its time: tokens, memories, links with cases, reports, codes, and keys too old.

    A key goes when nobody could publish it any more and the file it is in has been written; one of another
    authority that is in no file of ours, at that age.
    """
    VerificationToken.objects.filter(expires_at__lte=now).delete()
    VerificationCode.objects.filter(expires_at__lte=now - CODES_KEPT).delete()
    UserReport.objects.filter(reported_at__lte=now - REPORT_AGAIN_AFTER).delete()
    CaseLink.objects.filter(expires_at__lte=now).delete()
    BulkIssue.objects.filter(issued_at__lte=now - CODES_KEPT).delete()
    PublishMemory.objects.filter(expires_at__lte=now).delete()
    oldest = int((now - LIMITS.max_age).timestamp()) // INTERVAL_SECONDS
    end = ExpressionWrapper(F("rolling_start") + F("rolling_period"), output_field=IntegerField())
    old = PublishedKey.objects.alias(rolling_end=end).filter(rolling_end__lte=oldest, batch__isnull=False)
    PublishedKey.objects.alias(rolling_end=end).filter(
        rolling_end__lte=oldest, batch=None, imported_from__isnull=False
    ).delete()
    old.exclude(batch__status=BatchStatus.OPEN).exclude(revised_batch__status=BatchStatus.OPEN).exclude(
        revised_report_type__isnull=False, revised_batch=None
    ).delete()
