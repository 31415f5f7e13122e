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
    for week in range(1, 3):
        assert run(store, START + 7 * week * DAY, HOUR) == 0
    assert run(store, START + 21 * DAY, HOUR) == 1  # 14 days and 50 minutes were sure


def test_a_clock_set_back_deletes_by_the_earlier_time(store: DeviceStore) -> None:
    run(store, START + DAY, 12 * DAY)
    assert run(store, START - 40 * DAY, DAY) == 0
    assert kept(store) == (1, 1)


def test_running_on_deletes_exactly_at_14_days(store: DeviceStore) -> None:
    assert run(store, START + DAY, 13 * DAY + FIVE_MINUTES) == 0
    assert purge_by_steady_time(store, START + 14 * DAY + timedelta(seconds=1)) == 1


def run_without_a_battery(store: DeviceStore, days: int, old: datetime, hours: float) -> None:
    """Every day the clock starts at an old date, is looked at once, is set right, and there are scans."""
    for day in range(days):
        purge_by_steady_time(store, old)
        now = START + day * DAY
        for number in range(int(hours * 12)):
            at = now + number * FIVE_MINUTES
            store.add_scan(int(at.timestamp()), 300, [Encounter(day.to_bytes(16, "big"), b"eeee", -60, -60)])
            purge_by_steady_time(store, at)


@pytest.mark.parametrize("hours", [0.5, 5, 8])
@pytest.mark.parametrize(
    "old", [datetime(1970, 1, 1, 0, 0, 20, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)]
)
def test_a_computer_without_a_battery_that_runs_some_hours_a_day_deletes_on_time(
    tmp_path: Path, old: datetime, hours: float
) -> None:
    with DeviceStore.open(tmp_path / "device") as store:
        run_without_a_battery(store, 30, old, hours)
        (oldest,) = store.query("SELECT min(time) FROM encounters")[0]
        last = START + 29 * DAY
        assert timedelta(days=14) <= last + hours * HOUR - datetime.fromtimestamp(oldest, UTC) <= 15 * DAY


def test_a_computer_without_a_battery_that_runs_once_a_week_deletes_by_the_week_before(
    store: DeviceStore,
) -> None:
    old = datetime(1970, 1, 1, 0, 0, 20, tzinfo=UTC)
    for week in range(1, 3):
        purge_by_steady_time(store, old)
        assert run(store, START + 7 * week * DAY, HOUR) == 0
    purge_by_steady_time(store, old)
    assert run(store, START + 21 * DAY, HOUR) == 1  # 14 days and 50 minutes were sure


def test_an_old_date_for_a_moment_takes_nothing_from_what_was_sure(store: DeviceStore) -> None:
    purge_by_steady_time(store, datetime(1970, 1, 1, tzinfo=UTC))
    purge_by_steady_time(store, datetime(2025, 6, 1, tzinfo=UTC))
    assert run(store, START + 40 * DAY, HOUR) == 0  # START + 1 day is still what is sure
    store.add_scan(int(START.timestamp()) - 14 * 86_400, 300, [Encounter(b"F" * 16, b"ffff", -60, -60)])
    assert purge_by_steady_time(store, START + 40 * DAY + HOUR) == 1
    assert kept(store) == (1, 1)


@pytest.mark.parametrize("right_for", [2 * HOUR, 5 * HOUR, 2 * DAY])
def test_a_clock_once_years_ahead_for_long_is_not_believed_a_second_time(
    store: DeviceStore, right_for: timedelta
) -> None:
    assert run(store, START + 3650 * DAY, 7 * HOUR) == 1  # it held, so it counted
    now = START + 2 * DAY
    store.add_scan(int(now.timestamp()), 300, [Encounter(b"F" * 16, b"ffff", -60, -60)])
    assert run(store, now, right_for) == 0
    assert run(store, START + 3653 * DAY, 5 * HOUR) == 0
    assert store.encounter_count() == 1
