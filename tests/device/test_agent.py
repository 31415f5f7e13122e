"""The agent on a virtual clock: what it sends and for how long, what it keeps, how it outlives its radio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from tests.device.fake_radio import Air, FakeRadio

from bluezone.device.agent import (
    Agent,
    AgentEvent,
    AgentSettings,
    IdentifierChanged,
    RadioFailed,
    RadioReady,
    ScanDone,
    Silenced,
)
from bluezone.device.radio.interface import Reception
from bluezone.device.store import DeviceStore
from bluezone.device.store_schema import StoreUnusable
from bluezone.protocols.advert import build_gaen_advert, parse_gaen_advert
from bluezone.protocols.gaen import (
    Metadata,
    decrypt_metadata,
    derive_aemk,
    interval_number,
    rolling_proximity_identifiers,
)
from bluezone.replay.virtual_time import LoopClock, run_virtual

START = datetime(2026, 11, 25, 12, 3, 20, tzinfo=UTC)


@dataclass
class WrongClock:
    right: LoopClock
    shift: Callable[[], timedelta]

    def now(self) -> datetime:
        return self.right.now() + self.shift()


def live(
    folder: Path,
    hours: float,
    *,
    air: Air | None = None,
    settings: AgentSettings | None = None,
    start: datetime = START,
    prepare: Callable[[FakeRadio, DeviceStore, Agent], None] = lambda _radio, _store, _agent: None,
    seed: int = 1,
    shift: Callable[[float], timedelta] = lambda _seconds: timedelta(0),
) -> tuple[FakeRadio, list[tuple[float, AgentEvent]]]:
    """One agent for some hours; its radio with a log, and its events with their times.

    ``shift``: how wrong the clock is after so many seconds of the loop.
    """
    radio = FakeRadio(air or Air(), "me")
    events: list[tuple[float, AgentEvent]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with DeviceStore.open(folder) as store:
            agent = Agent(
                store,
                radio,
                WrongClock(LoopClock(start, loop), lambda: shift(loop.time())),
                settings=settings or AgentSettings(),
                rng=Random(seed),
                on_event=lambda event: events.append((loop.time(), event)),
            )
            prepare(radio, store, agent)
            task = asyncio.create_task(agent.run())
            done, _ = await asyncio.wait([task], timeout=hours * 3600)
            task.cancel()
            await asyncio.gather(task, return_exceptions=not done)

    run_virtual(main())
    return radio, events


def broadcasts(radio: FakeRadio) -> list[tuple[float, bytes]]:
    return [(time, payload) for time, what, payload in radio.log if what == "broadcast"]


def test_identifiers_are_those_of_the_key_and_leave_the_air_in_time(tmp_path: Path) -> None:
    """Over a midnight: each identifier is its interval's, at most 20 minutes old, never past its key."""
    start = datetime(2026, 11, 25, 20, 3, 20, tzinfo=UTC)
    radio, events = live(tmp_path / "d", 10, start=start, settings=AgentSettings(tx_power=-7))
    with DeviceStore.open(tmp_path / "d") as store:
        keys = [key.tek for key in store.own_keys()]
    assert len(keys) == 2
    midnight = keys[0].rolling_end * 600 - start.timestamp()
    sent = broadcasts(radio)
    assert sum(isinstance(event, IdentifierChanged) for _, event in events) == len(sent)
    for time, payload in sent:
        key = keys[0] if time < midnight - 0.01 else keys[1]
        advert = parse_gaen_advert(payload)
        interval = interval_number(start.timestamp() + time)
        assert advert.rpi == rolling_proximity_identifiers(key)[interval - key.rolling_start]
        plain = decrypt_metadata(derive_aemk(key.data), advert.rpi, advert.aem)
        assert plain == bytes([0x40, 0xF9, 0, 0])  # version 1.0, -7 dBm
        assert Metadata.unpack(plain).tx_power == -7
    lasted = [after - before for (before, _), (after, _) in pairwise(sent)]
    assert max(lasted) <= 1200
    assert any(time == pytest.approx(midnight, abs=0.01) for time, _ in sent)
    until_midnight = next(i for i, (time, _) in enumerate(sent) if abs(time - midnight) < 0.01) - 1
    assert min(lasted[:until_midnight] + lasted[until_midnight + 1 :]) >= 600
    assert len({round(seconds) for seconds in lasted}) > 10  # jittered
    assert len({payload for _, payload in sent}) == len(sent)


