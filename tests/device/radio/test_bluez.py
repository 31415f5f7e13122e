"""The BlueZ backend against a bus whose bluetoothd is a stand-in; once over a real bus."""

# No "from __future__ import annotations" here: the D-Bus library reads the annotations themselves.
import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
)
from dbus_fast import DBusError, Message, MessageType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusDict, DBusInt16, DBusObjectPath, DBusSignature, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from bluezone.device.radio.bluez import Advertisement, BluezRadio, structures_of
from bluezone.device.radio.interface import RadioError, Reception
from bluezone.protocols.advert import (
    build_bluezone_advert,
    build_gaen_advert,
    parse_bluezone_advert,
    parse_gaen_advert,
)
from bluezone.replay.virtual_time import run_virtual

GAEN = "0000fd6f-0000-1000-8000-00805f9b34fb"
RPI, AEM = bytes(range(16)), bytes(range(16, 20))


class FakeBluetoothd:
    """What bluetoothd knows, and which calls it refuses; ``events`` is what it saw, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.on_air: dict[str, Advertisement] = {}
        self.slots = 1
        self.errors: dict[str, str] = {}
        self.deaf: set[str] = set()  # to these it does not even listen
        self.mute: set[str] = set()  # these it obeys without an answer
        self.objects: dict[str, dict[str, dict[str, Variant]]] = {
            "/org/bluez": {},
            "/org/bluez/hci0": {
                "org.bluez.Adapter1": {"Powered": Variant("b", True)},
                "org.bluez.LEAdvertisingManager1": {},
            },
        }


class FakeBus:
    """A connection to it; when it ends, so do its adverts, as with the original."""

    def __init__(self, bluetoothd: FakeBluetoothd, refused: Exception | None = None) -> None:
        self._bluetoothd = bluetoothd
        self._refused = refused
        self._exported: dict[str, Advertisement] = {}
        self.connected = False

    async def connect(self) -> None:
        if self._refused is not None:
            raise self._refused
        self.connected = True

    def disconnect(self) -> None:
        self.connected = False
        for path in self._exported:
            self._bluetoothd.on_air.pop(path, None)
        self._bluetoothd.events.append("disconnect")

    def export(self, path: str, interface: Advertisement) -> None:
        self._exported[path] = interface

    def unexport(self, path: str, interface: Advertisement) -> None:
        assert self._exported.pop(path) is interface

    async def call(self, message: Message) -> Message:
        daemon = self._bluetoothd
        assert message.member is not None
        daemon.events.append(message.member)
        if message.member in daemon.deaf:
            await asyncio.Event().wait()
        if name := daemon.errors.get(message.member):
            return failure(name)
        match message.member:
            case "GetManagedObjects":
                return success("a{oa{sa{sv}}}", [daemon.objects])
            case "RegisterAdvertisement":
                path = message.body[0]
                if len(daemon.on_air) >= daemon.slots:
                    return failure("org.bluez.Error.NotPermitted", "Maximum advertisements reached")
                daemon.on_air[path] = self._exported[path]
            case "UnregisterAdvertisement":
                if daemon.on_air.pop(message.body[0], None) is None:
                    return failure("org.bluez.Error.DoesNotExist")
        if message.member in daemon.mute:
            await asyncio.Event().wait()
        return success("", [])


def success(signature: str, body: list[Any]) -> Message:
    return Message(message_type=MessageType.METHOD_RETURN, reply_serial=1, signature=signature, body=body)


def failure(name: str, text: str = "") -> Message:
    return Message(
        message_type=MessageType.ERROR, reply_serial=1, error_name=name, signature="s", body=[text]
    )


class FakeScanner:
    """Bleak's scanner, moved by hand; ``passive_error`` is what a passive start raises."""

    made: list["FakeScanner"]
    passive_error: Exception | None = None
    active_error: Exception | None = None

    def __init__(self, callback: Callable[[BLEDevice, AdvertisementData], None], **arguments: Any) -> None:
        self.callback = callback
        self.arguments = arguments
        self.running = False
        self.made.append(self)

    async def start(self) -> None:
        passive = self.arguments["scanning_mode"] == "passive"
        if error := self.passive_error if passive else self.active_error:
            raise error
        self.running = True

    async def stop(self) -> None:
        self.running = False

    def detect(self, advert: AdvertisementData, address: str = "01:02:03:04:05:06") -> None:
        self.callback(BLEDevice(address, None, None), advert)


