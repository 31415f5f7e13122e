"""Pure decisions about codes: what state one is in, and how many may be issued in a day."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from bluezone.errors import Refused

__all__ = ["CodeRefused", "CodeState", "state_of_code"]


class CodeRefused(Refused):
    """No code is issued, or a code is not accepted; ``code`` and ``status`` are those of the API."""

    def __init__(self, message: str, code: str = "code_invalid", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


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