def test_a_report_takes_the_cut_key_off_the_air_at_its_end(tmp_path: Path) -> None:
    def prepare(_radio: FakeRadio, store: DeviceStore, _agent: Agent) -> None:
        def report() -> None:
            with DeviceStore.open(store.folder) as other:  # as another process would
                other.cut_current_key(START + timedelta(minutes=31))

        asyncio.get_running_loop().call_later(31 * 60, report)

    radio, _ = live(tmp_path / "d", 2, prepare=prepare)
    with DeviceStore.open(tmp_path / "d") as store:
        first, second = (key.tek for key in store.own_keys())
    end = first.rolling_end * 600 - START.timestamp()
    assert end == 36 * 60 + 40  # 12:34:20 is in the interval that ends at 12:40
    old, new = set(rolling_proximity_identifiers(first)), set(rolling_proximity_identifiers(second))
    for time, payload in broadcasts(radio):
        assert parse_gaen_advert(payload).rpi in (old if time < end - 0.01 else new)
    assert any(time == pytest.approx(end, abs=0.01) for time, _ in broadcasts(radio))


def test_scans_are_jittered_and_stand_for_the_time_since_the_one_before(tmp_path: Path) -> None:
    air = Air(lambda sender, receiver: -61)
    other = FakeRadio(air, "other")
    other.on_air = ("x", build_gaen_advert(b"R" * 16, b"AEMM"))
    _, events = live(tmp_path / "d", 3, air=air, settings=AgentSettings(scan_seconds=2.0))
    starts = [event.time for _, event in events if isinstance(event, ScanDone)]
    gaps = [after - before for before, after in pairwise(starts)]
    assert min(gaps) >= 239
    assert max(gaps) <= 301
    assert len(set(gaps)) > 5
    with DeviceStore.open(tmp_path / "d") as store:
        found = [store.encounter(time, b"R" * 16) for time in starts]
    assert all(row is not None and row.encounter.aem == b"AEMM" for row in found)
    stands_for = [row.seconds_since_last_scan for row in found if row is not None]
    assert stands_for[0] == 2
    assert all(abs(s - gap) <= 1 for s, gap in zip(stands_for[1:], gaps, strict=True))
    assert max(stands_for) <= 300


def test_a_scan_is_summed_up_per_identifier_and_odd_adverts_are_counted(tmp_path: Path) -> None:
    def said(rpi: bytes, aem: bytes, rssi: int) -> Reception:
        return Reception("a", build_gaen_advert(rpi, aem), rssi)

    heard = [
        said(b"A" * 16, b"good", -70),
        said(b"A" * 16, b"good", -63),
        said(b"A" * 16, b"good", -64),
        said(b"A" * 16, b"evil", -20),  # replayed with other metadata: outvoted
        said(b"B" * 16, b"only", -90),
        said(b"C" * 16, b"none", 127),  # strength not available
        Reception("a", b"\x02\x01\x06", -50),  # somebody else's
        Reception("a", b"\xff\xff", -50),  # malformed
        Reception("a", b"", -50),
    ]
    ignored: list[dict[str, int]] = []

    def prepare(radio: FakeRadio, _store: DeviceStore, agent: Agent) -> None:
        radio.extra = heard
        asyncio.get_running_loop().call_later(100, lambda: ignored.append(dict(agent.reader.ignored)))

    _, events = live(tmp_path / "d", 0.05, prepare=prepare)
    (scan,) = [event for _, event in events if isinstance(event, ScanDone)]
    assert (scan.devices, scan.receptions) == (2, 5)
    with DeviceStore.open(tmp_path / "d") as store:
        a, b = store.encounter(scan.time, b"A" * 16), store.encounter(scan.time, b"B" * 16)
        assert store.encounter_count() == 2
    assert a is not None
    assert b is not None
    assert (a.encounter.aem, a.encounter.typical_rssi, a.encounter.max_rssi) == (b"good", -66, -63)  # -65.67
    assert (b.encounter.typical_rssi, b.encounter.max_rssi) == (-90, -90)
    assert ignored == [{"foreign": 2, "malformed": 1}]


