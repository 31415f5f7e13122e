"""``bluezone device``: what it prints, what it asks first, and how it ends."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from tests.device.mini_authority import BASE, MiniAuthority

from bluezone.device import service
from bluezone.device.enrolment import enrolment_of, save_enrolment
from bluezone.device.service import DeviceWatcher
from bluezone.device.store import DeviceStore, Encounter
from bluezone.errors import Refused
from bluezone.protocols.gaen import (
    DiagnosisKey,
    Metadata,
    ReportType,
    TemporaryExposureKey,
    derive_aemk,
    encrypt_metadata,
    interval_number,
    rolling_proximity_identifiers,
)

Run = Callable[..., Any]
YESTERDAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> MiniAuthority:
    authority = MiniAuthority(codes={"12345678": YESTERDAY.date().isoformat()})
    monkeypatch.setattr(service, "open_client", authority.client)
    return authority


@pytest.fixture
def folder(tmp_path: Path, server: MiniAuthority) -> Path:
    """An enrolled store with two own keys; it met the owner of a published key yesterday, 20 minutes."""
    sick = TemporaryExposureKey(b"K" * 16, interval_number(YESTERDAY.timestamp()))
    with DeviceStore.open(tmp_path / "device") as store:
        save_enrolment(store, server=BASE, health_authority="vn.bluezone", public_keys=(server.public_pem,))
        store.current_key(YESTERDAY)
        store.current_key(datetime.now(UTC))
        for second in range(36_000, 37_200, 300):
            rpi = rolling_proximity_identifiers(sick)[second // 600]
            aem = encrypt_metadata(derive_aemk(sick.data), rpi, Metadata(-10).pack())
            store.add_scan(int(YESTERDAY.timestamp()) + second, 300, [Encounter(rpi, aem, -60, -58)])
    server.add_export([DiagnosisKey(sick, ReportType.CONFIRMED_TEST, 0)])
    return tmp_path / "device"


def answer(monkeypatch: pytest.MonkeyPatch, yes: bool) -> list[str]:
    asked: list[str] = []

    def confirm(text: str, *, default: bool, err: bool) -> bool:
        assert default is False  # pressing Enter never agrees
        assert err is True  # a question is no JSON
        asked.append(text)
        return yes

    monkeypatch.setattr(typer, "confirm", confirm)
    return asked


def test_check_warns_in_both_languages_once(bluezone: Run, folder: Path) -> None:
    first = bluezone("device", "check", "--store", folder)
    assert first.exit_code == 0
    assert f"ngày {YESTERDAY:%d/%m/%Y}" in first.stdout
    assert f"on {YESTERDAY:%d/%m/%Y}" in first.stdout
    assert first.stdout.index("Bạn có thể") < first.stdout.index("You may")
    assert "1 keys of 1 new files" in first.stderr
    second = bluezone("device", "check", "--store", folder)
    assert second.stdout == ""


def test_check_names_files_that_could_not_be_had(bluezone: Run, folder: Path, server: MiniAuthority) -> None:
    name = next(iter(server.files))
    server.answers[f"/exports/{name}"] = [httpx.Response(403), httpx.Response(404), httpx.Response(403)]
    plain = bluezone("device", "check", "--store", folder)
    assert plain.exit_code == 0
    assert f"Not fetched, will be tried again {name}: " in plain.stderr
    document = bluezone("device", "check", "--store", folder, "--json").document
    assert (document["unfetched"], [one["name"] for one in document["refused"]]) == ([], [name])
    document = bluezone("device", "check", "--store", folder, "--json").document
    assert [one["name"] for one in document["unfetched"]] == [name]
    status = bluezone("device", "status", "--store", folder, "--json").document
    assert [(one["name"], one["attempts"]) for one in status["refused_exports"]] == [(name, 1)]


def test_a_server_without_tls_needs_an_option(bluezone: Run, folder: Path) -> None:
    for command in (("check",), ("run", "--radio", "bluez")):
        refused = bluezone("device", *command, "--store", folder, "--server", "http://a.example")
        assert refused.exit_code == 1
        assert "--insecure-http" in refused.stderr
    options = ("--store", folder, "--server", BASE.replace("https", "http"))
    assert bluezone("device", "check", *options, "--insecure-http").exit_code == 0
    assert bluezone("device", "check", "--store", folder).exit_code == 0  # remembered
    assert bluezone("device", "check", "--store", folder, "--no-insecure-http").exit_code == 1


def test_a_device_enrolled_with_plain_http_before_still_runs(
    bluezone: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older version kept such an address without asking; only talking to the server needs the option."""
    with DeviceStore.open(folder) as store:
        saved = store.setting("enrolment")
        del saved["insecure_http"]
        store.set_setting("enrolment", saved | {"server": "http://192.168.1.2:8000"})
    started: list[object] = []
    monkeypatch.setattr(service, "run_device", lambda *args, **_more: started.append(args))
    run = ("device", "run", "--store", folder, "--radio", "bluez")
    assert bluezone(*run).exit_code == 0
    assert bluezone(*run, "--rssi-correction", "3").exit_code == 0
    assert len(started) == 2
    refused = bluezone("device", "check", "--store", folder)
    assert refused.exit_code == 1
    assert "--insecure-http (of device run, check and report-positive)" in refused.stderr
    assert bluezone(*run, "--server", "http://192.168.1.3:8000").exit_code == 1
    assert len(started) == 2


