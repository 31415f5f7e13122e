"""The audit log for auditors: found by person, action, area and time, page by page, and taken along."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bluezone.authority.access.audit import Actor, record, seal_audit, verify_audit
from bluezone.authority.access.audit_queries import AuditPlace, AuditSearch, audit_entries, audit_page
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts import services
from bluezone.authority.accounts.models import User
from bluezone.authority.areas.services import load_thanh_xuan

pytestmark = pytest.mark.django_db

CLI = Actor("cli")
WARD, NEXT_WARD, ELSEWHERE = "01/009/00343", "01/009/00346", "79/760"


@pytest.fixture
def auditor(authority: Path, authority_clock: Any, settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return made(authority_clock, "kiem.toan", "*")


def made(clock: Any, name: str, area: str, role: Role = Role.AUDITOR) -> User:
    user = services.create_user(name, "rừng-tre-gió-thổi", by=CLI, now=clock.now())
    grant_role(user, role, area, by=CLI, now=clock.now())
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def write(actor: str, action: str, subject: str, clock: Any, **details: str | int) -> None:
    with transaction.atomic():
        record(Actor(actor), action, subject, details, now=clock.now())


@pytest.fixture
def log(auditor: User, authority_clock: Any) -> None:
    """An entry an hour from 15:17 on in Hà Nội, 10 March 2021."""
    for actor, action, subject, area in (
        ("user:a", "keys.code-issued", "code:1", WARD),
        ("user:b", "keys.code-issued", "code:2", NEXT_WARD),
        ("user:a", "keys.code-revoked", "code:1", WARD),
        ("cli", "keysmith.made", "code:3", ELSEWHERE),
        ("user:b", "organisations.contact-seen", "user:a", "01/009"),
    ):
        write(actor, action, subject, authority_clock, area=area)
        authority_clock.advance(timedelta(hours=1))


def rows_of(answer: Any) -> list[list[str]]:
    body = re.search(r"<tbody>(.*)</tbody>", answer.content.decode(), re.DOTALL)
    if body is None:
        return []
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in body[1].split("</tr>")[:-1]]
    return [[unescape(re.sub(r"<[^>]+>", "", one)).strip() for one in row] for row in cells]


def said(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def found(client: Client, query: str) -> list[tuple[str, str]]:
    answer = client.get(f"/audit/?{query}")
    assert answer.status_code == 200, answer.content.decode()
    rows = [(row[2], row[3]) for row in rows_of(answer)]
    return [one for one in rows if not one[0].startswith(("access.", "accounts."))]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["user:a", "code:3", "code:1", "code:2", "code:1"]),
        ("action=keys", ["code:1", "code:2", "code:1"]),
        ("action=keys.code-issued", ["code:2", "code:1"]),
        ("action=keys.code", []),
        ("person=user:a", ["user:a", "code:1", "code:1"]),
        ("person=user:b&action=keys", ["code:2"]),
        ("person=cli&action=keysmith", ["code:3"]),
        ("area=01/009", ["user:a", "code:1", "code:2", "code:1"]),
        (f"area={WARD}", ["code:1", "code:1"]),
        ("area=01/00", []),
        ("area=79", ["code:3"]),
        ("since=2021-03-11", []),
        ("since=2021-03-10&until=2021-03-10", ["user:a", "code:3", "code:1", "code:2", "code:1"]),
        ("until=2021-03-09", []),
    ],
)
def test_entries_are_found(log: None, auditor: User, query: str, expected: list[str]) -> None:
    assert [subject for _, subject in found(logged_in(auditor), query)] == expected


def test_a_row_says_when_who_what_and_where(log: None, auditor: User) -> None:
    client = logged_in(auditor)
    [row] = rows_of(client.get("/audit/?action=keysmith"))
    assert row == ["18:17:00 10/03/2021", "cli", "keysmith.made", "code:3", "area=79/760"]
    rows = rows_of(client.get("/audit/?person=kiem.toan&action=accounts.user-created"))
    assert [row[3] for row in rows] == ["kiem.toan"]  # shown by name, stored by reference


def test_a_code_alone_is_the_area_that_has_it_and_one_that_nobody_knows_is_told(
    log: None, auditor: User
) -> None:
    load_thanh_xuan()
    client = logged_in(auditor)
    assert [subject for _, subject in found(client, "area=00346")] == [
        subject for _, subject in found(client, f"area={NEXT_WARD}")
    ]
    assert "Mã 00352 có ở nhiều nơi: 01/00352, 01/009/00352." in said(client.get("/audit/?area=00352"))
    assert "Danh bạ không có địa bàn 99999." in said(client.get("/audit/?area=99999"))
    assert "Danh bạ không có" not in said(client.get(f"/audit/?area={WARD}&action=nothing"))


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("person=nobody", "Không có người dùng này."),
        ("person=user:'; DROP TABLE", "Không có người dùng này."),
        ("action=KEYS!", "Việc chỉ gồm chữ thường"),
        ("area=01//009", "Mã địa bàn không đúng dạng"),
        ("since=gestern", "Từ ngày không phải một ngày."),
        ("until=2021-02-30", "Đến hết ngày không phải một ngày."),
        ("since=2021-03-11&until=2021-03-10", "Đến hết ngày phải sau từ ngày."),
    ],
)
def test_what_cannot_be_searched_is_told(log: None, auditor: User, query: str, fault: str) -> None:
    client = logged_in(auditor)
    for path in (f"/audit/?{query}", f"/audit/export?format=csv&{query}"):
        answer = client.get(path)
        assert answer.status_code == 422
        assert f"Chưa tìm: {fault}" in unescape(re.sub(r"<[^>]+>", "", answer.content.decode()))


@pytest.mark.parametrize(
    "query", ["before=x", "before=2021-03-10_x", "before=2021-03-10T08:17:00_" + "0" * 32, "format=pdf"]
)
def test_addresses_that_name_nothing(auditor: User, query: str) -> None:
    client = logged_in(auditor)
    path = "/audit/export" if "format" in query else "/audit/"
    assert client.get(f"{path}?{query}").status_code == 404
    assert client.get("/audit/?person=%00&action=%00&area=%00").status_code == 200


def test_pages_hold_each_entry_once(auditor: User, authority_clock: Any) -> None:
    """Also where many were written in the same moment."""
    for number in range(120):
        write("cli", "keys.made", f"code:{number}", authority_clock, area=WARD)
    client, query, seen = logged_in(auditor), "/audit/?action=keys", []
    for _ in range(4):
        answer = client.get(query)
        seen.append([row[3] for row in rows_of(answer)])
        older = re.search(r'href="(/audit/\?[^"]*before=[^"]*)"', answer.content.decode())
        if older is None:
            break
        query = unescape(older[1])
    assert [len(one) for one in seen] == [50, 50, 20]
    assert sorted(subject for page in seen for subject in page) == sorted(
        f"code:{number}" for number in range(120)
    )


def test_who_audits_an_area_sees_what_concerns_it(log: None, authority_clock: Any) -> None:
    client = logged_in(made(authority_clock, "quan", "01/009"))
    assert {subject for _, subject in found(client, "")} == {"user:a", "code:1", "code:2"}
    assert found(client, "area=79") == []
    rows = json.loads(client.get("/audit/export?format=json").content)["entries"]
    assert {one["details"].get("area") for one in rows} <= {WARD, NEXT_WARD, "01/009"}


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.AUDITOR])
def test_nobody_else_sees_it(auditor: User, authority_clock: Any, role: Role) -> None:
    client = logged_in(made(authority_clock, "x", "*", role))
    assert client.get("/audit/").status_code == 403
    assert client.get("/audit/export?format=csv").status_code == 403
    assert Client().get("/audit/")["Location"].startswith("/login/")


def test_each_look_is_recorded(log: None, auditor: User) -> None:
    client = logged_in(auditor)
    client.get(f"/audit/?person=kiem.toan&area={WARD}&since=2021-03-10")
    client.get("/audit/export?format=csv&action=keys")
    client.get("/audit/?area=01//")
    looks = list(AuditEntry.objects.filter(subject="audit").order_by("action"))
    assert [one.action for one in looks] == ["access.audit-exported", "access.audit-searched"]
    assert {one.actor for one in looks} == {f"user:{auditor.pk}"}
    exported, searched = (one.details for one in looks)
    assert exported["format"] == "csv"
    assert (exported["for_action"], exported["entries"]) == ("keys", 3)
    assert searched == {
        "person": f"user:{auditor.pk}",
        "for_area": WARD,
        "since": "2021-03-10T00:00:00+07:00",
        "shown": 0,
    }
    verify_audit()


def test_what_is_taken_along(log: None, auditor: User, authority_clock: Any) -> None:
    seal_audit(authority_clock.now())
    write("=1+1", "keys.odd", "@x", authority_clock, area=WARD, text="-2")
    client = logged_in(auditor)
    answer = client.get(f"/audit/export?format=json&action=keys&area={WARD}")
    assert answer["Content-Disposition"] == 'attachment; filename="bluezone-audit-20210310-2017.json"'
    document = json.loads(answer.content)
    assert document["is_cut"] is False
    assert document["entries"][0] == {
        "recorded_at": "2021-03-10T08:17:00+00:00",
        "actor": "user:a",
        "action": "keys.code-issued",
        "subject": "code:1",
        "details": {"area": WARD},
        "seal": 1,
    }
    assert [one["seal"] for one in document["entries"]] == [1, 1, None]
    answer = client.get(f"/audit/export?format=csv&action=keys&area={WARD}")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["recorded_at", "actor", "action", "subject", "details", "seal"]
    assert rows[1][1:] == ["user:a", "keys.code-issued", "code:1", f"area={WARD}", "1"]
    assert rows[3][1:4] == ["'=1+1", "keys.odd", "'@x"]


segments = st.lists(st.sampled_from(["01", "009", "00343", "79"]), min_size=1, max_size=3).map("/".join)


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
@given(
    prefixes=st.lists(segments, max_size=2),
    wanted=st.just("") | segments,
    areas=st.lists(st.none() | st.just("*") | segments, max_size=8),
)
def test_nothing_outside_a_scope_ever_comes_back(
    authority: Path, authority_clock: Any, prefixes: list[str], wanted: str, areas: list[str | None]
) -> None:
    AuditEntry.objects.all().delete()
    for number, area in enumerate(areas):
        details = {} if area is None else {"area": area}
        write("cli", "keys.made", f"code:{number}", authority_clock, **details)
    scope, search = Scope.of(prefixes), AuditSearch(area=wanted)

    def within(area: str | None, prefix: str) -> bool:
        return area is not None and area.split("/")[: prefix.count("/") + 1] == prefix.split("/")

    expected = {
        f"code:{number}"
        for number, area in enumerate(areas)
        if any(within(area, one) for one in prefixes) and (not wanted or within(area, wanted))
    }
    assert {one.subject for one in audit_entries(search, scope)} == expected
    page, has_older = audit_page(search, scope, size=3)
    assert {one.subject for one in page} <= expected
    assert has_older == (len(expected) > 3)
    if page:
        rest, _ = audit_page(search, scope, size=50, before=AuditPlace(page[-1].recorded_at, page[-1].id))
        assert {one.subject for one in (*page, *rest)} == expected
