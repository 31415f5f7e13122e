"""What the running process holds: its clock."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from bluezone.clock import Clock, SystemClock

__all__ = ["clock_is_replaced", "now", "replace_clock", "restore_clock"]

_MACHINE: Clock = SystemClock()
_clock: Clock = _MACHINE


def now() -> datetime:
    """The present, as every part of the authority sees it."""
    return _clock.now()


def replace_clock(clock: Clock) -> None:
    """Let the demo or a test decide what time it is.

    :raises RuntimeError: anywhere else; expiry, embargo and audit times depend on the clock.
    """
    if not settings.BLUEZONE_DEMO:
        raise RuntimeError("only the demo and the tests may replace the clock")
    global _clock
    _clock = clock


def restore_clock() -> None:
    """Go back to the machine's clock."""
    global _clock
    _clock = _MACHINE


def clock_is_replaced() -> bool:
    """Whether time is not the machine's."""
    return _clock is not _MACHINE
