"""Limits on guessing: by network, by window, with a way back, and an alarm for everybody together."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bluezone.authority.access.rate_limit import (
    AlarmCounter,
    FixedWindow,
    hidden_networks,
    network_of,
    plain_address,
)
from bluezone.authority.access.shared_memory import SharedNumbers, SharedSlots

NOW = datetime(2021, 3, 10, 8, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_fixed_window_counts_by_address_and_forgets() -> None:
    window = FixedWindow(2, MINUTE)
    assert [window.allows("a", NOW) for _ in range(3)] == [True, True, False]
    assert window.allows("b", NOW)
    assert window.retry_after(NOW + timedelta(seconds=59)) == 2
    assert window.allows("a", NOW + MINUTE)
    window.allows("198.51.100.7", NOW)
    memory = bytes(vars(window)["_counts"]._memory)
    assert any(memory)
    assert b"198.51" not in memory


def test_a_tighter_limit_holds_for_one_event() -> None:
    window = FixedWindow(4, MINUTE)
    assert [window.allows("a", NOW, limit=2) for _ in range(3)] == [True, True, False]
    assert [window.allows("a", NOW) for _ in range(3)] == [True, True, False]


def test_what_is_given_back_counts_as_never_taken() -> None:
    window = FixedWindow(1, MINUTE)
    for _ in range(3):
        assert window.allows("a", NOW)
        window.give_back("a", NOW)
    window.give_back("a", NOW)  # once too often gives no credit
    assert [window.allows("a", NOW) for _ in range(2)] == [True, False]
    window.give_back("a", NOW + MINUTE)
    assert [window.allows("a", NOW + MINUTE) for _ in range(2)] == [True, False]


def test_one_ipv6_subscriber_is_one_whatever_address_is_used() -> None:
    """A /64 is what one subscriber gets (RFC 6177); it has 2**64 addresses to guess from."""
    window = FixedWindow(60, MINUTE)
    assert sum(window.allows(f"2001:db8:0:7::{n:x}", NOW) for n in range(5000)) == 60
    assert window.allows("2001:db8:0:8::1", NOW)


def test_a_wide_network_has_a_multiple_of_the_limit_and_no_more() -> None:
    window = FixedWindow(2, MINUTE)
    assert sum(window.allows(f"2001:db8:7:{n:x}::1", NOW) for n in range(0, 65_536, 64)) == 2 * 16
    assert sum(window.allows(f"2001:db8:8:{n:x}::1", NOW) for n in range(256)) == 2 * 4
    assert sum(window.allows(f"2001:db8:9:{n:x}::1", NOW, limit=1) for n in range(256)) == 4
    assert not window.allows("2001:db8:7:ffff::1", NOW)
    for n in range(0, 128, 64):
        window.give_back(f"2001:db8:7:{n:x}::1", NOW)
    assert sum(window.allows(f"2001:db8:7:{n:x}::1", NOW) for n in range(0, 65_536, 64)) == 2


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("2001:db8:1:2fff::1", "2001:db8:1:2fff:ffff::2", {1, 4, 16}),
        ("2001:db8:1:2fff::1", "2001:db8:1:2f00::1", {4, 16}),
        ("2001:db8:1:2fff::1", "2001:db8:1:3000::1", {16}),
        ("2001:db8:1:2fff::1", "2001:db8:2:2fff::1", set()),
        ("::ffff:192.0.2.1", "192.0.2.1", {1}),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", set()),
        ("unknown", "unknown", {1}),
    ],
)
def test_which_networks_two_addresses_share(one: str, other: str, shared: set[int]) -> None:
    both = {*hidden_networks(one, b"key")} & {*hidden_networks(other, b"key")}
    assert {weight for _, weight in both} == shared
    assert both.isdisjoint(hidden_networks(one, b"another key"))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:0201", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert network_of(address) == network


def test_addresses_are_compared_in_their_plain_form() -> None:
    assert [plain_address(one) for one in ("::ffff:127.0.0.1", "127.0.0.1", "::1", "x")] == [
        "127.0.0.1",
        "127.0.0.1",
        "::1",
        "x",
    ]


def test_the_alarm_is_raised_at_its_threshold_and_told_at_each_doubling() -> None:
    alarm = AlarmCounter(3, MINUTE)
    assert not alarm.is_raised(NOW)
    assert [alarm.add(NOW) for _ in range(13)] == [
        None, None, 3, None, None, 6, None, None, None, None, None, 12, None,
    ]  # fmt: skip
    assert alarm.is_raised(NOW)
    assert not alarm.is_raised(NOW + MINUTE)
    assert [alarm.add(NOW + MINUTE) for _ in range(3)] == [None, None, 3]
    alarm.reset()
    assert not alarm.is_raised(NOW + MINUTE)


def test_a_request_of_the_window_before_turns_nothing_back() -> None:
    window, alarm = FixedWindow(1, MINUTE), AlarmCounter(2, MINUTE)
    later = NOW + MINUTE
    assert window.allows("a", later)
    window.give_back("b", NOW)
    window.give_back("a", NOW)
    assert not window.allows("a", NOW)
    assert not window.allows("a", later)
    alarm.add(later)
    alarm.add(NOW)
    assert alarm.is_raised(later)


def test_a_clock_set_back_for_good_is_followed() -> None:
    window = FixedWindow(1, MINUTE)
    assert window.allows("a", NOW)
    assert window.allows("a", NOW - 60 * MINUTE)


def test_a_reset_forgets_which_window_it_was() -> None:
    window = FixedWindow(1, MINUTE)
    assert window.allows("a", NOW + MINUTE)
    window.reset()
    assert window.allows("a", NOW)
    window.give_back("a", NOW)
    assert window.allows("a", NOW)


def in_another_process(work: Callable[[], object]) -> None:
    """Do something in a forked process, as a worker does, and wait until it has ended."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def test_workers_count_together() -> None:
    window, alarm = FixedWindow(3, MINUTE), AlarmCounter(2, MINUTE)
    in_another_process(lambda: [window.allows("a", NOW) for _ in range(2)])
    assert [window.allows("a", NOW) for _ in range(2)] == [True, False]
    in_another_process(lambda: window.give_back("a", NOW))
    assert [window.allows("a", NOW) for _ in range(2)] == [True, False]
    in_another_process(lambda: alarm.add(NOW))
    assert alarm.add(NOW) == 2
    in_another_process(window.reset)
    assert window.allows("a", NOW)


