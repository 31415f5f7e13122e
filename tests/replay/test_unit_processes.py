"""Units in processes of their own: results, refusals, faults and interruptions reach the parent."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bluezone.errors import Refused
from bluezone.replay.unit_processes import UnitFault, UnitKilled, _undisturbed, run_units


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


def test_ctrl_c_waits_though_another_thread_may_receive_it() -> None:
    """Else a process that is just being started would find half of what it reads, and say so at length."""
    stop, listening = threading.Event(), threading.Event()

    def listen() -> None:  # like numpy's threads, whose signal mask is their own
        listening.set()
        stop.wait()

    thread = threading.Thread(target=listen)
    thread.start()
    listening.wait()
    before = signal.getsignal(signal.SIGINT)
    reached = []

    def interrupted() -> None:
        with _undisturbed():
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1000):  # where Python looks for signals
                pass
            reached.append(True)

    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
    finally:
        stop.set()
        thread.join()
    assert reached == [True]
    assert signal.getsignal(signal.SIGINT) is before
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
