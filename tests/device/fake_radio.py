"""An air for tests: radios that hear each other at a strength the test sets, on any event loop."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from bluezone.device.radio.interface import RadioError, Reception

ADVERT_SECONDS = 0.27


@dataclass
class Air:
    """Everybody on it hears everybody else; ``rssi(sender, receiver)`` in dBm, ``None`` out of reach."""

    rssi: Callable[[str, str], int | None] = lambda _sender, _receiver: -60
    radios: dict[str, FakeRadio] = field(default_factory=dict)
    addresses: itertools.count[int] = field(default_factory=lambda: itertools.count(1))


@dataclass
class FakeRadio:
    """Implements the Radio interface; ``fail`` holds the names of methods that raise, once each.

    ``aired``: addresses with their payloads, also of a broadcast that failed after it had begun.
    """

    air: Air
    name: str
    fail: list[str] = field(default_factory=list)
    extra: list[Reception] = field(default_factory=list)
    on_air: tuple[str, bytes] | None = None
    is_open: bool = False
    log: list[tuple[float, str, bytes]] = field(default_factory=list)
    aired: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.air.radios[self.name] = self

    def _do(self, what: str, payload: bytes = b"") -> None:
        self.log.append((asyncio.get_running_loop().time(), what, payload))
        if what in self.fail:
            self.fail.remove(what)
            raise RadioError(f"{what} failed")

    async def open(self) -> None:
        self._do("open")
        self.is_open = True

    async def broadcast(self, payload: bytes) -> None:
        assert self.is_open
        self.on_air = None
        pair = (f"address {next(self.air.addresses)}", payload)
        self.aired.append(pair)
        self._do("broadcast", payload)
        self.on_air = pair

    async def silence(self) -> None:
        self.on_air = None

    async def listen(self, seconds: float, heard: Callable[[Reception], None]) -> None:
        assert self.is_open
        self._do("listen")
        for reception in self.extra:
            heard(reception)
        for _ in range(int(seconds / ADVERT_SECONDS)):
            await asyncio.sleep(ADVERT_SECONDS)
            for other in self.air.radios.values():
                rssi = None if other is self else self.air.rssi(other.name, self.name)
                if other.on_air is not None and rssi is not None:
                    heard(Reception(*other.on_air, rssi))
        await asyncio.sleep(seconds % ADVERT_SECONDS)

    async def close(self) -> None:
        self._do("close")
        self.on_air = None
        self.is_open = False
