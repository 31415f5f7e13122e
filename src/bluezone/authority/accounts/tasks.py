"""Background work of accounts."""

from __future__ import annotations

from bluezone.authority.accounts.services.sessions import forget_ended_sessions
from bluezone.authority.accounts.session_store import SessionStore

__all__ = ["clear_old_sessions"]


def clear_old_sessions() -> None:
    """Every hour: delete sessions past their time, and what is kept about those that are no more."""
    SessionStore.clear_expired()
    forget_ended_sessions()
