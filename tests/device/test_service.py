"""A running device: it starts, checks beside its radio, and ends at once when told to."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

import httpx
import pytest
from tests.device.fake_radio import Air, FakeRadio
from tests.device.mini_authority import BASE, MiniAuthority

from bluezone.clock import SystemClock
from bluezone.device import service
from bluezone.device.agent import AgentEvent, IdentifierChanged
from bluezone.device.enrolment import Enrolment, NotEnrolled, enrolment_of, save_enrolment
from bluezone.device.exposure_check import CheckOutcome
from bluezone.device.service import DeviceWatcher, run_device
from bluezone.device.store import DeviceStore
from bluezone.device.store_schema import StoreInUse
from bluezone.errors import Refused
from bluezone.protocols.export_errors import UnusablePublicKey


def run(folder: Path, on_event: Callable[[AgentEvent], None], told: list[object]) -> FakeRadio:
    radio = FakeRadio(Air(), "me")
    watcher = DeviceWatcher(on_event, told.append, told.append)
    run_device(folder, radio, clock=SystemClock(), rng=Random(1), watcher=watcher)
    return radio


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_end_it_at_once_and_close_the_radio(tmp_path: Path, which: signal.Signals) -> None:
    def stop(event: AgentEvent) -> None:
        if isinstance(event, IdentifierChanged):
            os.kill(os.getpid(), which)

    told: list[object] = []
    radio = run(tmp_path / "d", stop, told)
    assert [what for _, what, _ in radio.log][-1] == "close"
    assert not radio.is_open
    assert told == []  # no server: no check
    with DeviceStore.open(tmp_path / "d") as store, store.exclusively("agent"):
        assert len(store.own_keys()) == 1


def test_checks_run_beside_the_radio_and_a_failed_one_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = MiniAuthority()
    server.answers["/exports/VN/index.txt"] = [httpx.ConnectError("down")]
    server.add_export([])
    monkeypatch.setattr(service, "open_client", server.client)
    monkeypatch.setattr(service, "RETRY_SECONDS", (0.0, 0.0))
    with DeviceStore.open(tmp_path / "d") as store:
        save_enrolment(store, server=BASE, public_keys=(server.public_pem,))
    told: list[object] = []
    seen_both = threading.Event()

    class Told(list[object]):
        def append(self, what: object) -> None:
            told.append(what)
            if len(told) == 2:
                seen_both.set()
                os.kill(os.getpid(), signal.SIGTERM)

    run(tmp_path / "d", lambda _event: None, Told())
    assert seen_both.is_set()
    assert isinstance(told[0], Refused)
    assert isinstance(told[1], CheckOutcome)
    assert told[1].files == 1


def test_a_second_device_on_the_store_is_refused(tmp_path: Path) -> None:
    with (
        DeviceStore.open(tmp_path / "d") as store,
        store.exclusively("agent"),
        pytest.raises(StoreInUse, match="already running"),
    ):
        run(tmp_path / "d", lambda _event: None, [])


def test_enrolment_is_remembered_field_by_field_and_checked(tmp_path: Path) -> None:
    pem = MiniAuthority().public_pem
    with DeviceStore.open(tmp_path / "d") as store:
        assert enrolment_of(store) == Enrolment()
        with pytest.raises(NotEnrolled, match="--server"):
            Enrolment().require_server()
        with pytest.raises(NotEnrolled, match="--public-key"):
            Enrolment().trusted_keys()
        save_enrolment(store, server=BASE, public_keys=(pem,), tx_power=-7)
        save_enrolment(store, server=None, preset="de-cwa")
        with pytest.raises(UnusablePublicKey):
            save_enrolment(store, public_keys=("no key",))
        kept = enrolment_of(store)
    assert kept == Enrolment(server=BASE, public_keys=(pem,), preset="de-cwa", tx_power=-7)
    assert len(kept.trusted_keys()) == 1
    assert kept.agent_settings().tx_power == -7
