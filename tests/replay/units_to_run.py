"""Work for the tests of unit processes and sweeps; in a module that a fresh process can import."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from bluezone.errors import Refused
from bluezone.protocols.risk_presets import preset_names
from bluezone.replay.outbreak import OutbreakProgress
from bluezone.replay.sweep_unit import UnitOfTrace

_BLOCKED_AT_FIRST = sorted(number.value for number in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""When this module was imported, which a unit's process does before anything of ours runs in it."""


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


def note_its_end(unit: Path, folder: Path, tell: Callable[[int], None]) -> int:
    """Writes ``unit`` when it is asked to end, which one that is killed cannot."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        unit.write_text("asked to end")
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    tell(os.getpid())
    while True:
        signal.pause()


def signals(unit: int, folder: Path, tell: Callable[[list[int]], None]) -> list[int]:
    """Which of the signals that stop a replay end this process."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    return [
        number.value
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if number not in blocked and signal.getsignal(number) == signal.SIG_DFL
    ]


def blocked_at_first(unit: int, folder: Path, tell: Callable[[int], None]) -> list[int]:
    return _BLOCKED_AT_FIRST


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
