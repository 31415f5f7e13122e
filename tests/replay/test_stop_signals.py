"""Signals held back: whichever thread receives one, and wherever it comes, all is as before afterwards."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from bluezone.cli.interrupts import heed_interrupts
from bluezone.replay import stop_signals
from bluezone.replay.stop_signals import STOPPING, held_stops


def state() -> tuple[list[Any], set[int]]:
    """What the signals do, and which are blocked."""
    return [signal.getsignal(number) for number in STOPPING], set(
        signal.pthread_sigmask(signal.SIG_BLOCK, ())
    )


@pytest.fixture(autouse=True)
def heeding() -> Iterator[None]:
    """Signals stop this process as they stop a command; put back even where a test fails."""
    handlers, mask = state()
    heed_interrupts()
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    for number, handler in zip(STOPPING, handlers, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_waits_until_the_block_is_left(number: int) -> None:
    before = state()
    reached = []

    def interrupted() -> None:
        with held_stops():
            signal.raise_signal(number)
            os.kill(os.getpid(), number)
            reached.append(True)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert reached == [True]
    assert state() == before


@pytest.mark.parametrize("number", STOPPING)
def test_what_may_be_interrupted_is_and_then_they_are_held_again(number: int) -> None:
    before = state()
    reached = []

    def interrupted() -> None:
        with held_stops() as stops:
            try:
                assert stops.heeding(lambda: state()) == before
                assert set(STOPPING) <= state()[1]
                stops.heeding(lambda: signal.raise_signal(number))
            finally:
                signal.raise_signal(number)
                reached.append(True)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert reached == [True]
    assert state() == before


def test_a_fault_goes_through_and_what_is_ignored_stays_so() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    before = state()

    def failing() -> None:
        with held_stops():
            signal.raise_signal(signal.SIGHUP)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert state() == before


def test_a_thread_holds_for_itself() -> None:
    found = []

    def hold() -> None:
        with held_stops():
            found.append(set(STOPPING) <= state()[1])
        found.append(not set(STOPPING) & state()[1])

    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()
    assert found == [True, True]


@pytest.fixture
def other_thread() -> Iterator[None]:
    """One that receives what the main thread blocks, like numpy's, whose signal mask is their own."""
    stop, listening = threading.Event(), threading.Event()

    def listen() -> None:
        listening.set()
        stop.wait()

    thread = threading.Thread(target=listen)
    thread.start()
    listening.wait()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def arrived() -> Iterator[Callable[[], None]]:
    """Waits until Python has been told of a signal, in whichever thread."""
    told, tells = socket.socketpair()
    tells.setblocking(False)
    before = signal.set_wakeup_fd(tells.fileno(), warn_on_full_buffer=False)
    yield lambda: told.recv(1) and None
    signal.set_wakeup_fd(before)
    told.close()
    tells.close()


@pytest.mark.usefixtures("other_thread")
def test_ctrl_c_waits_though_another_thread_receives_it(arrived: Callable[[], None]) -> None:
    """Else a process that is just being started would find half of what it reads, and say so at length."""
    before = state()
    reached = []

    def interrupted() -> None:
        with held_stops():
            os.kill(os.getpid(), signal.SIGINT)
            arrived()
            reached.append(True)  # Python has looked for signals by now

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert reached == [True]
    assert state() == before


class Interruption:
    """Runs a signal's handler after so many instructions of the module, as Python does when another thread
    received it: from there, whatever the mask says."""

    def __init__(self, number: int, after: int) -> None:
        self.number = number
        self.left = after
        self.came = False

    def __enter__(self) -> None:
        sys.settrace(self.trace)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def trace(self, frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_code.co_filename not in (stop_signals.__file__, __file__):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and not self.came:
            if not self.left:
                self.came = True
                handler = signal.getsignal(self.number)
                assert callable(handler)
                handler(self.number, frame)
            self.left -= 1
        return self.trace


def hold_twice() -> None:
    with held_stops() as stops:
        stops.heeding(lambda: None)


@pytest.mark.parametrize("number", STOPPING)
def test_wherever_an_interrupt_comes_all_is_put_back(number: int) -> None:
    before = state()
    after = 0
    while True:
        interruption = Interruption(number, after)
        interrupted = False
        try:
            with interruption:
                hold_twice()
        except KeyboardInterrupt:
            interrupted = True
        assert state() == before, f"after {after} instructions"
        if not interruption.came:
            break
        assert interrupted, f"after {after} instructions"
        after += 1
    assert after > 200