def new_scanner_type() -> type[FakeScanner]:
    return type("S", (FakeScanner,), {"made": []})


def radio_on(bluetoothd: FakeBluetoothd, scanner: type[FakeScanner] = FakeScanner) -> BluezRadio:
    return BluezRadio("hci0", new_bus=lambda: FakeBus(bluetoothd), new_scanner=scanner)  # type: ignore[arg-type,return-value]


def heard_advert(rssi: int = -60, **parts: Any) -> AdvertisementData:
    values: dict[str, Any] = {
        "local_name": None,
        "manufacturer_data": {},
        "service_data": {},
        "service_uuids": [],
        "tx_power": None,
        "platform_data": (),
    }
    return AdvertisementData(**{**values, **parts}, rssi=rssi)


def test_a_gaen_payload_becomes_the_properties_of_a_broadcast() -> None:
    advert = Advertisement(build_gaen_advert(RPI, AEM), lambda: None)
    assert advert.Type == "broadcast"
    assert advert.ServiceUUIDs == ["fd6f"]
    assert advert.ServiceData == {"fd6f": Variant("ay", RPI + AEM)}
    assert advert.ManufacturerData == {}
    assert (advert.MinInterval, advert.MaxInterval) == (250, 270)


def test_a_bluezone_payload_becomes_manufacturer_data() -> None:
    advert = Advertisement(build_bluezone_advert(RPI[:12]), lambda: None)
    assert advert.ServiceUUIDs == ["4e56"]
    assert advert.ManufacturerData == {0x22B5: Variant("ay", RPI[:12])}


@pytest.mark.parametrize(
    "payload",
    [b"\x05\x09name", b"\x09\x16\x6f\xfd", b"\x00\x00"],
    ids=["a name", "truncated", "an empty structure"],
)
def test_a_payload_bluez_cannot_carry_is_our_own_fault(payload: bytes) -> None:
    with pytest.raises(ValueError, match="structure"):
        Advertisement(payload, lambda: None)


def test_what_is_heard_can_be_read() -> None:
    gaen = structures_of(heard_advert(service_data={GAEN: RPI + AEM}, service_uuids=[GAEN]))
    assert gaen == bytes.fromhex("17166ffd") + RPI + AEM
    assert parse_gaen_advert(gaen).rpi == RPI
    old = structures_of(heard_advert(manufacturer_data={0x22B5: RPI[:12]}))
    assert parse_bluezone_advert(old).blid == RPI[:12]
    other = "12345678-0000-1000-8000-00805f9b34fb"
    assert structures_of(heard_advert(service_data={other: b"x"}, local_name="a lamp")) == b""


def test_a_rotation_unregisters_the_old_advert_before_the_new_one() -> None:
    async def main() -> FakeBluetoothd:
        bluetoothd = FakeBluetoothd()
        radio = radio_on(bluetoothd)
        await radio.open()
        for number in range(3):
            await radio.broadcast(build_gaen_advert(bytes([number] * 16), AEM))
            [advert] = bluetoothd.on_air.values()
            assert advert.ServiceData["fd6f"].value[0] == number
        await radio.silence()
        await radio.silence()
        assert not bluetoothd.on_air
        await radio.close()
        await radio.close()
        return bluetoothd

    register, unregister = "RegisterAdvertisement", "UnregisterAdvertisement"
    assert run_virtual(main()).events == [
        "GetManagedObjects",
        *(register, unregister, register, unregister, register, unregister),
        "disconnect",
    ]


