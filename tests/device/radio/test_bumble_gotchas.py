"""What Bumble and controllers do that a tracing radio must not fall for: each test fails if it does.

The numbers are those of ``radio-and-risk.md`` §1. Where the stock controller shows the fault, a test says so,
to notice when it has been mended there.
"""

from __future__ import annotations

import asyncio
import gc
import re
import tracemalloc
from collections.abc import Callable
from itertools import pairwise

import pytest
from bumble import hci
from bumble.controller import Controller
from bumble.link import LocalLink
from bumble.transport.common import Transport

from bluezone.device.radio.bumble_radio import BumbleRadio
from bluezone.device.radio.interface import Reception
from bluezone.replay.virtual_radio import VirtualController, VirtualLink, virtual_radio
from bluezone.replay.virtual_time import run_virtual

PAYLOAD = bytes([2, 1, 0x1A, 3, 3, 0x6F, 0xFD, 23, 0x16, 0x6F, 0xFD]) + bytes(range(20))


class Recorder(VirtualController):
    """Keeps every command it was sent."""

    def __init__(self, name: str, link: VirtualLink) -> None:
        super().__init__(name, link)
        self.commands: list[hci.HCI_Command] = []

    def on_hci_command_packet(self, command: hci.HCI_Command) -> None:
        self.commands.append(command)
        super().on_hci_command_packet(command)


def radio_on(controller: Controller) -> BumbleRadio:
    async def connect(_spec: str) -> Transport:
        return Transport(controller, controller)

    return BumbleRadio("test", connect=connect)


async def heard_with(
    seconds: float,
    reach: Callable[[str, str, float], float | None] = lambda _s, _r, _t: -60.0,
) -> list[tuple[float, Reception]]:
    """What one gateway hears of one token, and when."""
    loop = asyncio.get_running_loop()
    link = VirtualLink(reach, seed=3)
    token, gateway = virtual_radio(link, "token"), virtual_radio(link, "gateway")
    await token.open()
    await gateway.open()
    await token.broadcast(PAYLOAD)
    heard: list[tuple[float, Reception]] = []
    await gateway.listen(seconds, lambda r: heard.append((loop.time(), r)))
    await token.close()
    await gateway.close()
    return heard


async def stock_reports(advertising_type: int) -> list[hci.HCI_LE_Advertising_Report_Event.Report]:
    """One advert between two stock controllers, as the scanner's host is told of it."""
    link = LocalLink()
    sender, receiver = Controller("a", link=link), Controller("b", link=link)
    reports: list[hci.HCI_LE_Advertising_Report_Event.Report] = []

    class Sink:
        def on_packet(self, packet: bytes) -> None:
            event = hci.HCI_Packet.from_bytes(packet)
            if isinstance(event, hci.HCI_LE_Advertising_Report_Event):
                reports.extend(event.reports)

    receiver.set_packet_sink(Sink())
    receiver.le_features &= ~hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
    receiver.le_scan_enable = True
    sender.random_address = hci.Address("00:01:02:03:04:05")
    advertiser = sender.le_legacy_advertiser
    advertiser.advertising_type = advertising_type
    advertiser.own_address_type = hci.OwnAddressType.RANDOM
    advertiser.advertising_data = PAYLOAD
    advertiser.enabled = True
    advertiser.send_advertising_data()
    await asyncio.sleep(1)
    return reports


def test_the_stock_controller_sends_connectable_adverts_only_and_reports_them_twice_at_one_strength() -> None:
    types = hci.HCI_LE_Advertising_Report_Event.EventType
    assert run_virtual(stock_reports(types.ADV_NONCONN_IND)) == []
    reports = run_virtual(stock_reports(types.ADV_IND))
    assert [r.event_type for r in reports] == [types.ADV_IND, types.SCAN_RSP]
    assert {r.rssi for r in reports} == {-50}


def test_non_connectable_adverts_arrive_as_such() -> None:
    async def main() -> tuple[list[Reception], list[hci.HCI_Command]]:
        link = VirtualLink(lambda _s, _r, _t: -60.0, seed=3)
        recorder = Recorder("token", link)
        token, gateway = radio_on(recorder), virtual_radio(link, "gateway")
        await token.open()
        await gateway.open()
        await token.broadcast(PAYLOAD)
        heard: list[Reception] = []
        await gateway.listen(2, heard.append)
        return heard, recorder.commands

    heard, commands = run_virtual(main())
    assert {r.data for r in heard} == {PAYLOAD}
    [parameters] = [c for c in commands if isinstance(c, hci.HCI_LE_Set_Advertising_Parameters_Command)]
    assert parameters.advertising_type == 3  # ADV_NONCONN_IND
    assert parameters.own_address_type == 1  # random
    assert bytes(parameters)[4:8] == bytes.fromhex("9001b001")  # 400 and 432 units of 0.625 ms: 250-270 ms


