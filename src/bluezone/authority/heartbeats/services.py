"""The only writers of heartbeats: take one, close a day. Taking one is what the server does most."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Count, Q

from bluezone.authority.access.audit import SYSTEM, record
from bluezone.authority.adoption.services import record_heartbeats
from bluezone.authority.areas.models import Level
from bluezone.authority.commit_together import commit_together
from bluezone.authority.heartbeats.models import ClosedDay, Heartbeat, PlatformCount
from bluezone.authority.heartbeats.open_wards import ward_on
from bluezone.authority.heartbeats.rules import (
    DayState,
    WardCount,
    counted_until,
    day_state,
    mark_of,
    told_platforms,
    told_wards,
)
from bluezone.authority.heartbeats.wire import Report
from bluezone.errors import Refused
from bluezone.protocols.heartbeat import Platform

__all__ = ["HeartbeatRefused", "close_days", "take_heartbeat"]

_log = structlog.get_logger("bluezone.authority.heartbeats")

_TABLE = Heartbeat._meta.db_table
COLUMNS = ("mark", "day", "ward_id", "platform", "tracing")
_INSERT = (
    f"INSERT INTO {_TABLE} ({', '.join(COLUMNS)}) VALUES ({', '.join('%s' for _ in COLUMNS)})"  # noqa: S608
    f" ON CONFLICT (mark) DO UPDATE SET tracing = TRUE WHERE excluded.tracing AND NOT {_TABLE}.tracing"
)
_INSERT_ON_SQLITE = _INSERT.replace("%s", "?")


class HeartbeatRefused(Refused):
    """A heartbeat that is not taken; ``code`` is for machines, ``status`` for HTTP."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def take_heartbeat(report: Report, now: datetime) -> None:
    """Keep it until its day is closed; on return it is on disk.

    The same day and pseudonym again change nothing, except that tracing may have come on meanwhile.

    :raises HeartbeatRefused: a day that is closed or has not begun, or a ward that did not exist on it.
    """
    state = day_state(report.day, now)
    if state is DayState.CLOSED:
        raise HeartbeatRefused("day_closed", f"{report.day} is closed: its counts are made", 410)
    if state is DayState.NOT_BEGUN:
        raise HeartbeatRefused("day_not_begun", f"{report.day} has not begun in Hanoi", 400)
    ward = ward_on(report.ward, report.day)
    if ward is None:
        raise HeartbeatRefused("unknown_ward", f"there is no ward {report.ward} on {report.day}", 400)
    values = (mark_of(report.day, report.pseudonym), report.day, ward, report.platform.value, report.tracing)
    if connection.vendor == "postgresql":
        _write_on_postgres(values)
    else:
        commit_together(lambda: _write_on_sqlite(values))


def close_days(now: datetime) -> int:
    """Count and close every day that is over by its margin; returns how many were closed."""
    days = Heartbeat.objects.filter(day__lte=counted_until(now)).order_by("day")
    closed = 0
    for day in list(days.values_list("day", flat=True).distinct()):
        closed += _close(day, now)
    return closed


@transaction.atomic
def _close(day: date, now: datetime) -> bool:
    """Write a day's counts and delete its heartbeats, all or nothing.

    What turns up for a day that was closed before was late, and is deleted uncounted; so is what names a ward
    that is no longer registered: a list may have been taken back.
    """
    heartbeats = Heartbeat.objects.filter(day=day)
    if ClosedDay.objects.filter(day=day).exists():
        deleted, _ = heartbeats.delete()
        _log.warning("heartbeats of a closed day were deleted uncounted", count=deleted)
        return False
    counts = [
        WardCount(one["ward"], Platform(one["platform"]), one["active"], one["with_tracing"])
        for one in heartbeats.filter(ward__level=Level.WARD)
        .order_by()
        .values("ward", "platform")
        .annotate(active=Count("pk"), with_tracing=Count("pk", filter=Q(tracing=True)))
    ]
    wards = told_wards(counts)
    withheld = len({one.ward for one in counts}) - len(wards)
    closed = ClosedDay.objects.create(day=day, closed_at=now, wards_told=len(wards), wards_withheld=withheld)
    PlatformCount.objects.bulk_create(
        PlatformCount(day=closed, platform=platform.value, active=active)
        for platform, active in told_platforms(counts, wards).items()
    )
    record_heartbeats(wards, day, by=SYSTEM, now=now)
    heartbeats.delete()
    details: dict[str, str | int | None] = {"wards_told": len(wards), "wards_withheld": withheld}
    record(SYSTEM, "heartbeats.day-closed", f"day:{day}", details, now=now)
    return True


def _write_on_sqlite(values: tuple[Any, ...]) -> None:
    """In a transaction that was begun. The framework's cursor would write the statement's text anew."""
    mark, day, *rest = values
    with connection.wrap_database_errors:
        connection.connection.execute(_INSERT_ON_SQLITE, (mark, day.isoformat(), *rest))


def _write_on_postgres(values: tuple[Any, ...]) -> None:
    """One statement, which is a transaction of its own where there is none: one round trip."""
    from psycopg import Cursor

    connection.ensure_connection()
    with (
        connection.wrap_database_errors,
        Cursor(connection.connection) as cursor,  # the framework's own binds in Python and prepares nothing
    ):
        cursor.execute(_INSERT, values, prepare=True)
