"""What a figure was measured on: which commit, on which machine."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bluezone.matching.match import choose_engine

__all__ = ["Machine", "Revision", "revision_of", "this_machine"]

_PACKAGE = Path(__file__).resolve().parents[1]
_CODE = (".", ":/native", ":/uv.lock")
"""What figures depend on, as git names it from the package's folder."""
_CPU_FIELDS = ("model name", "Model", "Hardware")
"""Of /proc/cpuinfo; the others are what ARM boards have."""


@dataclass(frozen=True, slots=True)
class Machine:
    """``cores`` that this process may use; ``engine`` that matches."""

    system: str
    cpu: str
    cores: int
    python: str
    engine: str


@dataclass(frozen=True, slots=True)
class Revision:
    """``commit``: hexadecimal, or "" outside a clone; ``changed``: its code has uncommitted changes."""

    commit: str = ""
    changed: bool = False

    @property
    def name(self) -> str:
        """How files are named after it."""
        return f"{self.commit[:12] or 'no-commit'}{'+changes' if self.changed else ''}"


def this_machine() -> Machine:
    """The one that this process runs on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        cpu=_cpu_model(Path("/proc/cpuinfo")) or platform.processor() or platform.machine(),
        cores=cores,
        python=platform.python_version(),
        engine=choose_engine("auto").name,
    )


def revision_of(folder: Path = _PACKAGE) -> Revision:
    """The commit that the package in ``folder`` is of; none where it is installed rather than cloned."""
    if _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return Revision()  # a clone of something else may be around an installed package
    commit = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", *_CODE)
    return Revision((commit or "").strip(), bool((changes or "").strip()))


def _git(folder: Path, *arguments: str) -> str | None:
    program = shutil.which("git")
    if program is None:
        return None
    done = subprocess.run(  # noqa: S603 - constant arguments
        [program, "-C", str(folder), *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else None


def _cpu_model(cpuinfo: Path) -> str:
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    known = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return next((known[name] for name in _CPU_FIELDS if known.get(name)), "")