def test_when_all_slots_are_taken_nothing_is_broadcast() -> None:
    async def main() -> None:
        bluetoothd = FakeBluetoothd()
        bluetoothd.slots = 0
        radio = radio_on(bluetoothd)
        await radio.open()
        with pytest.raises(RadioError, match=r"RegisterAdvertisement failed: .*slots .* taken"):
            await radio.broadcast(build_gaen_advert(RPI, AEM))
        assert not bluetoothd.on_air
        bluetoothd.slots = 1
        await radio.broadcast(build_gaen_advert(RPI, AEM))
        assert len(bluetoothd.on_air) == 1

    run_virtual(main())


@pytest.mark.parametrize("member", ["RegisterAdvertisement", "UnregisterAdvertisement"])
@pytest.mark.parametrize("fault", ["org.bluez.Error.Failed", "no answer"])
def test_whatever_fails_in_a_rotation_nothing_is_broadcast(member: str, fault: str) -> None:
    async def main() -> None:
        bluetoothd = FakeBluetoothd()
        radio = radio_on(bluetoothd)
        await radio.open()
        await radio.broadcast(build_gaen_advert(RPI, AEM))
        if fault == "no answer":
            bluetoothd.deaf.add(member)
        else:
            bluetoothd.errors[member] = fault
        with pytest.raises(RadioError, match=member):
            await radio.broadcast(build_gaen_advert(RPI[::-1], AEM))
        assert not bluetoothd.on_air
        bluetoothd.errors.clear()
        bluetoothd.deaf.clear()
        await radio.open()
        await radio.broadcast(build_gaen_advert(RPI, AEM))
        assert len(bluetoothd.on_air) == 1

    run_virtual(main())


def test_an_advert_registered_without_an_answer_is_taken_back() -> None:
    async def main() -> None:
        bluetoothd = FakeBluetoothd()
        bluetoothd.mute.add("RegisterAdvertisement")
        radio = radio_on(bluetoothd)
        await radio.open()
        with pytest.raises(RadioError, match="no answer to RegisterAdvertisement within 10 s"):
            await radio.broadcast(build_gaen_advert(RPI, AEM))
        assert not bluetoothd.on_air
        assert bluetoothd.events[-1] == "UnregisterAdvertisement"

    run_virtual(main())


def test_an_advert_that_bluetoothd_ended_by_itself_is_no_obstacle() -> None:
    async def main() -> None:
        bluetoothd = FakeBluetoothd()
        scanner = new_scanner_type()
        radio = radio_on(bluetoothd, scanner)
        await radio.open()
        await radio.broadcast(build_gaen_advert(RPI, AEM))
        listening = asyncio.ensure_future(radio.listen(60, lambda _: None))
        await asyncio.sleep(1)
        [advert] = bluetoothd.on_air.values()
        bluetoothd.on_air.clear()
        advert.Release()
        with pytest.raises(RadioError, match="ended the advert"):
            await listening
        await radio.broadcast(build_gaen_advert(RPI, AEM))
        assert len(bluetoothd.on_air) == 1

    run_virtual(main())


def test_a_lost_bus_is_said_and_opening_again_recovers() -> None:
    async def main() -> None:
        bluetoothd = FakeBluetoothd()
        buses: list[FakeBus] = []

        def new_bus() -> Any:
            buses.append(FakeBus(bluetoothd))
            return buses[-1]

        radio = BluezRadio("hci0", new_bus=new_bus)
        await radio.open()
        buses[0].disconnect()
        with pytest.raises(RadioError, match="the message bus is gone"):
            await radio.broadcast(build_gaen_advert(RPI, AEM))
        await radio.open()
        await radio.broadcast(build_gaen_advert(RPI, AEM))
        assert len(bluetoothd.on_air) == 1

    run_virtual(main())


