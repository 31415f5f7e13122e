"""Outbreaks for tests; in a module that a fresh process can import, since each needs a process of its own."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from bluezone.replay.contact_trace import ContactTrace
from bluezone.replay.outbreak import Outbreak, OutbreakOptions, OutbreakProgress, run_outbreak

Tell = Callable[[OutbreakProgress], None]


def live(unit: tuple[ContactTrace, OutbreakOptions], folder: Path, tell: Tell) -> Outbreak:
    trace, options = unit
    return run_outbreak(trace, options, folder, tell)


def interrupted(unit: tuple[ContactTrace, str], folder: Path, tell: Tell) -> tuple[bool, list[str], bool]:
    """Ctrl-C in the middle of a phase: whether it came through, threads left, whether the folder can go."""
    trace, phase = unit

    def interrupt(progress: OutbreakProgress) -> None:
        if progress.phase == phase and progress.done == 1:
            raise KeyboardInterrupt

    try:
        run_outbreak(trace, OutbreakOptions(f0=1), folder / "run", interrupt)
        through = False
    except KeyboardInterrupt:
        through = True
    threads = [one.name for one in threading.enumerate() if one is not threading.main_thread()]
    shutil.rmtree(folder / "run")
    return through, threads, (folder / "run").exists()
