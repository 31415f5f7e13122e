"""The installed program, run as an operator runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

BLUEZONE = Path(sys.executable).with_name("bluezone")

Run = Callable[..., tuple[int, str, str]]


def commands_in(folder: Path, **settings: str) -> Run:
    """``run(*arguments, stdin=…)`` → exit status, stdout, stderr, with the data in a folder."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BLUEZONE_", "DJANGO_")) and name != "DATABASE_URL"
    }
    environment |= {"BLUEZONE_DATA": str(folder), "BLUEZONE_LOG_LEVEL": "CRITICAL", **settings}

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
