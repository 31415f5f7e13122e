"""The device's heartbeat: nothing without consent, one a day, a pseudonym that has nothing of the last."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import httpx
import pytest
from tests.device.mini_authority import BASE, MiniAuthority

from bluezone.clock import SettableClock
from bluezone.device import service
from bluezone.device.client import AuthorityClient
from bluezone.device.enrolment import save_enrolment
from bluezone.device.heartbeat import (
    CONSENT_TEXTS,
    BadWard,
    consent_of,
    give_consent,
    is_due,
    last_heartbeat,
    send_heartbeat,
    withdraw_consent,
)
from bluezone.device.retention import purge_by_steady_time
from bluezone.device.service import DeviceWatcher
from bluezone.device.store import DeviceStore
from bluezone.errors import Refused
from bluezone.protocols.heartbeat import CONSENT_WORDING

NOW = datetime(2021, 3, 10, 2, tzinfo=UTC)
"""09:00 in Hà Nội."""

SPEC = Path(__file__).parents[2] / "spec" / "heartbeat.md"


class Device:
    """An enrolled store, and the server it talks to."""

    def __init__(self, store: DeviceStore, server: MiniAuthority) -> None:
        self.store, self.server = store, server

    def send(self, now: datetime) -> bool:
        with self.server.client() as http:
            return send_heartbeat(self.store, AuthorityClient(BASE, "VN", http), now)

    def scan(self, now: datetime) -> None:
        purge_by_steady_time(self.store, now)  # what the agent does after each scan

    @property
    def sent(self) -> list[dict[str, Any]]:
        paths = [one for one in self.server.requests if one.url.path == "/v1/heartbeats"]
        return [json.loads(one.content) for one in paths]


@pytest.fixture
def device(tmp_path: Path) -> Any:
    with DeviceStore.open(tmp_path / "d") as store:
        save_enrolment(store, server=BASE)
        yield Device(store, MiniAuthority())


def test_nothing_is_sent_without_consent_or_after_it(device: Device) -> None:
    device.scan(NOW)
    assert not device.send(NOW)
    give_consent(device.store, "00343", NOW)
    assert withdraw_consent(device.store)
    assert not withdraw_consent(device.store)
    assert not device.send(NOW)
    assert device.server.requests == []


def test_one_a_day_with_a_pseudonym_of_its_own(device: Device) -> None:
    device.scan(NOW)
    give_consent(device.store, "00343", NOW)
    assert device.send(NOW)
    assert not device.send(NOW + timedelta(hours=5))
    device.scan(NOW + timedelta(days=1))
    assert device.send(NOW + timedelta(days=1))
    first, second = device.sent
    assert first == {
        "day": "2021-03-10",
        "ward": "00343",
        "platform": "device",
        "tracing": True,
        "pseudonym": first["pseudonym"],
    }
    assert second["day"] == "2021-03-11"
    assert first["pseudonym"] != second["pseudonym"]
    assert "Cookie" not in device.server.requests[-1].headers
    assert "pseudonym" not in str(last_heartbeat(device.store))
    kept = json.dumps(device.store.setting("heartbeat-day"))
    assert "null" in kept  # the pseudonym is forgotten when it is through


def test_after_a_lost_answer_the_same_is_sent_again_and_only_that_day(device: Device) -> None:
    device.scan(NOW)
    give_consent(device.store, "00343", NOW)
    device.server.answers["/v1/heartbeats"] = [
        httpx.ReadError("cut"),
        httpx.Response(503),
        httpx.Response(429, json={"error": "too many requests", "code": "too_many_requests"}),
    ]
    for _ in range(3):
        with pytest.raises(Refused):
            device.send(NOW)
    assert device.send(NOW)
    assert len({one["pseudonym"] for one in device.sent}) == 1
    device.server.answers["/v1/heartbeats"] = [httpx.ReadError("cut")]
    tomorrow = NOW + timedelta(days=1)
    device.scan(tomorrow)
    with pytest.raises(Refused):
        device.send(tomorrow)
    device.scan(tomorrow + timedelta(days=1))
    assert device.send(tomorrow + timedelta(days=1))
    assert [one["day"] for one in device.sent[-2:]] == ["2021-03-11", "2021-03-12"]  # a missed day is missed


def test_a_refusal_ends_the_day_and_another_ward_begins_it_anew(device: Device) -> None:
    device.scan(NOW)
    give_consent(device.store, "99999", NOW)
    error = {"error": "there is no ward 99999 on 2021-03-10", "code": "unknown_ward"}
    device.server.answers["/v1/heartbeats"] = [httpx.Response(400, json=error)]
    assert not device.send(NOW)
    assert not device.send(NOW)
    last = last_heartbeat(device.store)
    assert last is not None
    assert "there is no ward 99999" in last.refused
    assert len(device.sent) == 1
    give_consent(device.store, "00343", NOW)
    assert device.send(NOW)


def test_who_withdraws_and_agrees_again_does_not_count_twice(device: Device) -> None:
    device.scan(NOW)
    give_consent(device.store, "00343", NOW)
    device.server.answers["/v1/heartbeats"] = [httpx.ReadError("cut")]  # perhaps it was taken
    with pytest.raises(Refused):
        device.send(NOW)
    withdraw_consent(device.store)
    give_consent(device.store, "00349", NOW)
    assert not device.send(NOW)


def test_tracing_is_told_as_it_is_and_a_device_that_is_starting_waits(device: Device) -> None:
    give_consent(device.store, "00343", NOW)
    assert not is_due(device.store, NOW)  # 09:00, and no scan yet
    noon = NOW + timedelta(hours=3)
    assert is_due(device.store, noon)
    device.scan(noon - timedelta(hours=25))
    assert device.send(noon)
    device.scan(noon + timedelta(hours=1))
    assert device.send(noon + timedelta(hours=25))
    assert [one["tracing"] for one in device.sent] == [False, True]


def test_consent_has_its_moment_and_wording_and_another_wording_is_none(device: Device) -> None:
    give_consent(device.store, "00343", NOW)
    consent = consent_of(device.store)
    assert consent is not None
    assert (consent.given_at, consent.wording, consent.ward) == (NOW, 1, "00343")
    device.store.set_setting("heartbeat-consent", {"given": 0, "wording": 0, "ward": "00343"})
    assert consent_of(device.store) is None
    for wrong in ("", "Nhân Chính", "00343\n", "0" * 21):
        with pytest.raises(BadWard, match="is not the code of a ward"):
            give_consent(device.store, wrong, NOW)


def test_the_texts_are_those_of_the_specification() -> None:
    """And so are those of the page, which a test of pages looks at."""
    specified = SPEC.read_text(encoding="utf-8")
    assert f"## Consent, wording {CONSENT_WORDING}\n" in specified
    for text in CONSENT_TEXTS.values():
        assert f"\n> {text}\n" in specified


def test_its_failure_disturbs_no_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = MiniAuthority()
    server.answers["/v1/heartbeats"] = [httpx.ConnectError("down"), ZeroDivisionError("ours")]
    monkeypatch.setattr(service, "open_client", server.client)
    clock, stop, told = SettableClock(NOW), Event(), []
    with DeviceStore.open(tmp_path / "d") as store:
        save_enrolment(store, server=BASE, public_keys=(server.public_pem,))
        purge_by_steady_time(store, NOW)
        give_consent(store, "00343", NOW)

    class Three(Random):
        """Lets the loop go round three times, without a wait."""

        rounds = 0

        def uniform(self, a: float, b: float) -> float:
            self.rounds += 1
            if self.rounds == 3:
                stop.set()
            return 0.0

    watcher = DeviceWatcher(lambda _: None, lambda _: told.append("checked"), told.append, told.append)
    service._keep_checking(tmp_path / "d", clock, Three(), watcher, stop)
    assert told[:2] == ["checked", "checked"]
    assert isinstance(told[2], ZeroDivisionError)
    assert told[3:] == ["checked"]
    with DeviceStore.open(tmp_path / "d") as store:
        last = last_heartbeat(store)
        assert last is not None
        assert (last.day, last.is_done, last.refused) == (date(2021, 3, 10), True, "")
