"""Worker processes: each does its work, is replaced when it dies, and none outlives the others' end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bluezone.authority.listener import AddressInUse, listen, listen_together

PROGRAM = """
import os, sys, threading
from pathlib import Path
from bluezone.authority.workers import Work, supervise

folder = Path(sys.argv[1])

def until_told(name):
    def run(stop):
        number = len(list(folder.glob(f"{name}.*")))
        made = folder / f".{name}.{number}"
        made.write_text(str(os.getpid()))
        made.rename(folder / f"{name}.{number}")
        if name == "failing":
            raise ValueError("a fault")
        stop.wait()
        (folder / f"{name}.stopped").touch()
    return Work(name, run)

supervise([until_told(name) for name in sys.argv[2:]], on_ready=lambda: print("ready", flush=True))
print("over", flush=True)
"""


def eventually(seen: Callable[[], bool]) -> bool:
    """Look until it is so, for twenty seconds at most."""
    for _ in range(2000):
        if seen():
            return True
        threading.Event().wait(0.01)
    return False


def is_gone(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


REPLACED_AT_ONCE = """
import bluezone.authority.workers
bluezone.authority.workers._FASTEST_SECONDS = 0
"""
"""Dead workers are replaced at once."""

TOLD_EARLY = """
import os, signal
fork = os.fork

def fork_told_to_stop():
    process = fork()
    if process == 0:
        os.kill(os.getpid(), signal.SIGTERM)
    return process

os.fork = fork_told_to_stop
"""
"""A worker is told to stop before it runs a line of its own."""


def begin(folder: Path, *names: str, first: str = "") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", first + PROGRAM, str(folder), *names],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def pid(file: Path) -> int:
    assert eventually(file.exists), file
    return int(file.read_text())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_all_stop_when_asked(tmp_path: Path, how: signal.Signals) -> None:
    process = begin(tmp_path, "one", "two")
    workers = [pid(tmp_path / "one.0"), pid(tmp_path / "two.0")]
    process.send_signal(how)
    out, errors = process.communicate(timeout=30)
    assert (process.returncode, out, errors) == (0, "over\n", "")
    assert all(is_gone(one) for one in workers)
    assert {one.name for one in tmp_path.glob("*.stopped")} == {"one.stopped", "two.stopped"}


def test_a_signal_to_all_of_them_is_no_death_to_mend(tmp_path: Path) -> None:
    process = begin(tmp_path, "one", "two", first=REPLACED_AT_ONCE)
    workers = [pid(tmp_path / "one.0"), pid(tmp_path / "two.0")]
    os.killpg(process.pid, signal.SIGTERM)
    out, errors = process.communicate(timeout=30)
    assert (process.returncode, out, errors) == (0, "over\n", "")
    assert all(is_gone(one) for one in workers)
    assert not (tmp_path / "one.1").exists()


def test_a_worker_told_to_stop_while_it_comes_to_be_stops(tmp_path: Path) -> None:
    process = begin(tmp_path, "one", first=TOLD_EARLY)
    assert eventually((tmp_path / "one.stopped").exists)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_a_worker_that_dies_is_replaced_and_told_of(tmp_path: Path) -> None:
    process = begin(tmp_path, "one", "two")
    first, other = pid(tmp_path / "one.0"), pid(tmp_path / "two.0")
    os.kill(first, signal.SIGKILL)
    assert pid(tmp_path / "one.1") != first
    assert not is_gone(other)
    process.terminate()
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "a worker ended and is replaced" in out  # where structlog writes unless told otherwise
    assert not (tmp_path / "two.1").exists()


def test_a_worker_with_a_fault_is_tried_again_and_its_fault_told(tmp_path: Path) -> None:
    process = begin(tmp_path, "failing", "two")
    pid(tmp_path / "failing.1")
    process.terminate()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "ValueError: a fault" in errors


def test_workers_end_when_the_one_above_them_is_killed(tmp_path: Path) -> None:
    process = begin(tmp_path, "one", "two")
    workers = [pid(tmp_path / "one.0"), pid(tmp_path / "two.0")]
    process.kill()
    process.communicate(timeout=30)
    assert eventually(lambda: all(is_gone(one) for one in workers))


def test_sockets_of_workers_share_an_address_and_nobody_else_joins(tmp_path: Path) -> None:
    together = listen_together("127.0.0.1", 0, 3)
    try:
        port = together[0].getsockname()[1]
        assert {one.getsockname()[1] for one in together} == {port}
        with pytest.raises(AddressInUse, match="cannot listen"):
            listen_together("127.0.0.1", port, 2)
        with pytest.raises(AddressInUse, match="cannot listen"):
            listen("127.0.0.1", port)
    finally:
        for one in together:
            one.close()
