"""When a message that was not sent is tried again, and how many one code may have."""

from __future__ import annotations

from datetime import timedelta

__all__ = ["MAX_MESSAGES_A_CODE", "delay_after"]

MAX_MESSAGES_A_CODE = 5
"""Mistyped numbers and lost messages need a few; more would be somebody's nuisance, at our cost."""

_DELAYS = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=10))


def delay_after(attempts: int) -> timedelta:
    """How long to wait after so many tries (1 or more): 1, 2, 5, then every 10 minutes.

    There is no largest number of tries: the code's own end is the end.
    """
    return _DELAYS[min(attempts, len(_DELAYS)) - 1]
