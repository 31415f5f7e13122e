"""Rounds, medians, spread, ratios and growth, by a clock of our own and numbers worked out by hand."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import pytest
from tests.bench.step_timer import StepTimer

from bluezone.bench.measure import growth_exponent, run_benchmark
from bluezone.bench.registry import Benchmark, Workload


def test_median_spread_ratio_and_growth(step_timer: StepTimer) -> None:
    result = run_benchmark(
        step_timer.benchmark(
            {
                10: [99, 1, 1, 1, 1, 1],  # the warm-up does not count
                20: [99, 2, 2, 2, 2, 2],
                40: [99, 4, 2, 8, 4, 10],
            },
            [99, 1, 1, 2, 4, 2],
        ),
        timer=step_timer,
    )
    # 40 things in 4, 2, 8, 4 and 10 s: 10, 20, 5, 10, 4 a second; the plain way 100 in 1, 1, 2, 4, 2 s.
    assert result.largest.speeds == (10, 20, 5, 10, 4)
    assert result.largest.median_speed == 10
    assert result.baseline.speeds == (100, 100, 50, 25, 50)
    # Round by round: 10/100, 20/100, 5/50, 10/25, 4/50.
    assert result.ratios == pytest.approx((0.1, 0.2, 0.1, 0.4, 0.08))
    assert result.ratio == pytest.approx(0.1)
    # Medians 1, 2 and 4 s: time is proportional to size.
    assert result.exponent == pytest.approx(1)
    # Rounds 1 and 4 took 1, 2, 4; round 2 took 1, 2, 2: slope over log2 of -1, 0, 1 is (1 - 0)/2.
    assert result.exponents[0] == pytest.approx(1)
    assert result.exponents[1] == pytest.approx(0.5)
    assert result.exponents[2] == pytest.approx(1.5)
    assert (result.largest.input, result.baseline.input) == ("40 things", "plain")


def test_each_round_takes_every_size_and_the_plain_way_in_turn(step_timer: StepTimer) -> None:
    one = step_timer.benchmark({1: [1] * 4, 2: [1] * 4, 4: [1] * 4}, [1] * 4)
    told: list[tuple[int, int]] = []
    result = run_benchmark(one, quick=True, timer=step_timer, tell=lambda done, of: told.append((done, of)))
    turn = ["before 1", "run 1", "before 2", "run 2", "before 4", "run 4", "before baseline 4", "baseline 4"]
    assert step_timer.calls == turn * 4 + ["close 4", "close 2", "close 1"]  # a warm-up and three rounds
    assert result.largest.seconds == (1, 1, 1)  # what comes before a run is not measured
    assert told == [(done, 19) for done in range(20)]


def test_size_and_units_differ_where_the_workload_says_so(step_timer: StepTimer) -> None:
    def prepare(size: int, folder: Path) -> Workload:
        run = step_timer.taking("run", [1] * 8)
        return Workload("", run, baseline=run, baseline_units=1, baseline_name="", units=5)

    one = Benchmark("stored", "x/s", "", prepare, (10, 20, 40), (10, 20, 40))
    result = run_benchmark(one, quick=True, timer=step_timer)
    assert [(measured.size, measured.units) for measured in result.sizes] == [(10, 5), (20, 5), (40, 5)]
    assert result.exponent == pytest.approx(0)  # each takes as long, however much is stored
    assert result.largest.median_speed == 5


def test_growth_by_hand() -> None:
    assert growth_exponent([1, 4, 16], [3, 12, 48]) == pytest.approx(1)
    assert growth_exponent([1, 4, 16], [3, 48, 768]) == pytest.approx(2)
    assert growth_exponent([10, 20, 40], [7, 7, 7]) == pytest.approx(0)
    assert growth_exponent([1, 2], [1, 2 * math.log2(4)]) == pytest.approx(2)
    # In powers of e: sizes 0, 1, 2, 3 and times 0, 2, 1, 3. Sizes less 1.5, times less 1.5: products
    # 2.25, -0.25, -0.25, 2.25, in sum 4; squares of sizes in sum 5.
    e = math.e
    assert growth_exponent([1, e, e**2, e**3], [1, e**2, e, e**3]) == pytest.approx(0.8)


def test_a_run_too_short_for_the_clock_is_no_division_by_zero(step_timer: StepTimer) -> None:
    one = step_timer.benchmark({1: [0] * 4, 2: [0] * 4, 4: [0] * 4}, [0] * 4)
    result = run_benchmark(one, quick=True, timer=step_timer)
    assert math.isfinite(result.ratio)
    assert result.exponent == 0


@pytest.mark.parametrize("ends_by", [ZeroDivisionError, KeyboardInterrupt])
def test_whatever_ends_it_nothing_is_left(
    step_timer: StepTimer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends_by: type[BaseException]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    closed: list[int] = []

    def prepare(size: int, folder: Path) -> Workload:
        (folder / "data").write_text("x")
        if size == 4:
            raise ends_by
        return Workload("", list, list, 1, "", close=lambda: closed.append(size))

    with pytest.raises(ends_by):
        run_benchmark(Benchmark("x", "", "", prepare, (1, 2, 4), (1, 2, 4)), timer=step_timer)
    assert closed == [2, 1]
    assert not list(tmp_path.iterdir())
