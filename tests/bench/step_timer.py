"""A clock that only runs make go on, and benchmarks of made-up durations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bluezone.bench.registry import Benchmark, Sizes, Workload


@dataclass
class StepTimer:
    """Goes on by the seconds that each run takes; ``calls`` says what was called."""

    now: float = 0.0
    calls: list[str] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def taking(self, name: str, seconds: Iterable[float]) -> Callable[[], None]:
        durations = iter(seconds)

        def run() -> None:
            self.calls.append(name)
            self.now += next(durations)

        return run

    def benchmark(
        self,
        seconds: dict[int, list[float]],
        baseline: list[float],
        *,
        name: str = "things",
        units: int = 100,
    ) -> Benchmark:
        """A benchmark whose runs at each size take these seconds, the warm-up first."""
        first, second, third = sorted(seconds)
        sizes: Sizes = (first, second, third)

        def prepare(size: int, folder: Path) -> Workload:
            assert not list(folder.iterdir())
            return Workload(
                input=f"{size} things",
                run=self.taking(f"run {size}", seconds[size]),
                before=self.taking(f"before {size}", [50.0] * 9),
                baseline=self.taking(f"baseline {size}", baseline),
                before_baseline=self.taking(f"before baseline {size}", [50.0] * 9),
                baseline_units=units,
                baseline_name="plain",
                close=lambda: self.calls.append(f"close {size}"),
            )

        return Benchmark(name, "things/s", "made up", prepare, sizes, sizes)
