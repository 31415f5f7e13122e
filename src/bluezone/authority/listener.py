"""The socket that a server listens on, or a plain word why there can be none."""

from __future__ import annotations

import socket

from bluezone.errors import Refused

__all__ = ["AddressInUse", "listen", "listen_together"]

_BACKLOG = 1024


class AddressInUse(Refused):
    """The server cannot listen where it was told to."""


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A bound TCP socket; ``port`` 0 takes a free one.

    :param shared: further sockets may be bound to the same address.
    :raises AddressInUse: if the address is none of this machine, or taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressInUse(f"cannot listen on {host}: {error.strerror or error}") from None
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise AddressInUse(f"cannot listen on {host} port {port}: {error.strerror}") from None
    return listener


def listen_together(host: str, port: int, count: int) -> list[socket.socket]:
    """``count`` listening sockets on one address, over which the system spreads connections.

    They listen already: a connection waits for the worker that takes its socket up, or for its replacement.

    :raises AddressInUse: if the address is none of this machine, or taken.
    """
    # Without sharing first: another server of ours would otherwise be joined and not noticed.
    with listen(host, port) as probe:
        port = probe.getsockname()[1]
    together = [listen(host, port, shared=True) for _ in range(count)]
    for one in together:
        one.listen(_BACKLOG)
    return together
