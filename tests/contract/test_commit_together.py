"""Writes of many threads in one commit: each gets its own result, and none is told before the disk has it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, connections

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
