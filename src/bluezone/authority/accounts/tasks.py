"""Background work of accounts."""

from __future__ import annotations

from bluezone.authority import runtime
from bluezone.authority.accounts.services.invitations import forget_old_invitations
from bluezone.authority.accounts.services.passkeys import forget_old_challenges
from bluezone.authority.accounts.services.sessions import forget_ended_sessions
from bluezone.authority.accounts.session_store import SessionStore

__all__ = ["clear_old_sessions"]


def clear_old_sessions() -> None:
    """Every hour: delete sessions past their time, what is kept of them, old invitations and challenges."""
    SessionStore.clear_expired()
    forget_ended_sessions()
    forget_old_invitations(runtime.now())
    forget_old_challenges(runtime.now())
