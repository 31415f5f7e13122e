"""When a message that was not sent is tried again, which goes first, and how many one code may have."""

from __future__ import annotations

from datetime import datetime, timedelta

__all__ = ["MAX_MESSAGES_A_CODE", "MAX_UNCLEAR_TRIES", "delay_after", "is_first_in_line", "is_overdue"]

MAX_MESSAGES_A_CODE = 5
"""Mistyped numbers and lost messages need a few; more would be somebody's nuisance, at our cost."""

MAX_UNCLEAR_TRIES = 3
"""Of a message that the gateway may have taken each time: that is as many paid messages to one person."""

_OVERDUE_AFTER = timedelta(minutes=3)
_DELAYS = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=10))


def delay_after(attempts: int) -> timedelta:
    """How long to wait after so many tries (1 or more): 1, 2, 5, then every 10 minutes.

    There is no largest number of tries that certainly failed: the code's own end is the end.
    """
    return _DELAYS[min(attempts, len(_DELAYS)) - 1]


def is_first_in_line(created_at: datetime, next_try_at: datetime) -> bool:
    """Never tried, or put back by hand: such a message waits for none that has failed before.

    Else a few numbers that the gateway takes none of would hold up everybody's messages.
    """
    return next_try_at <= created_at


def is_overdue(attempts: int, created_at: datetime, next_try_at: datetime, now: datetime) -> bool:
    """Whether a waiting message without an error should have been sent by now, or failed.

    After a minute or two nobody should be told any more that it is on its way.
    """
    since = next_try_at - delay_after(attempts) if attempts else created_at
    return now - since > _OVERDUE_AFTER
