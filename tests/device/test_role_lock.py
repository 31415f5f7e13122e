"""Locks: held once in one process and over several, let go by the dead, and looked at without taking them."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bluezone.device import role_lock
from bluezone.device.role_lock import hold, is_held
from bluezone.device.store_schema import StoreUnusable

HOLDER = """
import sys
from pathlib import Path
from bluezone.device.role_lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    input()
"""


def test_a_lock_is_held_once_and_free_again(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    assert not is_held(path)
    assert not path.exists()  # looking makes nothing
    with hold(path):
        assert is_held(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(BlockingIOError), hold(path):
            pass
        assert is_held(path)  # closing another descriptor of the file lets nothing go
    assert not is_held(path)


def test_another_process_s_lock_is_seen_until_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    assert is_held(path)
    with pytest.raises(BlockingIOError), hold(path):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    holder.stdin.close()
    assert not is_held(path)


def test_without_locks_that_can_be_asked_about_it_is_held_once_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(role_lock, "_CAN_BE_ASKED", False)
    monkeypatch.delattr(fcntl, "F_OFD_SETLK")  # as on macOS
    monkeypatch.delattr(fcntl, "F_OFD_GETLK")
    path = tmp_path / "a.lock"
    assert not is_held(path)
    assert not path.exists()
    with hold(path):
        assert is_held(path)
        with pytest.raises(BlockingIOError), hold(path):
            pass
        assert is_held(path)
    assert not is_held(path)
    with hold(path):  # the look did not keep it
        pass


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_file_that_the_system_does_not_give_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(path: Path, *_: object) -> int:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreUnusable, match=rf"a\.lock: {os.strerror(code)}"), hold(tmp_path / "a.lock"):
        pass
    with pytest.raises(StoreUnusable, match=r"a\.lock"):
        is_held(tmp_path / "a.lock")


def test_looking_all_the_time_keeps_nobody_from_the_lock(tmp_path: Path) -> None:
    path, stop, looked = tmp_path / "a.lock", threading.Event(), 0

    def look() -> None:
        nonlocal looked
        while not stop.is_set():
            is_held(path)
            looked += 1

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for _ in range(5000):
            with hold(path):
                pass
    finally:
        stop.set()
        watcher.join()
    assert looked > 0
