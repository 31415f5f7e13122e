"""Outbreaks through real devices and a real authority: what they match, what may be scored again from it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from bluezone.errors import Refused
from bluezone.protocols.risk_presets import load_preset, preset_names
from bluezone.replay.contact_trace import LOCAL_MIDNIGHT, ContactTrace, trace_from_rows, true_contacts
from bluezone.replay.device_schedule import schedule, switched_on
from bluezone.replay.direct_radio import listen
from bluezone.replay.outbreak import (
    MAX_DELAY_DAYS,
    Exposure,
    Outbreak,
    OutbreakOptions,
    OutbreakProgress,
    adopters,
    run_outbreak,
    warned,
)
from bluezone.replay.unit_processes import run_units

pytestmark = pytest.mark.xdist_group("outbreaks")  # the runs below are shared

HOUR = 3600
NINE, NOON = 9 * HOUR, 12 * HOUR


def a_school() -> ContactTrace:
    """Sixteen people, two days of an hour and a half: two rooms in which everybody sits somewhere else."""
    rng = Random(5)
    seats = {person: (10.0 * (person % 2) + rng.uniform(0, 6), rng.uniform(0, 6)) for person in range(16)}
    rows = []
    for day in range(2):
        for a in seats:
            for b in seats:
                metres = float(np.hypot(seats[a][0] - seats[b][0], seats[a][1] - seats[b][1]))
                if a < b and a % 2 == b % 2:
                    rows += [(day, NINE + 300 * step, a, b, metres) for step in range(18)]
    return trace_from_rows(rows)


SCHOOL = a_school()
SEEDS = (1, 2)
SOME = [(seed, adopters(SCHOOL, seed, share)) for seed, share in ((1, 0.75), (1, 0.5), (2, 0.6))]


def a_fortnight(last_day: int = 13) -> ContactTrace:
    """Two people an hour together on the first day at noon, and on the last."""
    return trace_from_rows((day, NOON + 300 * step, 1, 2, 0.5) for day in (0, last_day) for step in range(12))


@pytest.fixture(scope="module")
def work() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parent)
        import outbreaks_to_run

        yield outbreaks_to_run


def together(work: ModuleType, name: str, units: Sequence[Any], scratch: Path) -> tuple[list[Any], list[Any]]:
    """Results in order of the units, and what was told."""
    results: dict[int, Any] = {}
    told: list[tuple[int, OutbreakProgress]] = []
    run_units(
        getattr(work, name),
        units,
        jobs=os.cpu_count() or 1,
        scratch=scratch,
        tell=lambda at, progress: told.append((at, progress)),
        done=results.__setitem__,
    )
    return [results[at] for at in range(len(units))], told


class Runs:
    """Every run that the tests below look at."""

    def __init__(self, work: ModuleType, scratch: Path) -> None:
        fortnight = [
            *((a_fortnight(), OutbreakOptions(f0=1, delay_days=days)) for days in (0, 1, 2, MAX_DELAY_DAYS)),
            (a_fortnight(20), OutbreakOptions(f0=1)),
        ]
        options = [
            *(OutbreakOptions(seed, f0=3) for seed in SEEDS),
            *(OutbreakOptions(seed, f0=3, adopters=who) for seed, who in SOME),
            OutbreakOptions(1, f0=3, preset="de-cwa"),
        ]
        outbreaks, self.told = together(
            work, "live", [*((SCHOOL, one) for one in options), *fortnight], scratch
        )
        self.full: dict[int, Outbreak] = dict(zip(SEEDS, outbreaks, strict=False))
        self.some: list[Outbreak] = outbreaks[len(SEEDS) : len(SEEDS) + len(SOME)]
        self.german: Outbreak = outbreaks[len(options) - 1]
        *self.late, self.long = outbreaks[len(options) :]
        others = frozenset(range(16)) - frozenset(self.full[1].f0)
        ((self.unpublished,), _) = together(
            work, "live", [(SCHOOL, OutbreakOptions(1, f0=3, adopters=others))], scratch
        )


@pytest.fixture(scope="module")
def runs(work: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(work, tmp_path_factory.mktemp("runs"))


def test_f0s_have_true_contacts_and_are_none_themselves(runs: Runs) -> None:
    pairs = set(true_contacts(SCHOOL))
    for outbreak in runs.full.values():
        assert len(set(outbreak.f0)) == 3
        for f0 in outbreak.f0:
            met = {a + b - f0 for a, b in pairs if f0 in (a, b)}
            assert met
            assert outbreak.contacts[f0] == met - set(outbreak.f0)
    assert runs.full[1].f0 != runs.full[2].f0


Sighting = tuple[int, int, int, float, float, int, float | None]
"""Receiver, F0, time, typical and least attenuation, seconds, surroundings."""


def sightings(exposures: Sequence[Exposure]) -> Counter[Sighting]:
    return Counter(
        (
            one.receiver,
            one.f0,
            scan.time,
            scan.typical_attenuation,
            scan.min_attenuation,
            scan.seconds_since_last_scan,
            scan.surroundings,
        )
        for one in exposures
        for scan in one.scans
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_devices_match_what_the_radio_brought_of_f0s_and_nothing_else(runs: Runs, seed: int) -> None:
    """From the radio's columns by another way than stores, exports and matching."""
    outbreak = runs.full[seed]
    plan = schedule(len(SCHOOL.people), switched_on(SCHOOL), seed=seed)
    heard = listen(SCHOOL, plan, seed=seed)
    in_scan: dict[int, dict[int, list[int]]] = {}
    for row, scan in enumerate(heard.scan.tolist()):
        sender = int(plan.identifier_person[heard.identifier[row]])
        levels = heard.rssi[heard.offsets[row] : heard.offsets[row + 1]].tolist()
        in_scan.setdefault(scan, {})[sender] = levels
    expected: Counter[Sighting] = Counter()
    for scan, by_sender in in_scan.items():
        typical = {sender: round(sum(levels) / len(levels)) for sender, levels in by_sender.items()}
        for f0 in set(by_sender) & set(outbreak.f0):
            others = [level for sender, level in typical.items() if sender != f0]
            expected[
                int(plan.scan_person[scan]),
                f0,
                LOCAL_MIDNIGHT + int(plan.scan_time[scan]),
                -12 - typical[f0],
                -12 - max(by_sender[f0]),
                int(plan.scan_stands_for[scan]),
                -12 - sum(others) / len(others) if len(others) >= 3 else None,
            ] += 1
    assert len(expected) > 300
    assert any(sighting[-1] is None for sighting in expected)
    assert any(sighting[-1] is not None for sighting in expected)
    assert sightings(outbreak.exposures) == expected
    assert outbreak.sightings == len(heard.scan)
    assert outbreak.receptions == len(heard.rssi)
    assert outbreak.keys == 6  # three people, two UTC days


