"""Work for the tests of unit processes; in a module that a fresh process can import."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from bluezone.errors import Refused


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
