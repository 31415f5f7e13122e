"""Real agents on the virtual air: who hears whom follows the day, and nothing else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bluezone.protocols.gaen import interval_number, rolling_proximity_identifiers
from bluezone.replay.contact_trace import LOCAL_MIDNIGHT
from bluezone.replay.day import Contact, Day, Person
from bluezone.replay.fleet import DayProgress, live_through, open_fleet

HOUR = 3600


def hours(count: int, *contacts: Contact) -> Day:
    ids = ("a", "b", "c")
    people = tuple(Person(one, one) for one in ids)
    return Day("t", "script", "t", LOCAL_MIDNIGHT, LOCAL_MIDNIGHT + count * HOUR, people, contacts, "a")


def test_devices_hear_each_other_while_together_and_only_then(tmp_path: Path) -> None:
    start, end = LOCAL_MIDNIGHT + 1200, LOCAL_MIDNIGHT + 3000
    day = hours(1, Contact("a", "b", start, end, 1.0))
    seen: list[DayProgress] = []
    with open_fleet(day, tmp_path) as fleet:
        receptions = live_through(day, fleet, seed=3, progress=seen.append)
        ids_of_a = {
            rpi: key.tek.rolling_start + at
            for key in fleet.stores["a"].own_keys()
            for at, rpi in enumerate(rolling_proximity_identifiers(key.tek))
        }
        heard = [
            (int(time), rpi.tobytes())
            for chunk in fleet.stores["b"].sighting_chunks()
            for time, rpi in zip(chunk.times, chunk.rpis, strict=True)
        ]
        counts = {one: store.encounter_count() for one, store in fleet.stores.items()}
    assert heard
    # A scan that began up to two seconds before they met may still hear the end of it.
    assert all(start - 2 <= time < end for time, _ in heard)
    assert all(rpi in ids_of_a for _, rpi in heard)
    # An identifier is kept for at most twenty minutes, so at most two intervals beyond its own.
    assert all(0 <= interval_number(time) - ids_of_a[rpi] <= 2 for time, rpi in heard)
    # Thirty minutes with a scan at least every five: six to eight scans on each side.
    assert 6 <= counts["a"] <= 8
    assert 6 <= counts["b"] <= 8
    assert counts["c"] == 0
    assert seen[-1].receptions == receptions
    assert [progress.moment.timestamp() - day.start for progress in seen] == [600 * n for n in range(1, 7)]


def test_the_same_seed_lives_the_same_day(tmp_path: Path) -> None:
    day = hours(1, Contact("a", "b", LOCAL_MIDNIGHT, LOCAL_MIDNIGHT + HOUR, 5.0))

    def run(name: str, seed: int) -> tuple[int, list[int]]:
        with open_fleet(day, tmp_path / name) as fleet:
            receptions = live_through(day, fleet, seed=seed)
            times = [int(t) for chunk in fleet.stores["a"].sighting_chunks() for t in chunk.times]
        return receptions, times

    assert run("one", 1) == run("again", 1)
    assert run("other", 2) != run("one-more", 1)


def test_an_agent_that_dies_of_a_fault_of_ours_ends_the_day(tmp_path: Path) -> None:
    day = hours(1)
    with open_fleet(day, tmp_path) as fleet:
        fleet.stores["b"].close()
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            live_through(day, fleet, seed=1)
