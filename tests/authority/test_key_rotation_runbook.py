"""docs/key-rotation.md is rehearsed: its commands are run as they stand, with their own clock."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from .command_line import BLUEZONE, clean_environment

RUNBOOK = Path(__file__).parents[2] / "docs" / "key-rotation.md"
START = datetime(2021, 3, 10, 8, 17, tzinfo=UTC)

State = tuple[str, str, str, bool]


def sections() -> dict[str, list[str]]:
    """The lines of every block of commands, by heading."""
    found = {}
    for part in RUNBOOK.read_text().split("\n## ")[1:]:
        blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", part, re.MULTILINE | re.DOTALL)
        found[part.splitlines()[0]] = [
            line for block in blocks for line in textwrap.dedent(block).splitlines()
        ]
    return found


class Machine:
    """Where an operator sits: a data folder, a backup of its secrets, and the programs the runbook calls."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, START
        self.secrets = folder / "data" / "secrets"
        programs = folder / "bin"
        programs.mkdir()
        for name, text in (
            ("bluezone", f'#!/bin/sh\nexec {shlex.join(BLUEZONE)} "$@"\n'),
            ("systemctl", "#!/bin/sh\nexec bluezone setup\n"),  # what a start of the server makes
        ):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        self.environment = {
            **clean_environment(folder / "data"),
            "PATH": f"{programs}:{os.environ['PATH']}",
        }
        self.run("bluezone setup")
        shutil.copytree(self.secrets, folder / "backup" / "secrets")

    def run(self, line: str) -> str:
        """A line of the runbook; a comment lets time pass."""
        if passed := re.fullmatch(r"# (\d+) days? later", line):
            self.now += timedelta(days=int(passed[1]))
            return ""
        self.now += timedelta(seconds=1)
        done = subprocess.run(
            ["bash", "-c", line.replace("/mnt/backup", str(self.folder / "backup"))],
            env={**self.environment, "NOW": self.now.isoformat()},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def states(self) -> list[State]:
        keys = json.loads(self.run("bluezone keys list --json"))["keys"]
        return [
            (one["use"], one["name"] if "export" in one["use"] else "", one["state"], one["private_key_here"])
            for one in keys
        ]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def export(name: str, state: str, *, here: bool = True) -> State:
    return ("export VN", f"452 {name}", state, here)


def certificate(state: str, *, here: bool = True) -> State:
    return ("certificate", "", state, here)


FIRST = [export("v1", "signing"), certificate("signing")]


def test_every_section_is_rehearsed() -> None:
    assert [name for name, lines in sections().items() if lines] == [
        "Export key",
        "Certificate key",
        "A lost key",
        "A lost key that is in no backup",
        "A stolen key",
    ]


def test_export_key(machine: Machine) -> None:
    lines = sections()["Export key"]
    second, third = (at for at, line in enumerate(lines) if line.startswith("# "))
    assert machine.states() == FIRST
    for line in lines[:second]:
        machine.run(line)
    assert machine.states() == [export("v2", "waiting"), *FIRST]
    for line in lines[second:third]:
        machine.run(line)
    assert machine.states() == [export("v2", "signing"), *FIRST]
    for line in lines[third:]:
        machine.run(line)
    ended = [export("v2", "signing"), export("v1", "ended", here=False), certificate("signing")]
    assert machine.states() == ended
    assert (machine.folder / "export-v2.pem").read_text().startswith("-----BEGIN PUBLIC KEY-----")
    machine.run("bluezone export configure VN-HN")  # a region that comes later has a key all the same
    assert ("export VN-HN", "452 v1", "signing", True) in machine.states()


def test_certificate_key(machine: Machine) -> None:
    lines = sections()["Certificate key"]
    begins, ends = (at for at, line in enumerate(lines) if line.startswith("# "))
    for line in lines[:begins]:
        machine.run(line)
    assert machine.states() == [FIRST[0], certificate("waiting"), certificate("signing")]
    for line in lines[begins:ends]:
        machine.run(line)
    assert machine.states() == [FIRST[0], certificate("signing"), certificate("signing")]
    for line in lines[ends:]:
        machine.run(line)
    assert machine.states() == [FIRST[0], certificate("signing"), certificate("ended", here=False)]


def test_a_lost_key(machine: Machine) -> None:
    key = machine.secrets / "export-signing.pem"
    lost = key.read_bytes()
    key.unlink()
    machine.run("bluezone setup")
    assert key.read_bytes() != lost  # set-up made another
    assert machine.states() == [export("v1", "signing", here=False), FIRST[1]]
    for line in sections()["A lost key"]:
        machine.run(line)
    assert machine.states() == FIRST


def test_a_lost_key_that_is_in_no_backup(machine: Machine) -> None:
    (machine.secrets / "export-signing.pem").unlink()
    (machine.secrets / "certificate-signing.pem").unlink()
    for line in sections()["A lost key that is in no backup"]:
        machine.run(line)
    machine.run("# 1 days later")
    states = machine.states()
    assert states[:2] == [export("v2", "signing"), export("v1", "ended", here=False)]
    assert states[2] == certificate("signing")
    assert {state for _, _, state, _ in states[3:]} == {"ended"}


def test_a_stolen_key(machine: Machine) -> None:
    lines = sections()["A stolen key"]
    at_once = next(at for at, line in enumerate(lines) if "30d" in line)
    for line in lines[:at_once]:
        machine.run(line)
    mended = [
        export("v2", "signing"),
        export("v1", "ended", here=False),
        certificate("signing"),
        certificate("ended", here=False),
    ]
    assert machine.states() == mended
    for line in lines[at_once:]:
        machine.run(line)
    assert machine.states()[:2] == [export("v4", "waiting"), export("v3", "waiting")]
    machine.run("# 31 days later")
    assert machine.states()[:2] == [export("v4", "signing"), export("v3", "ended")]
