"""The installed program, run as an operator runs it, in a folder that was set up."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

BLUEZONE = Path(sys.executable).with_name("bluezone")

Run = Callable[..., tuple[int, str, str]]


def commands_in(folder: Path, **settings: str) -> Run:
    """``run(*arguments, stdin=…)`` → exit status, stdout, stderr, with the data in a folder.

    :param settings: with any, the folder is as empty as it is; else it becomes a copy of one that was set up.
    """
    if not settings and not folder.exists():
        shutil.copytree(_set_up_folder(), folder)
    environment = _environment(folder) | settings

    def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        done = subprocess.run(
            [BLUEZONE, *arguments],
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return run


@cache
def _set_up_folder() -> Path:
    """Set up once a process: tables and secrets take as long as a command."""
    parent = Path(tempfile.mkdtemp(prefix="bluezone-set-up-"))
    atexit.register(shutil.rmtree, parent)
    folder = parent / "data"
    subprocess.run([BLUEZONE, "setup"], env=_environment(folder), capture_output=True, check=True)
    return folder


def _environment(folder: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BLUEZONE_", "DJANGO_")) and name != "DATABASE_URL"
    }
    return {**kept, "BLUEZONE_DATA": str(folder), "BLUEZONE_LOG_LEVEL": "CRITICAL"}
