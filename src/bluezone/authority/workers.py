"""Worker processes: started, watched, replaced when they die, and stopped together.

They are forked from one process that holds no thread and no database connection, so that a replacement begins
in the same state as the first did, and shares the memory that was shared then.
"""

from __future__ import annotations

import os
import select
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
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
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
    """0 once it has ended."""

    started: float
    exit_code: int = 0


def supervise(works: Sequence[Work], *, on_ready: Callable[[], None]) -> None:
    """Do each work in a process of its own until Ctrl-C or SIGTERM, replacing those that die.

    A manager of services sends SIGTERM to all of us at once: workers that end of that are not replaced.
    """
    asked = False
    # To sleep on: a sleep would go on after the handler, select() sees that there is something to read.
    alarm, ring = os.pipe()
    os.set_blocking(ring, False)

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        with suppress(BlockingIOError):
            os.write(ring, b".")

    before = {one: signal.signal(one, ask_to_stop) for one in _STOP_SIGNALS}
    # A worker reads from this: it sees the end of the file when we are gone, however we went.
    life, our_end = os.pipe()
    workers: list[_Worker] = []
    try:
        for work in works:
            workers.append(_start(work, life, our_end))
        on_ready()
        while not asked:
            select.select([alarm], [], [], _LOOK_SECONDS)
            for at, worker in enumerate(workers):
                dead = _has_ended(worker) and time.monotonic() - worker.started >= _FASTEST_SECONDS
                if dead and not asked:
                    workers[at] = _replaced(worker, life, our_end)
    finally:
        _stop(workers)
        for one, handler in before.items():
            signal.signal(one, handler)
        for end in (our_end, life, alarm, ring):
            os.close(end)


def _start(work: Work, life: int, our_end: int) -> _Worker:
    # A signal waits until the new process has a handler of its own: ours would do nothing there.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    process = os.fork()
    if process == 0:
        _be_worker(work, life, our_end, mask)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return _Worker(work, process, time.monotonic())


def _be_worker(work: Work, life: int, our_end: int, mask: set[int | signal.Signals]) -> None:
    """Never returns: the parent's stack below is not ours."""
    code = 1
    try:
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all of us; the parent decides
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
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


def _has_ended(worker: _Worker) -> bool:
    if worker.process:
        ended, status = os.waitpid(worker.process, os.WNOHANG)
        if ended:
            worker.process, worker.exit_code = 0, os.waitstatus_to_exitcode(status)
    return not worker.process


def _replaced(worker: _Worker, life: int, our_end: int) -> _Worker:
    _log.error("a worker ended and is replaced", worker=worker.work.name, exit_code=worker.exit_code)
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
