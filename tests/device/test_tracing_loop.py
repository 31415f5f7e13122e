"""Two devices meet, one reports, the other is warned: agent, store, client and check on real bytes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from tests.device.fake_radio import Air, FakeRadio
from tests.device.mini_authority import BASE, MiniAuthority

from bluezone.clock import SettableClock
from bluezone.device.agent import Agent, AgentSettings
from bluezone.device.alerts import alert_text
from bluezone.device.client import AuthorityClient
from bluezone.device.exposure_check import CheckOutcome, check_exposures
from bluezone.device.report import report_positive
from bluezone.device.store import DeviceStore
from bluezone.matching.match import choose_engine
from bluezone.protocols.risk import Certainty
from bluezone.protocols.risk_presets import load_preset
from bluezone.replay.virtual_time import LoopClock, run_virtual

START = datetime(2026, 11, 24, 8, tzinfo=UTC)
SETTINGS = AgentSettings(tx_power=-12)
ATTENUATION = {frozenset(("an", "binh")): 52, frozenset(("an", "chi")): 76}
"""An and Bình sit together, Chi is two rooms away, Dũng is elsewhere."""


def test_who_was_near_is_warned_and_nobody_else(tmp_path: Path) -> None:
    minutes_together = 30
    names = ["an", "binh", "chi", "dung"]
    stores = {name: DeviceStore.open(tmp_path / name) for name in names}

    async def live() -> None:
        loop = asyncio.get_running_loop()

        def rssi(sender: str, receiver: str) -> int | None:
            loss = ATTENUATION.get(frozenset((sender, receiver)))
            together = 3600 <= loop.time() < 3600 + 60 * minutes_together
            return SETTINGS.tx_power - loss if together and loss is not None else None

        air = Air(rssi)
        clock = LoopClock(START, loop)
        tasks = [
            asyncio.create_task(
                Agent(stores[name], FakeRadio(air, name), clock, settings=SETTINGS, rng=Random(name)).run()
            )
            for name in names
        ]
        await asyncio.wait(tasks, timeout=3 * 3600)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)

    run_virtual(live())

    server = MiniAuthority(codes={"87654321": "2026-11-23"})
    evening = SettableClock(START + timedelta(hours=3, minutes=1))
    with server.client() as http:
        client = AuthorityClient(BASE, "VN", http)
        published = report_positive(
            stores["an"], client, "87654321", clock=evening, health_authority="vn.hanoi"
        )
        assert published.inserted == 1
        server.add_export(server.published)
        evening.advance(timedelta(hours=6))

        def check(name: str) -> CheckOutcome:
            return check_exposures(
                stores[name],
                client,
                clock=evening,
                preset=load_preset("bluezone"),
                trusted_keys=[server.public_key],
                engine=choose_engine("auto"),
                settings=SETTINGS,
            )

        outcomes = {name: check(name) for name in names}
        assert [name for name in names if outcomes[name].new_alerts] == ["binh"]
        assert not any(check(name).new_alerts for name in names)  # never twice
    assert outcomes["chi"].matched_scans > 0  # heard, but far
    assert outcomes["dung"].matched_scans == 0
    assert outcomes["an"].matched_scans == 0
    (alert,) = outcomes["binh"].new_alerts
    # Scans every 4-5 minutes miss at most the ends of half an hour.
    assert alert.seconds == pytest.approx(minutes_together * 60, abs=300)
    assert alert.closest_attenuation == 52
    assert alert.certainty is Certainty.LIKELY
    assert "24/11/2026" in alert_text(alert).title
    for store in stores.values():
        store.close()
