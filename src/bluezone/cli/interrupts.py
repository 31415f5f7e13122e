"""Commands that run for long end by Ctrl-C however they were started, and clean up behind themselves."""

from __future__ import annotations

import signal
from types import FrameType

__all__ = ["heed_interrupts"]


def heed_interrupts() -> None:
    """Make SIGINT, SIGTERM and SIGHUP raise ``KeyboardInterrupt``.

    Background jobs of a script start with SIGINT ignored, and a service manager's SIGTERM or a terminal that
    is closed, too, must leave nothing behind.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _end_like_ctrl_c)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, _end_like_ctrl_c)


def _end_like_ctrl_c(_signal: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)
