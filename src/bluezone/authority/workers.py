"""Worker processes: started, watched, replaced when they die, and stopped together.

They are forked from one process that holds no thread and no database connection, so that a replacement begins
in the same state as the first did, and shares the memory that was shared then.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

import structlog

__all__ = ["Work", "supervise"]

_STOP_SECONDS = 30
"""So long may workers finish what is in hand; then they are killed."""

_LOOK_SECONDS = 0.2
_FASTEST_SECONDS = 1.0
"""A worker that dies sooner is replaced only after this time, or a fault could become a fork storm."""

_log = structlog.get_logger("bluezone.authority.workers")


@dataclass(frozen=True, slots=True)
class Work:
    """What one process does until it is told to stop."""

    name: str
    run: Callable[[threading.Event], None]


@dataclass(slots=True)
class _Worker:
    work: Work
    process: int
    started: float


def supervise(works: Sequence[Work], *, on_ready: Callable[[], None]) -> None:
    """Do each work in a process of its own until Ctrl-C or SIGTERM, replacing those that die."""
    asked = False

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    before = {one: signal.signal(one, ask_to_stop) for one in (signal.SIGINT, signal.SIGTERM)}
    # A worker reads from this: it sees the end of the file when we are gone, however we went.
    life, our_end = os.pipe()
    workers: list[_Worker] = []
    try:
        for work in works:
            workers.append(_start(work, life, our_end))
        on_ready()
        while not asked:
            time.sleep(_LOOK_SECONDS)  # a signal ends it early
            for at, worker in enumerate(workers):
                workers[at] = _replaced_if_dead(worker, life, our_end)
    finally:
        _stop(workers)
        os.close(our_end)
        os.close(life)
        for one, handler in before.items():
            signal.signal(one, handler)


def _start(work: Work, life: int, our_end: int) -> _Worker:
    process = os.fork()
    if process == 0:
        _be_worker(work, life, our_end)
    return _Worker(work, process, time.monotonic())


def _be_worker(work: Work, life: int, our_end: int) -> None:
    """Never returns: the parent's stack below is not ours."""
    code = 1
    try:
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all of us; the parent decides
        os.close(our_end)
        threading.Thread(target=_stop_at_end_of, args=(life, stop), name="life", daemon=True).start()
        work.run(stop)
        code = 0
    except BaseException:  # noqa: BLE001 - told, and the process ends
        traceback.print_exc()
    finally:
        os._exit(code)


def _stop_at_end_of(life: int, stop: threading.Event) -> None:
    os.read(life, 1)
    stop.set()


def _replaced_if_dead(worker: _Worker, life: int, our_end: int) -> _Worker:
    ended, status = os.waitpid(worker.process, os.WNOHANG) if worker.process else (1, 0)
    if not ended:
        return worker
    if worker.process:
        _log.error(
            "a worker ended and is replaced",
            worker=worker.work.name,
            exit_code=os.waitstatus_to_exitcode(status),
        )
        worker.process = 0
    if time.monotonic() - worker.started < _FASTEST_SECONDS:
        return worker
    return _start(worker.work, life, our_end)


def _stop(workers: Sequence[_Worker]) -> None:
    running = {worker.process for worker in workers if worker.process}
    for process in running:
        os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while running:
        for process in list(running):
            with suppress(ChildProcessError):
                if os.waitpid(process, os.WNOHANG)[0] == 0:
                    continue
            running.discard(process)
        if running and time.monotonic() > deadline:
            _log.error("workers did not stop in time and are killed", count=len(running))
            for process in running:
                os.kill(process, signal.SIGKILL)
            deadline += _STOP_SECONDS
        if running:
            time.sleep(0.02)
