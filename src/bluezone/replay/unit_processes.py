"""Work cut into units, each in a fresh process of its own, a few at a time; stops as a whole.

Fresh, since the authority's Django project is configured once a process. Not ``ProcessPoolExecutor``: with
``max_tasks_per_child`` it can wait for ever (python/cpython#115634), and it cannot be told to stop now.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
import signal
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Generic, TypeVar

from bluezone.errors import Refused
from bluezone.replay.scratch import scratch_folder
from bluezone.replay.stop_signals import STOPPING, held_stops

__all__ = ["UnitFault", "UnitKilled", "Work", "run_units"]

_Unit = TypeVar("_Unit")
_Told = TypeVar("_Told")
_Result = TypeVar("_Result")

Work = Callable[[_Unit, Path, Callable[[_Told], None]], _Result]
"""``work(unit, folder, tell)``, importable by name; ``folder`` is empty and removed afterwards."""

_SECONDS_TO_END = 5.0
_SPAWN = multiprocessing.get_context("spawn")


class UnitFault(RuntimeError):
    """A fault of ours in a unit; the message holds the traceback from its process."""


class UnitKilled(Refused):
    """Something outside ended a unit's process, most often for want of memory."""


@dataclass(frozen=True, slots=True)
class _Message(Generic[_Told, _Result]):
    """From a unit's process: exactly one of these."""

    told: _Told | None = None
    result: _Result | None = None
    refused: Refused | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class _Running:
    at: int
    process: SpawnProcess
    connection: Connection


def run_units(
    work: Work[_Unit, _Told, _Result],
    units: Sequence[_Unit],
    *,
    jobs: int,
    scratch: Path,
    tell: Callable[[int, _Told], None],
    done: Callable[[int, _Result], None],
) -> None:
    """Run every unit, at most ``jobs`` at once; ``tell`` and ``done`` get a unit's index, in this process.

    ``scratch`` is where temporary folders are made.

    Ends early by KeyboardInterrupt or a failure: then no process is left, nor any temporary folder, and what
    ``done`` was told stays done; an interrupt waits for ``done`` to return.

    :raises Refused: the refusal that a unit met, or if no folder can be made.
    :raises UnitKilled: if a process ended without a word.
    :raises UnitFault: for any other error in a unit.
    """
    # Now, since starting it unblocks signals, in the process that is started after it too.
    resource_tracker.ensure_running()
    waiting = list(enumerate(units))
    running: list[_Running] = []
    with held_stops() as stops, scratch_folder(scratch) as folder:
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    at, unit = waiting.pop(0)
                    running.append(_start(work, at, unit, folder / str(at)))
                ready = stops.heeding(lambda: wait([one.connection for one in running]))
                for one in [one for one in running if one.connection in ready]:
                    message = stops.heeding(partial(_receive, one))
                    if message.told is not None:
                        stops.heeding(partial(tell, one.at, message.told))
                        continue
                    running.remove(one)
                    _end(one)
                    done(one.at, _result(message, one.at))
        finally:
            for one in running:
                one.process.terminate()
            for one in running:
                _end(one)


def _result(message: _Message[_Told, _Result], at: int) -> Any:
    if message.refused is not None:
        raise message.refused
    if message.fault is not None:
        raise UnitFault(f"in the process of unit {at + 1}:\n{message.fault}")
    return message.result


def _start(work: Work[_Unit, _Told, _Result], at: int, unit: _Unit, folder: Path) -> _Running:
    ours, theirs = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(
        target=_live, args=(theirs, work, unit, folder), daemon=True, name=f"unit {at + 1}"
    )
    process.start()
    theirs.close()  # so that the end of the process is the end of the pipe
    return _Running(at, process, ours)


def _receive(one: _Running) -> _Message[Any, Any]:
    try:
        message: _Message[Any, Any] = one.connection.recv()
    except (EOFError, ConnectionResetError):
        one.process.join(_SECONDS_TO_END)
        raise UnitKilled(
            f"a process of this replay was ended from outside ({_ending(one.process.exitcode)}); "
            "if memory was short, use fewer --jobs"
        ) from None
    return message


def _ending(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"signal {-exit_code}"
    return f"exit code {exit_code}"


def _end(one: _Running) -> None:
    one.process.join(_SECONDS_TO_END)
    if one.process.exitcode is None:
        one.process.kill()
        one.process.join()
    one.process.close()
    one.connection.close()


def _live(connection: Connection, work: Work[_Unit, _Told, _Result], unit: _Unit, folder: Path) -> None:
    """The life of a unit's process. Ctrl-C and a terminal's end reach a whole group: only the parent heeds
    them, and ends this process by SIGTERM, at once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    os.dup2(2, 1)  # stdout belongs to the parent's one document
    folder.mkdir(mode=0o700)
    try:
        result = work(unit, folder, lambda told: _send(connection, _Message(told=told)))
        message: _Message[_Told, _Result] = _Message(result=result)
    except Refused as refusal:
        message = _Message(refused=_portable(refusal))
    except Exception:  # noqa: BLE001 - told to the parent, which raises
        message = _Message(fault=traceback.format_exc())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _send(connection, message)


def _send(connection: Connection, message: _Message[Any, Any]) -> None:
    try:
        connection.send(message)
    except BrokenPipeError:  # the parent is gone, and with it whoever wanted this
        raise SystemExit(1) from None


def _portable(refusal: Refused) -> Refused:
    """The refusal if it survives being sent, else its message; not every error can be made from its text."""
    try:
        again = pickle.loads(pickle.dumps(refusal))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - whatever its constructor makes of it
        return Refused(str(refusal))
    return refusal if type(again) is type(refusal) and str(again) == str(refusal) else Refused(str(refusal))