def test_many_workers_at_once_lose_no_count() -> None:
    numbers = SharedNumbers("sum")

    def add() -> None:
        for _ in range(500):
            with numbers.lock:
                numbers["sum"] += 1

    def add_in_children() -> None:
        children = []
        for _ in range(3):
            child = os.fork()
            if child == 0:
                try:
                    add()
                finally:
                    os._exit(0)
            children.append(child)
        add()
        for child in children:
            os.waitpid(child, 0)

    add_in_children()
    assert numbers["sum"] == 4 * 500


def test_threads_of_two_workers_at_different_counts_are_no_deadlock() -> None:
    """The system's locks belong to processes: with one for each count it saw circles where there are none."""
    numbers = [SharedNumbers("sum") for _ in range(4)]

    def count() -> None:
        def some(first: int) -> None:
            for turn in range(1000):
                one = numbers[(first + turn) % 4]
                with one.lock:
                    os.sched_yield()
                    one["sum"] += 1

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(some, range(4)))

    child = os.fork()
    if child == 0:
        try:
            count()
            os._exit(0)
        finally:
            os._exit(1)
    count()
    assert os.waitpid(child, 0)[1] == 0
    assert [one["sum"] for one in numbers] == [2 * 1000] * 4


def test_a_worker_that_dies_leaves_no_lock_behind() -> None:
    window = FixedWindow(1, MINUTE)

    def die_inside() -> None:
        with window._numbers.lock:
            os._exit(1)

    in_another_process(die_inside)
    assert window.allows("a", NOW)


def test_a_full_table_forgets_who_was_seen_least() -> None:
    slots = SharedSlots(8)  # one bucket
    names = [bytes([n]) * 16 for n in range(9)]
    for at, name in enumerate(names[:8]):
        slots.put(name, 10 - at)
    slots.put(names[8], 1)
    assert [slots.get(name)[0] for name in names] == [10, 9, 8, 7, 6, 5, 4, 0, 1]
