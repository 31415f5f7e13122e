"""``bluezone device report-positive``: it says, and as JSON prints, what was really sent and taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.device.mini_authority import BASE, MiniAuthority

from bluezone.device import service
from bluezone.device.enrolment import save_enrolment
from bluezone.device.store import DeviceStore

Run = Callable[..., Any]
TODAY = datetime.now(UTC)
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> MiniAuthority:
    authority = MiniAuthority(codes={"12345678": YESTERDAY.date().isoformat()})
    monkeypatch.setattr(service, "open_client", authority.client)
    return authority


@pytest.fixture
def folder(tmp_path: Path, server: MiniAuthority) -> Path:
    """An enrolled store with yesterday's key."""
    with DeviceStore.open(tmp_path / "device") as store:
        save_enrolment(store, server=BASE, public_keys=(server.public_pem,))
        store.current_key(YESTERDAY)
    return tmp_path / "device"


def test_a_continued_report_says_what_is_left_for_a_new_code(
    bluezone: Run, folder: Path, server: MiniAuthority
) -> None:
    command = ("device", "report-positive", "12345678", "--store", folder, "--yes")
    server.answers["/v1/publish"] = [httpx.ConnectError("down")]
    assert bluezone(*command).exit_code == 1
    with DeviceStore.open(folder) as store:
        store.current_key(TODAY)
    outcome = bluezone(*command, "--json")
    assert outcome.exit_code == 0
    assert outcome.document == {
        "keys": 1,
        "days": [YESTERDAY.date().isoformat()],
        "inserted": 1,
        "warnings": [],
        "further_days": [TODAY.date().isoformat()],
    }
    assert f"1 random keys of this device, for the UTC days {YESTERDAY:%d/%m/%Y}." in outcome.stderr
    assert f"Not part of it are newer keys, for {TODAY:%d/%m/%Y}." in outcome.stderr
    server.codes["2222"] = YESTERDAY.date().isoformat()
    again = bluezone("device", "report-positive", "22 22", "--store", folder, "--yes")
    assert "Published 2 keys, 1 of them new to the server." in again.stderr
    assert "newer keys" not in again.stderr


def test_newer_keys_are_named_after_a_continued_report(
    bluezone: Run, folder: Path, server: MiniAuthority
) -> None:
    command = ("device", "report-positive", "12345678", "--store", folder, "--yes")
    server.answers["/v1/publish"] = [httpx.ConnectError("down")]
    bluezone(*command)
    with DeviceStore.open(folder) as store:
        store.current_key(TODAY)
    outcome = bluezone(*command)
    assert f"Not sent: newer keys, for {TODAY:%d/%m/%Y}. They need another report" in outcome.stderr


def test_a_server_that_takes_nothing_is_not_thanked(
    bluezone: Run, folder: Path, server: MiniAuthority
) -> None:
    server.answers["/v1/publish"] = [httpx.Response(200, json={"warnings": ["key 0 is left out: too old"]})]
    outcome = bluezone("device", "report-positive", "12345678", "--store", folder, "--yes", "--json")
    assert outcome.exit_code == 1
    assert outcome.document["error"] == "NothingTaken"
    assert "key 0 is left out: too old" in outcome.document["message"]
    assert "Thank you" not in outcome.stderr
    assert bluezone("device", "status", "--store", folder, "--json").document["published_keys"] == 0


def test_a_report_over_plain_http_needs_an_option_too(bluezone: Run, folder: Path) -> None:
    command = ("device", "report-positive", "12345678", "--store", folder, "--yes")
    plain = ("--server", BASE.replace("https", "http"))
    refused = bluezone(*command, *plain)
    assert refused.exit_code == 1
    assert "--insecure-http" in refused.stderr
    assert bluezone(*command, *plain, "--insecure-http").exit_code == 0
