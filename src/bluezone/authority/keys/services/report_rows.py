"""A publish request's rows, written with as few statements as can be: it is what the key server does most.

The statements name every column that has to have a value; a test compares them with the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from bluezone.authority.commit_together import commit_together
from bluezone.authority.keys.models import (
    HealthAuthority,
    PublishedKey,
    PublishMemory,
    random_row_id,
    random_row_ids,
)
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.rules import AcceptedKey

__all__ = ["KEY_COLUMNS", "MEMORY_COLUMNS", "NewMemory", "NewReport", "write_report"]

_KEYS, _MEMORIES = PublishedKey._meta.db_table, PublishMemory._meta.db_table

MEMORY_COLUMNS = ("id", "request_hmac", "inserted", "refused", "left_out", "accepted", "expires_at")
_PER_KEY = {
    "id": "bigint",
    "tek": "bytea",
    "rolling_start": "bigint",
    "rolling_period": "smallint",
    "transmission_risk": "smallint",
    "days_since_onset": "smallint",
    "release_at": "timestamptz",
}
_PER_REPORT = ("report_type", "traveler", "authority_id", "region")
KEY_COLUMNS = (*_PER_KEY, *_PER_REPORT)

_INSERT_MEMORY = (
    f"INSERT INTO {_MEMORIES} ({', '.join(MEMORY_COLUMNS)}, mixed)"  # noqa: S608 - constants
    f" VALUES ({', '.join('%s' for _ in MEMORY_COLUMNS)}, FALSE)"
)
_INSERT_MEMORY_ON_SQLITE = _INSERT_MEMORY.replace("%s", "?")
_INSERT_KEYS = f"INSERT INTO {_KEYS} ({', '.join(KEY_COLUMNS)}, padding, mixed) VALUES "  # noqa: S608 - constants
_ONE_KEY = f"({', '.join('?' for _ in KEY_COLUMNS)}, FALSE, FALSE)"
_INSERT_ALL = (
    f"WITH remembered AS ({_INSERT_MEMORY}) "  # noqa: S608 - constants
    f"INSERT INTO {_KEYS} ({', '.join(KEY_COLUMNS)}, padding, mixed)"
    f" SELECT one.*, {', '.join('%s' for _ in _PER_REPORT)}, FALSE, FALSE FROM unnest("
    + ", ".join(f"%s::{kind}[]" for kind in _PER_KEY.values())
    + ") AS one"
)


@dataclass(frozen=True, slots=True)
class NewMemory:
    """That a request was carried out; see :class:`~bluezone.authority.keys.models.PublishMemory`."""

    request_hmac: bytes
    inserted: int
    refused: int
    left_out: int
    accepted: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewReport:
    """Keys nobody has published before, of one request."""

    memory: NewMemory
    keys: Sequence[AcceptedKey]
    report_type: ReportTypeName
    traveler: bool
    authority: HealthAuthority


def write_report(report: NewReport, *, keep: bool = True) -> None:
    """Store a report and that it was stored, in one transaction; return when both are on disk.

    :param keep: false: it is written and taken back, in the same time.
    :raises IntegrityError: this very request, or one of the keys, is there already; nothing is written.
    """
    if connection.vendor == "postgresql":
        _write_on_postgres(report, keep=keep)
    else:
        commit_together(lambda: _write_on_sqlite(report), keep=keep)


def _write_on_sqlite(report: NewReport) -> None:
    """In a transaction that was begun. The framework's cursor would write each statement's text anew."""
    as_stored = connection.ops.adapt_datetimefield_value
    memory, per_report = report.memory, _per_report(report)
    with connection.wrap_database_errors:
        connection.connection.execute(
            _INSERT_MEMORY_ON_SQLITE,
            (
                random_row_id(),
                memory.request_hmac,
                memory.inserted,
                memory.refused,
                memory.left_out,
                memory.accepted,
                as_stored(memory.expires_at),
            ),
        )
        times = {moment: as_stored(moment) for moment in {key.release_at for key in report.keys}}
        if report.keys:
            values = [
                value
                for row_id, key in zip(random_row_ids(len(report.keys)), report.keys, strict=True)
                for value in (
                    row_id,
                    key.tek,
                    key.rolling_start,
                    key.rolling_period,
                    key.transmission_risk,
                    key.days_since_onset,
                    times[key.release_at],
                    *per_report,
                )
            ]
            connection.connection.execute(_insert_keys(len(report.keys)), values)


@lru_cache(maxsize=64)
def _insert_keys(count: int) -> str:
    """One statement for all rows: between two of them other threads would take their turn."""
    return _INSERT_KEYS + ", ".join([_ONE_KEY] * count)


def _write_on_postgres(report: NewReport, *, keep: bool) -> None:
    """One statement, which is a transaction of its own: one round trip."""
    from psycopg import Cursor

    memory = report.memory
    keys = report.keys
    times = {moment: f'"{moment.isoformat()}"' for moment in {key.release_at for key in keys}}
    values = (
        random_row_id(),
        memory.request_hmac,
        memory.inserted,
        memory.refused,
        memory.left_out,
        memory.accepted,
        memory.expires_at,
        *_per_report(report),
        _array(random_row_ids(len(keys))),
        _array(f'"\\\\x{key.tek.hex()}"' for key in keys),
        _array(key.rolling_start for key in keys),
        _array(key.rolling_period for key in keys),
        _array(key.transmission_risk for key in keys),
        _array(key.days_since_onset for key in keys),
        _array(times[key.release_at] for key in keys),
    )
    connection.ensure_connection()
    with _transaction(keep=keep), connection.wrap_database_errors:
        with Cursor(
            connection.connection
        ) as cursor:  # the framework's own binds in Python and prepares nothing
            cursor.execute(_INSERT_ALL, values, prepare=True)
        if not keep:
            transaction.set_rollback(True)


def _array(values: Iterable[object]) -> str:
    """An array in PostgreSQL's notation: the library's conversion of lists takes as long as the insert."""
    return f"{{{','.join(map(str, values))}}}"


@contextmanager
def _transaction(*, keep: bool) -> Iterator[None]:
    """What the statement needs around it: nothing, or a point to go back to.

    What is taken back is committed too, with nothing in it: that waits for the disk as any other does.
    """
    if keep and not connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), transaction.atomic():
        yield


def _per_report(report: NewReport) -> tuple[Any, ...]:
    return (report.report_type.value, report.traveler, report.authority.pk, report.authority.region)
