"""The register of benchmarks: how one is declared and found.

A capability adds its benchmark in a few lines, in a module that ``BENCHMARK_MODULES`` names::

    @benchmark("match", unit="keys/s", summary="published keys against 20,000 sightings",
               sizes=(10_000, 40_000, 160_000), quick=(250, 1_000, 4_000))
    def match(size: int, folder: Path) -> Workload:
        keys, sightings = make_input(size)
        return Workload(
            input=f"{size:,} keys, 20,000 sightings",
            run=lambda: match_keys(keys, sightings),   # what is measured, callable again and again
            baseline=lambda: naive_match(keys[:250], sightings),
            baseline_units=250,                        # the plain way may take a smaller part
            baseline_name="one AES call per key, Python dictionary",
        )

Setting up happens in the function itself and is not measured. ``folder`` is empty, and removed with all that
is in it. A run that uses up its input gets new one in ``before``, which is not measured either; what needs a
whole process, such as the authority's Django project, says ``own_process=True``. The growth that is reported
is that of a run's time over ``size``; the figure is units per second at the largest size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from bluezone.errors import Refused

__all__ = [
    "BENCHMARK_MODULES",
    "Benchmark",
    "NotMeasurable",
    "Prepare",
    "Sizes",
    "UnknownBenchmark",
    "Workload",
    "benchmark",
    "load_benchmarks",
]

BENCHMARK_MODULES = (
    "bluezone.bench.device_store",
    "bluezone.bench.export_build",
    "bluezone.bench.exports",
    "bluezone.bench.heartbeats",
    "bluezone.bench.key_files",
    "bluezone.bench.matching",
    "bluezone.bench.province.overview",
    "bluezone.bench.publishing",
    "bluezone.bench.replay",
    "bluezone.bench.risk_evaluation",
    "bluezone.bench.verification",
)
"""Modules that register benchmarks; imported only when a benchmark is asked for."""

_NO_NAMES = ("all", "compare")

Sizes = tuple[int, int, int]


class UnknownBenchmark(Refused):
    """There is no benchmark of that name."""


class NotMeasurable(Refused):
    """This installation lacks what a benchmark measures; raised where its workload is prepared."""


def _nothing() -> None:
    """Nothing to do."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One benchmark at one size: what runs, and the plain way of doing the same.

    ``units`` that one run handles, by default the size; ``before`` and ``before_baseline`` are called ahead
    of each run and not measured; ``close`` at the end.
    """

    input: str
    run: Callable[[], object]
    baseline: Callable[[], object]
    baseline_units: int
    baseline_name: str
    units: int | None = None
    before: Callable[[], object] = _nothing
    before_baseline: Callable[[], object] = _nothing
    close: Callable[[], object] = _nothing


Prepare = Callable[[int, Path], Workload]
"""``prepare(size, folder)``, importable by name."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A registered benchmark. ``own_process``: each size is prepared and run in a fresh one."""

    name: str
    unit: str
    summary: str
    prepare: Prepare
    sizes: Sizes
    quick: Sizes
    own_process: bool = False


_REGISTERED: dict[str, Benchmark] = {}


def benchmark(
    name: str, *, unit: str, summary: str, sizes: Sizes, quick: Sizes, own_process: bool = False
) -> Callable[[Prepare], Prepare]:
    """Register the decorated ``prepare(size, folder)`` under a name.

    :param sizes: three, growing; ``quick`` takes seconds at most, for a rough figure and for tests.
    :raises ValueError: if the name is taken or the sizes do not grow.
    """

    def register(prepare: Prepare) -> Prepare:
        if name in _REGISTERED or name in _NO_NAMES:
            raise ValueError(f"the name {name!r} is taken: every benchmark needs its own")
        for three in (sizes, quick):
            if not 0 < three[0] < three[1] < three[2]:
                raise ValueError(f"{name}: sizes must be above 0 and grow, these do not: {three}")
        _REGISTERED[name] = Benchmark(name, unit, summary, prepare, sizes, quick, own_process)
        return prepare

    return register


def load_benchmarks(name: str = "all") -> list[Benchmark]:
    """All benchmarks by name, or the one, or those whose names begin with it and a hyphen.

    :raises UnknownBenchmark: naming those there are.
    """
    for module in BENCHMARK_MODULES:
        import_module(module)
    chosen = [
        _REGISTERED[known]
        for known in sorted(_REGISTERED)
        if name == "all" or known == name or known.startswith(f"{name}-")
    ]
    if not chosen:
        raise UnknownBenchmark(f"no benchmark {name!r}; there are: {', '.join(sorted(_REGISTERED))}")
    return chosen
