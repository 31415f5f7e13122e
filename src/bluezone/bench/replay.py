"""Benchmark of replaying a contact list: one outbreak lived through and scored, made up or recorded.

``BLUEZONE_BENCH_CONTACTS`` may name a recorded list, such as Haslemere's; then the people who met most in it
are replayed, on all its days.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from bluezone.bench.own_process import in_own_process
from bluezone.bench.registry import NotMeasurable, Workload, benchmark
from bluezone.replay.busiest_day import busiest_day
from bluezone.replay.contact_lists import read_contact_list
from bluezone.replay.contact_trace import LOCAL_MIDNIGHT, ContactTrace, trace_from_columns
from bluezone.replay.device_schedule import switched_on
from bluezone.replay.fleet import live_through, open_fleet
from bluezone.replay.scratch import scratch_parent
from bluezone.replay.sweep import DEFAULT_LEVELS
from bluezone.replay.sweep_unit import Unit, UnitOfTrace, run_unit

__all__ = ["made_up_list"]

CONTACTS = "BLUEZONE_BENCH_CONTACTS"

_HOURS = 8
_STEPS_AN_HOUR = 12
_STEP = 300
_FIRST_SECOND = 8 * 3600
_GROUP = 8
_PEOPLE_PER_F0 = 32
_AIR_PEOPLE, _AIR_HOURS = 8, 1
_BYTES_A_PERSON = 2_000_000


def made_up_list(people: int, hours: int = _HOURS) -> ContactTrace:
    """A day of ``people`` in groups of eight, each of whom has somebody of the group around at any time.

    Distances scatter around two metres, as in a school or an office; the same every time.
    """
    rng = np.random.default_rng(20_210_325)
    rows = people * hours * _STEPS_AN_HOUR // 2
    one = rng.integers(0, people, rows)
    other = one // _GROUP * _GROUP + (one % _GROUP + rng.integers(1, _GROUP, rows)) % _GROUP
    kept = other < people
    step = rng.integers(0, hours * _STEPS_AN_HOUR, rows)
    metres = np.round(rng.lognormal(np.log(2), 0.7, rows), 1)
    return trace_from_columns(
        "haslemere",
        "made-up list",
        day=np.zeros(kept.sum(), dtype=np.int64),
        second=_FIRST_SECOND + step[kept] * _STEP,
        ids=np.stack((one, other), axis=1)[kept],
        metres=metres[kept],
        others=np.arange(people),
    )


@benchmark(
    "replay",
    unit="person-hours/s",
    summary="one outbreak of a contact list: keys, scans, reports, exports, checks of all, and scores",
    sizes=(8, 32, 128),
    quick=(4, 6, 8),
)
def replay(size: int, folder: Path) -> Workload:
    trace = _list_of(size)
    hours = sum(end - start for start, end in switched_on(trace)) / 3600
    fresh = _FreshProcess(size)
    days = iter(range(1_000_000))
    return Workload(
        units=round(size * hours),
        input=f"{size} people of {trace.name}, {hours:.1f} hours, {len(trace.day):,} rows",
        before=fresh.start,
        run=fresh.run,
        baseline=lambda: _on_the_air(folder / f"air-{next(days)}"),
        baseline_units=_AIR_PEOPLE * _AIR_HOURS,
        baseline_name="scans alone, every advert as HCI packets on the virtual air",
        close=fresh.close,
    )


class _FreshProcess:
    """Each outbreak needs a process that has had none, and a folder, which lies where replays have theirs."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._work: Workload | None = None
        self._folder: Path | None = None

    def start(self) -> None:
        self.close()
        parent = scratch_parent(_BYTES_A_PERSON * self._size)
        self._folder = Path(tempfile.mkdtemp(prefix="bluezone-bench-", dir=parent))
        self._work = in_own_process(outbreak, self._size, self._folder)

    def run(self) -> None:
        if self._work is None:
            raise RuntimeError("no process was started for this outbreak")
        self._work.run()

    def close(self) -> None:
        if self._work is not None:
            self._work.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._work = self._folder = None


def outbreak(size: int, folder: Path) -> Workload:
    """One outbreak, to be run once, in a process of its own."""
    trace = _list_of(size)
    unit = Unit(
        seed=1,
        f0=max(1, size // _PEOPLE_PER_F0),
        preset="bluezone",
        delay_days=0,
        adoption=1.0,
        levels=DEFAULT_LEVELS,
        thresholds=False,
        person_days=False,
    )

    def run() -> None:
        result = run_unit(UnitOfTrace(unit, trace), folder / "unit", lambda _progress: None)
        if not result["sightings"]:
            raise AssertionError("nobody heard anybody")

    return Workload(trace.name, run, baseline=run, baseline_units=1, baseline_name="")


def _list_of(people: int) -> ContactTrace:
    """The recorded list that the environment names, cut to ``people``, or a made-up one."""
    recorded = os.environ.get(CONTACTS)
    if not recorded:
        return made_up_list(people)
    trace = read_contact_list(Path(recorded))
    if len(trace.people) < people:
        raise NotMeasurable(f"{CONTACTS}: {recorded} has only {len(trace.people)} people, not {people}")
    rows = np.bincount(np.concatenate((trace.a, trace.b)), minlength=len(trace.people))
    chosen = np.sort(np.argsort(-rows, kind="stable")[:people])
    place = np.full(len(trace.people), -1, dtype=np.int32)
    place[chosen] = np.arange(people)
    kept = (place[trace.a] >= 0) & (place[trace.b] >= 0)
    return replace(
        trace,
        people=tuple(trace.people[one] for one in chosen.tolist()),
        day=trace.day[kept],
        second=trace.second[kept],
        a=place[trace.a[kept]],
        b=place[trace.b[kept]],
        metres=trace.metres[kept],
        rssi=trace.rssi[kept],
    )


def _on_the_air(folder: Path) -> None:
    """An hour of eight people whose devices scan and advertise on the virtual air."""
    day = busiest_day(made_up_list(_AIR_PEOPLE, _AIR_HOURS))
    start = LOCAL_MIDNIGHT + _FIRST_SECOND
    hour = replace(day, start=start, end=start + _AIR_HOURS * 3600)
    with open_fleet(hour, folder) as fleet:
        if not live_through(hour, fleet, seed=1):
            raise AssertionError("nobody heard anybody")
