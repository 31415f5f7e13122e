"""An event loop whose time jumps to the next timer, and a clock that reads it: a day passes in seconds.

Nobody sleeps on this loop: when nothing is ready, its time becomes that of the next timer. Real sockets,
pipes, child processes and threads do not belong on it, because time would not wait for them: they are
refused, and real networking runs on an ordinary loop.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, TypeVar

__all__ = ["DeadlockError", "LoopClock", "VirtualTimeLoop", "run_virtual"]

_T = TypeVar("_T")


class DeadlockError(RuntimeError):
    """Everybody waits, and no timer is left that could wake anybody."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Runs callbacks in the order of their timers; :meth:`time` starts at 0 s and only ever jumps forward.

    :raises DeadlockError: out of ``run_until_complete`` and ``run_forever``, instead of hanging for ever.
    """

    def __init__(self) -> None:
        self._now = 0.0
        selector = _JumpingSelector(self)
        super().__init__(selector)
        selector.sealed = True

    def time(self) -> float:
        return self._now

    def jump(self, seconds: float) -> None:
        """Let virtual seconds pass; only for the loop's own selector."""
        self._now += seconds

    def run_in_executor(self, *_args: object) -> NoReturn:
        """Refused.

        :raises RuntimeError: always; virtual time would run ahead of the thread.
        """
        raise RuntimeError("threads do not belong on a virtual loop: use an ordinary one")


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for a timeout, moves the loop's time on by it."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop
        self.sealed = False

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        if self.sealed:  # the one file of the loop's own, which signals use, is there by now
            raise RuntimeError("real sockets and pipes do not belong on a virtual loop: use an ordinary one")
        return super().register(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)  # a signal (Ctrl-C) may be waiting
        if ready:
            return ready
        if timeout is None:
            raise DeadlockError(f"nothing is ready and no timer is set; waiting: {_waiting(self._loop)}")
        self._loop.jump(timeout)
        return ready


class LoopClock:
    """Tells ``start`` plus the seconds that have passed on a loop since this clock was made.

    :raises ValueError: if ``start`` has no time zone.
    """

    def __init__(self, start: datetime, loop: asyncio.AbstractEventLoop) -> None:
        if start.tzinfo is None:
            raise ValueError(f"{start!r} has no time zone; clocks tell aware UTC")
        self._loop = loop
        self._zero = start.astimezone(UTC) - timedelta(seconds=loop.time())

    def now(self) -> datetime:
        return self._zero + timedelta(seconds=self._loop.time())


def run_virtual(coro: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end on a fresh virtual loop, like ``asyncio.run``.

    Ctrl-C cancels it, lets it clean up, and raises ``KeyboardInterrupt``.

    :raises DeadlockError: when it can never end.
    """
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(coro)


def _waiting(loop: asyncio.AbstractEventLoop) -> str:
    names = sorted(f"{task.get_name()} ({task.get_coro()!r})" for task in asyncio.all_tasks(loop))
    return ", ".join(names) or "no task"
