"""The program's commands as an operator gives them: each its own process, in a folder that was set up."""

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

BLUEZONE = [sys.executable, "-S", "-E", str(Path(__file__).with_name("ask_forked_commands.py"))]
"""Begins a command that :func:`clean_environment` was given to."""

Run = Callable[..., tuple[int, str, str]]


def commands_in(folder: Path, **settings: str) -> Run:
    """``run(*arguments, stdin=…)`` → exit status, stdout, stderr, with the data in a folder.

    :param settings: with any, the folder is as empty as it is; else it becomes a copy of one that was set up.
    """
    if not settings and not folder.exists():
        shutil.copytree(_set_up_folder(), folder)
    environment = clean_environment(folder) | settings

    def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        done = subprocess.run(
            [*BLUEZONE, *arguments],
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
    subprocess.run([*BLUEZONE, "setup"], env=clean_environment(folder), capture_output=True, check=True)
    return folder


@cache
def _forked_commands() -> str:
    """The address of one process for all commands of this one, which has what takes a second to import."""
    folder = Path(tempfile.mkdtemp(prefix="bluezone-commands-"))
    atexit.register(shutil.rmtree, folder)
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("forked_commands.py"), folder / "socket"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    atexit.register(process.communicate)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return str(folder / "socket")


def clean_environment(folder: Path) -> dict[str, str]:
    """This one's without what is set for the program, with the data in a folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BLUEZONE_", "DJANGO_")) and name != "DATABASE_URL"
    }
    return {
        **kept,
        "BLUEZONE_DATA": str(folder),
        "BLUEZONE_LOG_LEVEL": "CRITICAL",
        "FORKED_COMMANDS": _forked_commands(),
    }