@pytest.mark.parametrize(
    "error",
    [FileNotFoundError(2, "No such file", "/run/dbus/system_bus_socket"), PermissionError(13, "denied")],
)
def test_no_bus(error: Exception) -> None:
    bus = FakeBus(FakeBluetoothd(), error)
    radio = BluezRadio(new_bus=lambda: bus)  # type: ignore[arg-type,return-value]
    with pytest.raises(RadioError, match="system message bus cannot be reached"):
        run_virtual(radio.open())
    assert bus._bluetoothd.events == ["disconnect"]  # or its socket would stay open


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.objects.pop("/org/bluez/hci0"), "no adapter hci0, only: none"),
        (lambda d: d.objects["/org/bluez/hci0"].pop("org.bluez.LEAdvertisingManager1"), "cannot advertise"),
        (
            lambda d: d.objects["/org/bluez/hci0"].update(
                {"org.bluez.Adapter1": {"Powered": Variant("b", False)}}
            ),
            "switched off",
        ),
        (
            lambda d: d.errors.update(GetManagedObjects="org.freedesktop.DBus.Error.ServiceUnknown"),
            "bluetoothd is not running",
        ),
        (
            lambda d: d.errors.update(GetManagedObjects="org.freedesktop.DBus.Error.AccessDenied"),
            "may not use",
        ),
        (lambda d: d.errors.update(GetManagedObjects="com.example.Strange"), "com.example.Strange"),
    ],
)
def test_an_adapter_that_cannot_be_used_is_explained(
    change: Callable[[FakeBluetoothd], object], message: str
) -> None:
    bluetoothd = FakeBluetoothd()
    change(bluetoothd)
    with pytest.raises(RadioError, match=message):
        run_virtual(radio_on(bluetoothd).open())
    assert bluetoothd.events[-1] == "disconnect"


def test_listening_is_passive_and_hands_over_what_can_be_read() -> None:
    async def main() -> tuple[list[Reception], FakeScanner]:
        scanner_type = new_scanner_type()
        radio = radio_on(FakeBluetoothd(), scanner_type)
        await radio.open()
        heard: list[Reception] = []
        listening = asyncio.ensure_future(radio.listen(2, heard.append))
        await asyncio.sleep(1)
        [scanner] = scanner_type.made
        assert scanner.running
        scanner.detect(heard_advert(service_data={GAEN: RPI + AEM}), "0a:02:03:04:05:06")
        scanner.detect(heard_advert(rssi=-127, service_data={GAEN: RPI + AEM}))  # bleak's word for unknown
        scanner.detect(heard_advert(local_name="a lamp"))
        await listening
        scanner.detect(heard_advert(service_data={GAEN: RPI + AEM}))  # too late
        await radio.listen(2, heard.append)
        return heard, scanner

    heard, scanner = run_virtual(main())
    assert heard == [Reception("0A:02:03:04:05:06", bytes.fromhex("17166ffd") + RPI + AEM, -60)]
    assert not scanner.running
    assert scanner.arguments["scanning_mode"] == "passive"
    assert scanner.arguments["bluez"]["adapter"] == "hci0"
    patterns = [
        (at, int(kind), content.hex()) for at, kind, content in scanner.arguments["bluez"]["or_patterns"]
    ]
    assert patterns == [(0, 0x16, "6ffd"), (0, 0xFF, "b522")]


