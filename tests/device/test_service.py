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
from bluezone.device.enrolment import (
    Enrolment,
    InsecureServer,
    NotEnrolled,
    WrongAddress,
    enrolment_of,
    save_enrolment,
)
from bluezone.device.exposure_check import CheckOutcome
from bluezone.device.service import DeviceWatcher, open_client, run_device
from bluezone.device.store import DeviceStore
from bluezone.device.store_schema import StoreInUse
from bluezone.errors import Refused
from bluezone.protocols.export_errors import UnusablePublicKey


def run(folder: Path, on_event: Callable[[AgentEvent], None], told: list[object]) -> FakeRadio:
    radio = FakeRadio(Air(), "me")
    watcher = DeviceWatcher(on_event, told.append, told.append, told.append)
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


class StopAfter(list[object]):
    """Ends the device by SIGTERM, from the checking thread, once so much was told."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.limit = count

    def append(self, what: object) -> None:
        super().append(what)
        if len(self) == self.limit:
            os.kill(os.getpid(), signal.SIGTERM)


def enrolled(folder: Path, server: MiniAuthority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "open_client", server.client)
    monkeypatch.setattr(service, "RETRY_SECONDS", (0.0, 0.0))
    with DeviceStore.open(folder) as store:
        save_enrolment(store, server=BASE, public_keys=(server.public_pem,))


def test_checks_run_beside_the_radio_and_a_failed_one_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = MiniAuthority()
    name = server.add_export([])
    # A fault of ours must not end the thread: it would be silent, and no warning would ever come again.
    server.answers["/exports/VN/index.txt"] = [httpx.ConnectError("down"), ZeroDivisionError("ours")]
    server.answers[f"/exports/{name}"] = [httpx.ReadError("cut")]
    enrolled(tmp_path / "d", server, monkeypatch)
    told = StopAfter(4)
    run(tmp_path / "d", lambda _event: None, told)
    refused, fault, interrupted, outcome = told
    assert isinstance(refused, Refused)
    assert isinstance(fault, ZeroDivisionError)
    assert fault.__traceback__ is not None
    assert isinstance(interrupted, CheckOutcome)
    assert (interrupted.files, interrupted.interrupted) == (0, True)
    assert isinstance(outcome, CheckOutcome)
    assert outcome.files == 1


def test_checking_begins_only_when_sigterm_is_handled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a SIGTERM from there, or meanwhile, ends the process with the radio on."""
    enrolled(tmp_path / "d", MiniAuthority(), monkeypatch)
    start, handlers = threading.Thread.start, []

    def observed(thread: threading.Thread) -> None:
        if thread.name == "exposure-check":
            handlers.append(signal.getsignal(signal.SIGTERM))
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", observed)
    run(tmp_path / "d", lambda _event: None, StopAfter(1))
    assert len(handlers) == 1
    assert handlers[0] not in (signal.SIG_DFL, None)


def test_the_client_keeps_no_cookies_and_follows_nowhere() -> None:
    request = httpx.Request("GET", BASE)
    with open_client() as http:
        cookie = httpx.Response(200, headers={"Set-Cookie": "id=7; Path=/"}, request=request)
        http.cookies.extract_cookies(cookie)
        assert "Cookie" not in http.build_request("GET", BASE).headers
        assert not http.follow_redirects


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


@pytest.mark.parametrize(
    "server",
    [
        "http://127.0.0.1:8000",
        "http://127.9.9.9",
        "http://[::1]:80/x",
        "http://localhost",
        "https://a.example",
    ],
)
def test_tls_or_loopback_is_fine(tmp_path: Path, server: str) -> None:
    with DeviceStore.open(tmp_path / "d") as store:
        assert save_enrolment(store, server=server).require_server() == server


@pytest.mark.parametrize(
    "server",
    [
        "http://a.example",
        "HTTP://a.example",
        "http://localhost.a.example",
        "http://127.0.0.1@a.example",
        "http://192.168.1.2:8000",
        "http://[::2]",
    ],
)
def test_a_server_without_tls_needs_the_owner_s_agreement(tmp_path: Path, server: str) -> None:
    with DeviceStore.open(tmp_path / "d") as store:
        with pytest.raises(InsecureServer, match="--insecure-http"):
            save_enrolment(store, server=server)
        assert enrolment_of(store).server == ""
        assert save_enrolment(store, server=server, insecure_http=True).require_server() == server
        save_enrolment(store, region="VN")  # remembered
        with pytest.raises(InsecureServer):
            save_enrolment(store, insecure_http=False)
    with pytest.raises(InsecureServer):  # kept by an older version
        Enrolment(server=server).require_server()


@pytest.mark.parametrize("server", ["a.example", "ftp://a.example", "https://", "//a.example", "\0"])
def test_what_is_no_address_is_refused_at_once(tmp_path: Path, server: str) -> None:
    with DeviceStore.open(tmp_path / "d") as store, pytest.raises(WrongAddress, match="address"):
        save_enrolment(store, server=server, insecure_http=True)
