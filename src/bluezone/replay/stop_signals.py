"""Ctrl-C, SIGTERM and SIGHUP held back while something must not be left half done.

Blocked, so that a process started meanwhile has them blocked from its first instruction. Noted as well, since
a thread of a library (numpy's) has a mask of its own: Python would let what it receives interrupt this one.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

__all__ = ["STOPPING", "HeldStops", "held_stops"]

_Result = TypeVar("_Result")

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class HeldStops:
    """What was there before, and what came meanwhile.

    SIGINT is the first to be held and the last to be given back: in between no handler raises, since the
    others raise by way of it (:mod:`bluezone.cli.interrupts`).
    """

    def __init__(self) -> None:
        self._came: list[int] = []
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._handlers = _handlers()

    def hold(self) -> None:
        for number in self._handlers:
            signal.signal(number, self._note)
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)

    def release(self) -> None:
        """Mask and handlers are as before, whatever comes meanwhile; what came is raised now."""
        try:
            for number in reversed(self._handlers):
                if number != signal.SIGINT:
                    signal.signal(number, self._handlers[number])
        finally:
            try:
                signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
            finally:
                if signal.SIGINT in self._handlers:
                    signal.signal(signal.SIGINT, self._handlers[signal.SIGINT])
        came = tuple(self._came)
        self._came.clear()
        for number in came:
            signal.raise_signal(number)

    def heeding(self, do: Callable[[], _Result]) -> _Result:
        """Do what may be interrupted, and hold them again."""
        try:
            self.release()
            return do()
        finally:
            self.hold()

    def _note(self, came: int, _frame: FrameType | None) -> None:
        self._came.append(came)


@contextmanager
def held_stops() -> Iterator[HeldStops]:
    """They wait until the block is left, or until it does something by :meth:`HeldStops.heeding`."""
    stops = HeldStops()
    try:
        stops.hold()
        yield stops
    finally:
        stops.release()


def _handlers() -> dict[int, Any]:
    """Those before, SIGINT's first; none in another thread, since Python runs handlers in the main one."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    found = {number: signal.getsignal(number) for number in STOPPING}
    # One set outside Python cannot be put back; what is ignored stays so.
    return {number: handler for number, handler in found.items() if handler not in (None, signal.SIG_IGN)}