def test_each_advert_is_heard_once_at_its_interval() -> None:
    times = [time for time, _ in run_virtual(heard_with(270))]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= 0.270 - 1e-9  # read as 432 ms, the interval would be 1.6 times as long
    assert max(gaps) <= 0.280 + 1e-9  # plus the 0-10 ms of the specification
    assert sum(gaps) / len(gaps) == pytest.approx(0.275, abs=1e-4)


def test_a_scan_response_is_not_a_second_reception() -> None:
    async def main() -> list[Reception]:
        controller = VirtualController("gateway", VirtualLink(lambda _s, _r, _t: None, seed=1))
        gateway = radio_on(controller)
        await gateway.open()
        heard: list[Reception] = []
        listening = asyncio.ensure_future(gateway.listen(1, heard.append))
        await asyncio.sleep(0.5)
        for kind in (3, 4, 0, 4, 2, 1):  # 4 is a scan response, 1 directed at somebody else
            controller.send_hci_packet(report(event_type=kind))
        await listening
        return heard

    assert len(run_virtual(main())) == 3


def test_strength_is_that_of_each_advert() -> None:
    levels = iter(range(-90, -30))
    rssi = [r.rssi for _, r in run_virtual(heard_with(5, lambda _s, _r, _t: next(levels)))]
    assert rssi == list(range(-90, -90 + len(rssi)))
    assert len(rssi) >= 17


def test_a_report_without_a_strength_is_no_reception() -> None:
    async def main() -> list[Reception]:
        controller = VirtualController("gateway", VirtualLink(lambda _s, _r, _t: None, seed=1))
        gateway = radio_on(controller)
        await gateway.open()
        heard: list[Reception] = []
        listening = asyncio.ensure_future(gateway.listen(1, heard.append))
        await asyncio.sleep(0.5)
        controller.send_hci_packet(report(rssi=127))  # "not available" (Core vol. 4 part E, 7.7.65.2)
        controller.send_hci_packet(report(rssi=-71))
        await listening
        return heard

    assert [r.rssi for r in run_virtual(main())] == [-71]


def test_legacy_commands_alone_are_sent_even_to_a_controller_with_extended_advertising() -> None:
    """Having seen one of the other kind, a controller refuses these (Core vol. 4 part E, 3.1.1)."""

    class Modern(Recorder):
        le_features = Controller.le_features | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
        supported_commands = Controller.supported_commands | {
            hci.HCI_LE_READ_NUMBER_OF_SUPPORTED_ADVERTISING_SETS_COMMAND,
            hci.HCI_LE_READ_MAXIMUM_ADVERTISING_DATA_LENGTH_COMMAND,
        }

    async def main() -> tuple[list[Reception], list[hci.HCI_Command]]:
        link = VirtualLink(lambda _s, _r, _t: -60.0, seed=3)
        modern, token = Modern("gateway", link), virtual_radio(link, "token")
        gateway = radio_on(modern)
        await gateway.open()
        await gateway.broadcast(PAYLOAD)
        await token.open()
        await token.broadcast(PAYLOAD)
        heard: list[Reception] = []
        await gateway.listen(2, heard.append)
        await gateway.close()
        return heard, modern.commands

    heard, commands = run_virtual(main())
    assert len(heard) >= 7
    of_the_other_kind = re.compile("EXTENDED|ADVERTISING_SET|MAXIMUM_ADVERTISING")
    assert [c.name for c in commands if of_the_other_kind.search(c.name)] == []
    [mask] = [c for c in commands if isinstance(c, hci.HCI_LE_Set_Event_Mask_Command)]
    assert int.from_bytes(mask.le_event_mask, "little") == 0b10  # LE Advertising Report, no extended ones


