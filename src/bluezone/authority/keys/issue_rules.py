"""Pure decisions about codes: what state one is in, and how many may be issued in a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from math import ceil
from statistics import linear_regression

from bluezone.errors import Refused

__all__ = [
    "DAYS_LOOKED_AT",
    "FEWEST_DAYS",
    "CodeRefused",
    "CodeState",
    "expected_codes",
    "state_of_code",
]

DAYS_LOOKED_AT = 21
"""How many whole days the expectation for today rests on, at most."""

FEWEST_DAYS = 14
"""With fewer there is no expectation."""

_LOWEST, _HIGHEST = 10, 20_000


class CodeRefused(Refused):
    """No code is issued or accepted; ``code``, ``status`` and ``english`` are what the API says of it."""

    def __init__(
        self, message: str, code: str = "code_invalid", status: int = 400, *, english: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.english = english or message


class CodeState(StrEnum):
    """What became of a code. One that was used stays so, whatever came after."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    EXPIRED = "expired"
    REVOKED = "revoked"


def state_of_code(
    *, claimed_at: datetime | None, revoked_at: datetime | None, expires_at: datetime, now: datetime
) -> CodeState:
    """A code's state; ``expires_at`` is the later end when it has a short and a long form."""
    if claimed_at is not None:
        return CodeState.CLAIMED
    if revoked_at is not None:
        return CodeState.REVOKED
    return CodeState.EXPIRED if expires_at <= now else CodeState.WAITING


def expected_codes(issued: Sequence[int], *, factor: float, default: int) -> int:
    """How many codes may be issued today: where a straight line through the last days leads, times a factor.

    As the reference server: least squares over at most 21 days, held between 10 and 20,000.

    :param issued: codes of each day before today, oldest first, days without any as 0.
    :param default: the limit while fewer than 14 days are known; the factor does not apply to it.
    """
    days = list(issued)[-DAYS_LOOKED_AT:]
    if len(days) < FEWEST_DAYS:
        return default
    line = linear_regression(range(len(days)), days)
    today = line.intercept + line.slope * len(days)
    return ceil(round(min(max(today, _LOWEST), _HIGHEST) * factor, 6))
