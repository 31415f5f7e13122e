"""Delays that double: whoever keeps guessing waits ever longer, told by a number of seconds; nobody sleeps.

Counted like the limits of ``rate_limit.py``: in memory that the server's workers share, under a keyed hash of
a network, never by its address.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from math import ceil

from bluezone.authority.access.rate_limit import hidden_networks
from bluezone.authority.access.shared_memory import SharedNumbers, SharedSlots

__all__ = ["GrowingDelay"]

_NETWORKS = 131_072
"""How many networks are known at a time; further ones displace those that will be forgotten soonest."""

_MILLISECOND = timedelta(milliseconds=1)


class GrowingDelay:
    """After some failures a network has to wait, and after each further one twice as long.

    A network's failures are kept as one moment: when the last of them will be forgiven. Wider networks have a
    multiple of the failures, and are forgiven so many times as fast, see :func:`hidden_networks`.

    :param after: the failure that the first delay follows.
    :param first: the first delay.
    :param longest: where doubling ends.
    :param forgiven: so often one failure is taken away, so that honest mistakes do not add up.
    :param forgotten: after so long without a failure a network begins anew, however many it had.
    """

    def __init__(
        self,
        after: int,
        first: timedelta,
        longest: timedelta,
        forgiven: timedelta,
        forgotten: timedelta,
        *,
        networks: int = _NETWORKS,
    ) -> None:
        self.after = after
        self.first, self.longest = first, longest
        self._forgiven, self._forgotten = forgiven // _MILLISECOND, forgotten // _MILLISECOND
        self._key = secrets.token_bytes(32)
        self._shared = SharedNumbers("lock")
        self._table = SharedSlots(networks)

    def wait(self, address: str, now: datetime, *, after: int | None = None) -> int:
        """Seconds that the address's network has to wait still; 0: none.

        :param after: fewer failures than usual, while many networks fail.
        """
        moment = _milliseconds(now)
        waits = [
            last + self._delay(failures, after) - moment for failures, last in self._failures(address, moment)
        ]
        return max(0, ceil(max(waits) / 1000))

    def is_growing(self, address: str, now: datetime, *, after: int | None = None) -> bool:
        """Whether the network has failed so often that its next failure costs it a longer delay."""
        wanted = self.after if after is None else after
        return any(failures >= wanted for failures, _ in self._failures(address, _milliseconds(now)))

    def add(self, address: str, now: datetime) -> None:
        """Note a failure."""
        moment, names = _milliseconds(now), hidden_networks(address, self._key)
        with self._shared.lock:
            for name, weight in names:
                free_at, _ = self._state(name, moment)
                free_at = max(free_at, moment) + self._forgiven // weight
                self._table.put(name, min(free_at, moment + self._forgotten), moment)

    def take_away(self, address: str, now: datetime) -> None:
        """Forgive one failure, because somebody there has succeeded."""
        moment, names = _milliseconds(now), hidden_networks(address, self._key)
        with self._shared.lock:
            for name, weight in names:
                free_at, last = self._state(name, moment)
                if free_at > moment:
                    self._table.put(name, free_at - self._forgiven // weight, last)

    def reset(self) -> None:
        """Forget everything."""
        with self._shared.lock:
            self._table.clear()

    def _failures(self, address: str, moment: int) -> list[tuple[int, int]]:
        """For each network of an address: failures, a wide one's by its weight, and when the last was."""
        names = hidden_networks(address, self._key)
        with self._shared.lock:
            states = [(weight, *self._state(name, moment)) for name, weight in names]
        found = []
        for weight, free_at, last in states:
            failures = ceil(max(0, free_at - moment) / (self._forgiven // weight))
            found.append((failures // weight, last))
        return found

    def _state(self, name: bytes, moment: int) -> tuple[int, int]:
        """When all is forgiven, and when the last failure was; for use under the lock.

        Seen from before the last failure, the clock was set back: nobody waits for longer because of that.
        """
        free_at, last = self._table.get(name)
        if last > moment:
            free_at, last = free_at - (last - moment), moment
            self._table.put(name, free_at, last)
        return free_at, last

    def _delay(self, failures: int, after: int | None) -> int:
        doublings = failures - (self.after if after is None else after)
        if doublings < 0:
            return 0
        return int(min(self.first * 2 ** min(doublings, 30), self.longest) / _MILLISECOND)


def _milliseconds(now: datetime) -> int:
    return int(now.timestamp() * 1000)