def test_scanning_is_passive_unfiltered_and_without_gaps() -> None:
    async def main() -> list[hci.HCI_Command]:
        recorder = Recorder("gateway", VirtualLink(lambda _s, _r, _t: None, seed=1))
        gateway = radio_on(recorder)
        await gateway.open()
        await gateway.listen(2, lambda _: None)
        return recorder.commands

    commands = run_virtual(main())
    [parameters] = [c for c in commands if isinstance(c, hci.HCI_LE_Set_Scan_Parameters_Command)]
    assert parameters.le_scan_type == 0  # passive
    assert parameters.le_scan_interval == parameters.le_scan_window
    enabled = [c for c in commands if isinstance(c, hci.HCI_LE_Set_Scan_Enable_Command)]
    assert [(c.le_scan_enable, c.filter_duplicates) for c in enabled] == [(1, 0), (0, 0)]


def test_the_address_changes_with_the_payload_and_never_by_a_timer() -> None:
    """Bumble's own rotation (every 900 s) would set an address without a payload, and the wrong one."""

    async def main() -> tuple[list[hci.Address], list[hci.Address]]:
        link = VirtualLink(lambda _s, _r, _t: None, seed=1)
        recorder = Recorder("token", link)
        token = radio_on(recorder)
        await token.open()
        await token.broadcast(PAYLOAD)
        await asyncio.sleep(3600)
        used = [recorder.random_address]
        await token.broadcast(PAYLOAD)
        used.append(recorder.random_address)
        changes = [c for c in recorder.commands if isinstance(c, hci.HCI_LE_Set_Random_Address_Command)]
        return used, [change.random_address for change in changes]

    used, sent = run_virtual(main())
    assert len(sent) == 3  # at power on, so that the public address is never used, and for each payload
    assert used == sent[1:]
    assert len(set(sent)) == 3


def test_thousands_of_addresses_leave_nothing_behind() -> None:
    async def main() -> int:
        link = VirtualLink(lambda _s, _r, _t: None, seed=1)
        controller = VirtualController("gateway", link)
        gateway = radio_on(controller)
        await gateway.open()
        listening = asyncio.ensure_future(gateway.listen(10, lambda _: None))
        await asyncio.sleep(1)
        host = controller.host
        assert host is not None

        def hear(numbers: range) -> None:
            for number in numbers:
                host.on_packet(bytes(report(address=number)))

        hear(range(100))  # what is allocated once
        gc.collect()
        tracemalloc.start()
        try:
            hear(range(100, 2_100))
            gc.collect()
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        await listening
        return kept

    assert run_virtual(main()) < 2_000 * 20  # bytes; each address kept would make some 500


def test_a_controller_refuses_another_address_while_it_is_active_and_the_radio_pauses_for_it() -> None:
    async def main() -> tuple[list[hci.HCI_ErrorCode], list[str]]:
        link = VirtualLink(lambda _s, _r, _t: None, seed=1)
        recorder = Recorder("token", link)
        token = radio_on(recorder)
        await token.open()
        await token.broadcast(PAYLOAD)
        listening = asyncio.ensure_future(token.listen(10, lambda _: None))
        await asyncio.sleep(1)
        change = hci.HCI_LE_Set_Random_Address_Command(random_address=hci.Address("00:00:00:00:00:01"))
        answers = [recorder.on_hci_le_set_random_address_command(change).status]  # advertising and scanning
        await token.silence()
        answers.append(recorder.on_hci_le_set_random_address_command(change).status)  # scanning
        await token.broadcast(PAYLOAD)
        recorder.commands.clear()
        await token.broadcast(PAYLOAD)
        names = [c.name.removeprefix("HCI_LE_SET_").removesuffix("_COMMAND") for c in recorder.commands]
        await listening
        return answers, names

    answers, names = run_virtual(main())
    assert answers == [hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR] * 2
    assert names == [
        "ADVERTISING_ENABLE",
        "SCAN_ENABLE",
        "RANDOM_ADDRESS",
        "ADVERTISING_DATA",
        "SCAN_ENABLE",
        "ADVERTISING_ENABLE",
    ]


def report(*, event_type: int = 3, address: int = 1, rssi: int = -60) -> hci.HCI_LE_Advertising_Report_Event:
    return hci.HCI_LE_Advertising_Report_Event(
        [
            hci.HCI_LE_Advertising_Report_Event.Report(
                event_type=event_type,
                address_type=hci.AddressType.RANDOM_DEVICE,
                address=hci.Address(address.to_bytes(6, "little"), hci.AddressType.RANDOM_DEVICE),
                data=PAYLOAD,
                rssi=rssi,
            )
        ]
    )
