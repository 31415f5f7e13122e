"""Measuring a benchmark: rounds of its three sizes and its plain way, then medians, spread and growth."""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bluezone.bench.own_process import in_own_process
from bluezone.bench.registry import Benchmark, Workload

__all__ = ["Measured", "Result", "Tell", "growth_exponent", "run_benchmark"]

_ROUNDS, _QUICK_ROUNDS = 5, 3
_SHORTEST = 1e-9

Tell = Callable[[int, int], None]
"""Told after each step: how many are done, of how many."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of every run of one way at one size, each of which handled ``units``."""

    size: int
    units: int
    input: str
    seconds: tuple[float, ...]

    @property
    def speeds(self) -> tuple[float, ...]:
        """Units per second of every run."""
        return tuple(self.units / seconds for seconds in self.seconds)

    @property
    def median_speed(self) -> float:
        return statistics.median(self.speeds)


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured of one benchmark: ``sizes`` grow; ``baseline`` is the plain way, as often as those.

    The figure is that of the largest size. A ratio is taken within a round, in which both ways met the same
    machine: it is steady where speeds are not.
    """

    name: str
    unit: str
    summary: str
    sizes: tuple[Measured, ...]
    baseline: Measured

    @property
    def largest(self) -> Measured:
        return self.sizes[-1]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Our speed over that of the plain way, of every round."""
        pairs = zip(self.largest.speeds, self.baseline.speeds, strict=True)
        return tuple(ours / plain for ours, plain in pairs)

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def exponents(self) -> tuple[float, ...]:
        """The growth of every round."""
        sizes = [one.size for one in self.sizes]
        rounds = zip(*(one.seconds for one in self.sizes), strict=True)
        return tuple(growth_exponent(sizes, seconds) for seconds in rounds)

    @property
    def exponent(self) -> float:
        """Of the median times: 1 where twice the size takes twice the time, 0 where it takes no longer."""
        medians = [statistics.median(one.seconds) for one in self.sizes]
        return growth_exponent([one.size for one in self.sizes], medians)


def growth_exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The slope of log time over log size, by least squares."""
    return statistics.linear_regression([math.log(x) for x in sizes], [math.log(y) for y in seconds]).slope


def run_benchmark(
    one: Benchmark,
    *,
    quick: bool = False,
    timer: Callable[[], float] = time.perf_counter,
    tell: Tell = lambda _done, _of: None,
) -> Result:
    """Measure one benchmark: a warm-up of everything, then rounds of each size and the plain way in turn, so
    that all meet the same machine.

    :raises Refused: if it cannot run here, :class:`~bluezone.bench.registry.NotMeasurable` among others.
    """
    sizes, rounds = (one.quick, _QUICK_ROUNDS) if quick else (one.sizes, _ROUNDS)
    steps = _Steps(len(sizes) + (len(sizes) + 1) * (1 + rounds), tell)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bluezone-bench-")))
        works = []
        for size in sizes:
            own = folder / str(size)
            own.mkdir()
            work = in_own_process(one.prepare, size, own) if one.own_process else one.prepare(size, own)
            stack.callback(work.close)
            works.append(work)
            steps.done()
        seconds: list[list[float]] = [[] for _ in works]
        plain_seconds: list[float] = []
        for number in range(1 + rounds):
            for work, so_far in zip(works, seconds, strict=True):
                work.before()
                so_far.append(_time(work.run, timer))
                steps.done()
            works[-1].before_baseline()
            plain_seconds.append(_time(works[-1].baseline, timer))
            steps.done()
            if number == 0:  # that was the warm-up
                for taken in (*seconds, plain_seconds):
                    taken.clear()
    return Result(
        name=one.name,
        unit=one.unit,
        summary=one.summary,
        sizes=tuple(
            Measured(size, _units(work, size), work.input, tuple(times))
            for size, work, times in zip(sizes, works, seconds, strict=True)
        ),
        baseline=Measured(sizes[-1], works[-1].baseline_units, works[-1].baseline_name, tuple(plain_seconds)),
    )


def _units(work: Workload, size: int) -> int:
    return size if work.units is None else work.units


def _time(run: Callable[[], object], timer: Callable[[], float]) -> float:
    begin = timer()
    run()
    return max(timer() - begin, _SHORTEST)


class _Steps:
    def __init__(self, total: int, tell: Tell) -> None:
        self._done, self._total, self._tell = 0, total, tell
        tell(0, total)

    def done(self) -> None:
        self._done += 1
        self._tell(self._done, self._total)
