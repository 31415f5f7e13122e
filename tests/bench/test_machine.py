"""What a figure was measured on: a clone made for the test, and files as systems have them."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import pytest

from bluezone.bench.machine import Revision, _cpu_model, revision_of, this_machine


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=An", "-c", "user.email=an@example.vn"]
    done = subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A clone with a package in it, committed."""
    folder = tmp_path / "clone" / "src" / "package"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (tmp_path / "clone" / "README").write_text("first")
    git(tmp_path / "clone", "init", "-q")
    git(tmp_path / "clone", "add", ".")
    git(tmp_path / "clone", "commit", "-q", "-m", "First")
    return folder


def test_the_commit_of_a_clone(package: Path) -> None:
    head = git(package, "rev-parse", "HEAD")
    assert revision_of(package) == Revision(head, changed=False)
    assert Revision(head).name == head[:12]


def test_changed_code_is_told_changed_documents_are_not(package: Path) -> None:
    (package.parents[1] / "README").write_text("second")
    assert not revision_of(package).changed
    (package / "__init__.py").write_text("x = 1")
    assert revision_of(package).changed
    assert revision_of(package).name.endswith("+changes")


def test_a_package_installed_inside_a_clone_of_something_else(package: Path) -> None:
    installed = package.parents[1] / ".venv" / "bluezone"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("")
    assert revision_of(installed) == Revision("", changed=False)


def test_outside_any_clone_or_without_git(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert revision_of(tmp_path) == Revision()
    assert Revision().name == "no-commit"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert revision_of(package) == Revision()


@pytest.mark.parametrize(
    ("text", "model"),
    [
        (
            "processor\t: 0\nmodel name\t: AMD EPYC 7763\nflags\t\t: fpu\n\nmodel name\t: AMD EPYC 7763\n",
            "AMD EPYC 7763",
        ),
        ("processor\t: 0\nBogoMIPS\t: 108\n\nModel\t\t: Raspberry Pi 4 Model B\n", "Raspberry Pi 4 Model B"),
        ("processor\t: 0\n", ""),
    ],
)
def test_the_cpu_s_name(tmp_path: Path, text: str, model: str) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(text)
    assert _cpu_model(file) == model
    assert _cpu_model(tmp_path / "none") == ""


def test_this_machine() -> None:
    machine = this_machine()
    assert machine.python == platform.python_version()
    assert 1 <= machine.cores <= (os.cpu_count() or 1)
    assert machine.cpu
    assert machine.engine in ("reference", "native")
