"""The writers of what people are shown about their own sessions: when, last seen, which browser."""

from __future__ import annotations

from datetime import datetime, timedelta

from bluezone.authority.accounts.models import StaffSession, User
from bluezone.authority.accounts.session_store import live_row_keys, row_key

__all__ = ["forget_ended_sessions", "note_session"]

_OFTEN_ENOUGH = timedelta(minutes=5)
"""When somebody was last seen is noted no finer: a page must not cost a write each time."""


def note_session(user: User, cookie: str, browser: str, now: datetime) -> None:
    """Note that somebody used a session; the cookie itself is not kept."""
    key = row_key(cookie)
    known = StaffSession.objects.filter(pk=key).first()
    if known is None:
        new = StaffSession(
            row_key=key, user=user, epoch=user.session_epoch, started_at=now, seen_at=now, browser=browser
        )
        StaffSession.objects.bulk_create([new], ignore_conflicts=True)  # two first requests at once
    elif not timedelta(0) <= now - known.seen_at < _OFTEN_ENOUGH:
        StaffSession.objects.filter(pk=key).update(seen_at=now, browser=browser)


def forget_ended_sessions() -> None:
    """Delete what is kept about sessions that are no more."""
    known = StaffSession.objects.values_list("row_key", flat=True)
    ended = set(known) - live_row_keys(known)
    StaffSession.objects.filter(row_key__in=ended).delete()