def test_who_is_scored_again_by_the_run_s_preset_is_who_was_alerted(runs: Runs) -> None:
    for outbreak in (*runs.full.values(), *runs.some, *runs.late, runs.long):
        assert warned(outbreak, load_preset("bluezone")) == outbreak.alerted
    assert warned(runs.german, load_preset("de-cwa")) == runs.german.alerted
    assert warned(runs.full[1], load_preset("de-cwa")) == runs.german.alerted  # the same air
    assert runs.german.alerted != runs.full[1].alerted
    assert all(outbreak.alerted for outbreak in runs.full.values())
    assert not any(outbreak.alerted & set(outbreak.f0) for outbreak in runs.full.values())


def test_an_adoption_scored_again_is_a_run_in_which_the_others_have_no_device(runs: Runs) -> None:
    told = changed = 0
    for (seed, who), run in zip(SOME, runs.some, strict=True):
        full = runs.full[seed]
        assert run.f0 == full.f0
        among = [
            Exposure(one.receiver, one.f0, one.key, one.scans_among(who))
            for one in full.exposures
            if one.receiver in who and one.f0 in who
        ]
        assert sightings(run.exposures) == sightings(among)
        changed += sum((sightings(among) - sightings(full.exposures)).values())
        assert run.alerted == warned(full, load_preset("bluezone"), who)
        told += len(run.alerted)
        for name in preset_names():
            assert warned(run, load_preset(name)) == warned(full, load_preset(name), who)
        assert run.keys == 2 * len(who & set(full.f0))
        assert 0 < run.sightings < full.sightings
    assert told > 0
    assert changed > 0  # some scans had fewer others around, which "bluezone" looks at


