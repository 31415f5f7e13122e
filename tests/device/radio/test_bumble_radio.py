"""The radio on a virtual controller: pairs of address and payload that never mix, whatever fails."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable

import pytest
from bumble import hci
from bumble.transport.common import Transport, TransportInitError, TransportLostError
from hypothesis import example, given
from hypothesis import strategies as st

from bluezone.device.radio.bumble_radio import BumbleRadio, fresh_address
from bluezone.device.radio.interface import RadioError, Reception
from bluezone.replay.virtual_radio import VirtualController, VirtualLink, virtual_radio
from bluezone.replay.virtual_time import run_virtual


class FaultyController(VirtualController):
    """Refuses or ignores chosen commands once ``faults`` names them; all controllers of a test share it."""

    faults: dict[str, str]

    def on_hci_command_packet(self, command: hci.HCI_Command) -> None:
        match self.faults.get(what(command)):
            case "refuse":
                self.send_hci_packet(
                    hci.HCI_Command_Complete_Event(
                        num_hci_command_packets=1,
                        command_opcode=command.op_code,
                        return_parameters=hci.HCI_StatusReturnParameters(
                            hci.HCI_ErrorCode.HARDWARE_FAILURE_ERROR
                        ),
                    )
                )
            case "ignore":
                return
            case "obey in silence":
                getattr(self, f"on_{command.name.lower()}")(command)
            case "vanish":
                assert isinstance(self.host, object)
                self.host.on_transport_lost()  # type: ignore[union-attr]
            case _:
                super().on_hci_command_packet(command)


def what(command: hci.HCI_Command) -> str:
    match command:
        case hci.HCI_LE_Set_Advertising_Enable_Command():
            return f"advertise {command.advertising_enable}"
        case hci.HCI_LE_Set_Scan_Enable_Command():
            return f"scan {command.le_scan_enable}"
        case _:
            return command.name


def payload(number: int) -> bytes:
    return bytes([2, 1, 0x1A, 3, 3, 0x6F, 0xFD, 23, 0x16, 0x6F, 0xFD]) + number.to_bytes(20, "big")


def everywhere(_sender: str, _receiver: str, _time: float) -> float:
    return -63.0


def link_with(reach: Callable[[str, str, float], float | None] = everywhere) -> VirtualLink:
    return VirtualLink(reach, seed=1)


def on_air(link: VirtualLink) -> list[str]:
    return [advert.sender for advert in link.adverts()]


def test_two_radios_hear_each_other() -> None:
    async def main() -> tuple[list[Reception], list[Reception]]:
        link = link_with(lambda s, _r, _t: -50.0 if s == "an" else -70.0)
        heard: tuple[list[Reception], list[Reception]] = ([], [])
        radios = [virtual_radio(link, "an"), virtual_radio(link, "binh")]
        for number, radio in enumerate(radios):
            await radio.open()
            await radio.broadcast(payload(number))
        await asyncio.gather(*(radio.listen(2, h.append) for radio, h in zip(radios, heard, strict=True)))
        for radio in radios:
            await radio.close()
        return heard

    by_an, by_binh = run_virtual(main())
    assert {(r.data, r.rssi) for r in by_an} == {(payload(1), -70)}
    assert {(r.data, r.rssi) for r in by_binh} == {(payload(0), -50)}
    assert {r.address for r in by_an}.isdisjoint({r.address for r in by_binh})
    assert len(by_an) in (7, 8)  # 2 s / (270 to 280 ms), started at any phase


def test_each_rotation_is_heard_as_its_own_pair() -> None:
    async def main() -> list[Reception]:
        link = link_with()
        token, gateway = virtual_radio(link, "token"), virtual_radio(link, "gateway")
        await token.open()
        await gateway.open()
        heard: list[Reception] = []
        for number in range(4):
            await token.broadcast(payload(number))
            await gateway.listen(1, heard.append)
            await asyncio.sleep(900)
        return heard

    pairs = list(dict.fromkeys((r.address, r.data) for r in run_virtual(main())))
    assert [data for _, data in pairs] == [payload(n) for n in range(4)]
    assert len({address for address, _ in pairs}) == 4
    assert all(int(address[:2], 16) >> 6 == 0 for address, _ in pairs)  # non-resolvable private


def test_a_rotation_within_a_window_is_heard_before_and_after_never_mixed() -> None:
    async def main() -> tuple[list[tuple[float, Reception]], list[Reception]]:
        loop = asyncio.get_running_loop()
        link = link_with()
        token, gateway, other = (virtual_radio(link, n) for n in ("token", "gateway", "other"))
        for radio in (token, gateway, other):
            await radio.open()
        await other.broadcast(payload(9))
        heard: list[tuple[float, Reception]] = []
        by_token: list[Reception] = []
        await token.broadcast(payload(0))
        windows = asyncio.gather(
            gateway.listen(20, lambda r: heard.append((loop.time(), r))), token.listen(20, by_token.append)
        )
        await asyncio.sleep(10)
        count = len(by_token)
        await token.broadcast(payload(1))
        await windows
        assert len(by_token) > count  # its own listening went on after the change
        return [(t, r) for t, r in heard if r.data != payload(9)], by_token

    heard, by_token = run_virtual(main())
    before = {(r.address, r.data) for t, r in heard if t <= 10}
    after = {(r.address, r.data) for t, r in heard if t > 10}
    assert len(before) == len(after) == 1
    (old_address, old_data), (new_address, new_data) = *before, *after
    assert (old_data, new_data) == (payload(0), payload(1))
    assert old_address != new_address
    assert 71 <= len(by_token) <= 75  # 20 s / (270 to 280 ms), but for one that the pause may cost


@pytest.mark.parametrize("fault", ["refuse", "ignore", "vanish"])
@pytest.mark.parametrize(
    "command",
    [
        "advertise 0",
        "scan 0",
        "HCI_LE_SET_RANDOM_ADDRESS_COMMAND",
        "HCI_LE_SET_ADVERTISING_DATA_COMMAND",
        "scan 1",
        "advertise 1",
    ],
)
def test_whatever_fails_in_a_rotation_nothing_is_broadcast(command: str, fault: str) -> None:
    async def main() -> None:
        link = link_with()
        controller = type("C", (FaultyController,), {"faults": {}})
        token, gateway = virtual_radio(link, "token", controller=controller), virtual_radio(link, "gateway")
        await token.open()
        await gateway.open()
        await token.broadcast(payload(0))
        listening = asyncio.ensure_future(token.listen(60, lambda _: None))
        await asyncio.sleep(1)
        controller.faults[command] = fault
        with pytest.raises(RadioError):
            await token.broadcast(payload(1))
        with pytest.raises(RadioError):
            await listening
        if fault != "vanish":  # a controller out of reach cannot be told to stop
            assert on_air(link) == []
            await gateway.listen(2, lambda r: pytest.fail(f"heard {r}"))
        controller.faults.clear()
        link_before = len(on_air(link))
        await token.open()
        await token.broadcast(payload(2))
        heard: list[Reception] = []
        await gateway.listen(2, heard.append)
        assert {r.data for r in heard} - {payload(0)} == {payload(2)}
        assert len(on_air(link)) == link_before + 1

    run_virtual(main())


def test_an_advert_that_may_be_on_although_nobody_said_so_is_stopped() -> None:
    async def main() -> None:
        link = link_with()
        controller = type("C", (FaultyController,), {"faults": {"advertise 1": "obey in silence"}})
        token = virtual_radio(link, "token", controller=controller)
        await token.open()
        with pytest.raises(RadioError, match="no answer within 5 s"):
            await token.broadcast(payload(0))
        assert on_air(link) == []

    run_virtual(main())


class SlowController(VirtualController):
    """Takes 4 ms to answer a command, as a real one may: a caller can give up before the answer."""

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        assert self.host is not None
        asyncio.get_running_loop().call_later(0.004, self.host.on_packet, bytes(packet))


@pytest.mark.parametrize("milliseconds", range(1, 28, 2))
def test_a_cancelled_rotation_leaves_one_whole_pair(milliseconds: int) -> None:
    async def main() -> None:
        link = link_with()
        token = virtual_radio(link, "token", controller=SlowController)
        gateway = virtual_radio(link, "gateway")
        await token.open()
        await gateway.open()
        await token.broadcast(payload(0))
        old: list[Reception] = []
        await gateway.listen(1, old.append)
        rotation = asyncio.ensure_future(token.broadcast(payload(1)))
        await asyncio.sleep(milliseconds / 1000)
        assert rotation.cancel() == (milliseconds < 16)  # four commands
        await asyncio.sleep(0.1)
        assert rotation.cancelled() == (milliseconds < 16)
        new: list[Reception] = []
        await gateway.listen(2, new.append)
        [(address, data)] = {(r.address, r.data) for r in new}
        assert data == payload(1)
        assert address != old[0].address
        await token.broadcast(payload(2))
        await token.silence()
        assert on_air(link) == []

    run_virtual(main())


def test_a_cancelled_listen_stops_the_scan() -> None:
    async def main() -> None:
        asked = []
        link = link_with(lambda _s, _r, t: asked.append(t))
        token, gateway = virtual_radio(link, "token"), virtual_radio(link, "gateway")
        await token.open()
        await gateway.open()
        await token.broadcast(payload(0))
        listening = asyncio.ensure_future(gateway.listen(1000, lambda _: None))
        await asyncio.sleep(5)
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
        await asyncio.sleep(1)
        assert 5 < max(asked) < 7
        await gateway.listen(1, lambda _: None)  # and it can listen again

    run_virtual(main())


def test_silence_and_close_twice_are_fine() -> None:
    async def main() -> None:
        link = link_with()
        token = virtual_radio(link, "token")
        await token.close()
        await token.silence()
        await token.open()
        await token.silence()
        await token.broadcast(payload(0))
        assert on_air(link) == ["token"]
        await token.silence()
        assert on_air(link) == []
        await token.silence()
        await token.broadcast(payload(1))
        await token.close()
        assert on_air(link) == []
        await token.close()

    run_virtual(main())


def test_opening_again_starts_afresh() -> None:
    async def main() -> None:
        link = link_with()
        token = virtual_radio(link, "token")
        await token.open()
        await token.broadcast(payload(0))
        await token.open()
        assert on_air(link) == []

    run_virtual(main())


def test_a_radio_that_is_not_open_says_so() -> None:
    async def main() -> None:
        token = virtual_radio(link_with(), "token")
        with pytest.raises(RadioError, match="virtual:token is not open"):
            await token.broadcast(payload(0))
        with pytest.raises(RadioError, match="not open"):
            await token.listen(1, lambda _: None)

    run_virtual(main())


@pytest.mark.parametrize("size", [0, 32])
def test_a_payload_that_does_not_fit_is_our_own_fault(size: int) -> None:
    with pytest.raises(ValueError, match=f"not {size}"):
        run_virtual(virtual_radio(link_with(), "token").broadcast(bytes(size)))


def test_listening_twice_at_once_is_our_own_fault() -> None:
    async def main() -> None:
        radio = virtual_radio(link_with(), "token")
        await radio.open()
        first = asyncio.ensure_future(radio.listen(2, lambda _: None))
        await asyncio.sleep(1)
        with pytest.raises(RuntimeError, match="listening already"):
            await radio.listen(1, lambda _: None)
        await first

    run_virtual(main())


def test_a_fault_in_the_listener_reaches_whoever_listens() -> None:
    async def main() -> None:
        link = link_with()
        token, gateway = virtual_radio(link, "token"), virtual_radio(link, "gateway")
        await token.open()
        await gateway.open()
        await token.broadcast(payload(0))
        calls = []

        def faulty(reception: Reception) -> None:
            calls.append(reception)
            raise KeyError("a bug")

        with pytest.raises(KeyError, match="a bug"):
            await gateway.listen(600, faulty)
        assert asyncio.get_running_loop().time() < 1
        assert len(calls) == 1
        await gateway.listen(1, lambda _: None)

    run_virtual(main())


def test_closing_ends_a_listen_with_an_error() -> None:
    async def main() -> None:
        radio = virtual_radio(link_with(), "token")
        await radio.open()
        listening = asyncio.ensure_future(radio.listen(600, lambda _: None))
        await asyncio.sleep(1)
        await radio.close()
        with pytest.raises(RadioError, match="closed"):
            await listening

    run_virtual(main())


def test_an_adapter_lost_while_listening_ends_it_and_opening_again_recovers() -> None:
    async def main() -> None:
        link = link_with()
        controllers: list[VirtualController] = []

        async def connect(_spec: str) -> Transport:
            controllers.append(VirtualController("gateway", link))
            return Transport(controllers[-1], controllers[-1])

        radio = BumbleRadio("usb:0", connect=connect)
        await radio.open()
        loop = asyncio.get_running_loop()
        loop.call_later(3, lambda: controllers[0].host.on_transport_lost())  # type: ignore[union-attr]
        with pytest.raises(RadioError, match="usb:0 is gone"):
            await radio.listen(600, lambda _: None)
        assert loop.time() == pytest.approx(3)
        with pytest.raises(RadioError, match="usb:0 is gone"):
            await radio.broadcast(payload(0))
        await radio.open()
        await radio.broadcast(payload(1))
        assert on_air(link) == ["gateway"]

    run_virtual(main())


class USBErrorBusy(Exception):
    """As the USB library names and numbers it."""

    value = -6


USBErrorBusy.__module__ = "usb1"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(errno.EPERM, "Operation not permitted"), "permission denied"),
        (OSError(errno.EBUSY, "Device or resource busy"), "it is in use"),
        (OSError(errno.ENODEV, "No such device"), "there is no such adapter"),
        (OSError(errno.EAFNOSUPPORT, "Address family"), "no Bluetooth sockets"),
        (USBErrorBusy(), "it is in use"),
        (TransportInitError("device not found"), "device not found"),
        (TransportLostError("transport lost"), "the adapter is gone"),
        (Exception("Bluetooth HCI sockets not supported on this platform"), "not supported on this platform"),
        (AssertionError(), "AssertionError"),
    ],
)
def test_an_adapter_that_cannot_be_opened_is_explained(error: Exception, reason: str) -> None:
    async def connect(_spec: str) -> Transport:
        raise error

    with pytest.raises(RadioError, match=f"cannot open the radio usb:0: .*{reason}"):
        run_virtual(BumbleRadio("usb:0", connect=connect).open())


def test_a_real_serial_port_that_is_not_there() -> None:
    with pytest.raises(RadioError, match="radio serial:/dev/nowhere: there is no such adapter"):
        asyncio.run(BumbleRadio("serial:/dev/nowhere").open())


def test_a_controller_that_refuses_to_start_is_let_go_of() -> None:
    async def main() -> None:
        link = link_with()
        controller = type(
            "C", (FaultyController,), {"faults": {"HCI_LE_SET_SCAN_PARAMETERS_COMMAND": "refuse"}}
        )
        closed = []
        controller.close = lambda self: closed.append(self)  # type: ignore[attr-defined]
        radio = virtual_radio(link, "token", controller=controller)
        with pytest.raises(RadioError, match=r"SCAN_PARAMETERS.* refused .*HARDWARE_FAILURE"):
            await radio.open()
        assert closed
        with pytest.raises(RadioError, match="not open"):
            await radio.broadcast(payload(0))

    run_virtual(main())


@given(st.lists(st.binary(min_size=6, max_size=6), min_size=1))
@example([bytes(6), bytes([0xFF] * 6), bytes([0, 0, 0, 0, 0, 0xC0]), bytes([1, 2, 3, 4, 5, 6])])
def test_a_fresh_address_is_non_resolvable_and_not_trivial(draws: list[bytes]) -> None:
    draws = [*draws, bytes.fromhex("112233445566")]
    left = iter(draws)
    raw = bytes(fresh_address(lambda size: next(left)[:size]))  # least significant byte first
    number = int.from_bytes(raw, "little")
    assert number >> 46 == 0
    assert number not in (0, 2**46 - 1)


def test_a_fresh_address_skips_what_the_specification_forbids() -> None:
    draws = iter([bytes(6), bytes([0xFF] * 6), bytes([0, 0, 0, 0, 0, 0xC0]), bytes([1, 2, 3, 4, 5, 0xC6])])
    address = fresh_address(lambda _: next(draws))
    assert address.to_string() == "06:05:04:03:02:01"
    assert address.is_random
    assert not address.is_resolvable
    assert not address.is_static
