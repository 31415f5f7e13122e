"""A day lived through by one real device per person, over HCI packets, on a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from bluezone.clock import Clock
from bluezone.device.agent import Agent
from bluezone.device.store import DeviceStore
from bluezone.replay.day import Day
from bluezone.replay.device_settings import DEVICE_SETTINGS
from bluezone.replay.nearby import Nearby
from bluezone.replay.radio_model import AttenuationModel
from bluezone.replay.virtual_radio import VirtualLink, virtual_radio
from bluezone.replay.virtual_time import LoopClock, run_virtual

__all__ = ["DayProgress", "Fleet", "live_through", "open_fleet"]

PROGRESS_SECONDS = 600


@dataclass(frozen=True, slots=True)
class DayProgress:
    """How far the day is: local time comes from ``moment``; ``receptions`` so far."""

    moment: datetime
    receptions: int


@dataclass(slots=True)
class Fleet:
    """One open store per person, by the person's id."""

    stores: dict[str, DeviceStore] = field(default_factory=dict)


@contextmanager
def open_fleet(day: Day, folder: Path) -> Iterator[Fleet]:
    """Open (or make) everybody's store under ``folder``, and close them all at the end."""
    with ExitStack() as stack:
        fleet = Fleet()
        for person in day.people:
            fleet.stores[person.id] = stack.enter_context(DeviceStore.open(folder / person.id))
        yield fleet


def live_through(
    day: Day, fleet: Fleet, *, seed: int, progress: Callable[[DayProgress], None] = lambda _now: None
) -> int:
    """Run every device's agent from the day's start to its end; returns how many adverts were received.

    Each device starts within its first scan interval, as real ones are switched on one by one. The seed
    decides everything but the keys. Ctrl-C ends it early with KeyboardInterrupt; stores stay usable.
    """
    return run_virtual(_live_through(day, fleet, seed, progress))


async def _live_through(day: Day, fleet: Fleet, seed: int, progress: Callable[[DayProgress], None]) -> int:
    loop = asyncio.get_running_loop()
    clock = LoopClock(datetime.fromtimestamp(day.start, UTC), loop)
    nearby, model = Nearby(day), AttenuationModel(seed)
    tx_power = DEVICE_SETTINGS.tx_power

    def reach(sender: str, receiver: str, loop_time: float) -> float | None:
        moment = day.start + loop_time
        median = nearby.median_loss(sender, receiver, moment)
        if median is None:
            return None
        loss = model.draw(sender, receiver, moment, median)
        return None if loss is None else tx_power - loss

    link = VirtualLink(reach, seed=seed)
    agents = [
        asyncio.create_task(_switch_on(person.id, fleet.stores[person.id], link, clock, seed))
        for person in day.people
    ]
    try:
        for _ in range(day.start, day.end, PROGRESS_SECONDS):
            done, _pending = await asyncio.wait(
                agents, timeout=PROGRESS_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            for ended in done:
                ended.result()  # an agent runs for ever: it ended by a fault of ours, which must be seen
            progress(DayProgress(clock.now(), link.receptions))
    finally:
        for agent in agents:
            agent.cancel()
        await asyncio.gather(*agents, return_exceptions=True)
    return link.receptions


async def _switch_on(name: str, store: DeviceStore, link: VirtualLink, clock: Clock, seed: int) -> None:
    rng = Random(f"{seed}/{name}")  # noqa: S311 - jitter that must repeat
    await asyncio.sleep(rng.uniform(0, DEVICE_SETTINGS.scan_interval[1]))
    await Agent(store, virtual_radio(link, name), clock, settings=DEVICE_SETTINGS, rng=rng).run()
