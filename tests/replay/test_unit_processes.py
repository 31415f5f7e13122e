"""Units in processes of their own: results, refusals, faults and interruptions reach the parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bluezone.cli.interrupts import heed_interrupts
from bluezone.errors import Refused
from bluezone.replay.stop_signals import STOPPING
from bluezone.replay.unit_processes import UnitFault, UnitKilled, run_units


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import units_to_run

    return units_to_run


def ignore(_at: int, _told: Any) -> None:
    pass


def test_each_unit_has_its_own_process_and_folder(
    work: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told: dict[int, str] = {}
    results: dict[int, tuple[int, int, list[str]]] = {}
    run_units(
        work.square, [3, 4, 5], jobs=2, scratch=tmp_path, tell=told.__setitem__, done=results.__setitem__
    )
    assert told == {0: "squaring 3", 1: "squaring 4", 2: "squaring 5"}
    assert {at: result[0] for at, result in results.items()} == {0: 9, 1: 16, 2: 25}
    assert {tuple(result[2]) for result in results.values()} == {("scratch",)}
    pids = {result[1] for result in results.values()}
    assert len(pids | {os.getpid()}) == 4
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("refuse", Refused, "unit 7 is refused"),
        ("refuse_fussily", Refused, "list.csv, line 7: no"),
        ("fail", UnitFault, "ZeroDivisionError"),
        ("die", UnitKilled, "signal 9"),
    ],
)
def test_a_failed_unit_is_reported_here(
    work: ModuleType, tmp_path: Path, name: str, kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says) as failed:
        run_units(getattr(work, name), [7], jobs=1, scratch=tmp_path, tell=ignore, done=ignore)
    if kind is UnitFault:
        assert "in fail" in str(failed.value), "the traceback names the place"
        assert not isinstance(failed.value, Refused)
    assert not list(tmp_path.iterdir())


def raise_interrupt(_at: int, _result: Any) -> None:
    raise KeyboardInterrupt


def raise_refusal(_at: int, _result: Any) -> None:
    raise Refused("the disk is full")


@pytest.mark.parametrize(("stop", "kind"), [(raise_interrupt, KeyboardInterrupt), (raise_refusal, Refused)])
def test_whatever_stops_the_parent_ends_every_process(
    work: ModuleType, tmp_path: Path, stop: Callable[[int, Any], None], kind: type[BaseException]
) -> None:
    pids: dict[int, int] = {}
    with pytest.raises(kind):
        # The first unit ends at once and stops the parent; the second would wait for ever.
        run_units(work.first_is_quick, [0, 1], jobs=2, scratch=tmp_path, tell=pids.__setitem__, done=stop)
    for pid in pids.values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert not list(tmp_path.iterdir())


def test_every_process_is_asked_to_end_before_any_is_killed(work: ModuleType, tmp_path: Path) -> None:
    """They may have something to put away; three, since all but the first may be forgotten."""
    notes = [tmp_path / str(at) for at in range(3)]
    (scratch := tmp_path / "scratch").mkdir()
    pids: dict[int, int] = {}

    def interrupt_when_all_run(at: int, pid: int) -> None:
        pids[at] = pid
        if len(pids) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_units(work.note_its_end, notes, jobs=3, scratch=scratch, tell=interrupt_when_all_run, done=ignore)
    assert [note.read_text() for note in notes] == ["asked to end"] * 3
    for pid in pids.values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert not list(scratch.iterdir())


def test_only_sigterm_ends_a_unit_s_process(work: ModuleType, tmp_path: Path) -> None:
    """Ctrl-C and the end of a terminal reach it as well as the parent, which then ends it."""
    found: dict[int, list[int]] = {}
    run_units(work.signals, [0], jobs=1, scratch=tmp_path, tell=ignore, done=found.__setitem__)
    assert found == {0: [signal.SIGTERM]}


def test_a_process_is_started_with_signals_blocked_the_first_too(tmp_path: Path) -> None:
    """Else Ctrl-C during its start would print a traceback. The first of a program starts with Python's
    resource tracker, which unblocks them."""
    program = (
        "from pathlib import Path\n"
        "from bluezone.replay.unit_processes import run_units\n"
        "from units_to_run import blocked_at_first\n"
        f"run_units(blocked_at_first, [0, 1], jobs=1, scratch=Path({str(tmp_path)!r}),\n"
        "    tell=print, done=lambda at, blocked: print(blocked))\n"
    )
    found_in = os.pathsep.join((str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")))
    environment = {**os.environ, "PYTHONPATH": found_in}
    said = subprocess.check_output([sys.executable, "-c", program], env=environment, text=True)
    assert said == f"{sorted(number.value for number in STOPPING)}\n" * 2


@pytest.mark.usefixtures("heeding")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_no_folder_is_left_when_it_has_only_just_been_made(
    work: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    make = tempfile.mkdtemp

    def make_and_be_stopped(**wanted: Any) -> str:
        folder = make(**wanted)
        signal.raise_signal(number)
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", make_and_be_stopped)
    with pytest.raises(KeyboardInterrupt):
        run_units(work.square, [3], jobs=1, scratch=tmp_path, tell=ignore, done=ignore)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def heeding() -> Iterator[None]:
    """Signals stop this process as they stop a command."""
    before = {number: signal.getsignal(number) for number in STOPPING}
    heed_interrupts()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_an_interrupt_waits_until_a_result_is_kept(work: ModuleType, tmp_path: Path) -> None:
    kept: list[int] = []

    def keep(at: int, _result: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        kept.append(at)

    with pytest.raises(KeyboardInterrupt):
        run_units(work.square, [3, 4], jobs=1, scratch=tmp_path, tell=ignore, done=keep)
    assert kept == [0]
    assert not list(tmp_path.iterdir())
