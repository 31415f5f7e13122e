"""Work for the tests of unit processes and sweeps; in a module that a fresh process can import."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bluezone.errors import Refused
from bluezone.protocols.risk_presets import preset_names
from bluezone.replay.outbreak import OutbreakProgress
from bluezone.replay.sweep_unit import UnitOfTrace


class Fussy(Refused):
    """Cannot be made from its message alone."""

    def __init__(self, name: str, line: int) -> None:
        super().__init__(f"{name}, line {line}: no")


def square(unit: int, folder: Path, tell: Callable[[str], None]) -> tuple[int, int, list[str]]:
    (folder / "scratch").write_text("x")
    sys.stdout.write("must not reach the parent's stdout\n")
    tell(f"squaring {unit}")
    return unit * unit, os.getpid(), os.listdir(folder)


def refuse(unit: int, folder: Path, tell: Callable[[str], None]) -> int:
    raise Refused(f"unit {unit} is refused")


def refuse_fussily(unit: int, folder: Path, tell: Callable[[str], None]) -> int:
    raise Fussy("list.csv", unit)


def fail(unit: int, folder: Path, tell: Callable[[str], None]) -> int:
    return 1 // (unit - unit)


def die(unit: int, folder: Path, tell: Callable[[str], None]) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return unit


def first_is_quick(unit: int, folder: Path, tell: Callable[[int], None]) -> int:
    tell(os.getpid())
    if unit:
        signal.pause()
    return unit


def figures(work: UnitOfTrace, folder: Path, tell: Callable[[OutbreakProgress], None]) -> dict[str, Any]:
    """What a unit gives, made up at once of what it is asked."""
    unit = work.unit
    tell(OutbreakProgress("keys", 1, 2))
    return {
        "seed": unit.seed,
        "delay_days": unit.delay_days,
        "rates": [
            {
                "preset": name,
                "adoption": level,
                "draw": draw,
                "true_contacts": 10,
                "warned": 0 if draw else unit.seed,
                "sensitivity": 0.0 if draw else level**2 / unit.seed,
                "precision": None if level < 0.5 or draw else 1 / unit.seed,
                "days_to_warning": unit.delay_days + 1.0,
                "reachable": level**2,
            }
            for name in preset_names()
            for level in unit.levels
            for draw in range(2 if level < 1 else 1)
        ],
        "thresholds": [
            {"minutes": 5.0, "shift_db": 0.0, "sensitivity": 1 / unit.seed, "precision": None}
            for _ in range(unit.thresholds)
        ],
        "person_days": [],
        "sightings": 3,
        "receptions": 7,
        "seconds": 0.1,
    }
