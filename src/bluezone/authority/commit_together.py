"""One commit for the writes of many requests, so that they wait for the disk together.

On SQLite only one transaction writes at a time, and each waits until the disk has it: some hundreds a second
at best. So whoever comes first takes along the writes that have queued up meanwhile. Its transaction is
written without waiting (``synchronous=NORMAL``), the next one may begin, and then the log of the database is
forced to disk, before anybody is told that their write is done: what ``synchronous=FULL`` does, once for all.

PostgreSQL does the same by itself (``synchronous_commit=on``); there each write is a transaction of its own.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar, cast

from django.db import connection, transaction

from bluezone.authority.databases import LOG_PAGES

__all__ = ["commit_together"]

_MOST_TOGETHER = 32
_WRITES_BETWEEN_COPIES = 200
_LONG_LOG_PAGES = 16_000
_T = TypeVar("_T")


class _Queued:
    """A write that waits for its transaction; its thread waits for ``turn``."""

    def __init__(self, write: Callable[[], object], *, keep: bool) -> None:
        self.write = write
        self.keep = keep
        self.turn = threading.Semaphore(0)
        self.is_done = False
        self.result: Any = None
        self.error: Exception | None = None

    def carry_out(self) -> None:
        if self.keep:
            self.result = self.write()
            return
        with transaction.atomic():
            self.result = self.write()
            transaction.set_rollback(True)


_guard = threading.Lock()
_queue: list[_Queued] = []
_somebody_leads = False
_disk = threading.Lock()
_written, _on_disk = 0, 0
_since_copied, _log_is_long = 0, False


def commit_together(write: Callable[[], _T], *, keep: bool = True) -> _T:
    """Call ``write`` in a transaction, possibly that of others, and return its result when that is on disk.

    ``write`` only writes; it may be called in another thread, and again if another write of its transaction
    failed. What it raises is raised here.

    :param keep: false: everything is done all the same, but what was written is taken back.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return _commit_alone(write, keep=keep)
    mine = _Queued(write, keep=keep)
    if not _i_lead(mine):
        mine.turn.acquire()
    if not mine.is_done:
        _lead()
    if mine.error is not None:
        raise mine.error
    return cast(_T, mine.result)


def _commit_alone(write: Callable[[], _T], *, keep: bool) -> _T:
    with transaction.atomic():
        if keep:
            return write()
        with transaction.atomic():
            result = write()
            transaction.set_rollback(True)
        return result


def _i_lead(mine: _Queued) -> bool:
    global _somebody_leads
    with _guard:
        _queue.append(mine)
        lead = not _somebody_leads
        _somebody_leads = True
        return lead


def _lead() -> None:
    """Carry out what is queued, the caller's own first, and pass the lead on before waiting for the disk."""
    global _somebody_leads
    with _guard:
        together = _queue[:_MOST_TOGETHER]
        del _queue[:_MOST_TOGETHER]
    try:
        number = _write(together)
    except Exception as error:  # noqa: BLE001 - raised by each of those whose write it was
        for one in together:
            one.error = one.error or error
        number = 0
    finally:
        with _guard:
            if _queue:
                _queue[0].turn.release()
            else:
                _somebody_leads = False
    try:
        _force_to_disk(number)
    except OSError as error:
        for one in together:
            one.error = one.error or error
    for one in together:
        one.is_done = True
        one.turn.release()
    _tidy_up(len(together))


def _write(together: Sequence[_Queued]) -> int:
    """Write them in one transaction, or in one each if any fails; the number of what was written last."""
    global _written
    connection.ensure_connection()
    with _only_writer():
        connection.connection.execute("PRAGMA synchronous=NORMAL")
        connection.connection.execute("PRAGMA wal_autocheckpoint=0")
        try:
            _write_as_one(together)
            if _log_is_long:  # nobody else writes now: all of it is copied, and the next write begins it anew
                _copy_log()
        finally:
            connection.connection.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
            connection.connection.execute("PRAGMA synchronous=FULL")
    with _guard:
        _written += 1
        return _written


def _write_as_one(together: Sequence[_Queued]) -> bool:
    """Whether a transaction could be begun: a lock that is waited for in vain is not waited for again."""
    begun = False
    try:
        with transaction.atomic():
            begun = True
            for one in together:
                one.carry_out()
    except Exception as error:  # noqa: BLE001 - raised where it belongs
        if begun and len(together) > 1:
            return _write_one_by_one(together)
        for one in together:
            one.error = error
    return begun


def _write_one_by_one(together: Sequence[_Queued]) -> bool:
    for at, one in enumerate(together):
        if not _write_as_one([one]):
            for other in together[at:]:
                other.error = one.error
            return False
    return True


@contextmanager
def _only_writer() -> Iterator[None]:
    """Keep other workers out. Who waits here is woken; who waits for SQLite's lock sleeps and asks again."""
    turn = os.open(f"{connection.settings_dict['NAME']}-turn", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield
    finally:
        os.close(turn)


def _tidy_up(writes: int) -> None:
    """Copy the log into the database now and then, while others go on writing.

    Left to itself SQLite does that within a commit, for which all others wait. What is written meanwhile
    stays in the log: on a server that is never idle it grows until one copies it while nobody else writes.
    """
    global _since_copied
    with _guard:
        _since_copied += writes
        if _since_copied < _WRITES_BETWEEN_COPIES:
            return
        _since_copied = 0
    _copy_log()


def _copy_log() -> None:
    global _log_is_long
    with suppress(sqlite3.Error):  # what it is called after has been written; another copy follows
        _, pages, _ = connection.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        _log_is_long = pages > _LONG_LOG_PAGES


def _force_to_disk(number: int) -> None:
    """Return when the write of this number is on disk; another thread may have seen to that meanwhile.

    If the log has been copied into the database already, SQLite has waited for the disk itself.
    """
    global _on_disk
    with _disk:
        if _on_disk >= number:
            return
        with _guard:
            forced = _written
        log = os.open(f"{connection.settings_dict['NAME']}-wal", os.O_RDWR)
        try:
            os.fsync(log)
        finally:
            os.close(log)
        _on_disk = forced
