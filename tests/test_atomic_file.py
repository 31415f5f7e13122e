"""Whole files: readers see the new one or the old one, and what fails leaves the old one."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bluezone.atomic_file import CannotWrite, make_folder, write_whole


def test_a_file_is_written_with_the_folders_above_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b" / "some.json", "Hà Nội\n")
    assert (tmp_path / "a" / "b" / "some.json").read_bytes() == b"H\xc3\xa0 N\xe1\xbb\x99i\n"
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["some.json"]


def test_who_reads_the_old_file_reads_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text("old " * 1000)
    with path.open() as reader:
        start = reader.read(4)
        write_whole(path, "new")
        assert start + reader.read() == "old " * 1000
    assert path.read_text() == "new"
    assert [one.name for one in tmp_path.iterdir()] == ["some.json"]


def test_the_other_name_of_a_file_keeps_what_it_had(tmp_path: Path) -> None:
    """A hard link, as backups make them."""
    path, kept = tmp_path / "some.json", tmp_path / "kept.json"
    path.write_text("old")
    os.link(path, kept)
    write_whole(path, "new")
    assert (path.read_text(), kept.read_text()) == ("new", "old")


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """As a full disk: what is longer fails in the middle of writing."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_what_cannot_be_finished_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text("old")
    with pytest.raises(CannotWrite, match=f"cannot write {path}: File too large"), no_file_longer_than(5000):
        write_whole(path, "new " * 50_000)
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["some.json"]


def test_where_nothing_can_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CannotWrite, match=f"cannot write {tmp_path}/file/some.json: "):
        write_whole(tmp_path / "file" / "some.json", "x")
    with pytest.raises(CannotWrite, match=f"cannot make the folder {tmp_path}/file/folder: "):
        make_folder(tmp_path / "file" / "folder")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CannotWrite, match=f"cannot write {tmp_path}/folder: Is a directory"):
        write_whole(tmp_path / "folder", "x")
    make_folder(tmp_path / "folder")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder"]
