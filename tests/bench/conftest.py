"""A clock of our own, figures made up, and workloads that another process can import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from tests.bench.step_timer import StepTimer

from bluezone.bench.measure import Measured, Result


@pytest.fixture
def step_timer() -> StepTimer:
    return StepTimer()


@pytest.fixture
def make_result() -> Callable[..., Result]:
    """``make_result("match", ours=[...], plain=[...])``: seconds at the largest size, and plain."""

    def make(
        name: str, *, ours: list[float], plain: list[float], unit: str = "keys/s", plain_name: str = "plain"
    ) -> Result:
        return Result(
            name=name,
            unit=unit,
            summary="made up",
            sizes=tuple(
                Measured(size, size, f"{size} keys", tuple(one * size / 400 for one in ours))
                for size in (25, 100, 400)
            ),
            baseline=Measured(400, 10, plain_name, tuple(plain)),
        )

    return make


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Workloads that another process can import."""
    here = str(Path(__file__).parent)
    monkeypatch.syspath_prepend(here)
    monkeypatch.setenv("PYTHONPATH", here)
    import works_to_run

    return works_to_run
