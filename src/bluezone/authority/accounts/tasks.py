"""Background work of accounts."""

from __future__ import annotations

from bluezone.authority.accounts.session_store import SessionStore

__all__ = ["clear_old_sessions"]


def clear_old_sessions() -> None:
    """Every hour: delete sessions past their time."""
    SessionStore.clear_expired()
