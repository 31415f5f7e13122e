"""Bluetooth without air: virtual controllers that speak real HCI packets, and a link that knows who is near.

An advert costs nothing while nobody scans. When a controller scans, the link works out which adverts fall
into the next second, asks ``reach`` how strong each arrives, and reports those that do at their exact times.
Collisions, channels and scan responses are not modelled; a scan listens without gaps.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from random import Random

from bumble import hci
from bumble.controller import Controller
from bumble.transport.common import Transport

from bluezone.device.radio.bumble_radio import BumbleRadio

__all__ = ["Reach", "VirtualController", "VirtualLink", "virtual_radio"]

Reach = Callable[[str, str, float], float | None]
"""``reach(sender, receiver, time)``: RSSI in dBm of one advert, or ``None`` when it is lost or out of reach.

Asked once for each advert of a scan, up to :data:`LOOK_AHEAD` before ``time`` (seconds of the event loop).
"""

LOOK_AHEAD = 1.05
"""Seconds; two of them just cover the usual scan of 2 s."""

_HCI_UNIT = 0.625e-3
_DELAY = 5e-3
"""Half the 0-10 ms that a controller adds at random to each interval (Core vol. 6 part B, 4.4.2.2)."""
_MIN_RSSI, _MAX_RSSI = -127, 20
_AdvertisingType = hci.HCI_LE_Set_Advertising_Parameters_Command.AdvertisingType
_OK = hci.HCI_ErrorCode.SUCCESS
_DISALLOWED = hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR
_INVALID = hci.HCI_ErrorCode.INVALID_COMMAND_PARAMETERS_ERROR
_UNSUPPORTED = hci.HCI_ErrorCode.UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE_ERROR


class VirtualLink:
    """The air between virtual controllers; the same seed and the same day give the same receptions.

    ``receptions`` counts the reports delivered so far.
    """

    def __init__(self, reach: Reach, *, seed: int) -> None:
        self.reach = reach
        self.seed = seed
        self.receptions = 0
        self._random = Random(seed)  # noqa: S311 - simulated timing
        self._controllers = 0
        self._adverts: dict[_Advert, None] = {}  # both in order of their start, for the sake of the seed
        self._scans: dict[_Scan, None] = {}

    def new_public_address(self) -> hci.Address:
        """The next controller's, as its maker would burn it in."""
        self._controllers += 1
        return hci.Address(self._controllers.to_bytes(6, "little"), hci.AddressType.PUBLIC_DEVICE)

    def start_advert(self, sender: str, period: float, head: bytes) -> _Advert:
        start = asyncio.get_running_loop().time()
        advert = _Advert(sender, start, period, self._random.getrandbits(32), head)
        self._adverts[advert] = None
        for scan in self._scans:
            scan.plan(advert, advert.start, scan.planned_until)
        return advert

    def stop_advert(self, advert: _Advert) -> None:
        advert.on = False
        self._adverts.pop(advert, None)

    def start_scan(self, receiver: str, report: Callable[[bytes], None]) -> _Scan:
        scan = _Scan(self, receiver, report)
        self._scans[scan] = None
        scan.plan_ahead()
        return scan

    def stop_scan(self, scan: _Scan) -> None:
        scan.on = False
        self._scans.pop(scan, None)

    def adverts(self) -> Iterator[_Advert]:
        """What is on the air now."""
        return iter(self._adverts)


class _Advert:
    """One address with one payload on the air, from its start until it is switched off."""

    __slots__ = ("head", "on", "period", "salt", "sender", "start")

    def __init__(self, sender: str, start: float, period: float, salt: int, head: bytes) -> None:
        self.sender = sender
        self.start = start
        self.period = period
        self.salt = salt
        self.head = head
        """The report about it as an HCI event, but for the last byte, the RSSI."""
        self.on = True

    def times(self, since: float, until: float) -> Iterator[float]:
        """When it is sent in ``[since, until)``: computed, not remembered, and the same for every listener.

        The gap between two is the interval plus a random 0-10 ms, as the difference of two delays.
        """
        k = max(0, math.ceil((since - _DELAY - self.start) / self.period))
        while True:
            delay = (hash((self.salt, k)) >> 20 & 0xFFFF) * (_DELAY / 0x10000)
            time = self.start + k * self.period + delay
            if time >= until:
                return
            if time >= since:
                yield time
            k += 1


class _Scan:
    """One controller listening: plans a second's reports at a time, and delivers each at its own time."""

    __slots__ = ("_link", "_loop", "_receiver", "_report", "on", "planned_until")

    def __init__(self, link: VirtualLink, receiver: str, report: Callable[[bytes], None]) -> None:
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._receiver = receiver
        self._report = report
        self.planned_until = self._loop.time()
        self.on = True

    def plan_ahead(self) -> None:
        if not self.on:
            return
        since, self.planned_until = self.planned_until, self.planned_until + LOOK_AHEAD
        for advert in self._link.adverts():
            self.plan(advert, since, self.planned_until)
        self._loop.call_at(self.planned_until, self.plan_ahead)

    def plan(self, advert: _Advert, since: float, until: float) -> None:
        sender, receiver, reach, call_at = advert.sender, self._receiver, self._link.reach, self._loop.call_at
        if sender == receiver:
            return
        for time in advert.times(since, until):
            rssi = reach(sender, receiver, time)
            if rssi is not None:
                call_at(time, self._deliver, advert, rssi)

    def _deliver(self, advert: _Advert, rssi: float) -> None:
        if self.on and advert.on:  # either may have stopped since this was planned
            self._link.receptions += 1
            level = min(max(round(rssi), _MIN_RSSI), _MAX_RSSI)
            self._report(advert.head + level.to_bytes(1, "big", signed=True))


