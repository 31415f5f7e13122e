"""Writes of many threads in one commit: each gets its own result, and none is told before the disk has it."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, connections

from bluezone.authority import commit_together as module
from bluezone.authority.commit_together import commit_together
from bluezone.authority.keys.models import PublishMemory

pytestmark = pytest.mark.django_db(transaction=True)


def memory(number: int) -> Callable[[], int]:
    def write() -> int:
        PublishMemory.objects.create(
            request_hmac=number.to_bytes(32, "big"),
            inserted=0,
            refused=0,
            left_out=0,
            accepted=0,
            expires_at=datetime(2021, 3, 24, tzinfo=UTC),
        )
        return number

    return write


def stored() -> set[int]:
    return {int.from_bytes(bytes(one.request_hmac), "big") for one in PublishMemory.objects.all()}


def test_many_threads_each_get_their_own_result() -> None:
    def one(number: int) -> int | str:
        try:
            return commit_together(memory(number % 50))  # each number twice: the second one is refused
        except IntegrityError:
            return "refused"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(one, range(100)))
    assert results.count("refused") == 50
    assert {one for one in results if one != "refused"} == set(range(50)) == stored()


def test_what_is_taken_back_is_not_there_and_takes_nothing_along() -> None:
    def one(number: int) -> int:
        try:
            return commit_together(memory(number), keep=number % 2 == 0)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(one, range(60))) == list(range(60))
    assert stored() == set(range(0, 60, 2))
    assert commit_together(memory(99), keep=False) == 99
    assert 99 not in stored()


def test_an_error_is_raised_where_it_belongs_and_the_next_write_works() -> None:
    def fail() -> None:
        memory(1)()
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        commit_together(fail)
    assert commit_together(memory(2)) == 2
    assert stored() == {2}


@pytest.fixture
def on_sqlite(authority: object) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL waits for the disk by itself")


@contextmanager
def held_by_another_process() -> Iterator[list[str]]:
    """SQLite's write lock is taken, and nobody waits for it; which transactions were begun in vain."""
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    connection.ensure_connection()
    connection.connection.execute("PRAGMA busy_timeout=0")
    begun: list[str] = []
    connection.connection.set_trace_callback(
        lambda statement: begun.append(statement) if statement.startswith("BEGIN") else None
    )
    try:
        yield begun
    finally:
        other.close()
        connection.close()  # and with it what was set here


def test_a_lock_is_waited_for_once_by_all_that_share_a_commit(on_sqlite: None) -> None:
    together = [module._Queued(memory(number), keep=True) for number in range(5)]
    with held_by_another_process() as begun:
        module._write_as_one(together)
    assert begun == ["BEGIN IMMEDIATE"]
    assert {type(one.error) for one in together} == {OperationalError}
    assert stored() == set()


def test_a_publish_waits_for_a_lock_once(on_sqlite: None, phone: Any) -> None:
    keys = phone.keys(2)
    with held_by_another_process() as begun:
        assert phone.publish(keys)[0] == 500
    assert begun == ["BEGIN IMMEDIATE"]
    assert phone.publish(keys)[0] == 200


def test_nobody_is_told_before_the_log_is_on_disk(on_sqlite: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[int]] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        assert os.readlink(f"/proc/self/fd/{descriptor}").endswith("-wal")
        seen.append(stored())
        real(descriptor)

    monkeypatch.setattr(module.os, "fsync", fsync)
    commit_together(memory(1))
    assert seen == [{1}]  # committed, then forced to disk, then answered


def test_a_disk_that_fails_is_told(on_sqlite: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_descriptor: int) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(module.os, "fsync", fsync)
        with pytest.raises(OSError, match="no space"):
            commit_together(memory(1))
    assert commit_together(memory(2)) == 2


def test_all_that_waited_share_one_commit(on_sqlite: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first one writes, five queue up; then they are written as one."""
    together: list[int] = []
    real = module._write
    queued = threading.Event()

    def write(batch: list[module._Queued]) -> int:
        together.append(len(batch))
        if len(together) == 1:
            assert queued.wait(20)
        return real(batch)

    class Queue(list[module._Queued]):
        def append(self, one: module._Queued) -> None:
            super().append(one)
            if len(self) == 5:
                queued.set()

    monkeypatch.setattr(module, "_write", write)
    monkeypatch.setattr(module, "_queue", Queue())

    def one(number: int) -> int:
        try:
            return commit_together(memory(number))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(one, 0)
        while not together:
            threading.Event().wait(0.001)
        others = [pool.submit(one, number) for number in range(1, 6)]
        assert [first.result(), *(other.result() for other in others)] == list(range(6))
    assert together == [1, 5]


def test_other_writes_stay_durable_one_by_one(on_sqlite: None) -> None:
    commit_together(memory(1))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone() == (2,)  # FULL
