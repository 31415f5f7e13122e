"""Reporting a positive test: what is sent, that it is sent once, and that it can stop anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.device.mini_authority import BASE, MiniAuthority

from bluezone.clock import SettableClock
from bluezone.device.client import AuthorityClient, Published
from bluezone.device.client_errors import (
    CertificateRefused,
    CodeRefused,
    PublishRefused,
    ServerUnreachable,
)
from bluezone.device.report import NothingToReport, plan_report, report_positive
from bluezone.device.store import DeviceStore
from bluezone.protocols.gaen import interval_number

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
NOW = START + timedelta(days=4, hours=4, minutes=5)  # the 24th, 12:05
ONSET = interval_number(datetime(2026, 11, 24, tzinfo=UTC).timestamp())


@pytest.fixture
def server() -> MiniAuthority:
    return MiniAuthority()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DeviceStore]:
    with DeviceStore.open(tmp_path / "device") as opened:
        for day in range(5):
            opened.current_key(START + timedelta(days=day))
        yield opened


def report(
    store: DeviceStore, server: MiniAuthority, code: str = "12345678", now: datetime = NOW
) -> Published:
    with server.client() as http:
        client = AuthorityClient(BASE, "VN", http)
        return report_positive(store, client, code, clock=SettableClock(now), health_authority="vn.hanoi")


def test_the_plan_says_what_will_be_sent_and_changes_nothing(store: DeviceStore) -> None:
    before = store.own_keys()
    plan = plan_report(store, SettableClock(NOW))
    assert plan.keys == 5
    assert plan.days == tuple(date(2026, 11, day) for day in range(20, 25))
    assert store.own_keys() == before


def test_all_keys_go_and_today_s_is_cut_short(store: DeviceStore, server: MiniAuthority) -> None:
    before = {key.tek.data: key.tek for key in store.own_keys()}
    assert report(store, server).inserted == 5
    sent = {key.tek.data: key.tek for key in server.published}
    assert set(sent) == set(before)
    today = sent[store.own_keys()[4].tek.data]
    assert today.rolling_period == 73  # 12:05 is in interval 72
    assert all(sent[k] == before[k] for k in sent if k != today.data)
    assert [key.days_since_onset for key in sorted(server.published, key=lambda k: k.tek.rolling_start)] == [
        -4,
        -3,
        -2,
        -1,
        0,
    ]
    assert server.publishes[0]["symptomOnsetInterval"] == ONSET
    assert server.publishes[0]["healthAuthorityID"] == "vn.hanoi"
    assert "revisionToken" not in server.publishes[0]
    assert all(key.published_at == int(NOW.timestamp()) for key in store.own_keys())
    fresh = store.current_key(NOW + timedelta(minutes=5))
    assert fresh.data not in sent
    assert fresh.rolling_start == today.rolling_end
    assert store.setting("report") is None


def test_a_later_report_brings_the_revision_token_and_the_new_keys(
    store: DeviceStore, server: MiniAuthority
) -> None:
    report(store, server)
    server.codes["second"] = "2026-11-24"
    tomorrow = NOW + timedelta(days=1)
    store.current_key(NOW + timedelta(hours=1))
    store.current_key(tomorrow)
    report(store, server, "second", tomorrow)
    assert server.publishes[1]["revisionToken"] == "rev1"
    assert len(server.published) == 7  # five, the rest of that day, the next


STEPS = ["/api/verify", "/api/certificate", "/v1/publish"]


@pytest.mark.parametrize("path", STEPS)
def test_a_network_failure_before_the_server_is_repeated_with_the_same_code(
    store: DeviceStore, server: MiniAuthority, path: str
) -> None:
    server.answers[path] = [httpx.ConnectError("down")] * 2
    for _ in range(2):
        with pytest.raises(ServerUnreachable):
            report(store, server)
    assert all(key.published_at is None for key in store.own_keys())
    assert report(store, server).inserted == 5
    paths = [request.url.path for request in server.requests]
    at = STEPS.index(path)
    assert [paths.count(step) for step in STEPS] == [1] * at + [3] + [1] * (2 - at)


def test_an_answer_lost_after_publishing_is_repeated_with_the_very_same_keys(
    store: DeviceStore, server: MiniAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = server.handle

    def lose_the_answer(request: httpx.Request) -> httpx.Response:
        response = handle(request)
        if request.url.path == "/v1/publish" and len(server.publishes) == 1:
            raise httpx.ReadError("connection reset")
        return response

    monkeypatch.setattr(server, "handle", lose_the_answer)
    with pytest.raises(ServerUnreachable):
        report(store, server)
    report(store, server, now=NOW + timedelta(minutes=30))  # the new key of the day is in use by now
    first, second = server.publishes
    first.pop("padding")
    second.pop("padding")
    assert first == second
    assert len(server.published) == 5


@pytest.mark.parametrize("dies_writing", ["keys", "certificate", "outcome"])
def test_a_process_that_dies_between_steps_goes_on(
    store: DeviceStore, server: MiniAuthority, monkeypatch: pytest.MonkeyPatch, dies_writing: str
) -> None:
    keep = DeviceStore.set_setting
    left = {"keys": 1, "certificate": 2, "outcome": 3}[dies_writing]

    def dying(self: DeviceStore, name: str, value: object) -> None:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        keep(self, name, value)

    with monkeypatch.context() as patch:
        patch.setattr(DeviceStore, "set_setting", dying)
        with pytest.raises(KeyboardInterrupt):
            report(store, server)
    assert report(store, server, now=NOW + timedelta(minutes=1)).inserted == 5
    assert len({key.tek.data for key in server.published}) == 5
    assert [request.url.path for request in server.requests].count("/api/verify") == 1
    assert store.setting("report") is None


def test_an_expired_certificate_is_asked_for_again(store: DeviceStore, server: MiniAuthority) -> None:
    code = "health_authority_verification_certificate_invalid"
    server.answers["/v1/publish"] = [httpx.Response(401, json={"error": "expired", "code": code})]
    with pytest.raises(PublishRefused, match="expired"):
        report(store, server)
    assert report(store, server).inserted == 5
    assert [request.url.path for request in server.requests].count("/api/verify") == 1


def test_a_used_token_asks_for_a_new_code_and_takes_it(store: DeviceStore, server: MiniAuthority) -> None:
    server.answers["/api/certificate"] = [httpx.Response(400, json={"error": "token used"})]
    with pytest.raises(CertificateRefused, match="ask for a new code"):
        report(store, server)
    assert store.setting("report") is None
    server.codes["new"] = "2026-11-24"
    assert report(store, server, "new").inserted == 5


def test_a_wrong_code_sends_nothing_and_cuts_nothing(store: DeviceStore, server: MiniAuthority) -> None:
    before = store.own_keys()
    with pytest.raises(CodeRefused, match="code unknown"):
        report(store, server, "0000")
    assert [request.url.path for request in server.requests] == ["/api/verify"]
    assert store.own_keys() == before
    assert report(store, server).inserted == 5


def test_without_keys_the_code_is_not_spent(tmp_path: Path, server: MiniAuthority) -> None:
    with DeviceStore.open(tmp_path / "new") as empty, pytest.raises(NothingToReport):
        report(empty, server)
    assert server.requests == []