class VirtualController(Controller):
    """Bumble's virtual controller with a legacy advertiser and scanner like those of real ones.

    The original sends only connectable adverts, reports each one twice and always at -50 dBm, takes HCI's
    0.625-ms units for milliseconds, ignores a reset, and lets the address change at any time.
    """

    le_features = Controller.le_features & ~(
        hci.LeFeatureMask.LE_EXTENDED_ADVERTISING | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING
    )

    def __init__(self, name: str, link: VirtualLink) -> None:
        super().__init__(name, public_address=link.new_public_address())
        self._air = link
        self._advert: _Advert | None = None
        self._scan: _Scan | None = None

    def close(self) -> None:
        """Switch off, as when the power is cut."""
        self._stop_advert()
        self._stop_scan()

    def on_hci_packet(self, packet: hci.HCI_Packet) -> None:
        if isinstance(packet, hci.HCI_Command):  # without the original's log text, its greatest cost
            self.on_hci_command_packet(packet)
        else:
            super().on_hci_packet(packet)

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        if self.host is not None:
            asyncio.get_running_loop().call_soon(self.host.on_packet, bytes(packet))

    def on_hci_reset_command(self, command: hci.HCI_Reset_Command) -> hci.HCI_StatusReturnParameters:
        self.close()
        self.random_address = hci.Address.ANY_RANDOM
        return super().on_hci_reset_command(command)

    def on_hci_le_set_random_address_command(
        self, command: hci.HCI_LE_Set_Random_Address_Command
    ) -> hci.HCI_StatusReturnParameters:
        if self._advert is not None or self._scan is not None:
            return hci.HCI_StatusReturnParameters(_DISALLOWED)
        return super().on_hci_le_set_random_address_command(command)

    def on_hci_le_set_advertising_parameters_command(
        self, command: hci.HCI_LE_Set_Advertising_Parameters_Command
    ) -> hci.HCI_StatusReturnParameters:
        if self._advert is not None:
            return hci.HCI_StatusReturnParameters(_DISALLOWED)
        if command.advertising_type in (
            _AdvertisingType.ADV_DIRECT_IND,
            _AdvertisingType.ADV_DIRECT_IND_LOW_DUTY,
        ):
            return hci.HCI_StatusReturnParameters(_UNSUPPORTED)
        return super().on_hci_le_set_advertising_parameters_command(command)

    def on_hci_le_set_advertising_data_command(
        self, command: hci.HCI_LE_Set_Advertising_Data_Command
    ) -> hci.HCI_StatusReturnParameters:
        result = super().on_hci_le_set_advertising_data_command(command)
        if self._advert is not None:
            self._start_advert()
        return result

    def on_hci_le_set_advertising_enable_command(
        self, command: hci.HCI_LE_Set_Advertising_Enable_Command
    ) -> hci.HCI_StatusReturnParameters:
        if not command.advertising_enable:
            self._stop_advert()
        elif self.le_legacy_advertiser.address == hci.Address.ANY_RANDOM:
            return hci.HCI_StatusReturnParameters(_INVALID)
        elif self._advert is None:
            self._start_advert()
        return hci.HCI_StatusReturnParameters(_OK)

    def on_hci_le_set_scan_enable_command(
        self, command: hci.HCI_LE_Set_Scan_Enable_Command
    ) -> hci.HCI_StatusReturnParameters:
        if not command.le_scan_enable:
            self._stop_scan()
        elif self._scan is None:
            self._scan = self._air.start_scan(self.name, self._report)
        return super().on_hci_le_set_scan_enable_command(command)

    def _start_advert(self) -> None:
        self._stop_advert()
        advertiser = self.le_legacy_advertiser
        report = (
            bytes([hci.HCI_LE_ADVERTISING_REPORT_EVENT, 1, advertiser.advertising_type])
            + bytes([advertiser.address.address_type])
            + bytes(advertiser.address)
            + bytes([len(advertiser.advertising_data)])
            + advertiser.advertising_data
        )
        head = bytes([hci.HCI_EVENT_PACKET, hci.HCI_LE_META_EVENT, len(report) + 1]) + report
        period = advertiser.advertising_interval_max * _HCI_UNIT + _DELAY
        self._advert = self._air.start_advert(self.name, period, head)

    def _stop_advert(self) -> None:
        if self._advert is not None:
            self._air.stop_advert(self._advert)
            self._advert = None

    def _stop_scan(self) -> None:
        self.le_scan_enable = False
        if self._scan is not None:
            self._air.stop_scan(self._scan)
            self._scan = None

    def _report(self, packet: bytes) -> None:
        if self.host is not None:
            self.host.on_packet(packet)


def virtual_radio(
    link: VirtualLink, name: str, *, controller: type[VirtualController] = VirtualController
) -> BumbleRadio:
    """A radio, not yet opened, whose controller is on ``link``; ``name`` is what ``reach`` is asked about.

    Its addresses come from the link's seed, so that a run can be repeated: never use it on the air.
    """

    async def connect(_spec: str) -> Transport:
        virtual = controller(name, link)
        return Transport(virtual, virtual)

    addresses = Random(f"{link.seed}/{name}")  # noqa: S311 - must be repeatable
    return BumbleRadio(f"virtual:{name}", connect=connect, random_bytes=addresses.randbytes)
