"""Sweeps: which units, resumed when nothing changed and only then, the same whatever the order and jobs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bluezone.errors import Refused
from bluezone.protocols.risk_presets import preset_names
from bluezone.replay import sweep as sweeping
from bluezone.replay.contact_trace import trace_from_rows
from bluezone.replay.outbreak import MAX_DELAY_DAYS
from bluezone.replay.replay_report import build_report
from bluezone.replay.sweep import (
    DELAYS,
    Planned,
    SweepKind,
    SweepOptions,
    SweepResult,
    UnitDone,
    UnitTold,
    plan_units,
    program_digest,
    run_sweep,
    spread,
)

TRACE = trace_from_rows([(0, 300 * step, "1", "2", 1.0) for step in range(3)])
ALL = frozenset(SweepKind)
SMALL = SweepOptions(seeds=2, levels=(0.5,))


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import units_to_run

    return units_to_run


def here(order: Callable[[list[int]], list[int]] = lambda rows: rows) -> Callable[..., None]:
    """Stands for ``run_units``: runs the units in this process, finished in any order."""

    def run(work: Any, units: Sequence[Any], *, tell: Any, done: Any, **_: Any) -> None:
        for at in order(list(range(len(units)))):
            done(at, work(units[at], Path(), lambda told, at=at: tell(at, told)))

    return run


def sweep(folder: Path, work: ModuleType, options: SweepOptions = SMALL, record: str = "abc") -> SweepResult:
    return run_sweep(TRACE, record, options, folder, jobs=2, work=work.figures)


def test_one_unit_for_each_seed_and_delay() -> None:
    units = plan_units(SweepOptions(seed=3, seeds=2, sweeps=ALL, levels=(0.2,), adoption=0.7, delay_days=2))
    delays = [2, *(delay for delay in DELAYS if delay != 2)]
    assert [(one.seed, one.delay_days) for one in units] == [
        (seed, delay) for delay in delays for seed in (3, 4)
    ]
    assert units[0].levels == (0.2, 0.7, 1.0)
    assert [one.person_days for one in units] == [True] + [False] * (len(units) - 1)
    assert [one.thresholds for one in units] == [True, True] + [False] * (len(units) - 2)
    assert {one.levels for one in units[2:]} == {(0.7,)}
    assert max(DELAYS) <= MAX_DELAY_DAYS


def test_without_a_sweep_there_is_the_point_and_full_adoption() -> None:
    (unit,) = plan_units(SweepOptions(seeds=1, adoption=0.4, sweeps=frozenset()))
    assert unit.levels == (0.4, 1.0)
    assert not unit.thresholds


def test_spread() -> None:
    assert spread([0.2, None, 0.4]) == {"mean": pytest.approx(0.3), "low": 0.2, "high": 0.4, "of": 2}
    assert spread([None, None]) is None
    assert spread([]) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_a_mean_lies_between(values: list[float]) -> None:
    found = spread(values)
    assert found is not None
    assert found["low"] <= found["mean"] <= found["high"]
    assert spread([values[0]] * 7) == {"mean": values[0], "low": values[0], "high": values[0], "of": 7}


def test_in_processes_and_resumed(work: ModuleType, tmp_path: Path) -> None:
    updates: list[Any] = []
    first = run_sweep(TRACE, "abc", SMALL, tmp_path, jobs=2, tell=updates.append, work=work.figures)
    assert updates[0] == Planned(2, 0)
    assert {type(one) for one in updates[1:]} == {UnitTold, UnitDone}
    assert sorted(path.name for path in (tmp_path / "units").iterdir()) == [
        "seed-1-delay-0.json",
        "seed-2-delay-0.json",
    ]
    assert [one["seed"] for one in first.units] == [1, 2]
    assert (first.resumed, first.at_options()) == (0, list(first.units))
    updates.clear()
    again = run_sweep(TRACE, "abc", SMALL, tmp_path, jobs=2, tell=updates.append, work=work.refuse)
    assert updates == [Planned(2, 2)]
    assert (again.resumed, again.units) == (2, first.units)


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "run_units", here())


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    ("options", "record", "resumed"),
    [
        (SMALL, "abc", 2),
        (replace(SMALL, seeds=3), "abc", 2),
        (replace(SMALL, seed=2), "abc", 0),  # whose first seed tells people's days
        (replace(SMALL, seeds=1), "abc", 1),
        (replace(SMALL, f0=4), "abc", 0),
        (replace(SMALL, preset="de-cwa"), "abc", 0),
        (replace(SMALL, levels=(0.6,)), "abc", 0),
        (replace(SMALL, adoption=0.5), "abc", 0),
        (replace(SMALL, delay_days=1), "abc", 0),
        (replace(SMALL, sweeps=ALL), "abc", 0),
        (SMALL, "another record", 0),
    ],
)
def test_what_was_asked_otherwise_is_run_anew(
    work: ModuleType, tmp_path: Path, options: SweepOptions, record: str, resumed: int
) -> None:
    sweep(tmp_path, work)
    again = sweep(tmp_path, work, options, record)
    assert again.resumed == resumed
    (tmp_path / "fresh").mkdir()
    assert again.units == sweep(tmp_path / "fresh", work, options, record).units


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: text.replace('"sightings": 3', '"sightings": 4'),
        lambda text: "[]",
        lambda text: '{"key": 1}',
        lambda text: "[" * 100_000,
        lambda text: text.replace('"key": "', '"key": "0'),
    ],
)
def test_a_damaged_or_foreign_file_is_run_anew(
    work: ModuleType, tmp_path: Path, damage: Callable[[str], str]
) -> None:
    first = sweep(tmp_path, work)
    path = tmp_path / "units" / "seed-2-delay-0.json"
    whole = path.read_text()
    path.write_text(damage(whole))
    again = sweep(tmp_path, work)
    assert (again.resumed, again.units) == (1, first.units)
    assert path.read_text() == whole


@pytest.mark.usefixtures("in_this_process")
def test_another_program_s_units_are_run_anew(
    work: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep(tmp_path, work)
    monkeypatch.setattr(sweeping, "program_digest", lambda: "another")
    assert sweep(tmp_path, work).resumed == 0


def test_the_digest_is_of_the_sources_that_matter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("protocols/presets/x.toml", "replay/radio_model.py", "clock.py", "errors.py", "cli/x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    for name in ("authority", "device", "matching"):
        (tmp_path / name).mkdir()
    real = program_digest()
    assert program_digest() == real
    monkeypatch.setattr(sweeping, "files", lambda _package: tmp_path)
    digests = [program_digest()]
    for name in ("protocols/presets/x.toml", "replay/radio_model.py"):
        (tmp_path / name).write_text("two")
        digests.append(program_digest())
    assert len({*digests, real}) == 4
    (tmp_path / "cli" / "x.py").write_text("two")  # how figures are shown changes none
    assert program_digest() == digests[-1]


def test_a_unit_s_refusal_keeps_what_is_done(work: ModuleType, tmp_path: Path) -> None:
    sweep(tmp_path, work)
    with pytest.raises(Refused, match="is refused"):
        run_sweep(TRACE, "abc", replace(SMALL, seeds=3), tmp_path, jobs=1, work=work.refuse)
    assert sweep(tmp_path, work, replace(SMALL, seeds=3)).resumed == 2


@given(order=st.permutations(range(12)), done_before=st.sets(st.integers(0, 11)))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_and_what_was_done_before_change_no_figure(
    work: ModuleType, monkeypatch: pytest.MonkeyPatch, order: list[int], done_before: set[int]
) -> None:
    options = SweepOptions(seeds=2, levels=(0.5,), sweeps=ALL)
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr(sweeping, "run_units", here())
        straight = sweep(Path(folder) / "straight", work, options)
        sweep(Path(folder) / "other", work, options)
        for at, path in enumerate(sorted((Path(folder) / "other" / "units").iterdir())):
            if at not in done_before:
                path.unlink()
        monkeypatch.setattr(sweeping, "run_units", here(lambda rows: [at for at in order if at in rows]))
        shuffled = sweep(Path(folder) / "other", work, options)
    assert shuffled.resumed == len(done_before)
    assert shuffled.units == straight.units
    reports = [build_report(TRACE, one, 1.0) for one in (straight, shuffled)]
    for report in reports:
        del report["resumed"]
    assert json.dumps(reports[0]) == json.dumps(reports[1])


@pytest.mark.usefixtures("in_this_process")
def test_the_report_of_a_sweep(work: ModuleType, tmp_path: Path) -> None:
    """Seeds 1 and 2 give 1 and 1/2 at full adoption (see ``figures``): mean 3/4, least 1/2, greatest 1."""
    options = SweepOptions(seeds=2, levels=(0.5, 0.2), adoption=0.5, delay_days=2, sweeps=ALL)
    report = build_report(TRACE, sweep(tmp_path, work, options), 2.345)
    assert (report["people"], report["steps"], report["near_pairs"], report["near_pair_days"]) == (2, 3, 1, 1)
    assert (report["true_contacts"], report["warned"]) == (10, 1)
    assert (report["sensitivity"], report["precision"]) == (0.25, 1.0)  # of the first seed, at one half
    assert (report["seconds"], report["resumed"]) == (2.3, 0)
    assert report["options"] == {
        "seed": 1,
        "seeds": 2,
        "f0": 5,
        "adoption": 0.5,
        "preset": "bluezone",
        "delay_days": 2,
    }
    rows = {(row["preset"], row["adoption"]): row for row in report["sweep"]}
    assert rows.keys() == {(name, level) for name in preset_names() for level in (0.2, 0.5, 1.0)}
    full, low = rows["bluezone", 1.0], rows["bluezone", 0.2]
    assert full["sensitivity"] == {"mean": 0.75, "low": 0.5, "high": 1.0, "of": 2}
    assert full["reachable"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "of": 2}
    assert (low["precision"], low["p_squared"], low["seeds"]) == (None, 0.04, 2)
    # Two draws of who has the app, the second of which warns nobody: precision rests on the first alone.
    half = rows["bluezone", 0.5]
    assert (full["draws"], half["draws"]) == (1, 2)
    assert half["sensitivity"] == {"mean": 0.09375, "low": 0.0, "high": 0.25, "of": 4}
    assert half["precision"] == {"mean": 0.75, "low": 0.5, "high": 1.0, "of": 2}
    (threshold,) = report["thresholds"]
    assert threshold == {
        "preset": "bluezone",
        "minutes": 5.0,
        "shift_db": 0.0,
        "seeds": 2,
        "sensitivity": {"mean": 0.75, "low": 0.5, "high": 1.0, "of": 2},
        "precision": None,
    }
    delays = [row for row in report["delays"] if row["preset"] == "de-cwa"]
    assert [row["delay_days"] for row in delays] == sorted(DELAYS)
    assert [row["days_to_warning"]["mean"] for row in delays] == [delay + 1 for delay in sorted(DELAYS)]
    assert [preset["name"] for preset in report["presets"]] == preset_names()
    assert report["source"] == {"kind": "haslemere", "name": "by hand", "days": 1, "roles": False}
