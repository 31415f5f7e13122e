"""Fixed-window limits on guessing, counted in memory that this process shares with those it forks.

An address is never stored: its network is counted under a keyed hash, and forgotten when its window ends. The
key and the counts are in memory alone and die with the server, not with one of its workers.
"""

from __future__ import annotations

import hmac
import secrets
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.http import HttpRequest

from bluezone.authority.access.shared_memory import SharedNumbers, SharedSlots

__all__ = [
    "AlarmCounter",
    "FixedWindow",
    "client_address",
    "hidden_networks",
    "network_of",
    "plain_address",
]

_V6_HOST_BITS = 64
_V6_WEIGHTS = ((_V6_HOST_BITS, 1), (128 - 56, 4), (128 - 48, 16))
"""Of an IPv6 address the host's bits: of a /64, and of what one customer may have been given whole, with its
256 or 65,536 /64s, and as how many networks that counts."""

_NETWORKS = 32_768
"""How many networks one limit counts at a time; further ones displace those with the fewest events."""


class _Windows(ABC):
    """Time cut into windows of equal width; counts begin anew in each."""

    def __init__(self, window: timedelta) -> None:
        self.window = window
        self._numbers = SharedNumbers("window_number", "count", "next_report")
        self._numbers["window_number"] = -1

    def retry_after(self, now: datetime) -> int:
        """Seconds until the window ends."""
        width = self.window.total_seconds()
        return int(width - now.timestamp() % width) + 1

    def reset(self) -> None:
        """Forget everything, the present window too."""
        with self._numbers.lock:
            self._numbers["window_number"] = -1
            self._forget()

    def _turn_to(self, now: datetime) -> bool:
        """Whether ``now`` is in the present window, which it opens if need be; for use under the lock.

        Not so for the window before: a request that began in it must not turn everybody's counts back. Any
        other step is one of the clock, and is followed.
        """
        number = int(now.timestamp() // self.window.total_seconds())
        present = self._numbers["window_number"]
        if number == present - 1:
            return False
        if number != present:
            self._numbers["window_number"] = number
            self._forget()
        return True

    @abstractmethod
    def _forget(self) -> None:
        """Begin anew."""


class FixedWindow(_Windows):
    """At most ``limit`` events per network in each window; one object for each thing that is limited.

    Wider networks have a multiple of the limit, see :func:`hidden_networks`.
    """

    def __init__(self, limit: int, window: timedelta) -> None:
        super().__init__(window)
        self.limit = limit
        self._key = secrets.token_bytes(32)
        self._counts = SharedSlots(_NETWORKS)

    def allows(self, address: str, now: datetime, *, limit: int | None = None) -> bool:
        """Count one event; false, and nothing counted, once the address's network has used up its window.

        :param limit: a tighter one than usual, for this event.
        """
        names = self._names(address)
        limit = self.limit if limit is None else limit
        with self._numbers.lock:
            self._turn_to(now)
            counts = [(name, weight, self._counts.get(name)[0]) for name, weight in names]
            if any(count >= limit * weight for _, weight, count in counts):
                return False
            for name, _, count in counts:
                self._counts.put(name, count + 1)
            return True

    def give_back(self, address: str, now: datetime) -> None:
        """Uncount an event of this window, because it turned out not to be one that is limited."""
        names = self._names(address)
        with self._numbers.lock:
            if not self._turn_to(now):
                return
            for name, _ in names:
                if count := self._counts.get(name)[0]:
                    self._counts.put(name, count - 1)

    def _names(self, address: str) -> list[tuple[bytes, int]]:
        return hidden_networks(address, self._key)

    def _forget(self) -> None:
        self._counts.clear()


class AlarmCounter(_Windows):
    """Counts events of everybody together, and says when there are conspicuously many; refuses none."""

    def __init__(self, threshold: int, window: timedelta) -> None:
        super().__init__(window)
        self.threshold = threshold
        self._forget()

    def add(self, now: datetime) -> int | None:
        """Count one event; the count when it is worth a warning: at the threshold and at each doubling."""
        with self._numbers.lock:
            self._turn_to(now)
            count = self._numbers["count"] + 1
            self._numbers["count"] = count
            if count < (self._numbers["next_report"] or self.threshold):
                return None
            self._numbers["next_report"] = count * 2
            return count

    def is_raised(self, now: datetime) -> bool:
        """Whether the present window has seen as many events as the threshold, or more."""
        with self._numbers.lock:
            self._turn_to(now)
            return self._numbers["count"] >= self.threshold

    def _forget(self) -> None:
        self._numbers["count"] = 0
        self._numbers["next_report"] = 0


def client_address(request: HttpRequest) -> str:
    """Who is calling, as the server saw it (``settings.BLUEZONE_TRUSTED_PROXY`` decides what to believe)."""
    return str(request.META.get("REMOTE_ADDR", ""))


def network_of(address: str) -> str:
    """What belongs to one subscriber: an IPv4 address, the /64 of an IPv6 address; other text is itself."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return f"{IPv6Address(int(parsed) >> _V6_HOST_BITS << _V6_HOST_BITS)}/{128 - _V6_HOST_BITS}"
    return address if parsed is None else str(parsed)


def hidden_networks(address: str, key: bytes) -> list[tuple[bytes, int]]:
    """The subscriber's network and the wider ones around it: names that tell no address, and their weights.

    Who was given a wide one has thousands of /64s to guess from; to many mobile carriers it is a street.
    """
    parsed = _parse(address)
    if not isinstance(parsed, IPv6Address):
        return [(_hide(address if parsed is None else str(parsed), key), 1)]
    number = int(parsed)
    return [(_hide(f"{number >> bits:x}/{bits}", key), weight) for bits, weight in _V6_WEIGHTS]


def _hide(network: str, key: bytes) -> bytes:
    return hmac.digest(key, network.encode(), "sha256")[:16]


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
