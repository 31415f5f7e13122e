"""Workloads in a process of their own: calls, refusals and faults reach us, and nothing is left running."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import pytest

from bluezone.bench import own_process
from bluezone.bench.own_process import WorkloadFault, in_own_process
from bluezone.bench.registry import NotMeasurable
from bluezone.errors import Refused


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_calls_go_there_in_order(works: ModuleType, tmp_path: Path) -> None:
    work = in_own_process(works.notes, 5, tmp_path)
    try:
        assert (work.input, work.units, work.baseline_units, work.baseline_name) == (
            "5 things",
            7,
            3,
            "plain",
        )
        for call in (work.before, work.run, work.run, work.before_baseline, work.baseline):
            call()
    finally:
        work.close()
    first, *others = (tmp_path / "notes").read_text().splitlines()
    assert others == ["before", "run", "run", "before baseline", "baseline"]
    _, size, _, pid = first.split()
    assert size == "5"
    assert int(pid) != os.getpid()
    assert not is_running(int(pid))
    work.close()  # again: nothing happens


def test_faults_and_refusals_of_a_run(works: ModuleType, tmp_path: Path) -> None:
    for size, error, text in (
        (1, WorkloadFault, "AssertionError: things were lost"),
        (2, Refused, "^the disk is full$"),
        (3, WorkloadFault, "the process of works_to_run:failing ended, exit code 9"),
    ):
        work = in_own_process(works.failing, size, tmp_path)
        try:
            with pytest.raises(error, match=text):
                work.run()
        finally:
            work.close()


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("refusing", NotMeasurable, "^there is no such engine$"),
        ("broken", WorkloadFault, "ZeroDivisionError: a fault of ours"),
        ("ending", WorkloadFault, "the process of works_to_run:ending ended, exit code 4"),
    ],
)
def test_a_preparation_that_fails_leaves_no_process(
    works: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    error: type[Exception],
    text: str,
) -> None:
    started: list[int] = []
    popen = own_process.subprocess.Popen

    class Watched(popen):  # type: ignore[misc, valid-type]
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)
            started.append(self.pid)

    monkeypatch.setattr(own_process.subprocess, "Popen", Watched)
    with pytest.raises(error, match=text):
        in_own_process(getattr(works, name), 1, tmp_path)
    (pid,) = started
    assert not is_running(pid)


def test_a_run_is_ended_at_once(works: ModuleType, tmp_path: Path) -> None:
    """As after Ctrl-C: whoever waits for the hour that it takes does not have to."""
    work = in_own_process(works.failing, 4, tmp_path)
    process = work.close.__self__._process  # type: ignore[attr-defined]
    process.stdin.write("run\n")
    process.stdin.flush()
    work.close()
    assert process.returncode == -9