def test_echoes_of_our_own_identifiers_are_not_encounters(tmp_path: Path) -> None:
    def prepare(radio: FakeRadio, _store: DeviceStore, _agent: Agent) -> None:
        mirror = FakeRadio(radio.air, "mirror")

        def reflect() -> None:  # also what was on the air just before
            old = [payload for _, what, payload in radio.log if what == "broadcast"][-2:]
            mirror.on_air = ("m", old[0]) if old else None
            asyncio.get_running_loop().call_later(10, reflect)

        reflect()

    _, events = live(tmp_path / "d", 3, prepare=prepare)
    scans = [event for _, event in events if isinstance(event, ScanDone)]
    assert len(scans) > 30
    assert {scan.devices for scan in scans} == {0}


def test_a_flood_of_identifiers_is_bounded(tmp_path: Path) -> None:
    def prepare(radio: FakeRadio, _store: DeviceStore, _agent: Agent) -> None:
        radio.extra = [
            Reception("f", build_gaen_advert(n.to_bytes(16, "big"), b"aaaa"), -50) for n in range(10_050)
        ]

    _, events = live(tmp_path / "d", 0.05, prepare=prepare)
    assert [event.devices for _, event in events if isinstance(event, ScanDone)] == [10_000]


@pytest.mark.parametrize("broken", ["open", "broadcast", "listen"])
def test_a_radio_that_fails_is_closed_and_opened_again(tmp_path: Path, broken: str) -> None:
    def prepare(radio: FakeRadio, _store: DeviceStore, _agent: Agent) -> None:
        radio.fail = [broken] * 3

    radio, events = live(tmp_path / "d", 1, prepare=prepare)
    failures = [event for _, event in events if isinstance(event, RadioFailed)]
    assert [f.reason for f in failures] == [f"{broken} failed"] * 3
    waits = [f.retry_in for f in failures]
    assert 4 <= waits[0] <= 5
    if broken == "broadcast":  # it scans in between, and tries the next interval
        assert all(4 <= wait <= 5 for wait in waits)
    else:
        assert waits[0] < waits[1] < waits[2] <= 20
    calls = [what for _, what, _ in radio.log if what in ("open", "close")]
    assert calls == ["open", "close"] * 4
    assert sum(isinstance(event, ScanDone) for _, event in events) > 10


def test_waiting_grows_to_its_limit_and_starts_over_after_a_good_scan(tmp_path: Path) -> None:
    def prepare(radio: FakeRadio, _store: DeviceStore, _agent: Agent) -> None:
        radio.fail = ["open"] * 12
        asyncio.get_running_loop().call_later(4 * 3600, radio.fail.append, "listen")

    _, events = live(tmp_path / "d", 6, prepare=prepare)
    waits = [event.retry_in for _, event in events if isinstance(event, RadioFailed)]
    assert all(240 <= wait <= 300 for wait in waits[7:12])
    assert waits[12] <= 5
    assert sum(isinstance(event, RadioReady) for _, event in events) == 2


def test_a_radio_that_cannot_even_close_does_not_end_the_agent(tmp_path: Path) -> None:
    def prepare(radio: FakeRadio, _store: DeviceStore, _agent: Agent) -> None:
        radio.fail = ["listen", "close"]

    _, events = live(tmp_path / "d", 1, prepare=prepare)
    reasons = [event.reason for _, event in events if isinstance(event, RadioFailed)]
    assert reasons == ["closing: close failed", "listen failed"]
    assert sum(isinstance(event, ScanDone) for _, event in events) > 10


