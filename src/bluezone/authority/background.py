"""Background work: a persistent queue beside the database, worked off by threads of the serving process."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import close_old_connections
from huey import Huey, PostgresHuey, SqliteHuey, crontab
from huey.consumer import Consumer
from huey.serializer import SignedSerializer

from bluezone.authority.access.tasks import seal_new_entries
from bluezone.authority.accounts.tasks import clear_old_sessions
from bluezone.authority.databases import libpq_parameters
from bluezone.authority.heartbeats.tasks import close_days
from bluezone.authority.keys.tasks import (
    build_due_exports,
    count_codes,
    fetch_authority_keys,
    follow_other_authorities,
    send_messages,
    tidy_up,
)
from bluezone.authority.secret_files import QUEUE_KEY, read_secret

__all__ = ["BackgroundWork", "open_queue"]


_WORKERS = 2
"""So that files of another authority, which may be slow to come, do not hold up exports."""


class _Consumer(Consumer):  # type: ignore[misc] # the library has no types
    """Leaves the process's signal handlers alone: it runs inside the server, which stops it."""

    def _set_signal_handlers(self) -> None:
        pass


def open_queue() -> Huey:
    """The queue, in the data folder or in PostgreSQL, with every periodic task registered.

    Its entries are signed, since whoever could forge one would run code here.
    """
    serializer = SignedSerializer(secret=read_secret(QUEUE_KEY).decode(), salt="bluezone")
    database = settings.DATABASES["default"]
    queue: Huey
    if database["ENGINE"] == "django.db.backends.postgresql":
        queue = PostgresHuey(
            "bluezone",
            results=False,
            serializer=serializer,
            connection=_connect_postgres,
        )
    else:
        filename = str(Path(settings.BLUEZONE_DATA) / "queue.sqlite3")
        queue = SqliteHuey("bluezone", results=False, serializer=serializer, filename=filename)
    every_minute, every_five_minutes, every_quarter, every_hour = (
        crontab(minute="*"),
        crontab(minute="2-59/5"),
        crontab(minute="3-59/15"),
        crontab(minute="7"),
    )
    for when, work in (
        (every_minute, build_due_exports),
        (every_minute, seal_new_entries),
        (every_minute, send_messages),
        (every_five_minutes, count_codes),
        (every_five_minutes, fetch_authority_keys),
        (every_quarter, follow_other_authorities),
        (every_quarter, close_days),
        (every_hour, tidy_up),
        (every_hour, clear_old_sessions),
    ):
        queue.periodic_task(when)(_with_fresh_connections(work))
    return queue


class BackgroundWork:
    """The threads that work off the queue; use as a context manager."""

    def __init__(self) -> None:
        self._queue = open_queue()
        self._consumer = _Consumer(self._queue, workers=_WORKERS, max_delay=1.0, check_worker_health=False)

    def __enter__(self) -> Self:
        self._consumer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.stop(graceful=True)
        self._queue.storage.close()


def _with_fresh_connections(work: Callable[[], None]) -> Callable[[], None]:
    @functools.wraps(work)
    def run() -> None:
        close_old_connections()
        try:
            work()
        finally:
            close_old_connections()

    return run


def _connect_postgres() -> object:
    import psycopg
    from django.db import connection

    return psycopg.connect(**libpq_parameters(connection.get_connection_params()))
