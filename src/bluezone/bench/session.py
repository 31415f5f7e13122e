"""Measuring several benchmarks one after the other; what is done is kept, however it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bluezone.bench.machine import Machine, Revision
from bluezone.bench.measure import Result, run_benchmark
from bluezone.bench.registry import Benchmark, NotMeasurable
from bluezone.bench.result_file import ResultSet, ready_to_write, write_results
from bluezone.clock import Clock

__all__ = ["Begun", "Done", "Failed", "Skipped", "Step", "Update", "measure_all", "part_file"]


@dataclass(frozen=True, slots=True)
class Begun:
    """A benchmark begins, the ``number``-th (from 1) of ``of``."""

    benchmark: Benchmark
    number: int
    of: int


@dataclass(frozen=True, slots=True)
class Step:
    """``done`` of ``of`` steps of the benchmark."""

    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Done:
    """Its figures."""

    result: Result


@dataclass(frozen=True, slots=True)
class Failed:
    """A fault of ours stopped it; the others go on."""

    name: str
    fault: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """It cannot be measured here."""

    name: str
    reason: str


Update = Begun | Step | Done | Failed | Skipped


def measure_all(
    benchmarks: Sequence[Benchmark],
    file: Path,
    *,
    revision: Revision,
    machine: Machine,
    clock: Clock,
    quick: bool = False,
    tell: Callable[[Update], None] = lambda _update: None,
    timer: Callable[[], float] = time.perf_counter,
) -> ResultSet:
    """Measure them and write ``file``.

    Until all are done, those that are lie in :func:`part_file`: an interrupted run keeps its figures, and
    replaces no complete file.

    What cannot be measured here is skipped, unless it is the only one. What fails stops no other.

    :raises Refused: if the file cannot be written, or the only benchmark cannot be measured.
    """
    ready_to_write(file)
    began = clock.now()
    results: list[Result] = []
    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}

    def measured(*, complete: bool) -> ResultSet:
        return ResultSet(
            revision, began, machine, quick, tuple(results), dict(skipped), dict(failed), complete
        )

    for number, one in enumerate(benchmarks, 1):
        tell(Begun(one, number, len(benchmarks)))
        try:
            result = run_benchmark(one, quick=quick, timer=timer, tell=lambda done, of: tell(Step(done, of)))
        except NotMeasurable as error:
            if len(benchmarks) == 1:
                raise
            skipped[one.name] = str(error)
            tell(Skipped(one.name, str(error)))
            continue
        except Exception as error:  # noqa: BLE001 - told, kept, and the command fails at its end
            failed[one.name] = f"{type(error).__name__}: {error}"
            tell(Failed(one.name, failed[one.name]))
            continue
        results.append(result)
        write_results(part_file(file), measured(complete=False))
        tell(Done(result))
    whole = measured(complete=True)
    write_results(file, whole)
    part_file(file).unlink(missing_ok=True)
    return whole


def part_file(file: Path) -> Path:
    """Where the figures of a run are that has not come to its end."""
    return file.with_name(f"{file.stem}.part.json")
