"""Statistics of codes: counted again and again from the rows themselves, so that no count can be missed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, DateTimeField, Q
from django.db.models.functions import Coalesce, Greatest, TruncDate

from bluezone.authority.keys.models import StatisticCount, VerificationCode
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.rules import HANOI
from bluezone.authority.keys.statistics_rules import REPORT_TYPE_BINS, Measure, hanoi_day

__all__ = ["count_codes"]

_DAYS = 10
"""Codes are deleted 14 days after their short form's end, and their long form may be used for another day."""

_UNUSED = Q(claimed_at=None, revoked_at=None)


@transaction.atomic
def count_codes(now: datetime) -> None:
    """Bring the sums of the last days up to date; safe to repeat, and after a pause of a week and more."""
    ends_at = Greatest("expires_at", Coalesce("long_expires_at", "expires_at"), output_field=DateTimeField())
    codes = VerificationCode.objects.alias(ends_at=ends_at)
    rows: list[StatisticCount] = []
    for measure, moment, which in (
        (Measure.ISSUED, "issued_at", Q()),
        (Measure.CLAIMED, "claimed_at", Q(claimed_at__isnull=False)),
        (Measure.REVOKED, "revoked_at", Q(revoked_at__isnull=False)),
        (Measure.EXPIRED, "ends_at", _UNUSED & Q(ends_at__lte=now)),
    ):
        counted = (
            codes.filter(which)
            .annotate(day=TruncDate(moment, tzinfo=HANOI))
            .filter(day__gte=hanoi_day(now) - timedelta(days=_DAYS))
            .values_list("day", "area_path", "report_type")
            .annotate(codes=Count("pk"))
            .order_by("day", "area_path", "report_type")
        )
        rows += [
            StatisticCount(
                day=day,
                area_path=area_path,
                measure=measure.value,
                bin=REPORT_TYPE_BINS[ReportTypeName(report_type)],
                count=count,
            )
            for day, area_path, report_type, count in counted
        ]
    StatisticCount.objects.bulk_create(
        rows,
        update_conflicts=True,
        update_fields=["count"],
        unique_fields=["day", "area_path", "measure", "bin"],
    )
