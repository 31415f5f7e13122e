"""Reporting a positive test: what is sent, that it is sent once, and that it can stop anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.device.mini_authority import BASE, MiniAuthority

from bluezone.clock import SettableClock
from bluezone.device.client import AuthorityClient
from bluezone.device.client_errors import (
    CertificateRefused,
    CodeRefused,
    PublishRefused,
    ServerRefused,
    ServerUnreachable,
)
from bluezone.device.report import (
    NothingTaken,
    NothingToReport,
    Reported,
    ReportPlan,
    plan_report,
    report_positive,
)
from bluezone.device.store import DeviceStore
from bluezone.errors import Refused
from bluezone.protocols.gaen import interval_number

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
NOW = START + timedelta(days=4, hours=4, minutes=5)  # the 24th, 12:05
CERTIFICATE_INVALID = "health_authority_verification_certificate_invalid"
ONSET = interval_number(datetime(2026, 11, 24, tzinfo=UTC).timestamp())

FIVE_DAYS = tuple(date(2026, 11, day) for day in range(20, 25))


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
) -> Reported:
    with server.client() as http:
        client = AuthorityClient(BASE, "VN", http)
        return report_positive(store, client, code, clock=SettableClock(now), health_authority="vn.hanoi")


def test_the_plan_says_what_will_be_sent_and_changes_nothing(store: DeviceStore) -> None:
    before = store.own_keys()
    plan = plan_report(store, "12345678", SettableClock(NOW))
    assert plan == ReportPlan(FIVE_DAYS, 5)
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


@pytest.fixture
def lost_answer(server: MiniAuthority, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answer to publishing does not arrive, though the server took the keys."""
    handle, lost = server.handle, False

    def lose_the_answer(request: httpx.Request) -> httpx.Response:
        nonlocal lost
        response = handle(request)
        if request.url.path == "/v1/publish" and not lost:
            lost = True
            raise httpx.ReadError("connection reset")
        return response

    monkeypatch.setattr(server, "handle", lose_the_answer)


@pytest.mark.usefixtures("lost_answer")
def test_an_answer_lost_after_publishing_is_repeated_with_the_very_same_keys(
    store: DeviceStore, server: MiniAuthority
) -> None:
    with pytest.raises(ServerUnreachable):
        report(store, server)
    report(store, server, now=NOW + timedelta(minutes=30))  # the new key of the day is in use by now
    first, second = server.publishes
    first.pop("padding")
    second.pop("padding")
    assert first == second
    assert len(server.published) == 5


@pytest.mark.usefixtures("lost_answer")
def test_an_answer_lost_after_publishing_does_not_bar_a_new_code(
    store: DeviceStore, server: MiniAuthority
) -> None:
    with pytest.raises(ServerUnreachable):
        report(store, server)
    tomorrow = NOW + timedelta(days=1)
    store.current_key(tomorrow)
    server.codes["2222"] = "2026-11-24"
    done = report(store, server, "2222", tomorrow)
    assert (done.keys, done.inserted, done.further_days) == (6, 6, ())
    first, again, new = server.publishes
    assert first["verificationPayload"] == again["verificationPayload"]
    assert first["temporaryExposureKeys"] == again["temporaryExposureKeys"]
    assert "revisionToken" not in again
    assert new["revisionToken"] == "rev1"
    assert store.setting("revision-token") == "rev2"
    assert len({key.tek.data for key in server.published}) == len(server.published) == 6
    assert all(key.published_at for key in store.own_keys() if key.tek.data in sent_keys(server))


@pytest.mark.usefixtures("lost_answer")
@pytest.mark.parametrize(
    "again",
    [
        httpx.ConnectError("down"),
        httpx.Response(503),
        httpx.Response(500, json={"error": "fault", "code": "internal_error"}),
    ],
)
def test_while_the_lost_answer_cannot_be_had_the_new_code_is_not_spent(
    store: DeviceStore, server: MiniAuthority, again: httpx.Response | Exception
) -> None:
    with pytest.raises(ServerUnreachable):
        report(store, server)
    server.codes["2222"] = "2026-11-24"
    server.answers["/v1/publish"] = [again]
    with pytest.raises(Refused):
        report(store, server, "2222")
    assert "2222" in server.codes
    assert report(store, server, "2222").inserted == 5
    assert "2222" not in server.codes


def test_a_report_that_never_arrived_does_not_bar_a_new_code(
    store: DeviceStore, server: MiniAuthority
) -> None:
    server.answers["/v1/publish"] = [
        httpx.ConnectError("down"),
        httpx.Response(401, json={"error": "expired", "code": CERTIFICATE_INVALID}),
    ]
    with pytest.raises(ServerUnreachable):
        report(store, server)
    server.codes["2222"] = "2026-11-24"
    assert report(store, server, "2222").inserted == 5
    assert len(server.publishes) == 1


def sent_keys(server: MiniAuthority) -> set[bytes]:
    return {key.tek.data for key in server.published}


