"""Retention by a clock that may be wrong: a leap empties nothing, and what is old goes all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bluezone.device.retention import purge_by_steady_time
from bluezone.device.store import DeviceStore, Encounter

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIVE_MINUTES = timedelta(minutes=5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DeviceStore]:
    """A key and an encounter of the start; then a day of scans."""
    with DeviceStore.open(tmp_path / "device") as opened:
        opened.current_key(START)
        opened.add_scan(int(START.timestamp()), 300, [Encounter(b"E" * 16, b"eeee", -60, -60)])
        run(opened, START, DAY)
        yield opened


def run(store: DeviceStore, start: datetime, lasting: timedelta) -> int:
    """Purge as a running device does; returns how many encounters went."""
    return sum(
        purge_by_steady_time(store, start + number * FIVE_MINUTES)
        for number in range(lasting // FIVE_MINUTES)
    )


def kept(store: DeviceStore) -> tuple[int, int]:
    return len(store.own_keys()), store.encounter_count()


@pytest.mark.parametrize("ahead", [30 * DAY, 3650 * DAY])
def test_a_clock_that_was_ahead_for_some_hours_deletes_nothing(store: DeviceStore, ahead: timedelta) -> None:
    now = START + DAY
    assert run(store, now + ahead, 5 * HOUR) == 0
    assert run(store, now + 5 * HOUR, 3 * DAY) == 0  # set right
    assert kept(store) == (1, 1)
    assert run(store, now + 3 * DAY + ahead, 5 * HOUR) == 0  # and again, which is no confirmation
    assert kept(store) == (1, 1)


def test_one_scan_ahead_in_every_boot_deletes_nothing(store: DeviceStore) -> None:
    for day in range(1, 10):
        purge_by_steady_time(store, START + day * DAY + 30 * DAY)
        run(store, START + day * DAY, DAY)
    assert kept(store) == (1, 1)


def test_after_six_hours_a_new_time_counts(store: DeviceStore) -> None:
    back = START + 20 * DAY  # the device lay in a drawer
    assert run(store, back, 6 * HOUR) == 0
    assert kept(store) == (1, 1)
    assert purge_by_steady_time(store, back + 6 * HOUR) == 1
    assert kept(store) == (0, 0)


def test_a_device_that_runs_an_hour_a_week_deletes_by_the_week_before(store: DeviceStore) -> None:
    for week in range(1, 4):
        assert run(store, START + 7 * week * DAY, HOUR) == 0
    assert run(store, START + 28 * DAY, HOUR) == 1  # 21 days were sure


def test_a_clock_set_back_deletes_by_the_earlier_time(store: DeviceStore) -> None:
    run(store, START + DAY, 12 * DAY)
    assert run(store, START - 40 * DAY, DAY) == 0
    assert kept(store) == (1, 1)


def test_running_on_deletes_exactly_at_14_days(store: DeviceStore) -> None:
    assert run(store, START + DAY, 13 * DAY + FIVE_MINUTES) == 0
    assert purge_by_steady_time(store, START + 14 * DAY + timedelta(seconds=1)) == 1
