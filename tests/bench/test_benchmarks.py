"""Every benchmark runs both ways at its smallest size, and raises if its outcome is wrong."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from bluezone.bench.made_up_keys import HEARD, by_identifier, key_block, plain_matches, sightings_of
from bluezone.bench.own_process import in_own_process
from bluezone.bench.registry import Benchmark, NotMeasurable, load_benchmarks
from bluezone.bench.replay import CONTACTS, made_up_list, replay
from bluezone.matching.interface import Sightings
from bluezone.replay.contact_trace import true_contacts


@pytest.mark.parametrize("one", [pytest.param(one, id=one.name) for one in load_benchmarks()])
def test_it_runs(one: Benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tmp_path / "left"
    left.mkdir()
    monkeypatch.setenv("TMPDIR", str(left))
    monkeypatch.setattr(tempfile, "tempdir", str(left))
    folder = tmp_path / "scratch"
    folder.mkdir()
    size = one.quick[0]
    try:
        work = in_own_process(one.prepare, size, folder) if one.own_process else one.prepare(size, folder)
    except NotMeasurable as error:
        pytest.skip(str(error))
    try:
        for call in (work.before, work.run, work.before_baseline, work.baseline):
            call()
    finally:
        work.close()
    assert (size if work.units is None else work.units) > 0
    assert work.baseline_units > 0
    assert work.baseline_name
    assert not list(left.iterdir())


def test_the_plain_matcher_finds_those_that_were_made_to_be_heard() -> None:
    block = key_block(70)
    keys = [block.diagnosis_key(row) for row in range(70)]
    sightings = sightings_of(block)
    assert plain_matches(keys, by_identifier(sightings)) == HEARD
    # Two hours and one interval too late, nothing is a match; 12 intervals are.
    for intervals, found in ((12, HEARD), (13, 0)):
        late = Sightings(sightings.rpis, sightings.times + intervals * 600)
        assert plain_matches(keys, by_identifier(late)) == found


def test_made_up_people_meet_in_their_group_of_eight_alone() -> None:
    trace = made_up_list(20)
    assert len(trace.people) == 20
    groups = np.arange(20) // 8
    assert (groups[trace.a] == groups[trace.b]).all()
    assert {int(groups[one]) for pair in true_contacts(trace) for one in pair} == {0, 1, 2}


def test_a_recorded_list_is_cut_to_those_who_met_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "list.csv"
    rows = [(1, 7, 8, 1), (2, 7, 8, 1), (3, 7, 9, 1), (3, 8, 9, 1), (4, 9, 11, 4), (193, 12, 13, 1)]
    file.write_text(
        "time_step,user1_id,user2_id,distance_m\n" + "".join(f"{','.join(map(str, row))}\n" for row in rows)
    )
    monkeypatch.setenv(CONTACTS, str(file))
    work = replay(3, tmp_path)
    # 7, 8 and 9 met most: four rows on the first morning from 07:00 to 07:15; the second day has one step of
    # five minutes of others, which is no time of theirs.
    assert work.input == "3 people of list.csv, 0.2 hours, 4 rows"
    with pytest.raises(NotMeasurable, match=r"list\.csv has only 6 people, not 8"):
        replay(8, tmp_path)
