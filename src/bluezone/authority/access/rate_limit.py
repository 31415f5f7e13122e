"""Fixed-window limits on guessing, counted in this process's memory under a key that dies with it.

An address is never stored: it is counted under a keyed hash, and forgotten when its window ends.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from datetime import datetime, timedelta

from django.http import HttpRequest

__all__ = ["FixedWindow", "client_address"]


class FixedWindow:
    """At most ``limit`` events per address in each window; one object for each thing that is limited."""

    def __init__(self, limit: int, window: timedelta) -> None:
        self.limit = limit
        self.window = window
        self._key = secrets.token_bytes(32)
        self._counts: dict[bytes, int] = {}
        self._window_number = -1
        self._lock = threading.Lock()

    def allows(self, address: str, now: datetime) -> bool:
        """Count one event; false once the address has used up its window."""
        name = hmac.digest(self._key, address.encode(), "sha256")[:16]
        with self._lock:
            self._turn_to(now)
            count = self._counts[name] = self._counts.get(name, 0) + 1
            return count <= self.limit

    def total(self, now: datetime) -> int:
        """Events of every address in the present window."""
        with self._lock:
            self._turn_to(now)
            return sum(self._counts.values())

    def retry_after(self, now: datetime) -> int:
        """Seconds until the window ends."""
        width = self.window.total_seconds()
        return int(width - now.timestamp() % width) + 1

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._counts.clear()

    def _turn_to(self, now: datetime) -> None:
        number = int(now.timestamp() // self.window.total_seconds())
        if number != self._window_number:
            self._window_number = number
            self._counts.clear()


def client_address(request: HttpRequest) -> str:
    """Who is calling, as the server saw it (``settings.BLUEZONE_TRUSTED_PROXY`` decides what to believe)."""
    return str(request.META.get("REMOTE_ADDR", ""))
