"""Scratch folders: in memory only where there is plenty, and none outlives its owner for long."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bluezone.atomic_file import CannotWrite
from bluezone.replay.scratch import remove_abandoned, scratch_folder, scratch_parent

# Where


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for /tmp, though TMPDIR names none."""
    monkeypatch.delenv("TMPDIR", raising=False)
    (disk := tmp_path / "disk").mkdir()
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(disk))
    return disk


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    (memory := tmp_path / "memory").mkdir()
    return memory


def free(monkeypatch: pytest.MonkeyPatch, *, there: int, pages: int) -> None:
    """So many bytes free in the folder, and so many pages of 4096 bytes in the machine."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=there))
    monkeypatch.setattr(os, "sysconf", {"SC_AVPHYS_PAGES": pages, "SC_PAGE_SIZE": 4096}.__getitem__)


def test_memory_is_taken_where_four_times_as_much_is_free(
    memory: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, there=40_000, pages=1000)
    assert scratch_parent(10_000, in_memory=memory) == memory
    assert scratch_parent(10_001, in_memory=memory) == disk
    free(monkeypatch, there=10**9, pages=100)  # 409,600 bytes
    assert scratch_parent(102_400, in_memory=memory) == memory
    assert scratch_parent(102_401, in_memory=memory) == disk


def test_memory_is_not_taken_where_there_is_none_or_tmpdir_asks_for_another(
    memory: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scratch_parent(1, in_memory=memory / "none") == disk
    free(monkeypatch, there=10**9, pages=10**6)
    assert scratch_parent(1, in_memory=memory) == memory
    monkeypatch.setenv("TMPDIR", str(disk))
    assert scratch_parent(1, in_memory=memory) == disk


# Whose


def test_a_folder_is_ours_and_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        assert folder.parent == tmp_path
        assert folder.name.startswith("bluezone-replay-")
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "0").mkdir()
        (folder / "0" / "some").write_text("x")
        with scratch_folder(tmp_path) as other:
            assert other != folder
    assert not list(tmp_path.iterdir())


def test_where_no_folder_can_be_made_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(CannotWrite, match=rf"cannot make a folder in {tmp_path}/none: No such file"),
        scratch_folder(tmp_path / "none"),
    ):
        pass


OWNER = """
import sys
from pathlib import Path
from bluezone.replay.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "0").mkdir()
    (folder / "0" / "store").write_bytes(bytes(100_000))
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_replay_left_is_removed_by_the_next_and_nothing_before(
    memory: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, there=10**9, pages=10**6)
    owners = [
        subprocess.Popen(
            [sys.executable, "-c", OWNER, parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for parent in (memory, disk, memory)
    ]
    folders = [Path(owner.stdout.readline().strip()) for owner in owners if owner.stdout]
    scratch_parent(1, in_memory=memory)
    assert [(folder / "0" / "store").exists() for folder in folders] == [True] * 3
    for owner in owners[:2]:
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    assert [folder.exists() for folder in folders] == [True] * 3
    scratch_parent(1, in_memory=memory)
    assert [folder.exists() for folder in folders] == [False, False, True]
    owners[2].communicate("")
    assert not folders[2].exists()
    for owner in owners[:2]:
        owner.communicate()


def test_an_empty_folder_of_a_replay_that_was_stopped_at_once_is_removed(tmp_path: Path) -> None:
    (tmp_path / "bluezone-replay-snt5ds2b").mkdir(mode=0o700)
    remove_abandoned(tmp_path)
    assert not list(tmp_path.iterdir())


def test_only_folders_of_that_name_are_removed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "some").write_text("x")
    (tmp_path / "bluezone-replay-link").symlink_to(tmp_path / "precious")
    (tmp_path / "bluezone-replay-gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "bluezone-replay-file").write_text("x")
    os.mkfifo(tmp_path / "bluezone-replay-pipe")
    (tmp_path / "bluezone-bench-abc").mkdir()
    before = sorted(tmp_path.rglob("*"))
    remove_abandoned(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
    remove_abandoned(tmp_path / "nowhere")


def test_a_link_within_an_abandoned_folder_is_removed_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "some").write_text("x")
    (abandoned := tmp_path / "bluezone-replay-abc").mkdir()
    (abandoned / "link").symlink_to(tmp_path / "precious")
    (abandoned / ".lock").symlink_to(tmp_path / "made")
    remove_abandoned(tmp_path)
    assert abandoned.exists()  # whose lock is none of ours
    assert not (tmp_path / "made").exists()
    (abandoned / ".lock").unlink()
    remove_abandoned(tmp_path)
    assert not abandoned.exists()
    assert (tmp_path / "precious" / "some").exists()


def test_another_user_s_folder_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bluezone-replay-abc").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    remove_abandoned(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["bluezone-replay-abc"]


# Two that begin at once


def test_a_folder_taken_for_abandoned_before_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = tempfile.mkdtemp
    made: list[str] = []

    def make_while_another_begins(**wanted: Any) -> str:
        made.append(make(**wanted))
        if len(made) == 1:
            remove_abandoned(tmp_path)
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", make_while_another_begins)
    with scratch_folder(tmp_path) as folder:
        assert str(folder) == made[1]
        assert list(tmp_path.iterdir()) == [folder]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("finished", [True, False])
def test_a_folder_removed_while_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finished: bool
) -> None:
    """The other has removed the lock that we opened, or holds it still."""
    lock = fcntl.flock
    others: list[int] = []

    def lock_after_another(descriptor: int, how: int) -> None:
        if not others:
            (folder,) = tmp_path.iterdir()
            others.append(os.open(folder / ".lock", os.O_RDWR))
            lock(others[0], how)
            if finished:
                shutil.rmtree(folder)
                os.close(others[0])
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", lock_after_another)
    with scratch_folder(tmp_path) as folder:
        assert folder.is_dir()
        assert len(list(tmp_path.iterdir())) == (1 if finished else 2)
    if not finished:
        os.close(others[0])


def test_without_locks_on_a_file_system_nothing_is_refused_nor_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_available(_descriptor: int, _how: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none_available)
    with scratch_folder(tmp_path) as folder:
        remove_abandoned(tmp_path)
        assert folder.is_dir()
    assert not folder.exists()


def test_many_begin_and_end_at_once(tmp_path: Path) -> None:
    """Locks are those of an open file, so threads stand for processes."""
    lost: list[Path] = []
    ends: list[bool] = []

    def live() -> None:
        for _ in range(60):
            remove_abandoned(tmp_path)
            with scratch_folder(tmp_path) as folder:
                (folder / "some").write_text("x")
                remove_abandoned(tmp_path)
                if not (folder / "some").exists():
                    lost.append(folder)
        ends.append(True)

    threads = [threading.Thread(target=live) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not lost
    assert len(ends) == 4
    assert not list(tmp_path.iterdir())
