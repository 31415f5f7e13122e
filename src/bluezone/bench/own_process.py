"""A workload in a process of its own: what is set up once a process is set up anew, and leaves with it.

The process is told over its standard input what to call, one word a line, and answers with a line of JSON. It
is in a session of its own, so that Ctrl-C reaches only us, who end it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from bluezone.bench.registry import NotMeasurable, Prepare, Workload
from bluezone.errors import Refused

__all__ = ["WorkloadFault", "in_own_process"]

_CALLS = ("run", "before", "baseline", "before_baseline")
_MODULE = "bluezone.bench.own_process"


class WorkloadFault(RuntimeError):
    """A fault of ours in the other process; the message holds its traceback."""


def in_own_process(prepare: Prepare, size: int, folder: Path) -> Workload:
    """What ``prepare`` makes there: its calls go to the other process and return when they are done.

    :raises Refused: what the preparation refused.
    :raises WorkloadFault: for any other error in it, or if the process ended.
    """
    process = _Process(f"{prepare.__module__}:{prepare.__qualname__}", size, folder)
    try:
        made = process.answer()
    except BaseException:
        process.end()
        raise
    return Workload(
        input=made["input"],
        run=process.caller("run"),
        baseline=process.caller("baseline"),
        baseline_units=made["baseline_units"],
        baseline_name=made["baseline_name"],
        units=made["units"],
        before=process.caller("before"),
        before_baseline=process.caller("before_baseline"),
        close=process.end,
    )


class _Process:
    def __init__(self, prepare: str, size: int, folder: Path) -> None:
        self._name = prepare
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-P", "-m", _MODULE, prepare, str(size), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def caller(self, name: str) -> Callable[[], None]:
        def call() -> None:
            if self._process.stdin is None:
                raise RuntimeError("the process was started without a way to talk to it")
            with suppress(BrokenPipeError):  # it has ended, as its missing answer tells
                self._process.stdin.write(f"{name}\n")
                self._process.stdin.flush()
            self.answer()

        return call

    def answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.endswith("\n"):
            raise WorkloadFault(f"the process of {self._name} ended, exit code {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "not_measurable" in answer:
            raise NotMeasurable(answer["not_measurable"])
        if "refused" in answer:
            raise Refused(answer["refused"])
        if "fault" in answer:
            raise WorkloadFault(f"in the process of {self._name}:\n{answer['fault']}")
        return answer

    def end(self) -> None:
        """End it at once: its folder is thrown away, so there is nothing to tidy up in it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


def _serve(prepare: str, size: int, folder: Path, answers: TextIO) -> None:
    """Prepare, say how that went, then do what each line asks for until there is none any more."""
    module, _, name = prepare.partition(":")
    calls: dict[str, Callable[[], object]] = {}

    def set_up() -> dict[str, Any]:
        work: Workload = getattr(import_module(module), name)(size, folder)
        calls.update({call: getattr(work, call) for call in _CALLS})
        return {
            "input": work.input,
            "units": work.units,
            "baseline_units": work.baseline_units,
            "baseline_name": work.baseline_name,
        }

    def do(call: str) -> dict[str, Any]:
        calls[call]()
        return {}

    _answer(set_up, answers)
    for line in sys.stdin:
        _answer(partial(do, line.strip()), answers)


def _answer(act: Callable[[], dict[str, Any]], answers: TextIO) -> None:
    try:
        answer = act()
    except NotMeasurable as error:
        answer = {"not_measurable": str(error)}
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    except Exception:  # noqa: BLE001 - told to the other process, which raises
        answer = {"fault": traceback.format_exc()}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else prints must not look like an answer
    _serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), answers)


if __name__ == "__main__":
    _main()