def test_a_running_device_tells_what_failed_and_why(
    bluezone: Run, folder: Path, server: MiniAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_device(*_args: object, watcher: DeviceWatcher, **_more: object) -> None:
        watcher.on_refused(Refused("server down"))
        try:
            raise ZeroDivisionError("ours")
        except ZeroDivisionError as fault:
            watcher.on_fault(fault)

    monkeypatch.setattr(service, "run_device", run_device)
    outcome = bluezone("device", "run", "--store", folder, "--radio", "bluez")
    assert outcome.exit_code == 0
    assert "will be repeated: server down" in outcome.stderr
    assert "Please report this" in outcome.stderr
    assert "Traceback" in outcome.stderr
    assert "ZeroDivisionError: ours" in outcome.stderr


def test_check_and_status_as_json(bluezone: Run, folder: Path) -> None:
    checked = bluezone("device", "check", "--store", folder, "--json").document
    assert checked["files"] == 1
    assert checked["matched_scans"] == 4
    (alert,) = checked["new_alerts"]
    assert (alert["day"], alert["minutes"], alert["certainty"]) == (
        YESTERDAY.date().isoformat(),
        20,
        "likely",
    )
    assert set(alert["text"]) == {"vi", "en"}
    status = bluezone("device", "status", "--store", folder, "--json").document
    assert status["running"] is False
    assert (status["encounters"], status["own_keys"], status["published_keys"]) == (4, 2, 0)
    assert [one["day"] for one in status["alerts"]] == [alert["day"]]
    assert status["server"] == BASE
    assert datetime.fromisoformat(status["last_check"]).tzinfo is not None
    assert "4b4b4b4b" not in json.dumps(status)


def test_status_works_while_a_device_runs(bluezone: Run, folder: Path) -> None:
    with DeviceStore.open(folder) as store, store.exclusively("agent"):
        outcome = bluezone("device", "status", "--store", folder)
    assert outcome.exit_code == 0
    assert "running          yes" in outcome.stdout
    assert "does not prove that nobody was near" in outcome.stdout


def test_reporting_shows_what_is_sent_and_sends_nothing_without_consent(
    bluezone: Run, folder: Path, server: MiniAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, yes=False)
    outcome = bluezone("device", "report-positive", "12345678", "--store", folder, "--json")
    assert outcome.exit_code == 1
    assert outcome.document["error"] == "NotConfirmed"
    assert asked == ["Publish these keys?"]
    assert "2 random keys" in outcome.stderr
    assert f"{YESTERDAY:%d/%m/%Y}" in outcome.stderr
    assert "Not sent: your name" in outcome.stderr
    assert server.requests == []


@pytest.mark.parametrize("options", [[], ["--yes"]])
def test_reporting_with_consent(
    bluezone: Run, folder: Path, server: MiniAuthority, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    asked = answer(monkeypatch, yes=True)
    outcome = bluezone("device", "report-positive", "12345678", "--store", folder, "--json", *options)
    assert outcome.exit_code == 0
    assert (outcome.document["keys"], outcome.document["inserted"]) == (2, 2)
    assert len(asked) == (0 if options else 1)
    assert len(server.published) == 2
    assert "12345678" not in outcome.stderr


def test_no_answer_is_no_consent(bluezone: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    outcome = bluezone("device", "report-positive", "12345678", "--store", folder, "--json")
    assert (outcome.exit_code, outcome.document["error"]) == (1, "NotConfirmed")


def test_a_device_without_keys_is_not_asked_for_consent(
    bluezone: Run, tmp_path: Path, server: MiniAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, yes=True)
    with DeviceStore.open(tmp_path / "new") as store:
        save_enrolment(store, server=BASE)
    outcome = bluezone("device", "report-positive", "12345678", "--store", tmp_path / "new", "--json")
    assert (outcome.exit_code, outcome.document["error"], asked) == (1, "NothingToReport", [])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--tx-power", "900"), "transmit power 900 dBm"),
        (("--rssi-correction", "9999"), "9999 dB"),
        (("--region", "../../etc"), "region '../../etc'"),
    ],
)
def test_a_setting_that_cannot_be_is_not_remembered(
    bluezone: Run, folder: Path, options: tuple[str, str], says: str
) -> None:
    with DeviceStore.open(folder) as store:
        before = enrolment_of(store)
    outcome = bluezone("device", "run", "--store", folder, "--radio", "usb:0", *options)
    assert outcome.exit_code == 1
    assert says in outcome.stderr
    with DeviceStore.open(folder) as store:
        assert enrolment_of(store) == before


def test_a_store_where_none_can_be_is_refused(bluezone: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outcome = bluezone("device", "run", "--store", tmp_path / "file" / "store", "--radio", "usb:0")
    assert outcome.exit_code == 1
    assert "Not a directory" in outcome.stderr


def test_forget_asks_and_then_erases(bluezone: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, yes=False)
    assert bluezone("device", "forget", "--store", folder).exit_code == 1
    assert folder.exists()
    answer(monkeypatch, yes=True)
    outcome = bluezone("device", "forget", "--store", folder, "--json")
    assert (outcome.exit_code, outcome.document) == (0, {"erased": str(folder)})
    assert not folder.exists()


def test_refusals_name_the_reason(bluezone: Run, folder: Path, tmp_path: Path) -> None:
    missing = bluezone("device", "status", "--store", tmp_path / "none", "--json")
    assert (missing.exit_code, missing.document["error"]) == (1, "StoreMissing")
    code = bluezone("device", "report-positive", "0", "--store", folder, "--yes")
    assert code.exit_code == 1
    assert "ask for a new code" in code.stderr
    preset = bluezone("device", "check", "--store", folder, "--preset", "fr")
    assert preset.exit_code == 1
    assert "de-cwa" in preset.stderr
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no key")
    key = bluezone("device", "check", "--store", folder, "--public-key", wrong)
    assert key.exit_code == 2
    assert "wrong.pem" in key.stderr
    radio = bluezone("device", "run", "--store", folder, "--radio", "smoke-signals")
    assert radio.exit_code == 1
    assert "smoke-signals" in radio.stderr
