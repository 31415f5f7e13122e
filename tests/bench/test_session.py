"""Several benchmarks one after the other: what is done is kept, what cannot be measured is said."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.bench.step_timer import StepTimer

from bluezone.bench.machine import Machine, Revision
from bluezone.bench.registry import Benchmark, NotMeasurable, Workload
from bluezone.bench.result_file import ResultSet, read_results
from bluezone.bench.session import Begun, Done, Failed, Skipped, Step, Update, measure_all, part_file
from bluezone.clock import SettableClock

MACHINE = Machine("Linux 6", "EPYC", 2, "3.11.7", "native")
CLOCK = SettableClock(datetime(2021, 3, 10, 8, 17, tzinfo=UTC))


def steady(timer: StepTimer, name: str) -> Benchmark:
    return timer.benchmark({1: [1.0] * 4, 2: [2.0] * 4, 4: [4.0] * 4}, [1.0] * 4, name=name)


def raising(name: str, error: BaseException) -> Benchmark:
    def prepare(size: int, folder: Path) -> Workload:
        raise error

    return Benchmark(name, "x/s", "", prepare, (1, 2, 4), (1, 2, 4))


def measure(
    benchmarks: list[Benchmark], file: Path, timer: StepTimer, told: list[Update] | None = None
) -> ResultSet:
    return measure_all(
        benchmarks,
        file,
        revision=Revision("abc"),
        machine=MACHINE,
        clock=CLOCK,
        quick=True,
        tell=(told if told is not None else []).append,
        timer=timer,
    )


def test_all_are_measured_and_kept(step_timer: StepTimer, tmp_path: Path) -> None:
    file, told = tmp_path / "figures.json", []
    measured = measure([steady(step_timer, "a"), steady(step_timer, "b")], file, step_timer, told)
    assert read_results(file) == measured
    assert [one.name for one in measured.results] == ["a", "b"]
    assert (measured.complete, measured.quick, measured.date) == (True, True, CLOCK.now())
    assert [one.name for one in tmp_path.iterdir()] == ["figures.json"]
    begun = [(one.benchmark.name, one.number, one.of) for one in told if isinstance(one, Begun)]
    assert begun == [("a", 1, 2), ("b", 2, 2)]
    assert [one.result for one in told if isinstance(one, Done)] == list(measured.results)
    assert [one for one in told if isinstance(one, Step)][-1] == Step(19, 19)


def test_an_interrupted_run_keeps_its_figures_beside_the_complete_file(
    step_timer: StepTimer, tmp_path: Path
) -> None:
    file = tmp_path / "figures.json"
    before = measure([steady(step_timer, "a"), steady(step_timer, "b")], file, step_timer)
    with pytest.raises(KeyboardInterrupt):
        measure(
            [steady(step_timer, "a"), raising("b", KeyboardInterrupt()), steady(step_timer, "c")],
            file,
            step_timer,
        )
    assert read_results(file) == before
    part = read_results(tmp_path / "figures.part.json")
    assert part_file(file) == tmp_path / "figures.part.json"
    assert ([one.name for one in part.results], part.complete) == (["a"], False)
    measure([steady(step_timer, "a")], file, step_timer)  # the next complete run takes it away
    assert [one.name for one in tmp_path.iterdir()] == ["figures.json"]


def test_what_cannot_be_measured_is_left_out_of_many_and_refused_alone(
    step_timer: StepTimer, tmp_path: Path
) -> None:
    told: list[Update] = []
    absent = raising("native", NotMeasurable("there is no cargo"))
    measured = measure([absent, steady(step_timer, "z")], tmp_path / "figures.json", step_timer, told)
    assert [one.name for one in measured.results] == ["z"]
    assert measured.skipped == {"native": "there is no cargo"}
    assert measured.complete
    assert Skipped("native", "there is no cargo") in told
    with pytest.raises(NotMeasurable, match="there is no cargo"):
        measure([absent], tmp_path / "other.json", step_timer)
    assert not (tmp_path / "other.json").exists()


def test_a_fault_of_ours_is_told_and_stops_no_other(step_timer: StepTimer, tmp_path: Path) -> None:
    told: list[Update] = []
    faulty = raising("a", ZeroDivisionError("by nothing"))
    measured = measure([faulty, steady(step_timer, "b")], tmp_path / "f.json", step_timer, told)
    assert [one.name for one in measured.results] == ["b"]
    assert measured.failed == {"a": "ZeroDivisionError: by nothing"}
    assert Failed("a", "ZeroDivisionError: by nothing") in told
    assert read_results(tmp_path / "f.json") == measured
