"""A radio on Bumble: HCI commands of our own to a USB dongle, a serial chip, a kernel socket or a simulation.

Only Bumble's host is used, with nine legacy commands of our own, and not its ``Device``. That class rotates
resolvable addresses by itself (and sends the old one), keeps every address it ever heard until the next
scan, and prefers extended advertising, whose commands no controller accepts mixed with legacy ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from bumble import drivers, hci
from bumble.core import ProtocolError
from bumble.host import Host
from bumble.transport import open_transport
from bumble.transport.common import Transport, TransportLostError

from bluezone.device.radio.interface import RadioError, Reception

__all__ = ["BumbleRadio", "fresh_address"]

logger = logging.getLogger(__name__)

MAX_PAYLOAD_BYTES = 31
COMMAND_TIMEOUT = 5.0
"""Seconds a controller may take over one command; they answer within milliseconds."""

_MIN_INTERVAL_MS, _MAX_INTERVAL_MS = 250, 270
_SCAN_INTERVAL_MS = 60  # window = interval: listening without gaps, changing channel every 60 ms
_ALL_CHANNELS = 0b111
_NO_RSSI = 127
_EventType = hci.HCI_LE_Advertising_Report_Event.EventType
_ADVERTS = frozenset({_EventType.ADV_IND, _EventType.ADV_SCAN_IND, _EventType.ADV_NONCONN_IND})
"""What counts as a reception; a scan response would count the same advert twice."""

_MISSING = "there is no such adapter"
_BUSY = "it is in use; stop what holds it (for hci-socket the adapter must be down)"
_DENIED = "permission denied (hci-socket needs CAP_NET_ADMIN and CAP_NET_RAW, USB and serial a device rule)"
_BY_ERRNO = {
    errno.ENOENT: _MISSING,
    errno.ENODEV: _MISSING,
    errno.ENXIO: _MISSING,
    errno.EAFNOSUPPORT: "this system has no Bluetooth sockets",
    errno.EBUSY: _BUSY,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
}
_BY_USB_CODE = {-3: _DENIED, -4: _MISSING, -5: _MISSING, -6: _BUSY}  # libusb's numbers


class BumbleRadio:
    """A :class:`~bluezone.device.radio.interface.Radio` over a Bumble transport.

    :param spec: a transport as Bumble names it: ``usb:0``, ``serial:/dev/ttyACM0,1000000``, ``hci-socket:0``.
    :param connect: opens the transport; a simulation hands in one that leads to a virtual controller.
    :param random_bytes: source of the random addresses.
    """

    def __init__(
        self,
        spec: str,
        *,
        connect: Callable[[str], Awaitable[Transport]] = open_transport,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.spec = spec
        self._connect = connect
        self._random_bytes = random_bytes
        self._sequence = asyncio.Lock()  # one sequence of commands at a time
        self._transport: Transport | None = None
        self._host: _QuietHost | None = None
        # Both are true from before the attempt to start until a stop has succeeded: "may be on".
        self._advertising = False
        self._scanning = False
        self._window: asyncio.Future[Exception] | None = None  # of the present listen; set by what ends it
        self._heard: Callable[[Reception], None] | None = None

    async def open(self) -> None:
        await self.close()
        await self._undisturbed(self._open())

    async def broadcast(self, payload: bytes) -> None:
        if not 0 < len(payload) <= MAX_PAYLOAD_BYTES:
            raise ValueError(f"a payload has 1 to {MAX_PAYLOAD_BYTES} bytes, not {len(payload)}")
        await self._undisturbed(self._rotate(payload))

    async def silence(self) -> None:
        await self._undisturbed(self._hush())

    async def listen(self, seconds: float, heard: Callable[[Reception], None]) -> None:
        if self._window is not None:
            raise RuntimeError(f"{self.spec} is listening already")
        window = self._window = asyncio.get_running_loop().create_future()
        self._heard = heard
        try:
            await self._undisturbed(self._start_scan())
            await asyncio.wait({window}, timeout=seconds)
        finally:
            self._window = self._heard = None
            await self._undisturbed(self._stop_scan())
        if window.done():
            raise window.result()

    async def close(self) -> None:
        await self._undisturbed(self._close())

    async def _open(self) -> None:
        async with self._sequence:
            try:
                self._transport = await self._connect(self.spec)
            except Exception as error:  # every transport has its own kinds, some of them bare Exception
                raise RadioError(f"cannot open the radio {self.spec}: {_reason(error)}") from error
            host = self._host = _QuietHost(self._transport.source, self._transport.sink)
            host.on("advertising_report", self._on_report)
            host.on("flush", self._on_lost)
            try:
                await self._power_on(host)
            except BaseException:
                await self._let_go()
                raise

    async def _power_on(self, host: Host) -> None:
        """Reset and set up with legacy commands alone.

        Bumble's own reset also asks for extended advertising sets, after which a controller may refuse
        legacy commands (Core vol. 4 part E, 3.1.1). Setting an address at once keeps the public one, which
        would identify the device, out of every later command.
        """
        try:
            if driver := await drivers.get_driver_for_host(host):
                await driver.init_controller()  # type: ignore[no-untyped-call]
        except Exception as error:
            raise RadioError(f"{self.spec}: firmware could not be loaded: {_reason(error)}") from error
        host.ready = True
        for command in (
            hci.HCI_Reset_Command(),
            hci.HCI_Set_Event_Mask_Command(
                event_mask=hci.HCI_Set_Event_Mask_Command.mask([hci.HCI_LE_META_EVENT])
            ),
            hci.HCI_LE_Set_Event_Mask_Command(
                le_event_mask=hci.HCI_LE_Set_Event_Mask_Command.mask([hci.HCI_LE_ADVERTISING_REPORT_EVENT])
            ),
            self._fresh_address_command(),
            hci.HCI_LE_Set_Advertising_Parameters_Command(
                advertising_interval_min=_hci_units(_MIN_INTERVAL_MS),
                advertising_interval_max=_hci_units(_MAX_INTERVAL_MS),
                advertising_type=hci.HCI_LE_Set_Advertising_Parameters_Command.AdvertisingType.ADV_NONCONN_IND,
                own_address_type=hci.OwnAddressType.RANDOM,
                peer_address_type=hci.AddressType.PUBLIC_DEVICE,
                peer_address=hci.Address.ANY,
                advertising_channel_map=_ALL_CHANNELS,
                advertising_filter_policy=0,
            ),
            hci.HCI_LE_Set_Scan_Parameters_Command(
                le_scan_type=hci.HCI_LE_Set_Scan_Parameters_Command.PASSIVE_SCANNING,
                le_scan_interval=_hci_units(_SCAN_INTERVAL_MS),
                le_scan_window=_hci_units(_SCAN_INTERVAL_MS),
                own_address_type=hci.OwnAddressType.RANDOM,
                scanning_filter_policy=hci.HCI_LE_Set_Scan_Parameters_Command.BASIC_UNFILTERED_POLICY,
            ),
        ):
            await self._send(command)

    async def _rotate(self, payload: bytes) -> None:
        async with self._sequence:
            was_scanning = self._scanning
            try:
                await self._set_advertising(False)
                await self._set_scanning(False)  # no address change is accepted during a scan
                await self._send(self._fresh_address_command())
                await self._send(hci.HCI_LE_Set_Advertising_Data_Command(advertising_data=payload))
                await self._set_scanning(was_scanning)
                await self._set_advertising(True)
            except BaseException as error:
                self._end_window(RadioError(f"{self.spec}: a failed broadcast ended listening: {error}"))
                with contextlib.suppress(RadioError):
                    await self._stop_or_let_go()
                raise

    async def _hush(self) -> None:
        async with self._sequence:
            if self._host is not None:
                await self._stop_or_let_go()

    async def _stop_or_let_go(self) -> None:
        """Off the air whatever happens: if the controller will not stop, it is reset and let go of."""
        try:
            await self._set_advertising(False)
        except RadioError:
            await self._let_go()
            raise

    async def _start_scan(self) -> None:
        async with self._sequence:
            await self._set_scanning(True)

    async def _stop_scan(self) -> None:
        async with self._sequence:
            await self._set_scanning(False)

    async def _close(self) -> None:
        async with self._sequence:
            await self._let_go()

    async def _let_go(self) -> None:
        """Reset the controller, which ends everything, and close the transport; errors no longer matter."""
        if self._host is not None and not self._host.lost:
            try:
                await self._send(hci.HCI_Reset_Command())
            except RadioError as error:
                logger.warning("the adapter may still be broadcasting: %s", error)
        transport, self._transport, self._host = self._transport, None, None
        self._advertising = self._scanning = False
        self._end_window(RadioError(f"{self.spec}: closed"))
        if transport is not None:
            try:
                await asyncio.wait_for(transport.close(), COMMAND_TIMEOUT)
            except Exception as error:  # noqa: BLE001 - a lost adapter cannot be closed in any better way
                logger.warning("%s was not closed cleanly: %s", self.spec, _reason(error))

    async def _set_advertising(self, on: bool) -> None:
        if on or self._advertising:
            self._advertising = True
            await self._send(hci.HCI_LE_Set_Advertising_Enable_Command(advertising_enable=int(on)))
            self._advertising = on

    async def _set_scanning(self, on: bool) -> None:
        if on or self._scanning:
            self._scanning = True
            await self._send(hci.HCI_LE_Set_Scan_Enable_Command(le_scan_enable=int(on), filter_duplicates=0))
            self._scanning = on

    async def _send(self, command: hci.HCI_SyncCommand[Any]) -> None:
        if self._host is None:
            raise RadioError(f"the radio {self.spec} is not open")
        if self._host.lost:
            raise RadioError(f"the radio {self.spec} is gone")
        try:
            await self._host.send_sync_command(command, response_timeout=COMMAND_TIMEOUT)
        except Exception as error:  # Bumble's, the transport's, or an assertion about a controller's answer
            raise RadioError(f"{self.spec}: {command.name} failed: {_reason(error)}") from error

    def _fresh_address_command(self) -> hci.HCI_LE_Set_Random_Address_Command:
        return hci.HCI_LE_Set_Random_Address_Command(random_address=fresh_address(self._random_bytes))

    def _on_report(self, report: hci.HCI_LE_Advertising_Report_Event.Report) -> None:
        if self._heard is None or report.event_type not in _ADVERTS or report.rssi == _NO_RSSI:
            return
        try:
            self._heard(Reception(report.address.to_string(False), bytes(report.data), report.rssi))
        except Exception as error:  # noqa: BLE001 - handed to whoever called listen, who must see it
            self._end_window(error)

    def _on_lost(self) -> None:
        self._end_window(RadioError(f"the radio {self.spec} is gone"))

    def _end_window(self, error: Exception) -> None:
        if self._window is not None and not self._window.done():
            self._window.set_result(error)

    async def _undisturbed(self, sequence: Coroutine[Any, Any, None]) -> None:
        """Run a sequence of commands to its end even if the caller is cancelled in the middle.

        Half a rotation would be one of the pair without the other, and Bumble takes the late answer to an
        abandoned command for the answer to the next.
        """
        await asyncio.shield(asyncio.ensure_future(sequence))


class _QuietHost(Host):
    """Bumble's host, which remembers that its transport was lost, and composes no text nobody reads.

    The original renders every packet for its log, at three times the cost of handling it.
    """

    lost = False

    def on_hci_packet(self, packet: hci.HCI_Packet) -> None:
        if isinstance(packet, hci.HCI_Event):
            self.on_hci_event_packet(packet)
        else:
            super().on_hci_packet(packet)

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        if self.hci_sink is not None:
            self.hci_sink.on_packet(bytes(packet))

    def on_transport_lost(self) -> None:
        self.lost = True
        super().on_transport_lost()  # type: ignore[no-untyped-call]


def fresh_address(random_bytes: Callable[[int], bytes]) -> hci.Address:
    """A non-resolvable private address: top two bits 00, the other 46 random, neither all 0 nor all 1.

    (Core vol. 6 part B, 1.3.2.2.)
    """
    while True:
        number = int.from_bytes(random_bytes(6), "little") & (1 << 46) - 1
        if 0 < number < (1 << 46) - 1:
            return hci.Address(number.to_bytes(6, "little"), hci.AddressType.RANDOM_DEVICE)


def _hci_units(milliseconds: float) -> int:
    """An interval as HCI counts it, in steps of 0.625 ms."""
    return round(milliseconds / 0.625)


def _reason(error: Exception) -> str:
    """One plain sentence on what went wrong, for a person at a terminal."""
    if isinstance(error, TransportLostError):
        return "the adapter is gone"
    if isinstance(error, ProtocolError):
        return f"the controller refused ({error.error_name})"
    if isinstance(error, TimeoutError):
        return f"no answer within {COMMAND_TIMEOUT:g} s"
    if isinstance(error, OSError) and error.errno in _BY_ERRNO:
        return _BY_ERRNO[error.errno]
    if type(error).__module__ == "usb1" and getattr(error, "value", None) in _BY_USB_CODE:
        return _BY_USB_CODE[error.value]  # type: ignore[attr-defined]
    return str(error) or type(error).__name__