def test_a_fault_that_is_not_the_radio_s_ends_the_agent_and_closes_the_radio(tmp_path: Path) -> None:
    seen: list[FakeRadio] = []

    def prepare(radio: FakeRadio, store: DeviceStore, _agent: Agent) -> None:
        seen.append(radio)
        radio.extra = [
            Reception("f", build_gaen_advert(n.to_bytes(16, "big"), b"aaaa"), -50) for n in range(9999)
        ]
        store.current_key(START)
        (pages,) = store.query("PRAGMA page_count")[0]
        store.query(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreUnusable, match="disk is full"):
        live(tmp_path / "d", 1, prepare=prepare)
    assert not seen[0].is_open


def test_old_encounters_are_dropped_while_it_runs(tmp_path: Path) -> None:
    from bluezone.device.store import Encounter

    def prepare(_radio: FakeRadio, store: DeviceStore, _agent: Agent) -> None:
        store.add_scan(int(START.timestamp()) - 15 * 86_400, 240, [Encounter(b"O" * 16, b"oooo", -70, -70)])

    live(tmp_path / "d", 7, prepare=prepare)  # the first six hours are not sure of the time
    with DeviceStore.open(tmp_path / "d") as store:
        assert store.encounter_count() == 0


def test_one_scan_under_a_clock_a_month_ahead_deletes_nothing(tmp_path: Path) -> None:
    from bluezone.device.store import Encounter

    def prepare(_radio: FakeRadio, store: DeviceStore, _agent: Agent) -> None:
        store.add_scan(int(START.timestamp()), 240, [Encounter(b"O" * 16, b"oooo", -70, -70)])

    def ahead(seconds: float) -> timedelta:
        return timedelta(days=30) if 7 * 3600 < seconds < 7 * 3600 + 600 else timedelta(0)

    live(tmp_path / "d", 9, prepare=prepare, shift=ahead)
    with DeviceStore.open(tmp_path / "d") as store:
        assert store.encounter_count() == 1
        assert START.date() in {
            datetime.fromtimestamp(key.tek.rolling_start * 600, UTC).date() for key in store.own_keys()
        }


def addresses_per_identifier(*radios: FakeRadio) -> dict[bytes, set[str]]:
    found: dict[bytes, set[str]] = {}
    for number, radio in enumerate(radios):
        for address, payload in radio.aired:
            found.setdefault(parse_gaen_advert(payload).rpi, set()).add(f"{number}: {address}")
    return found


@pytest.mark.parametrize(("broken", "every"), [("listen", 150), ("broadcast", 2000)])
def test_a_radio_that_often_fails_shows_no_identifier_under_two_addresses(
    tmp_path: Path, broken: str, every: int
) -> None:
    def prepare(radio: FakeRadio, _store: DeviceStore, _agent: Agent) -> None:
        for at in range(60, 6 * 3600, every):
            asyncio.get_running_loop().call_later(at, radio.fail.append, broken)

    radio, events = live(tmp_path / "d", 7, prepare=prepare)
    assert sum(isinstance(event, RadioFailed) for _, event in events) > 8
    assert {len(addresses) for addresses in addresses_per_identifier(radio).values()} == {1}
    assert sum(isinstance(event, IdentifierChanged) for _, event in events) > 5
    assert sum(isinstance(event, Silenced) for _, event in events) > 5
    scans = [time for time, event in events if isinstance(event, ScanDone)]
    assert max(after - before for before, after in pairwise(scans)) < 1200  # silent, not deaf


def test_a_radio_that_fails_is_on_the_air_again_with_the_next_interval(tmp_path: Path) -> None:
    def prepare(radio: FakeRadio, _store: DeviceStore, _agent: Agent) -> None:
        radio.fail = ["listen"]

    radio, _ = live(tmp_path / "d", 1, prepare=prepare)
    first, second, *_ = [time for time, _ in broadcasts(radio)]
    assert first == pytest.approx(0, abs=0.01)
    assert second == pytest.approx(400, abs=0.01)  # 12:10; it began at 12:03:20
    assert radio.on_air is None  # closed in the end


def test_restarts_within_an_interval_show_no_identifier_under_two_addresses(tmp_path: Path) -> None:
    radios = []
    for minute in range(0, 60, 4):  # each process lives four minutes
        radio, _ = live(tmp_path / "d", 4 / 60, start=START + timedelta(minutes=minute), seed=minute)
        radios.append(radio)
    found = addresses_per_identifier(*radios)
    assert 3 <= len(found) <= 7
    assert {len(addresses) for addresses in found.values()} == {1}


