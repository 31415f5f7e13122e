"""The keys of a batch as devices are to see them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, F, Q, QuerySet, When

from bluezone.authority.keys.models import ExportBatch, PublishedKey
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.rules import LIMITS
from bluezone.protocols.gaen import INTERVAL_SECONDS

__all__ = ["ROWS_AT_ONCE", "expired_by", "new_keys", "read_rows", "revised_keys"]

ROWS_AT_ONCE = 10_000

_SEEN = {
    "seen_risk": ("transmission_risk", "revised_transmission_risk"),
    "seen_type": ("report_type", "revised_report_type"),
    "seen_days": ("days_since_onset", "revised_days_since_onset"),
}


def new_keys(batch: ExportBatch) -> QuerySet[PublishedKey, Any]:
    """Keys first shown in this batch. Of one revised before, only the revision; of a withdrawn one nothing.

    ``seen_risk``, ``seen_type`` and ``seen_days`` are what is shown.
    """
    keys = PublishedKey.objects.filter(batch=batch)
    if not keys.filter(revised_batch=batch).exists():  # mostly; and then reading takes half the time
        return keys.annotate(**{name: F(before) for name, (before, _) in _SEEN.items()})
    revised = Q(revised_batch=batch)
    withdrawn = revised & Q(revised_report_type=ReportTypeName.NEGATIVE.value)
    seen = {
        name: Case(When(revised, then=F(after)), default=F(before)) for name, (before, after) in _SEEN.items()
    }
    return keys.exclude(withdrawn).annotate(**seen)


def revised_keys(batch: ExportBatch) -> QuerySet[PublishedKey, Any]:
    """Keys of earlier batches whose report has changed; with the same annotations."""
    seen = {name: F(after) for name, (_, after) in _SEEN.items()}
    return PublishedKey.objects.filter(revised_batch=batch).exclude(batch=batch).annotate(**seen)


def read_rows(query: QuerySet[PublishedKey, Any]) -> Iterator[Any]:
    """A query's tuples as the database gives them; the framework's own way takes three times as long.

    Never more than ``ROWS_AT_ONCE`` are in memory, of half a million.
    """
    with connection.chunked_cursor() as cursor:
        cursor.execute(*query.query.sql_with_params())
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows


def expired_by(moment: datetime) -> int:
    """Keys that end at this interval or before have been expired for two hours: none counts on the air."""
    embargoed: timedelta = LIMITS.embargo
    return int((moment - embargoed).timestamp()) // INTERVAL_SECONDS
