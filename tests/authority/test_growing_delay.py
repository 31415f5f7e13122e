"""Delays that double, by network, told in seconds."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from bluezone.authority.access.growing_delay import GrowingDelay

NOW = datetime(2021, 3, 10, 8, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ATTACKER, RESIDENT = "203.0.113.1", "203.0.113.2"


@pytest.fixture
def delay() -> GrowingDelay:
    return GrowingDelay(after=3, first=MINUTE, longest=10 * MINUTE, forgotten=timedelta(hours=1))


def test_each_failure_after_the_third_waits_twice_as_long_up_to_the_longest(delay: GrowingDelay) -> None:
    now, waits = NOW, []
    for _ in range(9):
        delay.add(ATTACKER, now)
        waits.append(delay.wait(ATTACKER, now))
        now += timedelta(seconds=waits[-1])
        assert delay.wait(ATTACKER, now) == 0
    assert waits == [0, 0, 60, 120, 240, 480, 600, 600, 600]
    assert delay.wait(RESIDENT, now) == 0


def test_the_wait_runs_down_and_begun_seconds_count(delay: GrowingDelay) -> None:
    for _ in range(3):
        delay.add(ATTACKER, NOW)
    assert delay.wait(ATTACKER, NOW + timedelta(seconds=20)) == 40
    assert delay.wait(ATTACKER, NOW + timedelta(seconds=59.5)) == 1
    assert delay.wait(ATTACKER, NOW + timedelta(seconds=60)) == 0


def test_growing_begins_where_the_next_failure_costs_more(delay: GrowingDelay) -> None:
    growing = []
    for _ in range(4):
        growing.append(delay.is_growing(ATTACKER, NOW))
        delay.add(ATTACKER, NOW)
    assert growing == [False, False, False, True]
    delay.add(RESIDENT, NOW)
    assert delay.is_growing(RESIDENT, NOW, after=1)
    assert not delay.is_growing(RESIDENT, NOW, after=2)
    assert delay.wait(RESIDENT, NOW, after=1) == 60
    assert delay.wait(RESIDENT, NOW) == 0


def test_a_quiet_hour_is_forgotten_and_not_a_second_less(delay: GrowingDelay) -> None:
    for _ in range(6):
        delay.add(ATTACKER, NOW)
    almost = NOW + timedelta(hours=1) - timedelta(seconds=1)
    assert delay.is_growing(ATTACKER, almost)
    assert not delay.is_growing(ATTACKER, NOW + timedelta(hours=1))
    delay.add(ATTACKER, NOW + timedelta(hours=1))
    assert delay.wait(ATTACKER, NOW + timedelta(hours=1)) == 0


def test_a_clock_that_is_set_back_makes_nobody_wait_longer(delay: GrowingDelay) -> None:
    for _ in range(3):
        delay.add(ATTACKER, NOW)
    assert delay.wait(ATTACKER, NOW - timedelta(days=300)) == 60


def test_networks_are_what_one_subscriber_has(delay: GrowingDelay) -> None:
    for host in ("2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3"):
        delay.add(host, NOW)
    assert delay.wait("2001:db8::4", NOW) == 60
    assert delay.wait("2001:db8:0:1::1", NOW) == 0


def test_thousands_of_failures_are_no_overflow(delay: GrowingDelay) -> None:
    for _ in range(2000):
        delay.add(ATTACKER, NOW)
    assert delay.wait(ATTACKER, NOW) == 600
    delay.reset()
    assert delay.wait(ATTACKER, NOW) == 0


def test_worker_processes_count_together(delay: GrowingDelay) -> None:
    for _ in range(3):
        child = os.fork()
        if child == 0:
            delay.add(ATTACKER, NOW)
            os._exit(0)
        os.waitpid(child, 0)
    assert delay.wait(ATTACKER, NOW) == 60
