"""Checking for exposures: what counts, what is refused, what is told once, and that it can stop anywhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.device.mini_authority import BASE, MiniAuthority, new_key

from bluezone.clock import SettableClock
from bluezone.device import exposure_check, exposure_results
from bluezone.device.agent import AgentSettings
from bluezone.device.client import AuthorityClient
from bluezone.device.client_errors import ServerUnreachable
from bluezone.device.enrolment import enrolment_of, save_enrolment
from bluezone.device.exposure_check import CheckOutcome, CheckProgress, check_exposures, current_summaries
from bluezone.device.store import DeviceStore, Encounter
from bluezone.device.store_schema import StoreInUse
from bluezone.matching.match import choose_engine
from bluezone.protocols.export_signature import PublicKeys
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
from bluezone.protocols.risk_presets import load_preset

MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
NOW = MIDNIGHT + timedelta(days=1, hours=6)
DAY = interval_number(MIDNIGHT.timestamp())
TX = -10


def tek(number: int) -> TemporaryExposureKey:
    return TemporaryExposureKey(bytes([number]) * 16, DAY)


def sick(number: int, kind: ReportType = ReportType.CONFIRMED_TEST, onset: int | None = 0) -> DiagnosisKey:
    return DiagnosisKey(tek(number), kind, onset)


def meet(store: DeviceStore, number: int, minutes: int, *, at: int = 36_000, attenuation: int = 50) -> None:
    """Hear a key's owner every five minutes from ``at`` seconds into the day on."""
    key = tek(number)
    rpis = rolling_proximity_identifiers(key)
    for second in range(at, at + 60 * minutes, 300):
        rpi = rpis[second // 600]
        aem = encrypt_metadata(derive_aemk(key.data), rpi, Metadata(TX).pack())
        store.add_scan(
            int(MIDNIGHT.timestamp()) + second,
            300,
            [Encounter(rpi, aem, TX - attenuation, TX - attenuation + 2)],
        )


@pytest.fixture
def server() -> MiniAuthority:
    return MiniAuthority()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DeviceStore]:
    with DeviceStore.open(tmp_path / "device") as opened:
        yield opened


def check(
    store: DeviceStore,
    server: MiniAuthority,
    *,
    preset: str = "bluezone",
    trusted: PublicKeys = None,
    now: datetime = NOW,
    settings: AgentSettings | None = None,
    progress: list[CheckProgress] | None = None,
) -> CheckOutcome:
    with server.client() as http:
        return check_exposures(
            store,
            AuthorityClient(BASE, "VN", http),
            clock=SettableClock(now),
            preset=load_preset(preset),
            trusted_keys=[server.public_key] if trusted is None else trusted,
            engine=choose_engine("auto"),
            settings=settings or AgentSettings(),
            progress=(progress if progress is not None else []).append,
        )


def test_an_exposure_is_scored_from_the_sender_s_own_power_and_told_once(
    store: DeviceStore, server: MiniAuthority
) -> None:
    meet(store, 1, 20)
    meet(store, 2, 20, at=50_000)  # not published
    server.add_export([sick(1), sick(9)])
    progress: list[CheckProgress] = []
    outcome = check(store, server, progress=progress)
    assert (outcome.files, outcome.keys, outcome.matched_scans, outcome.refused) == (1, 2, 4, ())
    assert outcome.keys_per_second > 0
    assert progress == [CheckProgress(1, 1, 2)]
    (alert,) = outcome.new_alerts
    assert (alert.day, alert.seconds) == (date(2026, 11, 24), 1200)
    assert alert.score == pytest.approx(20 * 1.0)  # 50 dB, confirmed, high
    assert alert.closest_attenuation == 48
    again = check(store, server)
    assert (again.files, again.new_alerts, again.changes.updated, again.matched_scans) == (0, (), (), 0)
    assert [request.url.path for request in server.requests].count("/exports/VN/index.txt") == 2
    assert len(server.requests) == 3  # the file once
    assert list(store.downloads.iterdir()) == []


def test_the_receiver_s_correction_counts(store: DeviceStore, server: MiniAuthority) -> None:
    meet(store, 1, 20)
    server.add_export([sick(1)])
    outcome = check(store, server, settings=AgentSettings(rssi_correction=-20))  # 50 becomes 70 dB
    assert outcome.new_alerts == ()
    assert outcome.matched_scans == 4


