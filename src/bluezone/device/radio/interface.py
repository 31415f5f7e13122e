"""What the agent needs of a radio, and no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bluezone.errors import Refused

__all__ = ["Radio", "RadioError", "Reception"]


class RadioError(Refused):
    """The adapter is missing, busy or refused a command; the agent waits and opens it again."""


@dataclass(frozen=True, slots=True)
class Reception:
    """One advert as received: the sender's present address, the raw structures, the strength in dBm."""

    address: str
    data: bytes
    rssi: int


class Radio(Protocol):
    """Broadcasts one payload under one non-resolvable random address, and listens.

    Not checked here: what the payload says. Times are seconds of the running event loop.
    """

    async def open(self) -> None:
        """Power the adapter on.

        :raises RadioError: when there is none, or it is in use.
        """

    async def broadcast(self, payload: bytes) -> None:
        """Broadcast ``payload`` (at most 31 bytes) from now on, non-connectable, under a *fresh* address.

        Address and payload change together: the old pair has stopped before the new one starts, and if
        either half fails, nothing is broadcast and :class:`RadioError` is raised.
        """

    async def silence(self) -> None:
        """Stop broadcasting; doing so twice is fine."""

    async def listen(self, seconds: float, heard: Callable[[Reception], None]) -> None:
        """Scan passively for ``seconds`` and hand over each reception once; broadcasting goes on."""

    async def close(self) -> None:
        """Stop everything and let go of the adapter; doing so twice is fine."""
