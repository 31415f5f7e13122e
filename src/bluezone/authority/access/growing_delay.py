"""Delays that double: whoever keeps guessing waits ever longer, told by a number of seconds; nobody sleeps.

Counted like the limits of ``rate_limit.py``: in memory that the server's workers share, under a keyed hash of
a network, never by its address.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from math import ceil

from bluezone.authority.access.rate_limit import network_of
from bluezone.authority.access.shared_memory import SharedNumbers, SharedSlots

__all__ = ["GrowingDelay"]

_NETWORKS = 32_768
"""How many networks are known at a time; further ones displace those that failed least or longest ago."""


class GrowingDelay:
    """After some failures a network has to wait, and after each further one twice as long.

    :param after: the failure that the first delay follows.
    :param first: the first delay.
    :param longest: where doubling ends.
    :param forgotten: after so long without a failure a network begins anew.
    """

    def __init__(self, after: int, first: timedelta, longest: timedelta, forgotten: timedelta) -> None:
        self.after = after
        self.first, self.longest, self.forgotten = first, longest, forgotten
        self._key = secrets.token_bytes(32)
        self._shared = SharedNumbers("lock")
        self._failures, self._last = SharedSlots(_NETWORKS), SharedSlots(_NETWORKS)

    def wait(self, address: str, now: datetime, *, after: int | None = None) -> int:
        """Seconds that the address's network has to wait still; 0: none.

        :param after: fewer failures than usual, while many networks fail.
        """
        name = self._name(address)
        with self._shared.lock:
            failures, last = self._state(name, now)
        delay = self._delay(failures, after)
        # a clock that was set back makes nobody wait for longer than they had to
        return max(0, ceil(min(last + delay - now.timestamp(), delay)))

    def is_growing(self, address: str, now: datetime, *, after: int | None = None) -> bool:
        """Whether the network has failed so often that its next failure costs it a longer delay."""
        with self._shared.lock:
            failures, _ = self._state(self._name(address), now)
        return failures >= (self.after if after is None else after)

    def add(self, address: str, now: datetime) -> None:
        """Note a failure."""
        name = self._name(address)
        with self._shared.lock:
            failures, _ = self._state(name, now)
            self._failures.put(name, failures + 1)
            self._last.put(name, ceil(now.timestamp()))

    def reset(self) -> None:
        """Forget everything."""
        with self._shared.lock:
            self._failures.clear()
            self._last.clear()

    def _state(self, name: bytes, now: datetime) -> tuple[int, int]:
        """Failures and the second of the last one, if it is not too long ago; for use under the lock."""
        failures, last = self._failures.get(name), self._last.get(name)
        if now.timestamp() - last >= self.forgotten.total_seconds():
            return 0, 0
        return failures, last

    def _delay(self, failures: int, after: int | None) -> float:
        doublings = failures - (self.after if after is None else after)
        if doublings < 0:
            return 0.0
        return min(self.first.total_seconds() * 2.0 ** min(doublings, 60), self.longest.total_seconds())

    def _name(self, address: str) -> bytes:
        return hmac.digest(self._key, network_of(address).encode(), "sha256")[:16]