def test_what_else_a_scan_heard_is_kept_with_the_match(store: DeviceStore, server: MiniAuthority) -> None:
    meet(store, 1, 10)  # scans at 36,000 and 36,300 s
    midnight = int(MIDNIGHT.timestamp())
    for second, strengths in ((36_000, (-80, -70, -61)), (36_300, (-80, -70))):
        others = [
            Encounter(bytes([200 + n]) * 16, bytes(4), rssi, rssi + 5) for n, rssi in enumerate(strengths)
        ]
        store.add_scan(midnight + second, 300, others)
    server.add_export([sick(1)])
    check(store, server, settings=AgentSettings(tx_power=-24, rssi_correction=-3))
    ((_, scans),) = exposure_results.matched_exposures(store)
    # Three others: -24 - ((-80 - 70 - 61) / 3 - 3) = 49.33 dB; two are too few.
    assert [scan.surroundings for scan in scans] == [pytest.approx(49.3333, abs=1e-3), None]


def test_no_match_no_alert(store: DeviceStore, server: MiniAuthority) -> None:
    server.add_export([sick(1)])
    outcome = check(store, server)  # no encounter at all: the file is still verified and read
    assert (outcome.files, outcome.keys, outcome.matched_scans) == (1, 1, 0)
    assert outcome.summaries == ()


def test_scores_add_up_over_files_and_the_alert_is_raised_silently(
    store: DeviceStore, server: MiniAuthority
) -> None:
    for number, at in ((1, 30_000), (2, 40_000), (3, 50_000)):
        meet(store, number, 5, at=at)  # 5 each; 10 alert
    server.add_export([sick(1)])
    assert check(store, server).new_alerts == ()
    server.add_export([sick(2)])
    (alert,) = check(store, server, now=NOW + timedelta(hours=1)).new_alerts
    assert alert.score == pytest.approx(10)
    server.add_export([sick(3)])
    third = check(store, server, now=NOW + timedelta(hours=2))
    assert third.new_alerts == ()
    (raised,) = third.changes.updated
    assert raised.score == pytest.approx(15)
    (kept,) = exposure_results.alerts(store)
    assert (kept.created_at, kept.updated_at) == (alert.created_at, alert.created_at + 3600)


def test_revoked_keys_withdraw_the_alert_and_a_new_reason_alerts_again(
    store: DeviceStore, server: MiniAuthority
) -> None:
    meet(store, 1, 20)
    meet(store, 2, 20, at=50_000)
    server.add_export([sick(1)])
    assert len(check(store, server).new_alerts) == 1
    server.add_export([], revised=[sick(1, ReportType.REVOKED)])
    outcome = check(store, server)
    assert [alert.day for alert in outcome.changes.withdrawn] == [date(2026, 11, 24)]
    assert outcome.summaries == ()
    assert exposure_results.alerts(store)[0].withdrawn_at is not None
    assert check(store, server).changes.withdrawn == ()  # told once
    server.add_export([sick(2)])
    assert len(check(store, server).new_alerts) == 1


@pytest.mark.parametrize("revoked_first", [False, True])
def test_a_revocation_holds_whatever_file_comes_first(
    store: DeviceStore, server: MiniAuthority, revoked_first: bool
) -> None:
    meet(store, 1, 20)
    exports = [([sick(1)], []), ([], [sick(1, ReportType.REVOKED)])]
    for keys, revised in reversed(exports) if revoked_first else exports:
        server.add_export(keys, revised=revised)
    assert check(store, server).new_alerts == ()


def test_a_revised_report_type_changes_the_score(store: DeviceStore, server: MiniAuthority) -> None:
    meet(store, 1, 20)
    server.add_export([sick(1, ReportType.SELF_REPORT)])
    (first,) = check(store, server).summaries
    server.add_export([], revised=[sick(1, ReportType.CONFIRMED_TEST)])
    (second,) = check(store, server).summaries
    assert (first.score, second.score) == (pytest.approx(10), pytest.approx(20))


def test_own_keys_never_count(store: DeviceStore, server: MiniAuthority) -> None:
    meet(store, 1, 20)
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO own_keys (rolling_start, rolling_period, tek, published_at) VALUES (?, 144, ?, 1)",
            (DAY, tek(1).data),
        )
    server.add_export([sick(1)])
    assert check(store, server).matched_scans == 0


@pytest.mark.parametrize("fault", ["unsigned", "stranger", "damaged", "gone", "no trust"])
def test_a_bad_file_is_refused_and_does_not_stop_the_others(
    store: DeviceStore, server: MiniAuthority, fault: str
) -> None:
    meet(store, 1, 20)
    meet(store, 2, 20, at=50_000)
    bad = server.add_export(
        [sick(1)],
        unsigned=fault == "unsigned",
        signer=new_key() if fault == "stranger" else None,
    )
    server.add_export([sick(2)])
    if fault == "damaged":
        server.files[bad] = server.files[bad][:-30]
    if fault == "gone":
        server.answers[f"/exports/{bad}"] = [httpx.Response(404)] * 9
    trusted: PublicKeys = [] if fault == "no trust" else None
    refused = []
    for number in range(1, 25):
        outcome = check(store, server, trusted=trusted)
        refused.append(len(outcome.refused))
        if number == 1 and fault != "no trust":
            assert [name for name, _ in outcome.refused] == [bad]
            assert len(outcome.new_alerts) == 1  # of the good file
            assert exposure_results.matched_exposures(store)[0][0].tek == tek(2).data
    expected = 2 if fault == "no trust" else 1
    tried = [number for number, count in enumerate(refused, 1) if count]
    assert tried == [1, 2, 4, 8, 16, 24]  # in every check, every 2nd, 4th, 8th; then every 8th
    assert {count for count in refused if count} == {expected}
    assert all(one.attempts == 6 and one.reason for one in exposure_results.refused_exports(store))
    assert not any("device" in one.reason for one in exposure_results.refused_exports(store))  # no local path
    assert list(store.downloads.iterdir()) == []