def test_where_passive_scanning_is_not_offered_it_scans_actively() -> None:
    async def main() -> list[str]:
        scanner = new_scanner_type()
        scanner.passive_error = BleakError(
            "passive scanning on Linux requires BlueZ >= 5.56 with --experimental"
        )
        radio = radio_on(FakeBluetoothd(), scanner)
        await radio.open()
        await radio.listen(2, lambda _: None)
        await radio.listen(2, lambda _: None)
        return [made.arguments["scanning_mode"] for made in scanner.made]

    assert run_virtual(main()) == ["passive", "active", "active"]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (BleakDBusError("org.bluez.Error.NotReady", ["Resource Not Ready"]), "switched off"),
        (
            BleakBluetoothNotAvailableError("No adapter", BleakBluetoothNotAvailableReason.NO_BLUETOOTH),
            "No adapter",
        ),
        (FileNotFoundError(2, "No such file or directory"), "No such file"),
    ],
)
def test_a_scan_that_cannot_start_is_explained(error: Exception, message: str) -> None:
    async def main() -> None:
        scanner = new_scanner_type()
        scanner.passive_error = error
        radio = radio_on(FakeBluetoothd(), scanner)
        await radio.open()
        for _ in range(2):  # nothing is left behind that would forbid another try
            with pytest.raises(RadioError, match=f"scanning with hci0 failed: .*{message}"):
                await radio.listen(2, lambda _: None)

    run_virtual(main())


def test_a_fault_in_the_listener_reaches_whoever_listens_and_the_scan_stops() -> None:
    async def main() -> None:
        scanner = new_scanner_type()
        radio = radio_on(FakeBluetoothd(), scanner)
        await radio.open()
        listening = asyncio.ensure_future(radio.listen(600, lambda _: {}["a bug"]))
        await asyncio.sleep(1)
        scanner.made[0].detect(heard_advert(service_data={GAEN: RPI + AEM}))
        with pytest.raises(KeyError, match="a bug"):
            await listening
        assert not scanner.made[0].running

    run_virtual(main())


def test_misuse_is_said() -> None:
    async def main() -> None:
        radio = radio_on(FakeBluetoothd(), new_scanner_type())
        with pytest.raises(RadioError, match="not open"):
            await radio.broadcast(build_gaen_advert(RPI, AEM))
        with pytest.raises(RadioError, match="not open"):
            await radio.listen(1, lambda _: None)
        with pytest.raises(ValueError, match="not 32"):
            await radio.broadcast(bytes(32))
        await radio.open()
        listening = asyncio.ensure_future(radio.listen(60, lambda _: None))
        await asyncio.sleep(1)
        with pytest.raises(RuntimeError, match="listening already"):
            await radio.listen(1, lambda _: None)
        await radio.close()
        with pytest.raises(RadioError, match="closed"):
            await listening

    run_virtual(main())


# Over a real bus: dbus-daemon carries every byte, bleak scans, and only bluetoothd is a stand-in.


class Adapter(ServiceInterface):
    def __init__(self) -> None:
        super().__init__("org.bluez.Adapter1")

    @dbus_property(PropertyAccess.READ)
    def Powered(self) -> DBusBool:
        return True

    @dbus_property(PropertyAccess.READ)
    def Address(self) -> DBusStr:
        return "00:11:22:33:44:55"


class Manager(ServiceInterface):
    """Reads each advert that is registered, as bluetoothd does, and keeps what it read."""

    def __init__(self, bus: MessageBus, client: Callable[[], str]) -> None:
        super().__init__("org.bluez.LEAdvertisingManager1")
        self._bus = bus
        self._client = client
        self.on_air: dict[str, dict[str, Any]] = {}

    @dbus_method()
    async def RegisterAdvertisement(self, path: DBusObjectPath, _options: DBusDict) -> None:
        reply = await self._bus.call(
            Message(
                destination=self._client(),
                path=path,
                interface="org.freedesktop.DBus.Properties",
                member="GetAll",
                signature="s",
                body=["org.bluez.LEAdvertisement1"],
            )
        )
        self.on_air[path] = {name: variant.value for name, variant in reply.body[0].items()}

    @dbus_method()
    def UnregisterAdvertisement(self, path: DBusObjectPath) -> None:
        if self.on_air.pop(path, None) is None:
            raise DBusError("org.bluez.Error.DoesNotExist", "Does Not Exist")


