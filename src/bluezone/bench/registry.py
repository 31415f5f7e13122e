"""The register of benchmarks: how one is declared, run and reported.

A capability adds its benchmark in a few lines, in a module of its own that ``BENCHMARK_MODULES`` names::

    @benchmark("match", unit="keys/s", summary="published keys against 20,000 sightings")
    def match(quick: bool) -> Workload:
        keys, sightings = make_input(2_000 if quick else 20_000)
        return Workload(
            size=len(keys),                            # how many units one run handles
            input=f"{len(keys)} keys, {len(sightings)} sightings",
            run=lambda: match_keys(keys, sightings),   # what is measured, callable again and again
            baseline_size=1_000,                       # the plain way may take a smaller part
            baseline=lambda: naive_match(keys[:1_000], sightings),
            baseline_name="one AES call per key, Python dictionary",
        )

Setting up happens in the function itself and is not measured. Whatever needs no repetition (an insert into a
fresh file) can make its state inside ``run``. A figure is units per second of the median run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

from bluezone.errors import Refused

__all__ = [
    "BENCHMARK_MODULES",
    "Benchmark",
    "Result",
    "UnknownBenchmark",
    "Workload",
    "benchmark",
    "load_benchmarks",
    "run_benchmark",
]

BENCHMARK_MODULES = (
    "bluezone.bench.device_store",
    "bluezone.bench.exports",
    "bluezone.bench.matching",
    "bluezone.bench.risk_evaluation",
)
"""Modules that register benchmarks; imported only when a benchmark is asked for."""

_RUNS, _QUICK_RUNS = 5, 3


class UnknownBenchmark(Refused):
    """There is no benchmark of that name."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One prepared benchmark: what runs, over how many units, and the plain way of doing the same."""

    size: int
    input: str
    run: Callable[[], object]
    baseline_size: int
    baseline: Callable[[], object]
    baseline_name: str


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A registered benchmark; ``prepare(quick)`` makes its workload, with ``quick`` a small one."""

    name: str
    unit: str
    summary: str
    prepare: Callable[[bool], Workload]


@dataclass(frozen=True, slots=True)
class Result:
    """One figure: ``value`` in ``unit`` by the median of ``runs``, spread by their extremes, ``ratio`` to the
    baseline's value."""

    name: str
    value: float
    unit: str
    input: str
    runs: int
    slowest: float
    fastest: float
    baseline: float
    baseline_name: str
    ratio: float

    def as_document(self) -> dict[str, Any]:
        return asdict(self)


_REGISTERED: dict[str, Benchmark] = {}


def benchmark(
    name: str, *, unit: str, summary: str
) -> Callable[[Callable[[bool], Workload]], Callable[[bool], Workload]]:
    """Register the decorated ``prepare(quick) -> Workload`` under a name.

    :raises ValueError: if the name is taken.
    """

    def register(prepare: Callable[[bool], Workload]) -> Callable[[bool], Workload]:
        if name in _REGISTERED:
            raise ValueError(f"there are two benchmarks named {name!r}")
        _REGISTERED[name] = Benchmark(name, unit, summary, prepare)
        return prepare

    return register


def load_benchmarks(name: str = "all") -> list[Benchmark]:
    """All benchmarks by name, or the one.

    :raises UnknownBenchmark: naming those there are.
    """
    for module in BENCHMARK_MODULES:
        import_module(module)
    if name == "all":
        return [_REGISTERED[known] for known in sorted(_REGISTERED)]
    if name not in _REGISTERED:
        raise UnknownBenchmark(f"no benchmark {name!r}; there are: {', '.join(sorted(_REGISTERED))}")
    return [_REGISTERED[name]]


def run_benchmark(
    one: Benchmark, *, quick: bool = False, timer: Callable[[], float] = time.perf_counter
) -> Result:
    """Measure one benchmark: a warm-up of each way, then runs of both ways in turn, so that both meet the
    same machine."""
    work = one.prepare(quick)
    work.run()
    work.baseline()
    speeds, baselines = [], []
    runs = _QUICK_RUNS if quick else _RUNS
    for _ in range(runs):
        speeds.append(work.size / _seconds(work.run, timer))
        baselines.append(work.baseline_size / _seconds(work.baseline, timer))
    value, baseline = statistics.median(speeds), statistics.median(baselines)
    return Result(
        name=one.name,
        value=value,
        unit=one.unit,
        input=work.input,
        runs=runs,
        slowest=min(speeds),
        fastest=max(speeds),
        baseline=baseline,
        baseline_name=work.baseline_name,
        ratio=value / baseline,
    )


def _seconds(run: Callable[[], object], timer: Callable[[], float]) -> float:
    begin = timer()
    run()
    return max(timer() - begin, 1e-9)