def test_a_file_that_was_damaged_on_the_way_is_used_when_it_arrives_whole(
    store: DeviceStore, server: MiniAuthority
) -> None:
    meet(store, 1, 20)
    name = server.add_export([sick(1)])
    whole = server.files[name]
    server.answers[f"/exports/{name}"] = [
        httpx.Response(200, content=whole[:100] + b"\0" * (len(whole) - 100))
    ]
    assert len(check(store, server).refused) == 1
    assert len(check(store, server).new_alerts) == 1


@pytest.mark.parametrize(
    ("answer", "again_soon"),
    [
        (httpx.Response(403), False),
        (httpx.Response(302, headers={"Location": "/"}), False),
        (httpx.Response(500), False),
        (httpx.Response(200, content=b"abc", headers={"Content-Length": "9"}), True),
        (httpx.RemoteProtocolError("closed"), True),
    ],
)
def test_a_file_that_cannot_be_fetched_stops_nothing_and_is_not_held_against_it(
    store: DeviceStore, server: MiniAuthority, answer: httpx.Response | Exception, again_soon: bool
) -> None:
    meet(store, 1, 20)
    first = server.add_export([sick(2)])
    server.add_export([sick(1)])
    server.answers[f"/exports/{first}"] = [answer] * 5
    for number in range(5):
        outcome = check(store, server)
        assert len(outcome.new_alerts) == (number == 0)
        assert [name for name, _ in outcome.unfetched] == [first]
        assert (outcome.refused, outcome.interrupted) == ((), again_soon)
    assert exposure_results.pending_exports(store) == [first]
    outcome = check(store, server)
    assert (outcome.files, outcome.unfetched, outcome.interrupted) == (1, (), False)


def test_where_the_server_is_gone_the_rest_is_left_and_what_there_is_counts(
    store: DeviceStore, server: MiniAuthority
) -> None:
    meet(store, 1, 20)
    server.add_export([sick(1)])
    second, third = server.add_export([sick(2)]), server.add_export([sick(3)])
    index = httpx.Response(200, content="\n".join(server.files).encode())
    server.answers["/exports/VN/index.txt"] = [index, httpx.ConnectError("down")]
    server.answers[f"/exports/{second}"] = [httpx.ConnectError("down")]
    outcome = check(store, server)
    assert (outcome.files, len(outcome.new_alerts), outcome.interrupted) == (1, 1, True)
    assert [name for name, _ in outcome.unfetched] == [second]
    assert f"/exports/{third}" not in [request.url.path for request in server.requests]
    assert exposure_results.pending_exports(store) == [second, third]
    assert check(store, server).files == 2


def test_an_index_that_cannot_be_fetched_raises(store: DeviceStore, server: MiniAuthority) -> None:
    server.answers["/exports/VN/index.txt"] = [httpx.ConnectError("down")]
    with pytest.raises(ServerUnreachable, match="down"):
        check(store, server)


def test_a_new_key_of_the_authority_brings_refused_files_back(
    store: DeviceStore, server: MiniAuthority
) -> None:
    meet(store, 1, 20)
    stranger = new_key()
    server.add_export([sick(1)], signer=stranger)
    save_enrolment(store, server=BASE, public_keys=(server.public_pem,))
    refused = [len(check(store, server).refused) for _ in range(5)]
    assert refused == [1, 1, 0, 1, 0]
    save_enrolment(store, region="VN")
    assert len(exposure_results.refused_exports(store)) == 1  # nothing new to believe
    new = MiniAuthority(private_key=stranger)
    save_enrolment(store, public_keys=(server.public_pem, new.public_pem))
    assert exposure_results.refused_exports(store) == []
    outcome = check(store, server, trusted=enrolment_of(store).trusted_keys())
    assert (outcome.files, len(outcome.new_alerts)) == (1, 1)


