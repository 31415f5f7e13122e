"""Sessions whose rows do not open what they stand for: the database and its backups never hold a cookie."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone
from django.utils.crypto import salted_hmac

__all__ = ["SessionStore", "live_row_keys", "row_key"]

_COLUMN = 40


class SessionStore(DatabaseSessions):
    """The framework's, but a row is found by an HMAC of the cookie under the server's secret.

    Only what this server uses is changed: the asynchronous methods would still write the cookie.
    """

    def exists(self, session_key: str) -> bool:
        """Whether a cookie has a row."""
        return self.model.objects.filter(session_key=row_key(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """The row to store."""
        row = super().create_model_instance(data)
        row.session_key = row_key(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Forget a cookie, the own one if none is given."""
        cookie = session_key or self.session_key
        if cookie is not None:
            self.model.objects.filter(session_key=row_key(cookie)).delete()

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        """The row behind the cookie; without one the cookie is forgotten."""
        key, now = row_key(self.session_key or ""), timezone.now()
        row = self.model.objects.filter(session_key=key, expire_date__gt=now).first()
        if row is None:
            self._session_key = None
        return row


def live_row_keys(keys: Iterable[str]) -> set[str]:
    """Those of these rows whose sessions have not expired."""
    rows = SessionStore.get_model_class().objects.filter(
        session_key__in=list(keys), expire_date__gt=timezone.now()
    )
    return set(rows.values_list("session_key", flat=True))


def row_key(cookie: str) -> str:
    """Where a cookie's row is."""
    return salted_hmac("bluezone.session-row", cookie, algorithm="sha256").hexdigest()[:_COLUMN]
