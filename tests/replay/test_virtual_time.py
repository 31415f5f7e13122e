"""Time that jumps: order, exactness, an end to every wait, and nothing real let in."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.replay.virtual_time import DeadlockError, LoopClock, VirtualTimeLoop, run_virtual


def test_a_day_passes_at_once_and_exactly() -> None:
    async def day() -> float:
        loop = asyncio.get_running_loop()
        for _ in range(24):
            await asyncio.sleep(3600)
        return loop.time()

    before = time.monotonic()
    assert run_virtual(day()) == pytest.approx(86_400, abs=1e-6)
    assert time.monotonic() - before < 5


@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_timers_fire_in_order_and_at_their_time(delays: list[float]) -> None:
    async def main() -> list[tuple[float, float]]:
        loop = asyncio.get_running_loop()
        fired: list[tuple[float, float]] = []
        for delay in delays:
            loop.call_later(delay, lambda due=delay: fired.append((due, loop.time())))
        await asyncio.sleep(1e6 + 1)
        return fired

    fired = run_virtual(main())
    assert [due for due, _ in fired] == sorted(delays)
    assert all(at == pytest.approx(due, abs=1e-6) for due, at in fired)


def test_timeouts_of_the_standard_library_are_virtual() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), timeout=7200)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(7200)


def test_a_deadlock_is_an_error_that_names_who_waits() -> None:
    async def stuck() -> None:
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError, match="stuck"):
        run_virtual(stuck())


def test_a_deadlock_lets_tasks_clean_up() -> None:
    cleaned = []

    async def stuck() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)

    with pytest.raises(DeadlockError):
        run_virtual(stuck())
    assert cleaned == [True]


def test_ctrl_c_cancels_cleans_up_and_is_raised() -> None:
    cleaned = []

    async def endless() -> None:
        asyncio.get_running_loop().call_later(10, os.kill, os.getpid(), signal.SIGINT)
        try:
            while True:
                await asyncio.sleep(1)
        finally:
            cleaned.append(True)

    with pytest.raises(KeyboardInterrupt):
        run_virtual(endless())
    assert cleaned == [True]


def test_threads_are_refused() -> None:
    async def main() -> None:
        await asyncio.to_thread(time.time)

    with pytest.raises(RuntimeError, match="threads do not belong"):
        run_virtual(main())


def test_real_sockets_are_refused() -> None:
    async def main() -> None:
        one, other = socket.socketpair()
        with one, other:
            asyncio.get_running_loop().add_reader(one.fileno(), print)

    with pytest.raises(RuntimeError, match="sockets and pipes do not belong"):
        run_virtual(main())


def test_the_clock_follows_its_loop_from_the_moment_it_was_made() -> None:
    start = datetime(2021, 3, 1, 8, 0, tzinfo=timezone(timedelta(hours=7)))

    async def main() -> tuple[datetime, datetime]:
        await asyncio.sleep(5)
        clock = LoopClock(start, asyncio.get_running_loop())
        first = clock.now()
        await asyncio.sleep(90.5)
        return first, clock.now()

    first, later = run_virtual(main())
    assert first == datetime(2021, 3, 1, 1, 0, tzinfo=UTC)
    assert first.tzinfo is UTC
    assert later == datetime(2021, 3, 1, 1, 1, 30, 500_000, tzinfo=UTC)


def test_a_clock_without_a_time_zone_is_refused() -> None:
    loop = VirtualTimeLoop()
    try:
        with pytest.raises(ValueError, match="time zone"):
            LoopClock(datetime(2021, 3, 1), loop)
    finally:
        loop.close()
