"""A radio through BlueZ, for machines whose bluetoothd must keep the adapter. Unverified on hardware.

Scanning is bleak's; advertising is an ``LEAdvertisement1`` object registered with ``LEAdvertisingManager1``.
Tested against a bus with a stand-in for bluetoothd, never yet on an adapter. What rests on reading alone:

* the kernel draws a new non-resolvable private address for each non-connectable advert that is registered,
  so that unregistering and registering changes address and payload together;
* ``MinInterval`` and ``MaxInterval`` are followed where the kernel can, or else it takes its default, 1.28 s;
* bluetoothd passes on changes of a device's properties, not every advert: fewer receptions than there were.

A dedicated adapter is better driven by :mod:`bluezone.device.radio.bumble_radio`.
"""

# No "from __future__ import annotations" here: the D-Bus library reads the annotations themselves.
import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Protocol

from bleak import BleakScanner
from bleak.assigned_numbers import AdvertisementDataType
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError, BleakError
from dbus_fast import BusType, Message, MessageType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusDict, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from bluezone.device.radio.interface import RadioError, Reception
from bluezone.protocols.advert import BLUEZONE_COMPANY, GAEN_UUID, MAX_ADVERT_BYTES

__all__ = ["Advertisement", "BluezRadio", "structures_of"]

logger = logging.getLogger(__name__)

CALL_TIMEOUT = 10.0
"""Seconds bluetoothd may take over one call."""

_BLUEZ = "org.bluez"
_ADAPTER = "org.bluez.Adapter1"
_MANAGER = "org.bluez.LEAdvertisingManager1"
_ADVERTISEMENT = "org.bluez.LEAdvertisement1"
_ROOT = "/vn/bluezone/advert"
_MIN_INTERVAL_MS, _MAX_INTERVAL_MS = 250, 270
_NO_RSSI = -127
_BASE_UUID = "-0000-1000-8000-00805f9b34fb"

_SERVICE_DATA_16, _MANUFACTURER = 0x16, 0xFF
_PATTERNS = [
    (0, AdvertisementDataType.SERVICE_DATA_UUID16, GAEN_UUID.to_bytes(2, "little")),
    (0, AdvertisementDataType.MANUFACTURER_SPECIFIC_DATA, BLUEZONE_COMPANY.to_bytes(2, "little")),
]
"""A passive scan must say what it is after; these are the two kinds of advert that we read."""

_REASONS = {
    "org.bluez.Error.NotPermitted": "not permitted; all advertising slots of bluetoothd are probably taken",
    "org.bluez.Error.NotReady": "the adapter is switched off",
    "org.freedesktop.DBus.Error.ServiceUnknown": "bluetoothd is not running",
    "org.freedesktop.DBus.Error.NameHasNoOwner": "bluetoothd is not running",
    "org.freedesktop.DBus.Error.AccessDenied": "this user may not use bluetoothd",
    "org.freedesktop.DBus.Error.UnknownObject": "the adapter is gone",
}


