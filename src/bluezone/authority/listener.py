"""The socket that a server listens on, or a plain word why there can be none."""

from __future__ import annotations

import socket

from bluezone.errors import Refused

__all__ = ["AddressInUse", "listen"]


class AddressInUse(Refused):
    """The server cannot listen where it was told to."""


def listen(host: str, port: int) -> socket.socket:
    """A bound TCP socket; ``port`` 0 takes a free one.

    :raises AddressInUse: if the address is none of this machine, or taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressInUse(f"cannot listen on {host}: {error.strerror or error}") from None
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise AddressInUse(f"cannot listen on {host} port {port}: {error.strerror}") from None
    return listener