def test_an_f0_without_the_app_publishes_nothing_and_nobody_is_told(runs: Runs) -> None:
    run = runs.unpublished
    assert (run.keys, run.exposures, run.alerted) == (0, (), frozenset())
    assert run.sightings > 0
    assert run.contacts == runs.full[1].contacts
    assert warned(run, load_preset("bluezone_v2")) == frozenset()


def test_who_publishes_late_has_lost_the_first_days(runs: Runs) -> None:
    """Tested on the last of 14 days at 23:59 in Hanoi; devices forget after 14 times 24 hours.

    The first day's key lasts to 07:00 of the second: it can be published a day late, but then everybody has
    forgotten the first day's noon. After two days the key is gone too, after 14 the last day's noon.
    """
    days = [
        [datetime.fromtimestamp(scan.time, UTC).day for one in run.exposures for scan in one.scans[:1]]
        for run in runs.late
    ]
    assert [run.keys for run in runs.late] == [2, 2, 1, 1]
    assert [sorted(set(one)) for one in days] == [[10, 23], [23], [23], []]
    assert [bool(run.alerted) for run in runs.late] == [True, True, True, False]
    for run, delay in zip(runs.late, (0, 1, 2, 14), strict=True):
        tested = datetime(2021, 3, 23, 16, 59, tzinfo=UTC)
        late = run.checked_at - tested - timedelta(days=delay)
        assert timedelta(0) < late <= timedelta(hours=5)  # 2 hours after the key's end, then the next export


def test_a_record_longer_than_devices_remember_works(runs: Runs) -> None:
    assert runs.long.keys == 1
    assert {
        datetime.fromtimestamp(scan.time, UTC).day for one in runs.long.exposures for scan in one.scans
    } == {30}
    assert runs.long.alerted


def test_progress_is_smooth_and_in_order(runs: Runs) -> None:
    told = [progress for at, progress in runs.told if at == 0]
    phases = list(dict.fromkeys(progress.phase for progress in told))
    assert phases == ["authority", "keys", "scans", "reports", "checks"]
    for phase, total in zip(phases, (1, 16, 16, 3, 16), strict=True):
        mine = [progress for progress in told if progress.phase == phase]
        assert [progress.done for progress in mine] == list(range(total + 1))
        assert {progress.total for progress in mine} == {total}


def test_ctrl_c_leaves_no_thread_and_a_folder_that_can_go(work: ModuleType, tmp_path: Path) -> None:
    phases = ("authority", "scans", "checks")
    results, _ = together(work, "interrupted", [(a_fortnight(3), phase) for phase in phases], tmp_path)
    assert results == [(True, [], False)] * 3


@pytest.mark.parametrize(
    ("trace", "options", "says"),
    [
        (SCHOOL, OutbreakOptions(preset="no-such"), "no risk preset 'no-such'"),
        (SCHOOL, OutbreakOptions(delay_days=15), "a delay of 15 days cannot be.*from 0 to 14 days"),
        (SCHOOL, OutbreakOptions(delay_days=-1), "a delay of -1 days cannot be"),
        (SCHOOL, OutbreakOptions(f0=14), "by hand: only 13 of 16 people were near .* 14 cannot"),
        (SCHOOL, OutbreakOptions(f0=0), "at least one person must turn out positive, not 0"),
        (SCHOOL, OutbreakOptions(seed=-1), "a seed is 0 or more, not -1"),
        (trace_from_rows([(0, 0, 1, 2, 1.0)]), OutbreakOptions(f0=1), "only 0 of 2 people were near"),
        (trace_from_rows([]), OutbreakOptions(f0=1), "only 0 of 0 people were near"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(
    trace: ContactTrace, options: OutbreakOptions, says: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=says):
        run_outbreak(trace, options, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("adoption", [-0.1, 1.01, float("nan")])
def test_an_adoption_is_a_share(adoption: float) -> None:
    with pytest.raises(Refused, match="is no share from 0 to 1"):
        adopters(SCHOOL, 1, adoption)
