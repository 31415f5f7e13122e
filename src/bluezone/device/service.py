"""A running device: the agent on an event loop, and beside it a thread that checks for exposures."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from random import Random

import httpx

from bluezone.clock import Clock
from bluezone.device.agent import Agent, AgentEvent
from bluezone.device.client import AuthorityClient
from bluezone.device.enrolment import Enrolment, enrolment_of
from bluezone.device.exposure_check import CheckOutcome, CheckProgress, check_exposures
from bluezone.device.heartbeat import is_due, send_heartbeat
from bluezone.device.radio.interface import Radio
from bluezone.device.store import DeviceStore
from bluezone.errors import Refused
from bluezone.matching.match import choose_engine
from bluezone.protocols.risk_presets import load_preset

__all__ = ["DeviceWatcher", "check_now", "open_client", "run_device"]

CHECK_SECONDS = (3 * 3600.0, 5 * 3600.0)
"""Jittered, so that not every device of a city asks at the same minute."""
RETRY_SECONDS = (600.0, 1200.0)
"""After a check that failed, or that the network interrupted."""
_TIMEOUT_SECONDS = 30.0
_JOIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class DeviceWatcher:
    """Who is told what a running device does; the first in the loop, the others in the checking thread.

    ``on_fault``: a check failed by a fault of our own, which carries its traceback; it too is repeated.
    """

    on_event: Callable[[AgentEvent], None]
    on_outcome: Callable[[CheckOutcome], None]
    on_refused: Callable[[Refused], None]
    on_fault: Callable[[Exception], None]


def open_client() -> httpx.Client:
    """An HTTP client with timeouts, to be closed; it follows no redirects and keeps no cookies.

    A cookie would tell the server that the device which checks is the one that reports.
    """
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx.Client(
        timeout=_TIMEOUT_SECONDS, headers={"User-Agent": "bluezone-device"}, cookies=no_cookies
    )


def check_now(
    store: DeviceStore,
    enrolment: Enrolment,
    http: httpx.Client,
    clock: Clock,
    progress: Callable[[CheckProgress], None] = lambda _progress: None,
) -> CheckOutcome:
    """One check with what the device was enrolled with.

    :raises Refused: see :func:`~bluezone.device.exposure_check.check_exposures`, or ``NotEnrolled``.
    """
    return check_exposures(
        store,
        AuthorityClient(enrolment.require_server(), enrolment.region, http),
        clock=clock,
        preset=load_preset(enrolment.preset),
        trusted_keys=enrolment.trusted_keys(),
        engine=choose_engine("auto"),
        settings=enrolment.agent_settings(),
        progress=progress,
    )


def run_device(folder: Path, radio: Radio, *, clock: Clock, rng: Random, watcher: DeviceWatcher) -> None:
    """Broadcast, scan and check until Ctrl-C or SIGTERM.

    :raises StoreInUse: if a device is already running on the store.
    """
    with DeviceStore.open(folder) as store, store.exclusively("agent"):
        enrolment = enrolment_of(store)
        agent = Agent(
            store,
            radio,
            clock,
            settings=enrolment.agent_settings(),
            rng=Random(rng.random()),  # noqa: S311 - jitter
            on_event=watcher.on_event,
        )
        stop = threading.Event()
        # A daemon: a check may hang in the network at the end, and can be broken off anywhere.
        checker = threading.Thread(
            target=_keep_checking,
            args=(folder, clock, rng, watcher, stop),
            name="exposure-check",
            daemon=True,
        )
        try:
            asyncio.run(_until_terminated(agent, checker if enrolment.server else None))
        except KeyboardInterrupt:
            pass
        finally:
            stop.set()
            if checker.is_alive():
                checker.join(_JOIN_SECONDS)


async def _until_terminated(agent: Agent, checker: threading.Thread | None) -> None:
    task = asyncio.ensure_future(agent.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    if checker is not None:
        checker.start()  # only now: whoever is told of a check may answer with SIGTERM
    try:
        await task
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if current is not None and current.cancelling():  # Ctrl-C, which asyncio.run turns into its own
            raise


def _send_heartbeat(folder: Path, clock: Clock, watcher: DeviceWatcher) -> None:
    """Once a day, where the owner agreed; a day without network is simply missed.

    Over a connection of its own: beside a check's, the server could see who both are.
    """
    try:
        with DeviceStore.open(folder) as store:
            if is_due(store, clock.now()):
                enrolment = enrolment_of(store)
                with open_client() as http:
                    client = AuthorityClient(enrolment.require_server(), enrolment.region, http)
                    send_heartbeat(store, client, clock.now())
    except Refused:
        pass  # it stays due, and nothing else depends on it
    except Exception as fault:  # noqa: BLE001 - as with a check
        watcher.on_fault(fault)


def _keep_checking(
    folder: Path, clock: Clock, rng: Random, watcher: DeviceWatcher, stop: threading.Event
) -> None:
    """Check now and every few hours; sooner again after a failure, whatever it was, while the radio goes on.

    The store is opened here, since SQLite connections stay in one thread, and anew for each check, since
    opening may fail as well.
    """
    while True:
        wait = RETRY_SECONDS
        try:
            with DeviceStore.open(folder) as store, open_client() as http:
                outcome = check_now(store, enrolment_of(store), http, clock)
            watcher.on_outcome(outcome)
            if not outcome.interrupted:
                wait = CHECK_SECONDS
        except Refused as refusal:
            watcher.on_refused(refusal)
        except Exception as fault:  # noqa: BLE001 - a dead thread would be silent: no warning would ever come again
            watcher.on_fault(fault)
        _send_heartbeat(folder, clock, watcher)
        if stop.wait(rng.uniform(*wait)):
            return
