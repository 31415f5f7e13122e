"""Delays that double, by network, told in seconds."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from bluezone.authority.access.growing_delay import GrowingDelay

NOW = datetime(2021, 3, 10, 8, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ATTACKER, RESIDENT = "203.0.113.1", "203.0.113.2"


@pytest.fixture
def delay() -> GrowingDelay:
    return GrowingDelay(
        after=3, first=MINUTE, longest=10 * MINUTE, forgiven=30 * MINUTE, forgotten=timedelta(hours=5)
    )


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


def test_one_failure_is_forgiven_every_half_hour_and_not_a_second_sooner(delay: GrowingDelay) -> None:
    for _ in range(4):
        delay.add(ATTACKER, NOW)
    second = timedelta(seconds=1)
    assert delay.is_growing(ATTACKER, NOW + 60 * MINUTE - second)
    assert not delay.is_growing(ATTACKER, NOW + 60 * MINUTE)
    assert delay.is_growing(ATTACKER, NOW + 120 * MINUTE - second, after=1)
    assert not delay.is_growing(ATTACKER, NOW + 120 * MINUTE, after=1)
    delay.add(ATTACKER, NOW + 120 * MINUTE)
    assert delay.wait(ATTACKER, NOW + 120 * MINUTE) == 0


def test_honest_mistakes_never_add_up(delay: GrowingDelay) -> None:
    """Two an hour are forgiven as they come: so the third failure that somebody waits for is never there."""
    for half_hour in range(1000):
        now = NOW + half_hour * 30 * MINUTE
        delay.add(RESIDENT, now)
        assert delay.wait(RESIDENT, now) == 0


def test_a_success_takes_one_failure_away(delay: GrowingDelay) -> None:
    delay.take_away(RESIDENT, NOW)  # gives no credit
    for _ in range(5):
        delay.add(RESIDENT, NOW)
    waits = []
    for _ in range(6):
        waits.append(delay.wait(RESIDENT, NOW))
        delay.take_away(RESIDENT, NOW)
    assert waits == [240, 120, 60, 0, 0, 0]
    for _ in range(3):
        delay.add(RESIDENT, NOW)
    assert delay.wait(RESIDENT, NOW) == 60


def test_however_many_failures_five_quiet_hours_are_enough(delay: GrowingDelay) -> None:
    for _ in range(100):
        delay.add(ATTACKER, NOW)
    assert delay.is_growing(ATTACKER, NOW + timedelta(hours=3))
    assert not delay.is_growing(ATTACKER, NOW + timedelta(hours=5), after=1)


def test_a_clock_that_is_set_back_makes_nobody_wait_longer(delay: GrowingDelay) -> None:
    for _ in range(3):
        delay.add(ATTACKER, NOW)
    back = NOW - timedelta(days=300)
    assert delay.wait(ATTACKER, back) == 60
    assert delay.wait(ATTACKER, back + timedelta(seconds=45)) == 15
    assert not delay.is_growing(ATTACKER, back + 90 * MINUTE, after=1)


def test_networks_are_what_one_subscriber_has(delay: GrowingDelay) -> None:
    for host in ("2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3"):
        delay.add(host, NOW)
    assert delay.wait("2001:db8::4", NOW) == 60
    assert delay.wait("2001:db8:0:1::1", NOW) == 0


def tries_let_through(delay: GrowingDelay, addresses: Iterable[str], now: datetime, **options: int) -> int:
    """How many of these may try and fail, one after the other at the same moment."""
    tried = 0
    for address in addresses:
        if not delay.wait(address, now, **options):
            delay.add(address, now)
            tried += 1
    return tried


def test_a_wide_network_is_so_many_subscribers_and_no_more(delay: GrowingDelay) -> None:
    """A tunnel broker gives away a /48: 65,536 /64s, which may fail as often as 16; a /56 as often as 4."""
    of_a_48 = [f"2001:db8:7:{n:x}::1" for n in range(0, 65_536, 64)]
    assert tries_let_through(delay, of_a_48, NOW) == 3 * 16
    assert tries_let_through(delay, of_a_48, NOW, after=1) == 0
    of_a_56 = [f"2001:db8:8:{n:x}::1" for n in range(0x4200, 0x4300)]
    assert tries_let_through(delay, of_a_56, NOW) == 3 * 4
    assert tries_let_through(delay, ["2001:db8:8:4300::1", "2001:db8:9::1"] * 3, NOW) == 6


def test_a_wide_network_waits_twice_as_long_for_as_many_failures_more(delay: GrowingDelay) -> None:
    waits = []
    for n in range(3 * 16 + 2 * 16):
        delay.add(f"2001:db8:7:{n:x}00::1", NOW)
        waits.append(delay.wait("2001:db8:7:ffff::1", NOW))
    assert waits == [0] * 47 + [60] * 16 + [120] * 16 + [240]
    for _ in range(16):
        delay.take_away("2001:db8:7:ffff::1", NOW)
    assert delay.wait("2001:db8:7:ffff::1", NOW) == 120
    assert delay.is_growing("2001:db8:7:ffff::1", NOW + 90 * MINUTE, after=1)  # 16 each half hour
    assert not delay.is_growing("2001:db8:7:ffff::1", NOW + 92 * MINUTE, after=1)


@pytest.mark.parametrize(("wide", "addresses"), [(1, 1), (16, 65_536)])
def test_tries_of_a_day(wide: int, addresses: int) -> None:
    """What docs/threat-model.md says: 100 tries a day for a network, 16 times that for a /48."""
    delay = GrowingDelay(10, MINUTE, 15 * MINUTE, forgiven=20 * MINUTE, forgotten=timedelta(hours=16))
    tried, next_one = 0, 0
    for minute in range(24 * 60):
        for _ in range(30):
            address = f"2001:db8:7:{next_one * 257 % addresses:x}::1"
            if delay.wait(address, NOW + minute * MINUTE):
                break
            delay.add(address, NOW + minute * MINUTE)
            tried, next_one = tried + 1, next_one + 1
    assert 80 * wide < tried <= 110 * wide


def test_a_flood_of_new_networks_displaces_none_that_has_to_wait() -> None:
    delay = GrowingDelay(3, MINUTE, 10 * MINUTE, 30 * MINUTE, timedelta(hours=3), networks=8)  # one bucket
    for _ in range(6):
        delay.add(ATTACKER, NOW)
    for n in range(1000):
        delay.add(f"198.51.{n // 250}.{n % 250}", NOW)
    assert delay.wait(ATTACKER, NOW) == 480


def test_those_that_are_forgiven_make_room_first() -> None:
    delay = GrowingDelay(3, MINUTE, 10 * MINUTE, 30 * MINUTE, timedelta(hours=3), networks=8)
    for n in range(8):
        for _ in range(6):
            delay.add(f"198.51.100.{n}", NOW)
    later = NOW + timedelta(hours=3)
    for n in range(8):
        delay.add(f"203.0.113.{n}", later)
    assert all(delay.is_growing(f"203.0.113.{n}", later, after=1) for n in range(8))


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