def test_an_interrupted_report_goes_on_with_what_its_owner_is_shown(
    store: DeviceStore, server: MiniAuthority
) -> None:
    server.answers["/v1/publish"] = [httpx.ConnectError("down")]
    with pytest.raises(ServerUnreachable):
        report(store, server)
    later = NOW + timedelta(hours=18)  # the 25th, 06:05
    store.current_key(NOW + timedelta(minutes=10))  # the rest of the 24th
    store.current_key(later)
    rest, today = (key.tek.data for key in store.own_keys()[-2:])
    further = (date(2026, 11, 24), date(2026, 11, 25))
    plan = plan_report(store, "1234-5678", SettableClock(later))
    assert plan == ReportPlan(FIVE_DAYS, 5, further)
    done = report(store, server, now=later)
    assert done == Reported(FIVE_DAYS, 5, 5, (), further)
    assert not sent_keys(server) & {rest, today}
    other = plan_report(store, "2222", SettableClock(later))
    assert (other.keys, other.further_days) == (7, ())
    server.codes["2222"] = "2026-11-24"
    done = report(store, server, "2222", later)
    assert (done.keys, done.inserted, done.further_days) == (7, 2, ())
    assert sent_keys(server) >= {rest, today}


@pytest.mark.parametrize(
    "written", ["1234 5678", "1234-5678", " 12345678\n", "1234\u00a05678", "1 2 3 4-5678"]
)
def test_a_code_is_the_same_however_it_is_written(
    store: DeviceStore, server: MiniAuthority, written: str
) -> None:
    server.answers["/api/certificate"] = [httpx.ConnectError("down")] * 2
    for code in ("12345678", written):  # the token is kept: the code is spent by now
        with pytest.raises(ServerUnreachable):
            report(store, server, code)
    assert report(store, server, written).inserted == 5
    assert [request.url.path for request in server.requests].count("/api/verify") == 1


def test_a_code_is_sent_without_spaces(store: DeviceStore, server: MiniAuthority) -> None:
    assert report(store, server, "1234 5678").inserted == 5


def test_when_the_server_takes_nothing_nothing_counts_as_published(
    store: DeviceStore, server: MiniAuthority
) -> None:
    remarks = [f"key {n} is 20 days from symptom onset, over 14: left out" for n in range(5)]
    server.answers["/v1/publish"] = [httpx.Response(200, json={"warnings": remarks})]
    with pytest.raises(NothingTaken, match=r"none of the 5 keys.*20 days from symptom onset.*a new code"):
        report(store, server)
    assert all(key.published_at is None for key in store.own_keys())
    assert store.setting("report") is None
    server.codes["2222"] = "2026-11-24"
    assert report(store, server, "2222").inserted == 5


def test_a_second_report_with_nothing_new_is_no_failure(store: DeviceStore, server: MiniAuthority) -> None:
    report(store, server)
    server.codes["2222"] = "2026-11-24"
    done = report(store, server, "2222")
    assert (done.keys, done.inserted) == (5, 0)


def test_a_clock_often_set_back_makes_no_report_that_servers_refuse(
    store: DeviceStore, server: MiniAuthority
) -> None:
    for _ in range(6):  # each by more than two hours: another key for the same day
        store.claim_interval(NOW)
        store.claim_interval(NOW - timedelta(hours=4))
        with store.transaction() as connection:
            connection.execute("UPDATE own_keys SET aired = rolling_start + 143 WHERE aired >= 0")
    assert len(store.own_keys()) > 8
    report(store, server)
    starts = [key.tek.rolling_start for key in server.published]
    assert max(starts.count(start) for start in starts) == 3
    newest = sorted(store.own_keys(), key=lambda key: key.id)[-3:]
    assert {key.tek.data for key in newest} <= sent_keys(server)


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
    server.answers["/v1/publish"] = [
        httpx.Response(401, json={"error": "expired", "code": CERTIFICATE_INVALID})
    ]
    with pytest.raises(PublishRefused, match="expired"):
        report(store, server)
    assert report(store, server).inserted == 5
    assert [request.url.path for request in server.requests].count("/api/verify") == 1


def test_a_used_token_asks_for_a_new_code_and_takes_it(store: DeviceStore, server: MiniAuthority) -> None:
    server.answers["/api/certificate"] = [
        httpx.Response(400, json={"error": "token used", "errorCode": "token_invalid"})
    ]
    with pytest.raises(CertificateRefused, match="ask for a new code"):
        report(store, server)
    assert store.setting("report") is None
    server.codes["new"] = "2026-11-24"
    assert report(store, server, "new").inserted == 5


@pytest.mark.parametrize("path", ["/api/verify", "/api/certificate"])
@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(500, json={"error": "oops", "errorCode": "internal_server_error"}),
        httpx.Response(429, json={"error": "slower", "errorCode": "too_many_requests"}),
        httpx.Response(429, content=b"slower"),
    ],
)
def test_after_a_passing_failure_the_same_code_goes_on(
    store: DeviceStore, server: MiniAuthority, path: str, failure: httpx.Response
) -> None:
    server.answers[path] = [failure]
    with pytest.raises(ServerRefused, match="try again later"):
        report(store, server)
    assert report(store, server).inserted == 5


def test_after_an_unexplained_refusal_a_new_code_helps_too(store: DeviceStore, server: MiniAuthority) -> None:
    server.answers["/api/certificate"] = [httpx.Response(403, json={"error": "no"})]
    with pytest.raises(ServerRefused, match="ask for a new one"):
        report(store, server)
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
