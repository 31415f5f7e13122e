"""Heartbeats on both databases: what is taken, what is kept, and that only counts outlive the day."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bluezone.authority.access.audit import SYSTEM, Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import Metric, Source
from bluezone.authority.adoption.models import Fact
from bluezone.authority.adoption.queries import newest_day, rates_on
from bluezone.authority.adoption.services import record_facts, withdraw_fact
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.heartbeats import api, services
from bluezone.authority.heartbeats.models import ClosedDay, Heartbeat, PlatformCount
from bluezone.authority.heartbeats.open_wards import forget_wards
from bluezone.authority.heartbeats.queries import wards_of
from bluezone.bench.key_server_load import LOADS
from bluezone.clock import SettableClock

pytestmark = pytest.mark.django_db

TODAY = date(2021, 3, 10)
NHAN_CHINH, KHUONG_TRUNG, HA_DINH = "00343", "00349", "00361"
EVERYTHING = Scope.everything()
COUNTED = datetime(2021, 3, 10, 23, 15, tzinfo=UTC)
"""06:15 on 11 March in Hà Nội."""


@pytest.fixture(autouse=True)
def areas(authority: Path) -> None:
    load_thanh_xuan()
    forget_wards()
    api.HEARTBEAT_LIMIT.reset()


def body(**changes: Any) -> dict[str, Any]:
    return {
        "day": TODAY.isoformat(),
        "ward": NHAN_CHINH,
        "platform": "android",
        "tracing": True,
        "pseudonym": b64encode(secrets.token_bytes(16)).decode(),
        **changes,
    }


def send(sent: Any, **options: Any) -> tuple[int, dict[str, Any]]:
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    response = Client().post("/v1/heartbeats", raw, **{"content_type": "application/json", **options})
    return response.status_code, response.json()


def send_many(count: int, **changes: Any) -> None:
    for _ in range(count):
        assert send(body(**changes)) == (200, {"day": changes.get("day", TODAY.isoformat())})


def area(code: str = NHAN_CHINH) -> Area:
    return Area.objects.get(code=code, valid_until=date(2025, 1, 1) if code == HA_DINH else date(2025, 7, 1))


def facts() -> dict[tuple[str, str], int]:
    return {(one.area.code, one.metric): one.value for one in Fact.objects.select_related("area")}


def test_what_is_kept_is_neither_the_pseudonym_nor_a_time() -> None:
    pseudonym = secrets.token_bytes(16)
    sent = body(pseudonym=b64encode(pseudonym).decode(), padding="x" * 500)
    assert send(sent) == (200, {"day": "2021-03-10"})
    (row,) = Heartbeat.objects.values()
    assert set(row) == {"mark", "day", "ward_id", "platform", "tracing"}
    assert (row["day"], row["platform"], row["tracing"]) == (TODAY, "android", True)
    assert Area.objects.get(pk=row["ward_id"]).name == "Phường Nhân Chính"
    assert row["mark"].to_bytes(8, "big") not in pseudonym
    assert not AuditEntry.objects.exists()


def test_no_row_has_a_number_in_the_order_in_which_they_came() -> None:
    """SQLite gives one to each row of a table whose key is no ``integer``; PostgreSQL has no such column."""
    send_many(5)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT rowid FROM heartbeats_heartbeat ORDER BY rowid")
        else:
            cursor.execute("SELECT mark FROM heartbeats_heartbeat ORDER BY mark")
        numbers = [row[0] for row in cursor.fetchall()]
    assert numbers == sorted(Heartbeat.objects.values_list("mark", flat=True))


def test_again_changes_nothing_but_that_tracing_comes_on() -> None:
    first = body(tracing=False)
    for _ in range(2):
        assert send(first)[0] == 200
    later = {**first, "tracing": True, "ward": KHUONG_TRUNG, "platform": "ios"}
    assert send(later)[0] == 200
    assert send({**first, "pseudonym": first["pseudonym"].rstrip("=")})[0] == 200  # the same bytes
    (row,) = Heartbeat.objects.select_related("ward")
    assert (row.ward.code, row.platform, row.tracing) == (NHAN_CHINH, "android", True)


def test_the_same_pseudonym_on_two_days_leaves_nothing_in_common(authority_clock: SettableClock) -> None:
    """As of an app that is made badly: even then the database does not know it again."""
    sent = body()
    send(sent)
    authority_clock.set(datetime(2021, 3, 10, 18, tzinfo=UTC))  # 01:00 on the 11th
    send({**sent, "day": "2021-03-11"})
    send({**sent, "day": "2021-03-10"})
    marks = dict(Heartbeat.objects.values_list("day", "mark"))
    assert Heartbeat.objects.count() == 2
    assert marks[TODAY] != marks[date(2021, 3, 11)]


def test_url_safe_base64_is_as_good() -> None:
    raw = b"\xfb\xff" * 8
    assert send(body(pseudonym=b64encode(raw).decode()))[0] == 200
    assert send(body(pseudonym=urlsafe_b64encode(raw).decode()))[0] == 200
    assert Heartbeat.objects.count() == 1


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (b" ", "the body is not one JSON document: Expecting value"),
        (b"{} {}", "the body is not one JSON document: Extra data"),
        (b"[]", "the body must be a JSON object"),
        (b"\xff", "the body is not one JSON document: UnicodeDecodeError"),
        (body(phone="0912345678"), 'unknown field "phone"'),
        (body(day=20210310), 'field "day" must be a string of ASCII characters'),
        (body(day="10/03/2021"), 'field "day" must be a day such as "2021-03-08"'),
        (body(day="2021-W10-3"), 'field "day" must be a day such as "2021-03-08"'),
        (body(day="2021-02-29"), 'field "day" must be a day such as "2021-03-08"'),
        (body(day=None), 'field "day" is missing'),
        (body(ward=343), 'field "ward" must be a string of ASCII characters'),
        (body(ward="Nhân Chính"), 'field "ward" must be a string of ASCII characters'),
        (body(ward="00343\0"), 'field "ward" must be the code of a ward, such as "00343"'),
        (body(ward="0" * 21), 'field "ward" must be the code of a ward, such as "00343"'),
        (body(platform="symbian"), 'field "platform" must be one of android, ios, device, web'),
        (body(tracing="yes"), 'field "tracing" must be true or false'),
        (body(tracing=1), 'field "tracing" must be true or false'),
        (body(pseudonym="AAAA"), 'field "pseudonym" must be base64 of 16 bytes'),
        (body(pseudonym="?" * 22), 'field "pseudonym" must be base64 of 16 bytes'),
        (body(pseudonym=b64encode(bytes(17)).decode()), 'field "pseudonym" must be base64 of 16 bytes'),
    ],
)
def test_what_is_wrong_is_named(sent: Any, says: str) -> None:
    status, reply = send(sent)
    assert (status, reply) == (400, {"error": says, "code": "bad_request"})
    assert not Heartbeat.objects.exists()


def test_other_methods_types_and_sizes_are_refused() -> None:
    assert send(body(), content_type="text/plain")[0] == 415
    assert send(body(padding="x" * 2_000)) == (
        413,
        {"error": "the body is larger than 2000 bytes", "code": "bad_request"},
    )
    answer = Client().get("/v1/heartbeats")
    assert (answer.status_code, answer["Allow"], answer.json()["code"]) == (405, "POST", "method_not_allowed")


@pytest.mark.parametrize(
    ("now", "day", "status", "code"),
    [
        (datetime(2021, 3, 10, 16, 59, tzinfo=UTC), "2021-03-10", 200, None),  # 23:59 in Hà Nội
        (datetime(2021, 3, 10, 16, 59, tzinfo=UTC), "2021-03-11", 400, "day_not_begun"),
        (datetime(2021, 3, 10, 17, 0, tzinfo=UTC), "2021-03-11", 200, None),
        (datetime(2021, 3, 10, 22, 59, tzinfo=UTC), "2021-03-10", 200, None),  # 05:59 the day after
        (datetime(2021, 3, 10, 23, 0, tzinfo=UTC), "2021-03-10", 410, "day_closed"),
        (datetime(2021, 3, 10, 8, 0, tzinfo=UTC), "0001-01-01", 410, "day_closed"),
        (datetime(2021, 3, 10, 8, 0, tzinfo=UTC), "9999-12-31", 400, "day_not_begun"),
    ],
)
def test_a_day_is_taken_from_its_midnight_to_six_of_the_next(
    authority_clock: SettableClock, now: datetime, day: str, status: int, code: str | None
) -> None:
    authority_clock.set(now)
    answer = send(body(day=day))
    assert (answer[0], answer[1].get("code")) == (status, code)
    assert Heartbeat.objects.count() == (status == 200)


@pytest.mark.parametrize("ward", ["99999", "009", "01"])
def test_only_a_ward_of_that_day_is_one(ward: str) -> None:
    assert send(body(ward=ward)) == (
        400,
        {"error": f"there is no ward {ward} on 2021-03-10", "code": "unknown_ward"},
    )


def test_one_network_has_a_limit_and_another_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.HEARTBEAT_LIMIT, "limit", 2)
    send_many(2)
    raw = json.dumps(body()).encode()
    answer = Client().post("/v1/heartbeats", raw, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert answer["Retry-After"] == str(43 * 60 + 1)  # the hour ends at 09:00 UTC, it is 08:17
    assert send(body(), REMOTE_ADDR="192.0.2.7")[0] == 200


def test_after_the_day_there_are_counts_and_nothing_else(authority_clock: SettableClock) -> None:
    send_many(11)
    send_many(10, tracing=False)
    send_many(3, platform="ios", tracing=False)
    send_many(9, ward=KHUONG_TRUNG)
    send_many(9, ward=HA_DINH)
    send_many(1, ward=HA_DINH, tracing=False)
    authority_clock.set(COUNTED - timedelta(seconds=1))
    assert services.close_days(authority_clock.now()) == 0
    assert Heartbeat.objects.count() == 43
    send_many(1, day="2021-03-11")
    assert services.close_days(COUNTED) == 1

    assert [one.day for one in Heartbeat.objects.all()] == [date(2021, 3, 11)]
    # 24 of which 11 with tracing; 9, which is too few; 10 of which 9 with tracing, too few of those
    assert facts() == {
        (NHAN_CHINH, "active-24h"): 24,
        (NHAN_CHINH, "tracing-on"): 11,
        (HA_DINH, "active-24h"): 10,
    }
    for one in Fact.objects.all():
        assert (one.as_of, one.source, one.entered_by) == (TODAY, Source.HEARTBEAT, SYSTEM.reference)
        assert one.definition in ("active-24h-heartbeat", "tracing-on-heartbeat")
    closed = ClosedDay.objects.get()
    assert (closed.day, closed.wards_told, closed.wards_withheld) == (TODAY, 2, 1)
    # 31 from Android, 3 from iOS: who knows the sum of 34 would know the 3 from the 31
    assert not PlatformCount.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject) == ("heartbeats.day-closed", "day:2021-03-10")
    assert entry.details == {"wards_told": 2, "wards_withheld": 1}
    assert services.close_days(COUNTED) == 0


def test_platforms_are_told_of_wards_that_are_told() -> None:
    send_many(12)
    send_many(13, platform="ios")
    send_many(5, ward=KHUONG_TRUNG)
    services.close_days(COUNTED)
    assert dict(PlatformCount.objects.values_list("platform", "active")) == {"android": 12, "ios": 13}


def test_days_that_were_left_are_closed_together_and_what_is_late_is_not_counted(
    authority_clock: SettableClock,
) -> None:
    """After a server was down for days."""
    send_many(10)
    authority_clock.advance(timedelta(days=1))
    send_many(11, day="2021-03-11")
    now = COUNTED + timedelta(days=3)
    assert services.close_days(now) == 2
    assert sorted(Fact.objects.filter(metric="active-24h").values_list("as_of", "value")) == [
        (TODAY, 10),
        (date(2021, 3, 11), 11),
    ]
    for number in range(20):
        Heartbeat.objects.create(mark=number, day=TODAY, ward=area(), platform="web", tracing=False)
    assert services.close_days(now) == 0
    assert not Heartbeat.objects.exists()
    assert Fact.objects.filter(as_of=TODAY, metric="active-24h").get().value == 10


def test_how_many_had_it_not_is_no_small_number_either() -> None:
    """Who knows 12 and 11 knows that one was without."""
    send_many(11)
    send_many(1, tracing=False)
    send_many(10, ward=KHUONG_TRUNG)
    services.close_days(COUNTED)
    assert facts() == {(NHAN_CHINH, "active-24h"): 12, (KHUONG_TRUNG, "active-24h"): 10}


def test_a_ward_that_is_gone_keeps_no_day_open() -> None:
    """A list was taken back between the look at the wards and the write: the database ties neither."""
    gone = Area.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1
    columns = ", ".join(services.COLUMNS)
    with connection.cursor() as cursor:
        for mark in range(12):
            cursor.execute(
                f"INSERT INTO heartbeats_heartbeat ({columns}) VALUES (%s, %s, %s, 'web', %s)",  # noqa: S608
                [mark, TODAY.isoformat(), gone, False],
            )
    send_many(10)
    assert services.close_days(COUNTED) == 1
    assert not Heartbeat.objects.exists()
    assert facts() == {(NHAN_CHINH, "active-24h"): 10}
    closed = ClosedDay.objects.get()
    assert (closed.wards_told, closed.wards_withheld) == (1, 0)


def test_one_that_is_taken_has_no_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """With the moment in it, who reads the database as well could tell when which came."""
    caplog.set_level("INFO", "bluezone")
    send_many(1)
    assert not [one for one in caplog.records if one.name.startswith("bluezone")]
    assert send(body(ward="0"))[0] == 400
    assert [one.name for one in caplog.records if one.name.startswith("bluezone")] == [
        "bluezone.authority.request"
    ]


def test_a_day_is_closed_as_a_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    send_many(10)

    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(services, "record", fails)
    with pytest.raises(ZeroDivisionError):
        services.close_days(COUNTED)
    assert (Heartbeat.objects.count(), Fact.objects.count(), ClosedDay.objects.count()) == (10, 0, 0)


def test_what_apps_say_takes_the_place_of_no_counted_figure() -> None:
    clerk, counted_at = Actor("cli"), datetime(2021, 3, 8, 3, tzinfo=UTC)
    counts = {Metric.ACTIVE_24H: 40, Metric.SMARTPHONES: 100, Metric.PHONE_LINKED: 50}
    record_facts(area(), date(2021, 3, 8), counts, scope=EVERYTHING, by=clerk, now=counted_at)
    send_many(20)
    services.close_days(COUNTED)
    one = area()
    rates = rates_on([one], date(2021, 3, 31), EVERYTHING)[one.pk]
    assert [rate.text for rate in rates] == ["50/100 (đạt 50,00%)", "40/100 (đạt 40,00%)"]
    assert newest_day(EVERYTHING) == date(2021, 3, 8)


def test_counts_are_read_within_a_scope_and_one_may_be_withdrawn() -> None:
    send_many(12)
    send_many(11, tracing=False)
    send_many(10, ward=KHUONG_TRUNG)
    services.close_days(COUNTED)
    ward = Scope.of(["01/009/00343"])
    district = Area.objects.get(code="009")
    assert [(one.area.code, one.active, one.tracing) for one in wards_of(district, TODAY, ward)] == [
        (NHAN_CHINH, 23, 12)
    ]
    told = {one.area.code: one.active for one in wards_of(district, TODAY, EVERYTHING) if one.active}
    assert told == {NHAN_CHINH: 23, KHUONG_TRUNG: 10}
    made_up = Fact.objects.get(area=area(), metric="active-24h")
    withdraw_fact(made_up.pk, scope=ward, by=Actor("cli"), now=COUNTED)
    assert [one.active for one in wards_of(district, TODAY, ward)] == [None]


def test_what_the_load_sends_is_taken_and_found(authority_clock: SettableClock) -> None:
    authority_clock.set(datetime.now(UTC))
    load = LOADS["heartbeats"]
    before = load.count_rows()
    for path, raw in load.make(3):
        assert Client().post(path, raw, "application/json").status_code == 200
    assert load.count_rows() - before == 3 * load.rows_of_each
