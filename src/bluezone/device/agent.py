"""The agent: broadcasts this device's identifiers, listens for others', and never gives up on its radio.

It runs on any event loop, also one whose time is virtual: it sleeps only through the loop and asks the time
only of its clock and its loop. The clock says which interval and key it is; the loop, which nobody sets back,
says how long an identifier has been on the air. No identifier goes on the air a second time, under another
address: after a radio's failure, a restart or a clock set back the agent is silent, and scans, until an
interval begins that was never on the air.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import NoReturn

from bluezone.clock import Clock
from bluezone.device.radio.interface import Radio, RadioError, Reception
from bluezone.device.retention import purge_by_steady_time
from bluezone.device.scan_summary import ScanSummary
from bluezone.device.store import DeviceStore
from bluezone.protocols.advert import AdvertReader, build_gaen_advert
from bluezone.protocols.gaen import (
    INTERVAL_SECONDS,
    Metadata,
    derive_aemk,
    derive_rpik,
    encrypt_metadata,
    interval_number,
    interval_start,
    rolling_proximity_identifier,
)

__all__ = [
    "DEFAULT_RSSI_CORRECTION",
    "DEFAULT_TX_POWER",
    "Agent",
    "AgentEvent",
    "AgentSettings",
    "IdentifierChanged",
    "RadioFailed",
    "RadioReady",
    "ScanDone",
    "Silenced",
]

DEFAULT_TX_POWER = -12
DEFAULT_RSSI_CORRECTION = 0
MAX_SCAN_GAP_SECONDS = 300
"""A scan instance stands for at most this long, however long ago the scan before was."""

MAX_INTERVALS_ON_AIR = 2
SILENT_STEP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """How this device sends and listens.

    ``tx_power``: calibrated transmit power in dBm, told to others (encrypted) with each identifier.
    ``rssi_correction``: what to add to this receiver's readings, in dB; used when matching.
    ``scan_seconds``: length of a scan. ``scan_interval``: least and most seconds from the start of a scan to
    that of the next. ``rotation``: least and most seconds that an identifier and its address are kept, at
    least an interval, so that each has an interval of its own.
    ``retry_seconds``: first and longest wait before a failed radio is opened again.

    :raises ValueError: for values outside what the specification and a scan instance allow.
    """

    tx_power: int = DEFAULT_TX_POWER
    rssi_correction: int = DEFAULT_RSSI_CORRECTION
    scan_seconds: float = 3.0
    scan_interval: tuple[float, float] = (240.0, 300.0)
    rotation: tuple[float, float] = (600.0, 1200.0)
    retry_seconds: tuple[float, float] = (5.0, 300.0)

    def __post_init__(self) -> None:
        if not -127 <= self.tx_power <= 127:
            raise ValueError(f"transmit power {self.tx_power} dBm does not fit one signed byte")
        if (
            not 0
            < self.scan_seconds
            <= self.scan_interval[0]
            <= self.scan_interval[1]
            <= MAX_SCAN_GAP_SECONDS
        ):
            raise ValueError(f"scans of {self.scan_seconds} s every {self.scan_interval} s do not fit 300 s")
        if not INTERVAL_SECONDS <= self.rotation[0] <= self.rotation[1] <= 2 * INTERVAL_SECONDS:
            raise ValueError(f"identifiers rotate every 10 to 20 minutes, not {self.rotation} s")
        if not 0 < self.retry_seconds[0] <= self.retry_seconds[1]:
            raise ValueError(f"{self.retry_seconds} s is no range of waiting times")


@dataclass(frozen=True, slots=True)
class RadioReady:
    """The radio is open."""


@dataclass(frozen=True, slots=True)
class RadioFailed:
    """The radio failed with ``reason``; it is opened again after ``retry_in`` seconds."""

    reason: str
    retry_in: float


@dataclass(frozen=True, slots=True)
class IdentifierChanged:
    """A fresh identifier, of ``interval``, is on the air under a fresh address."""

    interval: int


@dataclass(frozen=True, slots=True)
class Silenced:
    """Nothing is on the air: the identifier of ``interval`` was there before, or its key is not to be."""

    interval: int


@dataclass(frozen=True, slots=True)
class ScanDone:
    """A scan that began at ``time`` (Unix seconds), stored: ``receptions`` of ``devices`` others."""

    time: int
    devices: int
    receptions: int


AgentEvent = RadioReady | RadioFailed | IdentifierChanged | Silenced | ScanDone


class Agent:
    """Ties a store, a radio and a clock together; :meth:`run` until cancelled.

    :param rng: for jitter only; keys come from the store's own secure source.
    :param on_event: told what happened, in the loop; for live views.
    """

    def __init__(
        self,
        store: DeviceStore,
        radio: Radio,
        clock: Clock,
        *,
        settings: AgentSettings,
        rng: Random,
        on_event: Callable[[AgentEvent], None] = lambda _event: None,
    ) -> None:
        self.reader = AdvertReader()
        self._store = store
        self._radio = radio
        self._clock = clock
        self._settings = settings
        self._rng = rng
        self._on_event = on_event
        self._own_rpis: dict[bytes, None] = {}
        self._failures = 0
        self._last_scan: float | None = None

    async def run(self) -> NoReturn:
        """Broadcast and scan until cancelled; a radio that fails is closed and opened again, ever less often.

        Only one agent may run on a store: hold its role "agent" meanwhile.
        """
        while True:
            try:
                await self._radio.open()
                self._on_event(RadioReady())
                await self._work()
            except RadioError as error:
                reason = str(error)
            finally:
                await self._close()
            await self._back_off(reason)

    async def _work(self) -> NoReturn:
        """Broadcast and scan at once, until either fails."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._broadcast())
                tasks.create_task(self._scan())
        except BaseExceptionGroup as group:
            failures = list(_leaves(group))
            for failure in failures:
                if not isinstance(failure, RadioError):
                    raise failure from None
            raise RadioError("; ".join(str(failure) for failure in failures)) from None
        raise AssertionError("neither task ends by itself")

    async def _close(self) -> None:
        try:
            await self._radio.close()
        except RadioError as error:  # it is being given up anyway; opening it again will tell
            self._on_event(RadioFailed(f"closing: {error}", 0.0))

    async def _back_off(self, reason: str) -> None:
        first, longest = self._settings.retry_seconds
        wait = min(longest, first * 2.0 ** min(self._failures, 30)) * self._rng.uniform(0.8, 1.0)
        self._failures += 1
        self._on_event(RadioFailed(reason, wait))
        await asyncio.sleep(wait)

    async def _broadcast(self) -> NoReturn:
        loop = asyncio.get_running_loop()
        while True:
            now = self._clock.now()
            interval = interval_number(now.timestamp())
            key = self._store.claim_interval(now)
            if key is None:
                await self._radio.silence()
                self._on_event(Silenced(interval))
                # In short steps: a clock that is set right meanwhile begins another interval at once.
                while interval_number(self._clock.now().timestamp()) == interval:
                    await asyncio.sleep(min(SILENT_STEP_SECONDS, self._until_next_interval()))
                continue
            rpi = rolling_proximity_identifier(derive_rpik(key.data), interval)
            metadata = Metadata(tx_power=self._settings.tx_power).pack()
            self._remember(rpi)
            deadline = loop.time() + self._rng.uniform(*self._settings.rotation)
            await self._radio.broadcast(
                build_gaen_advert(rpi, encrypt_metadata(derive_aemk(key.data), rpi, metadata))
            )
            self._on_event(IdentifierChanged(interval))
            # Look again whenever an interval begins: a report, from another thread or process, may have cut
            # the key; and the loop's time stands still while a computer sleeps.
            while (left := deadline - loop.time()) > 0:
                await asyncio.sleep(min(left, self._until_next_interval()))
                now = self._clock.now()
                stale = abs(interval_number(now.timestamp()) - interval) > MAX_INTERVALS_ON_AIR
                if stale or self._store.current_key(now).data != key.data:
                    break

    def _until_next_interval(self) -> float:
        now = self._clock.now().timestamp()
        return max(0.001, interval_start(interval_number(now) + 1) - now)

    def _remember(self, rpi: bytes) -> None:
        """Keep the last few of our identifiers: echoes of them are not encounters."""
        self._own_rpis[rpi] = None
        while len(self._own_rpis) > 4:
            del self._own_rpis[next(iter(self._own_rpis))]

    async def _scan(self) -> NoReturn:
        loop = asyncio.get_running_loop()
        while True:
            started, time = loop.time(), int(self._clock.now().timestamp())
            next_scan = started + self._rng.uniform(*self._settings.scan_interval)
            summary = ScanSummary()

            def heard(reception: Reception, summary: ScanSummary = summary) -> None:
                advert = self.reader.read(reception.data)
                if advert is not None and advert.rpi not in self._own_rpis:
                    summary.add(advert, reception.rssi)

            await self._radio.listen(self._settings.scan_seconds, heard)
            encounters = summary.encounters()
            self._store.add_scan(time, self._stands_for(started), encounters)
            purge_by_steady_time(self._store, self._clock.now())
            self._last_scan = started
            self._failures = 0
            self._on_event(ScanDone(time, len(encounters), summary.receptions))
            await asyncio.sleep(max(0.0, next_scan - loop.time()))

    def _stands_for(self, started: float) -> int:
        """Seconds since the scan before, at most 300; the first scan stands only for itself."""
        if self._last_scan is None:
            return round(self._settings.scan_seconds)
        return min(MAX_SCAN_GAP_SECONDS, round(started - self._last_scan))


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for one in group.exceptions:
        if isinstance(one, BaseExceptionGroup):
            yield from _leaves(one)
        else:
            yield one
