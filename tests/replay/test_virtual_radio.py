"""The virtual air: repeatable, free when nobody listens, exact in time, and honest about who is near."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import groupby, pairwise
from random import Random

import pytest
from bumble import hci
from hypothesis import given
from hypothesis import strategies as st

from bluezone.device.radio.interface import Reception
from bluezone.replay.virtual_radio import VirtualController, VirtualLink, virtual_radio
from bluezone.replay.virtual_time import run_virtual


def payload(number: int) -> bytes:
    return bytes([23, 0x16, 0x6F, 0xFD]) + number.to_bytes(20, "big")


async def an_hour(seed: int) -> tuple[list[tuple[str, float, Reception]], int]:
    """Four people, two in each of two rooms, scanning 2 s every 4 to 5 minutes, rotating twice."""
    loop = asyncio.get_running_loop()
    noise = Random(seed)
    room = {"an": 1, "binh": 1, "chi": 2, "dung": 2}

    def reach(sender: str, receiver: str, _time: float) -> float | None:
        return noise.gauss(-65, 4) if room[sender] == room[receiver] and noise.random() > 0.1 else None

    link = VirtualLink(reach, seed=seed)
    heard: list[tuple[str, float, Reception]] = []

    async def person(number: int, name: str) -> None:
        waits = Random(f"{seed}/{name}")
        radio = virtual_radio(link, name)
        await radio.open()
        for window in range(13):
            if window % 6 == 0:
                await radio.broadcast(payload(number))
            await asyncio.sleep(waits.uniform(240, 300))
            await radio.listen(2, lambda r: heard.append((name, loop.time(), r)))
        await radio.close()

    await asyncio.gather(*(person(n, name) for n, name in enumerate(room)))
    return heard, link.receptions


def test_the_same_seed_gives_the_same_receptions_and_another_seed_others() -> None:
    first, again, other = (run_virtual(an_hour(seed)) for seed in (7, 7, 8))
    assert first == again
    assert first[0] != other[0]
    heard, receptions = first
    assert len(heard) == receptions
    # 4 people × 13 windows × 2 s / 0.275 s × 90 %, less what the first or last to live hears of nobody
    assert 270 < receptions < 345
    partner = {"an": 1, "binh": 0, "chi": 3, "dung": 2}
    assert all(r.data == payload(partner[name]) for name, _, r in heard)


def test_adverts_cost_nothing_while_nobody_listens() -> None:
    def nobody(_sender: str, _receiver: str, _time: float) -> float | None:
        pytest.fail("asked although nobody scans")

    async def main() -> int:
        link = VirtualLink(nobody, seed=1)
        for number in range(24):
            radio = virtual_radio(link, f"token {number}")
            await radio.open()
            await radio.broadcast(payload(number))
        turns = 0
        loop = asyncio.get_running_loop()
        await asyncio.sleep(10)  # what is left of power-on
        select = loop._selector.select  # type: ignore[attr-defined]

        def counted(timeout: float | None) -> object:
            nonlocal turns
            turns += 1
            return select(timeout)

        loop._selector.select = counted  # type: ignore[attr-defined]
        await asyncio.sleep(30 * 86_400)
        return turns

    assert run_virtual(main()) < 100  # 240 million adverts


def test_reach_decides_advert_by_advert_and_is_asked_once_for_each() -> None:
    asked: Counter[tuple[str, str, float]] = Counter()

    def reach(sender: str, receiver: str, time: float) -> float | None:
        asked[sender, receiver, time] += 1
        return None if sender == "far" or int(time) % 2 else -60.0

    async def main() -> tuple[list[tuple[float, bytes]], list[tuple[float, bytes]], int]:
        loop = asyncio.get_running_loop()
        link = VirtualLink(reach, seed=1)
        radios = {name: virtual_radio(link, name) for name in ("near", "far", "one", "two")}
        for number, radio in enumerate(radios.values()):
            await radio.open()
            if number < 2:
                await radio.broadcast(payload(number))
        one: list[tuple[float, bytes]] = []
        two: list[tuple[float, bytes]] = []
        first = asyncio.ensure_future(radios["one"].listen(20, lambda r: one.append((loop.time(), r.data))))
        await asyncio.sleep(3.3)
        await radios["two"].listen(10, lambda r: two.append((loop.time(), r.data)))
        await first
        return one, two, link.receptions

    one, two, receptions = run_virtual(main())
    assert set(asked.values()) == {1}
    assert {(s, r) for s, r, _ in asked} == {(s, r) for s in ("near", "far") for r in ("one", "two")}
    assert {data for _, data in one} == {payload(0)}
    assert all(int(time) % 2 == 0 for time, _ in one)
    # The same adverts, each at its one time, although the windows began at different times.
    within = [(time, data) for time, data in one if 3.3 <= time < 13.3]
    assert two == within
    assert receptions == len(one) + len(two)


def test_an_advert_that_starts_or_stops_within_a_window_is_heard_in_between_only() -> None:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        link = VirtualLink(lambda _s, _r, _t: -60.0, seed=1)
        token, gateway = virtual_radio(link, "token"), virtual_radio(link, "gateway")
        await token.open()
        await gateway.open()
        heard: list[float] = []
        listening = asyncio.ensure_future(gateway.listen(10, lambda _: heard.append(loop.time())))
        await asyncio.sleep(2.5)
        await token.broadcast(payload(1))
        await asyncio.sleep(4)
        await token.silence()
        await listening
        return heard

    heard = run_virtual(main())
    assert heard[0] == pytest.approx(2.5, abs=0.006)
    assert heard[-1] == pytest.approx(6.5 - 0.14, abs=0.15)
    assert max(later - earlier for earlier, later in pairwise(heard)) <= 0.280 + 1e-9


def test_nobody_hears_themselves() -> None:
    async def main() -> None:
        link = VirtualLink(lambda _s, _r, _t: -60.0, seed=1)
        radio = virtual_radio(link, "an")
        await radio.open()
        await radio.broadcast(payload(1))
        await radio.listen(5, lambda r: pytest.fail(f"heard {r}"))

    run_virtual(main())


@pytest.mark.parametrize(
    ("level", "reported"), [(-60.4, -60), (-60.6, -61), (-300.0, -127), (35.0, 20)], ids=str
)
def test_strength_is_rounded_into_what_hci_can_say(level: float, reported: int) -> None:
    async def main() -> set[int]:
        link = VirtualLink(lambda _s, _r, _t: level, seed=1)
        token, gateway = virtual_radio(link, "token"), virtual_radio(link, "gateway")
        await token.open()
        await gateway.open()
        await token.broadcast(payload(1))
        heard: set[int] = set()
        await gateway.listen(2, lambda r: heard.add(r.rssi))
        return heard

    assert run_virtual(main()) == {reported}


@given(
    seed=st.integers(0, 2**32),
    cuts=st.lists(st.floats(0, 3600), min_size=2, max_size=6).map(sorted),
)
def test_the_times_of_an_advert_do_not_depend_on_who_asks(seed: int, cuts: list[float]) -> None:
    async def main() -> tuple[list[float], list[float]]:
        advert = VirtualLink(lambda _s, _r, _t: None, seed=seed).start_advert("token", 0.275, b"")
        pieces = [t for a, b in pairwise(cuts) for t in advert.times(a, b)]
        return pieces, list(advert.times(cuts[0], cuts[-1]))

    pieces, whole = run_virtual(main())
    assert pieces == whole
    assert all(0.270 - 1e-9 <= later - earlier <= 0.280 + 1e-9 for earlier, later in pairwise(whole))
    assert len(whole) == pytest.approx((cuts[-1] - cuts[0]) / 0.275, abs=1.1)


def test_a_reset_stops_everything_and_forgets_the_address() -> None:
    async def main() -> list[object]:
        link = VirtualLink(lambda _s, _r, _t: -60.0, seed=1)
        token = VirtualController("token", link)
        enable = hci.HCI_LE_Set_Advertising_Enable_Command(advertising_enable=1)
        token.on_hci_le_set_advertising_parameters_command(parameters(hci.OwnAddressType.RANDOM))
        token.on_hci_le_set_random_address_command(
            hci.HCI_LE_Set_Random_Address_Command(random_address=hci.Address("00:01:02:03:04:05"))
        )
        seen: list[object] = [token.on_hci_le_set_advertising_enable_command(enable).status]
        seen.append(len(list(link.adverts())))
        token.on_hci_reset_command(hci.HCI_Reset_Command())
        seen.append(len(list(link.adverts())))
        seen.append(token.on_hci_le_set_advertising_enable_command(enable).status)
        return seen

    assert run_virtual(main()) == [0, 1, 0, hci.HCI_ErrorCode.INVALID_COMMAND_PARAMETERS_ERROR]


def test_a_controller_refuses_what_it_cannot_simulate_or_real_ones_refuse() -> None:
    async def main() -> list[object]:
        token = VirtualController("token", VirtualLink(lambda _s, _r, _t: None, seed=1))
        directed = parameters(hci.OwnAddressType.PUBLIC, kind=1)
        seen: list[object] = [token.on_hci_le_set_advertising_parameters_command(directed).status]
        allowed = parameters(hci.OwnAddressType.PUBLIC)
        seen.append(token.on_hci_le_set_advertising_parameters_command(allowed).status)
        token.on_hci_le_set_advertising_enable_command(
            hci.HCI_LE_Set_Advertising_Enable_Command(advertising_enable=1)
        )
        seen.append(token.on_hci_le_set_advertising_parameters_command(allowed).status)
        return seen

    assert run_virtual(main()) == [
        hci.HCI_ErrorCode.UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE_ERROR,
        hci.HCI_ErrorCode.SUCCESS,
        hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR,
    ]


def test_new_data_while_on_the_air_replaces_the_old_at_once() -> None:
    async def main() -> list[bytes]:
        link = VirtualLink(lambda _s, _r, _t: -60.0, seed=1)
        token, gateway = VirtualController("token", link), virtual_radio(link, "gateway")
        await gateway.open()
        token.on_hci_le_set_advertising_parameters_command(parameters(hci.OwnAddressType.PUBLIC))
        set_data = token.on_hci_le_set_advertising_data_command
        set_data(hci.HCI_LE_Set_Advertising_Data_Command(advertising_data=payload(1)))
        token.on_hci_le_set_advertising_enable_command(
            hci.HCI_LE_Set_Advertising_Enable_Command(advertising_enable=1)
        )
        heard: list[bytes] = []
        listening = asyncio.ensure_future(gateway.listen(2, lambda r: heard.append(r.data)))
        await asyncio.sleep(1)
        set_data(hci.HCI_LE_Set_Advertising_Data_Command(advertising_data=payload(2)))
        await listening
        return heard

    heard = run_virtual(main())
    assert [data for data, _ in groupby(heard)] == [payload(1), payload(2)]


def parameters(own_address: int, kind: int = 3) -> hci.HCI_LE_Set_Advertising_Parameters_Command:
    return hci.HCI_LE_Set_Advertising_Parameters_Command(
        advertising_interval_min=432,
        advertising_interval_max=432,
        advertising_type=kind,
        own_address_type=own_address,
        peer_address_type=0,
        peer_address=hci.Address.ANY,
        advertising_channel_map=7,
        advertising_filter_policy=0,
    )
