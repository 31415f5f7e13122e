"""A whole replay from the file on: which record it is, and what an earlier run did of it."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bluezone.replay import sweep as sweeping
from bluezone.replay.contact_lists import ContactListError
from bluezone.replay.run_replay import open_record, run_replay
from bluezone.replay.sweep import Planned, SweepOptions
from bluezone.replay.trace_days import NoSuchDays

TWO_DAYS = "time_step,user1_id,user2_id,distance_m\n" + "".join(
    f"{day * 192 + step},{a},{b},1\n" for day in (0, 1) for step in (1, 2, 3) for a, b in ((7, 8), (8, 9))
)


@pytest.fixture
def two_days(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(TWO_DAYS)
    return path


# Which record


def test_the_days_and_the_bytes_are_what_a_record_is_known_by(two_days: Path, tmp_path: Path) -> None:
    choices = [None, (1, 1), (2, 2), (1, 2)]
    digests = {days: open_record(two_days, days).digest for days in choices}
    assert len(set(digests.values())) == 4
    assert digests == {days: open_record(two_days, days).digest for days in choices}
    changed = tmp_path / "changed.csv"
    changed.write_text(TWO_DAYS + "1,8,9,1\n")  # which says nothing new
    assert open_record(changed).digest not in digests.values()
    # As (cat list.csv; printf 'days (2, 2)') | sha256sum
    assert digests[2, 2] == hashlib.sha256(TWO_DAYS.encode() + b"days (2, 2)").hexdigest()


@pytest.mark.parametrize("zipped", [False, True])
def test_a_pipe_gives_what_its_file_would(
    tmp_path: Path, zipped: bool, pipe: Callable[[bytes], Path]
) -> None:
    data = gzip.compress(TWO_DAYS.encode()) if zipped else TWO_DAYS.encode()
    (file := tmp_path / "file").write_bytes(data)
    wanted, piped = open_record(file, (1, 2)), open_record(pipe(data), (1, 2))
    assert piped.digest == wanted.digest
    assert piped.trace.people == ("7", "8", "9")
    assert piped.trace.second.tolist() == wanted.trace.second.tolist() != []


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Callable[[bytes], Path]]:
    path = tmp_path / "pipe"
    writers: list[threading.Thread] = []

    def fill(data: bytes) -> Path:
        os.mkfifo(path)
        writers.append(threading.Thread(target=path.write_bytes, args=(data,), daemon=True))
        writers[0].start()
        return path

    yield fill
    for writer in writers:
        writer.join(timeout=5)


def test_a_file_is_not_taken_into_memory_as_a_whole(tmp_path: Path) -> None:
    """What is wrong with its first line is found without the others."""
    path = tmp_path / "list.csv"
    with path.open("wb") as file:
        file.write(b"a,b,c\n")
        file.truncate(100_000_000)
    tracemalloc.start()
    with pytest.raises(ContactListError, match="line 1: neither"):
        open_record(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def test_days_that_are_not_there_and_what_is_no_list_are_refused(two_days: Path, tmp_path: Path) -> None:
    with pytest.raises(NoSuchDays, match="days 1 to 2, not 2 to 3"):
        open_record(two_days, (2, 3))
    with pytest.raises(ContactListError, match=r"none.csv: .*No such file"):
        open_record(tmp_path / "none.csv")
    with pytest.raises(ContactListError, match="is a folder"):
        open_record(tmp_path)


# What an earlier run did


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up results of units at once, in place of outbreaks in processes."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import units_to_run

    monkeypatch.setattr(sweeping, "run_units", in_this_process(units_to_run))


def in_this_process(work: ModuleType) -> Callable[..., None]:
    def run(_work: Any, units: Sequence[Any], *, done: Any, **_: Any) -> None:
        for at, unit in enumerate(units):
            done(at, work.figures(unit, Path(), lambda _told: None))

    return run


@pytest.mark.usefixtures("figures")
def test_other_days_are_not_resumed_and_the_same_are(two_days: Path, tmp_path: Path) -> None:
    def resumed(days: tuple[int, int] | None) -> int:
        told: list[Any] = []
        options = SweepOptions(seeds=2, levels=(0.5,))
        replayed = run_replay(
            open_record(two_days, days), options, tmp_path / "out", jobs=1, tell=told.append
        )
        (plan,) = [one for one in told if isinstance(one, Planned)]
        assert replayed.report["resumed"] == plan.resumed
        assert replayed.report["source"]["days"] == (2 if days is None else 1 + days[1] - days[0])
        assert replayed.report_file.is_file()
        return plan.resumed

    assert [resumed(days) for days in ((1, 1), (1, 1), (2, 2), (1, 2), None, None)] == [0, 2, 0, 0, 0, 2]
