"""One's own account: another password, the list of one's sessions, the end of all of them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.roles import Role
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts import account_views, services, views
from bluezone.authority.accounts.models import StaffSession
from bluezone.authority.accounts.rules import browser_family
from bluezone.authority.accounts.tasks import clear_old_sessions

pytestmark = pytest.mark.django_db

CLI = Actor("cli")
OLD, NEW = "rừng-tre-gió-thổi", "một-mật-khẩu-khác"
ADDRESS = "203.0.113.77"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


@pytest.fixture
def an(authority: Path, authority_clock: Any, settings: Any) -> Any:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    views.LOGIN_LIMIT.reset()
    account_views.PASSWORD_LIMIT.reset()
    user = services.create_user("an", OLD, display_name="Bs An", by=CLI, now=authority_clock.now())
    grant_role(user, Role.HEALTH_WORKER, "01/009", by=CLI, now=authority_clock.now())
    return user


def logged_in(password: str = OLD, browser: str = FIREFOX) -> Client:
    client = Client(HTTP_USER_AGENT=browser, REMOTE_ADDR=ADDRESS)
    assert client.post("/login/", {"username": "an", "password": password}).status_code == 302
    return client


def is_open(client: Client) -> bool:
    return client.get("/codes/").status_code == 200


def said(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def change(client: Client, old: str = OLD, new: str = NEW, again: str | None = None) -> Any:
    return client.post(
        "/account/password", {"old": old, "new": new, "again": new if again is None else again}
    )


def test_another_password_ends_all_sessions_but_this_one(an: Any) -> None:
    here, there = logged_in(), logged_in(browser=CHROME)
    before = here.cookies["sessionid"].value
    assert change(here).status_code == 302
    assert here.cookies["sessionid"].value != before
    assert "Đã đổi mật khẩu." in said(here.get("/account/"))
    assert is_open(here)
    assert not is_open(there)
    assert Client().post("/login/", {"username": "an", "password": OLD}).status_code == 200
    assert is_open(logged_in(NEW))
    [entry] = AuditEntry.objects.filter(action="accounts.password-changed")
    assert (entry.actor, entry.subject, entry.details) == (f"user:{an.pk}", f"user:{an.pk}", {})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"old": "không phải"}, "Mật khẩu hiện tại không đúng."),
        ({"old": ""}, "Hãy nhập mật khẩu hiện tại."),
        ({"new": ""}, "Hãy nhập mật khẩu mới, hai lần."),
        ({"again": "một-mật-khẩu-khác-nữa"}, "Hai lần nhập mật khẩu mới không giống nhau."),
        ({"new": OLD}, "Mật khẩu mới trùng với mật khẩu hiện tại."),
        ({"new": "ngắn"}, "Mật khẩu quá ngắn: cần ít nhất 12 ký tự."),
        ({"new": "password1234"}, "Mật khẩu này quá phổ biến."),
        ({"new": "948562017345"}, "Mật khẩu không được chỉ gồm chữ số."),
        ({"new": "x" * 201}, "200"),
    ],
)
def test_what_is_refused_is_told_and_changes_nothing(an: Any, given: dict[str, str], told: str) -> None:
    client = logged_in()
    answer = change(client, **given)
    assert answer.status_code == 422
    assert told in said(answer)
    assert is_open(client)
    assert is_open(logged_in())
    assert not AuditEntry.objects.filter(action="accounts.password-changed").exists()


def test_who_finds_a_browser_open_cannot_guess_long(an: Any, authority_clock: Any) -> None:
    client = logged_in()
    for guess in range(10):
        assert change(client, old=f"đoán {guess}").status_code == 422
    answer = change(client)  # even the right one
    assert (answer.status_code, "quá nhiều lần nhập sai mật khẩu" in said(answer)) == (429, True)
    assert 0 < int(answer["Retry-After"]) <= 901
    authority_clock.advance(timedelta(minutes=15))
    assert change(client).status_code == 302


def test_what_was_typed_well_is_not_counted_as_a_guess(an: Any) -> None:
    client = logged_in()
    for _ in range(12):
        assert change(client, new="ngắn").status_code == 422
    assert change(client).status_code == 302


def test_my_sessions_are_listed_by_browser_and_time_without_address(an: Any, authority_clock: Any) -> None:
    logged_in()
    authority_clock.advance(timedelta(hours=1))
    here = logged_in(browser=CHROME)
    bo = services.create_user("bo", OLD, by=CLI, now=authority_clock.now())
    Client(HTTP_USER_AGENT="Edg/126").force_login(bo)
    text = said(here.get("/account/"))
    # 15:17 in Hà Nội, and an hour later
    this, other = "đăng nhập 16:17 10/03/2021", "đăng nhập 15:17 10/03/2021"
    assert "Trình duyệt Chrome trình duyệt này" in text
    assert text.lower().index(this) < text.lower().index(other)
    assert "Trình duyệt Firefox" in text
    assert "Edge" not in text
    assert "nhân viên y tế, 01/009" in text
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_staffsession")
        kept = repr(cursor.fetchall())
    assert ADDRESS not in kept
    assert "Mozilla" not in kept
    assert here.cookies["sessionid"].value not in kept


def test_last_seen_follows_by_five_minutes(an: Any, authority_clock: Any) -> None:
    client = logged_in()
    for minutes, seen in ((4, "15:17"), (2, "15:23")):
        authority_clock.advance(timedelta(minutes=minutes))
        text = said(client.get("/account/"))
        assert f"hoạt động gần nhất {seen} 10/03/2021" in text
        assert "Đăng nhập 15:17 10/03/2021" in text


def test_signing_out_everywhere_ends_every_session_here_too(an: Any, authority_clock: Any) -> None:
    here, there = logged_in(), logged_in(browser=CHROME)
    answer = here.post("/account/sign-out-everywhere", follow=True)
    assert "Đã đăng xuất khỏi mọi trình duyệt." in said(answer)
    assert not is_open(here)
    assert not is_open(there)
    again = logged_in()
    assert said(again.get("/account/")).count("hoạt động gần nhất") == 1
    [entry] = AuditEntry.objects.filter(action="accounts.signed-out-everywhere")
    assert entry.actor == f"user:{an.pk}"


def test_the_last_word_is_in_the_language_of_the_page_after_it(an: Any) -> None:
    an.language = "en"  # which the browser does not know
    an.save()
    here = logged_in()
    assert "Log out everywhere" in said(here.get("/account/"))
    answer = said(here.post("/account/sign-out-everywhere", follow=True))
    assert "Đã đăng xuất khỏi mọi trình duyệt." in answer
    assert "Mật khẩu:" in answer


def test_sessions_that_ended_are_not_listed_and_forgotten_within_the_hour(an: Any) -> None:
    here, there, third = logged_in(), logged_in(browser=CHROME), logged_in(browser="Edg/126")
    there.post("/logout/")
    text = said(here.get("/account/"))
    assert "Chrome" not in text
    assert "Edge" in text
    third.cookies.clear()
    assert StaffSession.objects.count() == 3
    clear_old_sessions()
    assert StaffSession.objects.count() == 2
    Session.objects.all().delete()
    clear_old_sessions()
    assert StaffSession.objects.count() == 0


def test_nobody_else_gets_in_and_links_change_nothing(an: Any) -> None:
    stranger = Client()
    for path in ("/account/", "/account/password", "/account/sign-out-everywhere"):
        assert stranger.get(path).status_code in (302, 405)
        answer = stranger.post(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/")
    client = logged_in()
    assert client.get("/account/password").status_code == 405
    assert client.get("/account/sign-out-everywhere").status_code == 405
    forged = Client(enforce_csrf_checks=True)
    forged.cookies["sessionid"] = client.cookies["sessionid"].value
    assert forged.post("/account/sign-out-everywhere").status_code == 403
    assert is_open(client)


def test_a_device_without_a_session_costs_nothing(an: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        Client().get("/healthz")
    assert StaffSession.objects.count() == 0


@pytest.mark.parametrize(
    ("says", "family"),
    [
        (FIREFOX, "Firefox"),
        (CHROME, "Chrome"),
        (f"{CHROME} Edg/126.0.0.0", "Edge"),
        (f"{CHROME} OPR/111.0.0.0", "Opera"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) coc_coc_browser/126.0.0 "
            "Chrome/120.0.0.0 Safari/537.36",
            "Cốc Cốc",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "CriOS/126.0 Mobile/15E148 Safari/604.1",
            "Chrome",
        ),
        ("curl/8.0", "khác"),
        ("", "khác"),
        ("<script>" * 1000, "khác"),
    ],
)
def test_browsers_are_known_by_family(says: str, family: str) -> None:
    assert browser_family(says) == family
