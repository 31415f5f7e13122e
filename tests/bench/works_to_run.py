"""Workloads for the tests of other processes; in a module that a fresh process can import."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from bluezone.bench.registry import NotMeasurable, Workload
from bluezone.errors import Refused


def notes(size: int, folder: Path) -> Workload:
    """Writes down what is called, and in which process."""

    def note(text: str) -> None:
        with (folder / "notes").open("a") as out:
            out.write(f"{text}\n")

    sys.stdout.write("whatever a library prints\n")
    note(f"prepared {size} in {os.getpid()}")
    return Workload(
        input=f"{size} things",
        run=lambda: note("run"),
        baseline=lambda: note("baseline"),
        baseline_units=3,
        baseline_name="plain",
        units=7,
        before=lambda: note("before"),
        before_baseline=lambda: note("before baseline"),
    )


def failing(size: int, folder: Path) -> Workload:
    """Ends or raises when it is run, as ``size`` says."""

    def run() -> None:
        if size == 1:
            raise AssertionError("things were lost")
        if size == 2:
            raise Refused("the disk is full")
        if size == 3:
            os._exit(9)
        time.sleep(3600)  # until it is ended

    return Workload("", run, baseline=run, baseline_units=1, baseline_name="")


def refusing(size: int, folder: Path) -> Workload:
    raise NotMeasurable("there is no such engine")


def broken(size: int, folder: Path) -> Workload:
    raise ZeroDivisionError("a fault of ours")


def ending(size: int, folder: Path) -> Workload:
    sys.exit(4)