class MonitorManager(ServiceInterface):
    def __init__(self, registered: asyncio.Event) -> None:
        super().__init__("org.bluez.AdvertisementMonitorManager1")
        self._registered = registered

    @dbus_method()
    def RegisterMonitor(self, _path: DBusObjectPath) -> None:
        self._registered.set()

    @dbus_method()
    def UnregisterMonitor(self, _path: DBusObjectPath) -> None:
        pass


class Device(ServiceInterface):
    """A neighbour, as bluetoothd shows one whose advert it heard."""

    def __init__(self) -> None:
        super().__init__("org.bluez.Device1")

    @dbus_property(PropertyAccess.READ)
    def Address(self) -> DBusStr:
        return "0A:02:03:04:05:06"

    @dbus_property(PropertyAccess.READ)
    def Alias(self) -> DBusStr:
        return "0A-02-03-04-05-06"

    @dbus_property(PropertyAccess.READ)
    def Adapter(self) -> DBusObjectPath:
        return "/org/bluez/hci0"

    @dbus_property(PropertyAccess.READ)
    def RSSI(self) -> DBusInt16:
        return -67

    @dbus_property(PropertyAccess.READ)
    def UUIDs(self) -> Annotated[list[str], DBusSignature("as")]:
        return [GAEN]

    @dbus_property(PropertyAccess.READ)
    def ServiceData(self) -> DBusDict:
        return {GAEN: Variant("ay", RPI + AEM)}


@pytest.fixture
def system_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if (daemon := shutil.which("dbus-daemon")) is None:
        pytest.skip("there is no dbus-daemon here")
    config = tmp_path / "bus.conf"
    config.write_text(
        f"""<busconfig><type>system</type><listen>unix:path={tmp_path}/bus</listen><auth>EXTERNAL</auth>
        <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
        <allow user="*"/></policy></busconfig>"""
    )
    with subprocess.Popen(
        [daemon, f"--config-file={config}", "--nofork", "--print-address"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        monkeypatch.setitem(os.environ, "DBUS_SYSTEM_BUS_ADDRESS", address)
        yield
        process.terminate()


@pytest.mark.usefixtures("system_bus")
def test_over_a_real_bus() -> None:
    async def main() -> None:
        bluetoothd = await MessageBus(bus_address=os.environ["DBUS_SYSTEM_BUS_ADDRESS"]).connect()
        mine: list[MessageBus] = []

        def new_bus() -> MessageBus:
            mine.append(MessageBus(bus_address=os.environ["DBUS_SYSTEM_BUS_ADDRESS"]))
            return mine[-1]

        scanning = asyncio.Event()
        manager = Manager(bluetoothd, lambda: str(mine[-1].unique_name))
        for interface in (Adapter(), manager, MonitorManager(scanning)):
            bluetoothd.export("/org/bluez/hci0", interface)
        await bluetoothd.request_name("org.bluez")

        radio = BluezRadio("hci0", new_bus=new_bus)
        await radio.open()
        for number in (1, 2):
            await radio.broadcast(build_gaen_advert(bytes([number] * 16), AEM))
            [properties] = manager.on_air.values()
            assert properties == {
                "Type": "broadcast",
                "ServiceUUIDs": ["fd6f"],
                "ServiceData": {"fd6f": Variant("ay", bytes([number] * 16) + AEM)},
                "ManufacturerData": {},
                "MinInterval": 250,
                "MaxInterval": 270,
            }

        heard: asyncio.Future[Reception] = asyncio.get_running_loop().create_future()
        listening = asyncio.ensure_future(radio.listen(60, lambda r: heard.done() or heard.set_result(r)))
        await scanning.wait()
        bluetoothd.export("/org/bluez/hci0/dev_0A_02_03_04_05_06", Device())
        reception = await heard
        assert reception == Reception("0A:02:03:04:05:06", bytes.fromhex("17166ffd") + RPI + AEM, -67)
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
        await radio.silence()
        assert manager.on_air == {}
        await radio.close()
        bluetoothd.disconnect()

    asyncio.run(asyncio.wait_for(main(), 10))