@pytest.mark.parametrize(
    ("back", "silent_minutes"), [(10, (0, 20)), (110, (90, 130)), (5 * 60, (0, 21)), (3 * 24 * 60, (0, 21))]
)
def test_a_clock_set_back_shows_no_identifier_under_two_addresses(
    tmp_path: Path, back: int, silent_minutes: tuple[int, int]
) -> None:
    at = 6.2 * 3600

    def shift(seconds: float) -> timedelta:
        return timedelta(minutes=-back if seconds > at else 0)

    radio, events = live(tmp_path / "d", 24, shift=shift)
    assert {len(addresses) for addresses in addresses_per_identifier(radio).values()} == {1}
    changes = [time for time, event in events if isinstance(event, IdentifierChanged)]
    gap = next(after - before for before, after in pairwise([*changes]) if after > at)
    assert silent_minutes[0] <= gap / 60 <= silent_minutes[1] + 20
    assert max(after - before for before, after in pairwise(changes)) == pytest.approx(gap, abs=1200)


def test_nothing_is_on_the_air_while_a_clock_set_back_catches_up(tmp_path: Path) -> None:
    on_air: list[bool] = []

    def prepare(radio: FakeRadio, _store: DeviceStore, _agent: Agent) -> None:
        for at in range(5400, 3600 + 100 * 60, 300):
            asyncio.get_running_loop().call_later(at, lambda: on_air.append(radio.on_air is not None))

    live(
        tmp_path / "d",
        4,
        prepare=prepare,
        shift=lambda seconds: timedelta(minutes=-110 if seconds > 3600 else 0),
    )
    assert len(on_air) > 10
    assert not any(on_air)


def test_a_clock_that_was_far_ahead_silences_nothing(tmp_path: Path) -> None:
    def shift(seconds: float) -> timedelta:
        return timedelta(days=3000 if 3600 < seconds < 7200 else 0)

    radio, events = live(tmp_path / "d", 5, shift=shift)
    assert {len(addresses) for addresses in addresses_per_identifier(radio).values()} == {1}
    changes = [time for time, event in events if isinstance(event, IdentifierChanged)]
    assert max(after - before for before, after in pairwise(changes)) <= 1801


def test_a_clock_that_is_set_right_ends_the_silence(tmp_path: Path) -> None:
    """The second start of a computer whose clock starts at 1970: that interval was on the air before."""
    boot = datetime(1970, 1, 1, 0, 0, 20, tzinfo=UTC)
    live(tmp_path / "d", 1 / 60, start=boot)
    radio, events = live(
        tmp_path / "d", 0.1, start=boot, shift=lambda seconds: START - boot if seconds >= 5 else timedelta(0)
    )
    assert [type(event) for _, event in events if isinstance(event, Silenced | IdentifierChanged)] == [
        Silenced,
        IdentifierChanged,
    ]
    ((on_air, _),) = broadcasts(radio)
    assert 5 <= on_air <= 15


def test_the_seed_decides_when_but_never_the_keys(tmp_path: Path) -> None:
    one, _ = live(tmp_path / "1", 2, seed=7)
    two, _ = live(tmp_path / "2", 2, seed=7)
    assert [(t, what) for t, what, _ in one.log] == [(t, what) for t, what, _ in two.log]
    assert not {payload for _, payload in broadcasts(one)} & {payload for _, payload in broadcasts(two)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"tx_power": 128},
        {"scan_seconds": 0},
        {"scan_interval": (1.0, 300.0)},
        {"scan_interval": (240.0, 301.0)},
        {"rotation": (600.0, 1201.0)},
        {"rotation": (0.0, 600.0)},
        {"rotation": (599.0, 1200.0)},
        {"retry_seconds": (5.0, 4.0)},
    ],
)
def test_settings_outside_the_specification_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        AgentSettings(**wrong)  # type: ignore[arg-type]