def test_a_bad_validator_kept_by_an_older_version_is_dropped(
    store: DeviceStore, server: MiniAuthority
) -> None:
    store.set_setting("index-etag", '"caf\xe9"')
    assert exposure_results.known_index_etag(store) is None
    check(store, server)
    assert "If-None-Match" not in server.requests[0].headers


def test_reasons_from_the_server_s_files_are_safe_to_show(store: DeviceStore, server: MiniAuthority) -> None:
    name = server.add_export([sick(1)])
    error = httpx.RemoteProtocolError("evil \x1b]0;title\x07 text")
    server.answers[f"/exports/{name}"] = [error]
    ((_, reason),) = check(store, server).unfetched
    assert reason.isprintable()
    assert "evil ]0;title text" in reason


@pytest.mark.parametrize("crash_in", ["save_matches", "current_summaries", "update_alerts", "set_setting"])
def test_a_crash_anywhere_is_repeated_harmlessly(
    store: DeviceStore, server: MiniAuthority, monkeypatch: pytest.MonkeyPatch, crash_in: str
) -> None:
    meet(store, 1, 20)
    server.add_export([sick(1)])

    def crash(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if crash_in == "set_setting":
            patch.setattr(exposure_results.AlertChanges, "__init__", crash)  # after the alert is committed
        else:
            owner = exposure_check if crash_in == "current_summaries" else exposure_results
            patch.setattr(owner, crash_in, crash)
        with pytest.raises(KeyboardInterrupt):
            check(store, server)
    check(store, server)
    check(store, server)
    (alert,) = exposure_results.alerts(store)
    assert alert.score == pytest.approx(20)
    assert len(exposure_results.matched_exposures(store)[0][1]) == 4


def test_a_transaction_that_fails_half_way_leaves_the_export_pending(
    store: DeviceStore, server: MiniAuthority
) -> None:
    meet(store, 1, 20)
    name = server.add_export([sick(1)])
    with store.transaction() as connection:
        connection.execute(
            "CREATE TRIGGER late BEFORE UPDATE OF state ON exports WHEN new.state = 'processed'"
            " BEGIN SELECT RAISE(ABORT, 'boom'); END"
        )
    with pytest.raises(sqlite3.IntegrityError, match="boom"):
        check(store, server)
    assert exposure_results.matched_exposures(store) == []
    assert exposure_results.pending_exports(store) == [name]


def test_matches_and_alerts_end_together_and_nothing_is_withdrawn_on_the_way(
    store: DeviceStore, server: MiniAuthority
) -> None:
    meet(store, 1, 20)
    server.add_export([sick(1)])
    check(store, server)
    for hours in (0, 10.1, 23.9):  # the meeting began at ten: in between its encounters are deleted
        late = MIDNIGHT + timedelta(days=14, hours=hours)
        store.purge(late)
        assert check(store, server, now=late).changes == exposure_results.AlertChanges((), (), ())
    assert len(exposure_results.alerts(store)) == 1
    store.purge(MIDNIGHT + timedelta(days=15))
    assert exposure_results.matched_exposures(store) == []
    assert store.query("SELECT count(*) FROM matched_keys") == [(0,)]
    assert exposure_results.alerts(store) == []


def test_an_alert_past_the_preset_s_age_is_not_withdrawn(store: DeviceStore, server: MiniAuthority) -> None:
    meet(store, 1, 20)
    server.add_export([sick(1)])
    assert len(check(store, server, preset="de-cwa").new_alerts) == 1
    late = check(store, server, preset="de-cwa", now=MIDNIGHT + timedelta(days=11))
    assert (late.summaries, late.changes.withdrawn) == ((), ())
    assert exposure_results.alerts(store)[0].withdrawn_at is None


def test_files_that_left_the_index_are_forgotten(store: DeviceStore, server: MiniAuthority) -> None:
    first = server.add_export([sick(1)])
    check(store, server)
    del server.files[first]
    server.add_export([sick(2)], name="VN/2-3-00001.zip")
    check(store, server)
    assert store.query("SELECT name, state FROM exports") == [("VN/2-3-00001.zip", "processed")]


def test_two_checks_at_once_are_refused(store: DeviceStore, server: MiniAuthority) -> None:
    with store.exclusively("check"), pytest.raises(StoreInUse, match="already running"):
        check(store, server)


def test_matching_in_chunks_gives_the_same(
    store: DeviceStore, server: MiniAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet(store, 1, 40)
    meet(store, 2, 40, at=50_000)
    server.add_export([sick(1), sick(2)])
    every = DeviceStore.sighting_chunks
    monkeypatch.setattr(DeviceStore, "sighting_chunks", lambda self: every(self, rows=3))
    outcome = check(store, server)
    assert (outcome.keys, outcome.matched_scans) == (2, 16)
    assert [s.seconds for s in current_summaries(store, SettableClock(NOW), load_preset("bluezone"))] == [
        4800
    ]
