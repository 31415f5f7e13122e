"""The register of benchmarks: medians and ratios by a clock of our own, and the command around it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bluezone.bench import registry
from bluezone.bench.registry import (
    Benchmark,
    UnknownBenchmark,
    Workload,
    benchmark,
    load_benchmarks,
    run_benchmark,
)
from bluezone.cli import main


class StepTimer:
    """A clock that only runs make go on, by the seconds each takes."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def taking(self, *seconds: float) -> Callable[[], None]:
        durations = iter(seconds)

        def run() -> None:
            self.now += next(durations)

        return run


def test_median_extremes_and_ratio() -> None:
    timer = StepTimer()
    quick_seen = []

    def prepare(quick: bool) -> Workload:
        quick_seen.append(quick)
        return Workload(
            size=1_000,
            input="1000 things",
            run=timer.taking(99, 1, 2, 4, 5, 10),  # the warm-up does not count
            baseline_size=100,
            baseline=timer.taking(99, 1, 1, 2, 2, 2),
            baseline_name="plain",
        )

    result = run_benchmark(Benchmark("things", "things/s", "", prepare), timer=timer)
    # Speeds 1000, 500, 250, 200, 100; plain 100, 100, 50, 50, 50.
    assert (result.value, result.slowest, result.fastest, result.runs) == (250, 100, 1_000, 5)
    assert (result.baseline, result.ratio) == (50, 5)
    assert result.as_document()["unit"] == "things/s"
    assert quick_seen == [False]


def test_quick_runs_are_fewer() -> None:
    timer = StepTimer()
    work = Workload(1, "", timer.taking(1, 1, 1, 1), 1, timer.taking(1, 1, 1, 1), "plain")
    assert run_benchmark(Benchmark("x", "x/s", "", lambda quick: work), quick=True, timer=timer).runs == 3


def test_names_are_unique(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_REGISTERED", {})
    monkeypatch.setattr(registry, "BENCHMARK_MODULES", ())

    @benchmark("b", unit="x/s", summary="")
    def _prepare(quick: bool) -> Workload:
        raise AssertionError(quick)

    benchmark("a", unit="x/s", summary="")(_prepare)
    with pytest.raises(ValueError, match="two benchmarks named 'b'"):
        benchmark("b", unit="x/s", summary="")(_prepare)
    assert [one.name for one in load_benchmarks()] == ["a", "b"]
    assert [one.name for one in load_benchmarks("b")] == ["b"]
    with pytest.raises(UnknownBenchmark, match="no benchmark 'c'; there are: a, b"):
        load_benchmarks("c")


def test_what_is_registered() -> None:
    assert {"derive", "export-read", "export-verify", "match"} <= {one.name for one in load_benchmarks()}


@pytest.mark.parametrize("name", ["derive", "export-read", "export-verify", "match"])
def test_each_benchmark_runs_both_ways(name: str) -> None:
    (one,) = load_benchmarks(name)
    work = one.prepare(True)
    work.run()  # checks its own outcome
    work.baseline()
    assert work.size > 0
    assert work.baseline_size > 0


def test_the_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    output = tmp_path / "bench.json"
    arguments = ["bench", "export-verify", "--quick", "--json", "--output", str(output)]
    monkeypatch.setattr(sys, "argv", ["bluezone", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert json.loads(output.read_text()) == document
    assert captured.err.startswith("export-verify: ")
    (result,) = document["results"]
    assert (result["name"], result["unit"], result["runs"]) == ("export-verify", "bytes/s", 3)
    assert result["slowest"] <= result["value"] <= result["fastest"]
    assert result["ratio"] == pytest.approx(result["value"] / result["baseline"])


def test_an_unknown_name_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bluezone", "bench", "nothing", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["error"] == "UnknownBenchmark"
