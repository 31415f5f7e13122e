"""Fixed-window limits on guessing, counted in this process's memory under a key that dies with it.

An address is never stored: its network is counted under a keyed hash, and forgotten when its window ends.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.http import HttpRequest

__all__ = ["AlarmCounter", "FixedWindow", "client_address", "network_of", "plain_address"]

_V6_HOST_BITS = 64


class _Windows(ABC):
    """Time cut into windows of equal width; counts begin anew in each."""

    def __init__(self, window: timedelta) -> None:
        self.window = window
        self._window_number = -1
        self._lock = threading.Lock()

    def retry_after(self, now: datetime) -> int:
        """Seconds until the window ends."""
        width = self.window.total_seconds()
        return int(width - now.timestamp() % width) + 1

    def reset(self) -> None:
        """Forget everything, the present window too."""
        with self._lock:
            self._window_number = -1
            self._forget()

    def _turn_to(self, now: datetime) -> bool:
        """Whether ``now`` is in the present window, which it opens if need be.

        Not so for the window before: a request that began in it must not turn everybody's counts back. Any
        other step is one of the clock, and is followed.
        """
        number = int(now.timestamp() // self.window.total_seconds())
        if number == self._window_number - 1:
            return False
        if number != self._window_number:
            self._window_number = number
            self._forget()
        return True

    @abstractmethod
    def _forget(self) -> None:
        """Begin anew."""


class FixedWindow(_Windows):
    """At most ``limit`` events per network in each window; one object for each thing that is limited."""

    def __init__(self, limit: int, window: timedelta) -> None:
        super().__init__(window)
        self.limit = limit
        self._key = secrets.token_bytes(32)
        self._counts: dict[bytes, int] = {}

    def allows(self, address: str, now: datetime, *, limit: int | None = None) -> bool:
        """Count one event; false, and nothing counted, once the address's network has used up its window.

        :param limit: a tighter one than usual, for this event.
        """
        name = self._name(address)
        with self._lock:
            self._turn_to(now)
            count = self._counts.get(name, 0)
            if count >= (self.limit if limit is None else limit):
                return False
            self._counts[name] = count + 1
            return True

    def give_back(self, address: str, now: datetime) -> None:
        """Uncount an event of this window, because it turned out not to be one that is limited."""
        name = self._name(address)
        with self._lock:
            if not self._turn_to(now):
                return
            if self._counts.get(name, 0) > 1:
                self._counts[name] -= 1
            else:
                self._counts.pop(name, None)

    def _name(self, address: str) -> bytes:
        return hmac.digest(self._key, network_of(address).encode(), "sha256")[:16]

    def _forget(self) -> None:
        self._counts.clear()


class AlarmCounter(_Windows):
    """Counts events of everybody together, and says when there are conspicuously many; refuses none."""

    def __init__(self, threshold: int, window: timedelta) -> None:
        super().__init__(window)
        self.threshold = threshold
        self._count = 0
        self._next_report = threshold

    def add(self, now: datetime) -> int | None:
        """Count one event; the count when it is worth a warning: at the threshold and at each doubling."""
        with self._lock:
            self._turn_to(now)
            self._count += 1
            if self._count < self._next_report:
                return None
            self._next_report = self._count * 2
            return self._count

    def is_raised(self, now: datetime) -> bool:
        """Whether the present window has seen as many events as the threshold, or more."""
        with self._lock:
            self._turn_to(now)
            return self._count >= self.threshold

    def _forget(self) -> None:
        self._count, self._next_report = 0, self.threshold


def client_address(request: HttpRequest) -> str:
    """Who is calling, as the server saw it (``settings.BLUEZONE_TRUSTED_PROXY`` decides what to believe)."""
    return str(request.META.get("REMOTE_ADDR", ""))


def network_of(address: str) -> str:
    """What belongs to one subscriber: an IPv4 address, the /64 of an IPv6 address; other text is itself."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return f"{IPv6Address(int(parsed) >> _V6_HOST_BITS << _V6_HOST_BITS)}/{128 - _V6_HOST_BITS}"
    return address if parsed is None else str(parsed)


def plain_address(address: str) -> str:
    """The address, IPv4 where it is an IPv4 address written as IPv6 (``::ffff:192.0.2.1``)."""
    parsed = _parse(address)
    return str(parsed) if isinstance(parsed, IPv4Address) else address


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed
