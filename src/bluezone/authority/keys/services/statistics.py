"""Counting publishes: only sums are stored, so that nothing tells which keys came together.

A request only leaves a note in memory. Every :data:`FLUSH_SECONDS` the notes are summed up and added to the
table: a process that is killed loses what it noted since.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any, NamedTuple, Self

import structlog
from django.db import DatabaseError, connection

from bluezone.authority.access.scope import EVERYWHERE
from bluezone.authority.commit_together import commit_together
from bluezone.authority.keys.models import StatisticCount
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.statistics_rules import (
    REPORT_TYPE_BINS,
    Measure,
    age_bin,
    hanoi_day,
    onset_bin,
)

__all__ = [
    "FLUSH_SECONDS",
    "StatisticsFlusher",
    "flush_statistics",
    "note_chaff",
    "note_publish",
    "note_revision",
]

FLUSH_SECONDS = 20

_log = structlog.get_logger("bluezone.authority.keys")
_noted: deque[_Note] = deque()
_flushing = threading.Lock()
_sums: Counter[tuple[date, Measure, int]] = Counter()
"""Summed up and not written yet; for use under the lock."""

_TABLE = StatisticCount._meta.db_table
_ADD = (
    "INSERT INTO {table} (day, area_path, measure, bin, count) VALUES {rows} "
    "ON CONFLICT (day, area_path, measure, bin) DO UPDATE SET count = {table}.count + excluded.count"
)


class _Note(NamedTuple):
    """One request; one without keys is a single count of ``measure``."""

    now: datetime
    measure: Measure
    report_type: ReportTypeName
    key_ages: tuple[int, ...] = ()
    onset_to_upload: int | None = None


def note_publish(
    report_type: ReportTypeName, key_ages: tuple[int, ...], onset_to_upload: int | None, now: datetime
) -> None:
    """Count a request that has stored new keys.

    :param key_ages: of each key, in days.
    :param onset_to_upload: in days; ``None``: not known.
    """
    _noted.append(_Note(now, Measure.PUBLISHES, report_type, key_ages, onset_to_upload))


def note_revision(report_type: ReportTypeName, now: datetime) -> None:
    """Count a request that has changed the report type of keys published before."""
    _noted.append(_Note(now, Measure.REVISIONS, report_type))


def note_chaff(now: datetime) -> None:
    """Count a request that was only noise."""
    _noted.append(_Note(now, Measure.CHAFF, ReportTypeName.UNKNOWN))


def flush_statistics() -> None:
    """Add what this process has noted to the table; what cannot be written now is kept for later.

    :raises DatabaseError: nothing was written.
    """
    with _flushing:
        while _noted:
            _sum_up(_noted.popleft())
        if _sums:
            commit_together(lambda: _add(_sums))
            _sums.clear()


def _sum_up(note: _Note) -> None:
    day = hanoi_day(note.now)
    _sums[day, note.measure, REPORT_TYPE_BINS[note.report_type]] += 1
    if note.measure is Measure.PUBLISHES:
        _sums[day, Measure.ONSETS, onset_bin(note.onset_to_upload)] += 1
        _sums.update((day, Measure.KEYS, age_bin(age)) for age in note.key_ages)


class StatisticsFlusher:
    """A thread that flushes now and then, and once more at the end; use as a context manager."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="statistics", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.wait(FLUSH_SECONDS):
                _flush_or_log()
            _flush_or_log()
        finally:
            connection.close()


def _flush_or_log() -> None:
    try:
        connection.close_if_unusable_or_obsolete()
        flush_statistics()
    except (DatabaseError, OSError):
        _log.exception("statistics could not be written; they are kept for the next time")


def _add(counts: Counter[tuple[date, Measure, int]]) -> None:
    """In one statement, and sorted: two processes that lock the same rows must not do it crosswise."""
    rows = [
        (day, EVERYWHERE, str(measure), place, counts[day, measure, place])
        for day, measure, place in sorted(counts)
    ]
    _upsert(rows)


def _upsert(rows: Sequence[tuple[date, str, str, int, int]]) -> None:
    as_stored = connection.ops.adapt_datefield_value
    values: list[Any] = [value for day, *rest in rows for value in (as_stored(day), *rest)]
    statement = _ADD.format(table=_TABLE, rows=", ".join("(%s, %s, %s, %s, %s)" for _ in rows))
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