class Scanner(Protocol):
    """What is used of bleak's scanner."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class Advertisement(ServiceInterface):
    """A payload as the object that bluetoothd reads when it is registered.

    Flags are left out: bluetoothd adds its own, and those of a broadcast are none.

    :raises ValueError: for a structure that BlueZ has no property for.
    """

    def __init__(self, payload: bytes, released: Callable[[], None]) -> None:
        super().__init__(_ADVERTISEMENT)
        self._released = released
        self._service_uuids: list[str] = []
        self._service_data: dict[str, Variant] = {}
        self._manufacturer_data: dict[int, Variant] = {}
        for kind, content in _structures(payload):
            match kind:
                case 0x01:  # flags
                    pass
                case 0x02 | 0x03:  # 16-bit service UUIDs, incomplete or complete list
                    pairs = (content[at : at + 2] for at in range(0, len(content), 2))
                    self._service_uuids += [_short_uuid(pair) for pair in pairs]
                case 0x16:  # service data, 16-bit UUID
                    self._service_data[_short_uuid(content[:2])] = Variant("ay", content[2:])
                case 0xFF:  # manufacturer specific data
                    company = int.from_bytes(content[:2], "little")
                    self._manufacturer_data[company] = Variant("ay", content[2:])
                case _:
                    raise ValueError(f"BlueZ has no property for structure 0x{kind:02X} of the payload")

    @dbus_method()
    def Release(self) -> None:
        self._released()

    @dbus_property(PropertyAccess.READ)
    def Type(self) -> DBusStr:
        return "broadcast"

    @dbus_property(PropertyAccess.READ)
    def ServiceUUIDs(self) -> Annotated[list[str], DBusSignature("as")]:
        return self._service_uuids

    @dbus_property(PropertyAccess.READ)
    def ServiceData(self) -> DBusDict:
        return self._service_data

    @dbus_property(PropertyAccess.READ)
    def ManufacturerData(self) -> Annotated[dict[int, Variant], DBusSignature("a{qv}")]:
        return self._manufacturer_data

    @dbus_property(PropertyAccess.READ)
    def MinInterval(self) -> DBusUInt32:
        return _MIN_INTERVAL_MS

    @dbus_property(PropertyAccess.READ)
    def MaxInterval(self) -> DBusUInt32:
        return _MAX_INTERVAL_MS


class BluezRadio:
    """A :class:`~bluezone.device.radio.interface.Radio` through bluetoothd. Unverified on hardware.

    :param adapter: its name, such as ``hci0``.
    :param new_bus: makes an unconnected connection to the system bus.
    :param new_scanner: makes a scanner, with bleak's arguments.
    """

    def __init__(
        self,
        adapter: str = "hci0",
        *,
        new_bus: Callable[[], MessageBus] = lambda: MessageBus(bus_type=BusType.SYSTEM),
        new_scanner: Callable[..., Scanner] = BleakScanner,
    ) -> None:
        self.adapter = adapter
        self._path = f"/org/bluez/{adapter}"
        self._new_bus = new_bus
        self._new_scanner = new_scanner
        self._passive = True
        self._sequence = asyncio.Lock()
        self._bus: MessageBus | None = None
        self._registered: tuple[str, Advertisement] | None = None
        self._count = 0
        self._window: asyncio.Future[Exception] | None = None

    async def open(self) -> None:
        await self.close()
        async with self._sequence:
            bus = self._new_bus()
            try:
                await bus.connect()
                self._bus = bus
                reply = await self._call("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
                self._check_adapter(reply[0])
            except BaseException as error:
                self._let_go()
                bus.disconnect()  # also needed after a failed connect, which leaves the socket open
                if isinstance(error, RadioError) or not isinstance(error, Exception):
                    raise
                reason = str(error) or type(error).__name__
                raise RadioError(f"the system message bus cannot be reached: {reason}") from error

    async def broadcast(self, payload: bytes) -> None:
        if not 0 < len(payload) <= MAX_ADVERT_BYTES:
            raise ValueError(f"a payload has 1 to {MAX_ADVERT_BYTES} bytes, not {len(payload)}")
        await asyncio.shield(asyncio.ensure_future(self._rotate(payload)))

    async def silence(self) -> None:
        await asyncio.shield(asyncio.ensure_future(self._hush()))

    async def listen(self, seconds: float, heard: Callable[[Reception], None]) -> None:
        if self._window is not None:
            raise RuntimeError(f"{self.adapter} is listening already")
        if self._bus is None:
            raise RadioError(f"the radio {self.adapter} is not open")
        window = self._window = asyncio.get_running_loop().create_future()

        def detected(device: BLEDevice, advert: AdvertisementData) -> None:
            data = structures_of(advert)
            if self._window is not window or window.done() or not data or advert.rssi == _NO_RSSI:
                return
            try:
                heard(Reception(device.address.upper(), data, advert.rssi))
            except Exception as error:  # noqa: BLE001 - handed to whoever called listen, who must see it
                window.set_result(error)

        try:
            scanner = await self._start_scanner(detected)
            try:
                await asyncio.wait({window}, timeout=seconds)
            finally:
                await scanner.stop()
        except (BleakError, OSError) as error:
            raise RadioError(f"scanning with {self.adapter} failed: {_bleak_reason(error)}") from error
        finally:
            self._window = None
        if window.done():
            raise window.result()

    async def close(self) -> None:
        async with self._sequence:
            self._let_go()

    async def _rotate(self, payload: bytes) -> None:
        advertisement = Advertisement(payload, self._on_released)
        async with self._sequence:
            await self._unregister()
            bus = self._open_bus()
            self._count += 1
            path = f"{_ROOT}{self._count}"
            bus.export(path, advertisement)
            self._registered = (path, advertisement)  # it may be on the air, whatever the answer
            try:
                await self._call(self._path, _MANAGER, "RegisterAdvertisement", "oa{sv}", [path, {}])
            except BaseException:
                with contextlib.suppress(RadioError):
                    await self._unregister()
                raise

    async def _hush(self) -> None:
        async with self._sequence:
            await self._unregister()

    async def _unregister(self) -> None:
        """Off the air whatever happens: bluetoothd drops the adverts of a client that leaves the bus."""
        if self._registered is None:
            return
        path, advertisement = self._registered
        try:
            await self._call(self._path, _MANAGER, "UnregisterAdvertisement", "o", [path])
        except _BusError as error:
            if error.name != "org.bluez.Error.DoesNotExist":
                self._let_go()
                raise
        except BaseException:
            self._let_go()
            raise
        self._open_bus().unexport(path, advertisement)
        self._registered = None

    def _let_go(self) -> None:
        bus, self._bus, self._registered = self._bus, None, None
        self._end_window(RadioError(f"the radio {self.adapter} was closed"))
        if bus is not None:
            bus.disconnect()

    def _on_released(self) -> None:
        """Bluetoothd took the advert off the air: the adapter was removed, or is being switched off."""
        logger.warning("bluetoothd ended the advert on %s", self.adapter)
        self._end_window(RadioError(f"bluetoothd ended the advert on {self.adapter}"))

    def _end_window(self, error: Exception) -> None:
        if self._window is not None and not self._window.done():
            self._window.set_result(error)

    async def _start_scanner(self, detected: Callable[[BLEDevice, AdvertisementData], None]) -> Scanner:
        """Passive where bluetoothd can (it needs its experimental interfaces), else active."""
        if self._passive:
            bluez: dict[str, Any] = {"adapter": self.adapter, "or_patterns": _PATTERNS}
            scanner = self._new_scanner(detected, scanning_mode="passive", bluez=bluez)
            try:
                await scanner.start()
            except (BleakBluetoothNotAvailableError, BleakDBusError):
                raise
            except BleakError as error:
                logger.warning("scanning actively, since passive scanning is refused: %s", error)
                self._passive = False
            else:
                return scanner
        filters = {"DuplicateData": True}
        scanner = self._new_scanner(
            detected, scanning_mode="active", bluez={"adapter": self.adapter, "filters": filters}
        )
        await scanner.start()
        return scanner

    def _check_adapter(self, objects: dict[str, dict[str, dict[str, Variant]]]) -> None:
        interfaces = objects.get(self._path)
        if interfaces is None:
            there = sorted(path.rpartition("/")[2] for path, has in objects.items() if _ADAPTER in has)
            raise RadioError(f"bluetoothd has no adapter {self.adapter}, only: {', '.join(there) or 'none'}")
        if _MANAGER not in interfaces:
            raise RadioError(f"{self.adapter} cannot advertise: bluetoothd offers no {_MANAGER} on it")
        powered = interfaces.get(_ADAPTER, {}).get("Powered")
        if powered is not None and not powered.value:
            raise RadioError(f"{self.adapter} is switched off")

    def _open_bus(self) -> MessageBus:
        if self._bus is None:
            raise RadioError(f"the radio {self.adapter} is not open")
        return self._bus

    async def _call(
        self, path: str, interface: str, member: str, signature: str = "", body: list[Any] | None = None
    ) -> list[Any]:
        message = Message(
            destination=_BLUEZ,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=body or [],
        )
        bus = self._open_bus()
        if not bus.connected:  # a call would wait for ever
            raise RadioError(f"{self.adapter}: the message bus is gone")
        try:
            reply = await asyncio.wait_for(bus.call(message), CALL_TIMEOUT)
        except TimeoutError as error:
            raise RadioError(f"{self.adapter}: no answer to {member} within {CALL_TIMEOUT:g} s") from error
        except Exception as error:  # the library promises no kind
            raise RadioError(f"{self.adapter}: the message bus is gone") from error
        if reply.message_type is MessageType.ERROR:
            name = reply.error_name or ""
            detail = _REASONS.get(name) or " ".join(map(str, [name, *reply.body])).strip()
            raise _BusError(name, f"{self.adapter}: {member} failed: {detail}")
        return reply.body


class _BusError(RadioError):
    """An answer of bluetoothd that is an error, by its name on the bus."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def structures_of(advert: AdvertisementData) -> bytes:
    """The structures that a reader needs, rebuilt from what BlueZ took apart: service and manufacturer data.

    Flags and UUID lists are lost on the way; nothing (``b""``) if neither kind of data was there.
    """
    found = [
        _structure(_SERVICE_DATA_16, int(uuid[:8], 16).to_bytes(2, "little") + data)
        for uuid, data in advert.service_data.items()
        if uuid.startswith("0000") and uuid.endswith(_BASE_UUID)
    ]
    found += [
        _structure(_MANUFACTURER, company.to_bytes(2, "little") + data)
        for company, data in advert.manufacturer_data.items()
    ]
    return b"".join(found)


def _structure(kind: int, content: bytes) -> bytes:
    return bytes([len(content) + 1, kind]) + content


def _structures(payload: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(payload):
        end = at + 1 + payload[at]
        if end > len(payload) or end == at + 1:
            raise ValueError(f"the payload's structure at {at} does not add up")
        yield payload[at + 1], payload[at + 2 : end]
        at = end


def _short_uuid(little_endian: bytes) -> str:
    return f"{int.from_bytes(little_endian, 'little'):04x}"


def _bleak_reason(error: Exception) -> str:
    if isinstance(error, BleakDBusError) and error.dbus_error in _REASONS:
        return _REASONS[error.dbus_error]
    return str(error) or type(error).__name__
