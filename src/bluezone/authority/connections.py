"""Connections that cannot use the server up: whoever holds many, or holds them idle, loses the oldest.

A thread answers a request and leaves the bytes to the network loop, so that a client who reads slowly, or not
at all, costs a connection and never a thread. That holds because files, ranges too, go through
``wsgi.file_wrapper``, other answers are small, and pipelining, which would make a thread wait until the first
answer was read, ends the connection.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

from bluezone.authority.access.rate_limit import network_of, plain_address

__all__ = ["BoundedServer", "connection_limit"]

MAX_CONNECTIONS = 1000
PER_NETWORK = 100
"""Connections of one network: an IPv4 address, an IPv6 /64."""

IDLE_SECONDS = 25
SWEEP_SECONDS = 5
REQUEST_SECONDS = 60
"""A request must have come in whole within this time, however steadily it drips."""

_OTHER_FILES = 100
_FILES_PER_CONNECTION = 2  # its socket, and the file that is being sent


def connection_limit() -> int:
    """How many connections the process can hold open: 1000, or fewer where the system allows fewer files.

    Raises the process's own limit as far as the system lets it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS * _FILES_PER_CONNECTION + _OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return MAX_CONNECTIONS
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(min(MAX_CONNECTIONS, (soft - _OTHER_FILES) // _FILES_PER_CONNECTION), 10)


class _Channel(HTTPChannel):  # type: ignore[misc] # the library has no types
    """One connection, which knows whose it is and since when its request has been coming in."""

    def __init__(self, server: BoundedServer, sock: Any, addr: Any, adj: Any, map: Any = None) -> None:
        super().__init__(server, sock, addr, adj, map=map)
        self.network = network_of(addr[0])
        self.began = time.monotonic()
        server.make_room_for(self)

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.began = time.monotonic()
        taken: bool = super().received(data)
        if len(self.requests) > 1:
            self.handle_close()
        return taken


class BoundedServer(TcpWSGIServer):  # type: ignore[misc] # the library has no types
    """Accepts always, and makes room by closing the connection that has been idle longest.

    ``spared`` is the address of a proxy, whose connections are its clients' and are not counted together.
    """

    channel_class = _Channel

    def __init__(self, *args: Any, spared: str = "", **options: Any) -> None:
        self._spared = network_of(spared) if spared else ""
        super().__init__(*args, **options)

    def fix_addr(self, addr: tuple[Any, ...]) -> tuple[Any, ...]:
        return plain_address(addr[0]), *addr[1:]

    def make_room_for(self, newest: _Channel) -> None:
        """Close one connection when the newest one is too many, of its network or of all.

        When all others are being answered at this moment, the newest itself is closed.
        """
        everybody = list(self.active_channels.values())
        same = [one for one in everybody if one.network == newest.network]
        if newest.network != self._spared and len(same) > PER_NETWORK:
            _longest_idle(same, newest).handle_close()
        elif len(everybody) > self.adj.connection_limit - 10:  # below the library's: there it stops accepting
            _longest_idle(everybody, newest).handle_close()

    def maintenance(self, now: float) -> None:
        """Close connections that are idle, take nothing, or drip a request; those being answered stay."""
        for one in list(self.active_channels.values()):
            dripping = one.request is not None and time.monotonic() - one.began > REQUEST_SECONDS
            if not one.requests and (dripping or one.last_activity < now - self.adj.channel_timeout):
                one.handle_close()  # at once: a mark alone would wait until the client reads

    def hang_up(self) -> None:
        """Close every connection, with the files that were being sent; for when the loop has ended."""
        for one in list(self.active_channels.values()):
            one.handle_close()


def _longest_idle(channels: Iterable[_Channel], newest: _Channel) -> _Channel:
    idle = [one for one in channels if not one.requests and one is not newest]
    return min(idle, key=lambda one: float(one.last_activity), default=newest)
