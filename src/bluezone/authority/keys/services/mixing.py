"""Mixing: take from the database what it keeps beside its rows about who was written together with whom.

PostgreSQL stamps each row with the transaction that wrote it (``xmin``), and keeps and dumps rows in the
order of writing (``ctid``); a page of SQLite is filled in that order. Either would group keys by upload,
though their numbers are random. So when a window has ended, its rows are written once more: all in one
transaction, in the order of their random numbers. Then the former versions are dropped from the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from bluezone.authority.keys.models import ExportConfig, PublishedKey, PublishMemory, RowMixing
from bluezone.authority.keys.rules import LIMITS, floor_to
from bluezone.authority.keys.services.builder_lock import only_builder

__all__ = ["mix_rows"]

_CHECKPOINT_MILLISECONDS = 200

_TO_MIX: Sequence[tuple[type[PublishedKey | PublishMemory], str]] = (
    # Keys in no batch yet join each mixing: one that has to wait does not show the hour it came in.
    # Another authority's keys were public before they came.
    (PublishedKey, "(NOT mixed OR batch_id IS NULL) AND imported_from_id IS NULL"),
    (PublishMemory, "NOT mixed"),
)


def mix_rows(now: datetime) -> None:
    """Mix the keys and request memories of the windows that have ended; once a window, safe to repeat.

    Not for use inside a transaction: what is left of a row goes only after a commit.
    """
    with only_builder():
        state, _ = RowMixing.objects.get_or_create(pk=1)
        end = floor_to(now, _longest_window())
        if state.window_end != end:  # not "<": after a clock was ahead, mixing goes on at once
            for model, which in _TO_MIX:
                if model.objects.filter(mixed=False).exists():
                    RowMixing.objects.update(traces_left=True)
                    if model is PublishedKey:
                        _truncate_times()
                    _write_again(model, which)
            RowMixing.objects.update(window_end=end)
        if RowMixing.objects.filter(traces_left=True).exists() and _drop_former_versions():
            RowMixing.objects.update(traces_left=False)


def _longest_window() -> timedelta:
    """Rows of shorter windows may wait for it: within it they must not be told apart either."""
    spans = ExportConfig.objects.values_list("truncation_seconds", flat=True)
    return max([LIMITS.window, *(timedelta(seconds=one) for one in spans)])


def _truncate_times() -> None:
    """Round the times of regions with a longer window than the hour to which publishing rounds."""
    for config in ExportConfig.objects.filter(truncation_seconds__gt=LIMITS.window.total_seconds()):
        window = timedelta(seconds=config.truncation_seconds)
        new = PublishedKey.objects.filter(region=config.region, mixed=False)
        for field in ("release_at", "revised_release_at"):
            for moment in set(new.values_list(field, flat=True)) - {None}:
                new.filter(**{field: moment}).update(**{field: floor_to(moment, window)})


def _write_again(model: type[PublishedKey | PublishMemory], which: str) -> None:
    """Write rows anew in the order of their numbers, each table in a transaction of its own."""
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields if field.column]
    listed = ", ".join(column for column in columns if column != "mixed")
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        if connection.vendor != "postgresql":  # SQLite keeps no stamps, and is put in order afterwards
            cursor.execute(f"UPDATE {table} SET mixed = TRUE WHERE {which}")  # noqa: S608 (constants)
            return
        # Publishing locks rows one by one; waiting for the whole table cannot end in a deadlock with it.
        cursor.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        cursor.execute(
            f"WITH gone AS (DELETE FROM {table} WHERE {which} RETURNING {listed}) "  # noqa: S608 (constants)
            f"INSERT INTO {table} ({listed}, mixed) SELECT {listed}, TRUE FROM gone ORDER BY id"
        )


def _drop_former_versions() -> bool:
    """Whether they are gone. Who still reads an old state (a backup) keeps them; then it is tried again."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            gone = not any(_is_still_read(cursor, model._meta.db_table) for model, _ in _TO_MIX)
            cursor.execute(f"VACUUM {', '.join(model._meta.db_table for model, _ in _TO_MIX)}")
            return gone
        cursor.execute("VACUUM")  # builds the whole file anew, each table in the order of its numbers
        cursor.execute("PRAGMA busy_timeout")
        (patience,) = cursor.fetchone()
        # Emptying the log waits for readers while it keeps writers out: so not for long.
        cursor.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_MILLISECONDS}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (busy, *_) = cursor.fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(patience)}")
        return not busy


def _is_still_read(cursor: CursorWrapper, table: str) -> bool:
    """Whether a snapshot from before the last mixing is open, as far as our role may see others' sessions."""
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid()"  # noqa: S608 (constant)
        " AND age(backend_xmin) >="
        f" (SELECT min(age(xmin)) FROM {table} WHERE mixed))"
    )
    return bool(cursor.fetchone()[0])
