"""The second factor: set up, asked for at login, lost, removed, required; guessed at without end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.roles import Role
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts import account_views, second_factor_views, services, views
from bluezone.authority.accounts.models import TotpSecret, User
from bluezone.authority.accounts.services.account_rows import AccountRefused
from bluezone.authority.accounts.services.second_factor import reset_second_factor
from bluezone.authority.areas.services import load_thanh_xuan

pytestmark = pytest.mark.django_db

CLI = Actor("cli")
PASSWORD = "rừng-tre-gió-thổi"
PAGE = "/account/second-factor/"
WRONG = "Mã không đúng, đã dùng hoặc đã hết hạn."


def code_at(secret: str, moment: Any) -> str:
    """RFC 6238 written out once more, as an app on a phone does it."""
    counter = (int(moment.timestamp()) // 30).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(secret), counter, hashlib.sha1)
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.fixture
def an(authority: Path, authority_clock: Any, settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    views.LOGIN_LIMIT.reset()
    account_views.PASSWORD_LIMIT.reset()
    second_factor_views.CODE_DELAY.reset()
    load_thanh_xuan()
    user = services.create_user("an", PASSWORD, by=CLI, now=authority_clock.now())
    grant_role(user, Role.HEALTH_WORKER, "01/009", by=CLI, now=authority_clock.now())
    return user


def give_password(client: Client, password: str = PASSWORD, onward: str = "") -> Any:
    return client.post("/login/", {"username": "an", "password": password, "next": onward})


def give_code(client: Client, code: str) -> Any:
    return client.post("/login/second-factor/", {"code": code})


def logged_in() -> Client:
    client = Client()
    assert give_password(client)["Location"] == "/"
    return client


def is_open(client: Client) -> bool:
    return client.get("/codes/").status_code == 200


def said(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def set_up(client: Client, clock: Any) -> tuple[str, list[str]]:
    """The secret, as a person reads it from the page, and the recovery codes."""
    page = client.post(f"{PAGE}begin", {"password": PASSWORD})
    assert page.status_code == 200
    [shown] = re.findall(r'<code class="secret">([A-Z2-7 ]+)</code>', page.content.decode())
    secret = shown.replace(" ", "")
    done = client.post(f"{PAGE}confirm", {"code": code_at(secret, clock.now())})
    assert done.status_code == 200
    codes = re.findall(r"<li><code>([a-z2-9-]+)</code></li>", done.content.decode())
    assert len(set(codes)) == 10
    clock.advance(timedelta(minutes=1))
    return secret, codes


def actions() -> list[str]:
    return list(
        AuditEntry.objects.filter(action__contains="second-factor").values_list("action", flat=True)
    ) + list(AuditEntry.objects.filter(action__contains="recovery").values_list("action", flat=True))


def test_it_is_asked_for_from_the_next_login_on(an: User, authority_clock: Any) -> None:
    here, there = logged_in(), logged_in()
    secret, _ = set_up(here, authority_clock)
    assert is_open(here)
    assert not is_open(there)
    assert "Đang bật từ 15:17 10/03/2021. Còn 10 mã dự phòng." in said(here.get(PAGE))
    client = Client()
    assert give_password(client, onward="/codes/")["Location"] == "/login/second-factor/"
    assert not is_open(client)
    assert client.get(PAGE).status_code == 302
    step = client.get("/login/second-factor/").content.decode()
    assert re.search(r'<input[^>]*name="code"[^>]*\bautofocus\b', step)  # all that is to be done there
    answer = give_code(client, code_at(secret, authority_clock.now()))
    assert (answer.status_code, answer["Location"]) == (302, "/codes/")
    assert is_open(client)
    assert actions() == ["accounts.second-factor-set-up"]


def test_a_code_opens_once_and_only_its_own_account(an: User, authority_clock: Any) -> None:
    secret, _ = set_up(logged_in(), authority_clock)
    bo = services.create_user("bo", PASSWORD, by=CLI, now=authority_clock.now())
    other = Client()
    other.force_login(bo)
    other_secret, _ = set_up(other, authority_clock)
    now = authority_clock.now()
    clients = [Client() for _ in range(3)]
    for client in clients:
        give_password(client)
    answer = give_code(clients[0], code_at(other_secret, now))
    assert (answer.status_code, WRONG in said(answer)) == (422, True)
    assert give_code(clients[1], code_at(secret, now)).status_code == 302
    answer = give_code(clients[2], code_at(secret, now))
    assert (answer.status_code, WRONG in said(answer)) == (422, True)
    assert not is_open(clients[2])


def test_recovery_codes_open_once_each(an: User, authority_clock: Any) -> None:
    _, codes = set_up(logged_in(), authority_clock)
    client = Client()
    give_password(client)
    assert give_code(client, codes[3].upper().replace("-", " ")).status_code == 302
    assert is_open(client)
    assert "Còn 9 mã dự phòng." in said(client.get(PAGE))
    again = Client()
    give_password(again)
    assert give_code(again, codes[3]).status_code == 422
    assert give_code(again, codes[4]).status_code == 302
    assert actions().count("accounts.recovery-code-used") == 2


def test_recovery_codes_are_renewed_with_a_code(an: User, authority_clock: Any) -> None:
    client = logged_in()
    secret, old = set_up(client, authority_clock)
    assert client.post(f"{PAGE}codes", {"code": "000000"}).status_code == 422
    page = client.post(f"{PAGE}codes", {"code": code_at(secret, authority_clock.now())})
    new = re.findall(r"<li><code>([a-z2-9-]+)</code></li>", page.content.decode())
    assert len(set(new) - set(old)) == 10
    other = Client()
    give_password(other)
    assert give_code(other, old[0]).status_code == 422
    assert give_code(other, new[0]).status_code == 302


def test_nothing_in_the_database_or_the_audit_log_opens_it(an: User, authority_clock: Any) -> None:
    secret, codes = set_up(logged_in(), authority_clock)
    kept = ""
    with connection.cursor() as cursor:
        for table in ("accounts_totpsecret", "accounts_recoverycode", "django_session", "access_auditentry"):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            kept += repr([[bytes(x) if isinstance(x, memoryview) else x for x in row] for row in cursor])
    for one in (secret, *codes, *(code.replace("-", "") for code in codes)):
        assert one not in kept


def test_setting_it_up_needs_the_password_and_a_right_code(an: User, authority_clock: Any) -> None:
    client = logged_in()
    answer = client.post(f"{PAGE}begin", {"password": "không phải"})
    assert (answer.status_code, "Mật khẩu hiện tại không đúng." in said(answer)) == (422, True)
    assert TotpSecret.objects.count() == 0
    assert client.post(f"{PAGE}confirm", {"code": "123456"}).status_code == 422
    begun = said(client.post(f"{PAGE}begin", {"password": PASSWORD}))
    assert "6 chữ số trong ứng dụng xác thực." in begun
    assert "hoặc một mã dự phòng" not in begun  # there are none yet
    answer = client.post(f"{PAGE}confirm", {"code": "abc"})
    assert (answer.status_code, WRONG in said(answer)) == (422, True)
    assert give_password(Client())["Location"] == "/"  # not asked for before it is confirmed
    secret, _ = set_up(client, authority_clock)
    answer = client.post(f"{PAGE}begin", {"password": PASSWORD})  # nothing replaces a confirmed one
    assert answer.status_code == 302
    other = Client()
    give_password(other)
    assert give_code(other, code_at(secret, authority_clock.now())).status_code == 302


def test_removing_it_needs_both(an: User, authority_clock: Any) -> None:
    client = logged_in()
    secret, codes = set_up(client, authority_clock)
    now = authority_clock.now()
    for given in ({"password": "không", "code": code_at(secret, now)}, {"password": PASSWORD, "code": "1"}):
        assert client.post(f"{PAGE}remove", given).status_code == 422
    answer = client.post(f"{PAGE}remove", {"password": PASSWORD, "code": codes[0]}, follow=True)
    assert "Đã tắt mã từ ứng dụng xác thực." in said(answer)
    assert give_password(Client())["Location"] == "/"
    assert "accounts.second-factor-removed" in actions()


def test_the_first_step_alone_ends_after_five_minutes(an: User, authority_clock: Any) -> None:
    secret, _ = set_up(logged_in(), authority_clock)
    client = Client()
    give_password(client)
    authority_clock.advance(timedelta(minutes=5))
    answer = give_code(client, code_at(secret, authority_clock.now()))
    assert (answer.status_code, answer["Location"]) == (302, "/login/")
    assert not is_open(client)


@pytest.mark.parametrize("change", ["password", "disabled"])
def test_the_first_step_ends_with_the_password_and_the_account(
    an: User, authority_clock: Any, change: str
) -> None:
    secret, _ = set_up(logged_in(), authority_clock)
    client, now = Client(), authority_clock.now()
    give_password(client)
    if change == "password":
        services.set_password("an", "một-mật-khẩu-khác", by=CLI, now=now)
    else:
        services.disable_user("an", by=CLI, now=now)
    assert give_code(client, code_at(secret, now))["Location"] == "/login/"
    assert not is_open(client)


def test_without_the_first_step_there_is_no_second(an: User, authority_clock: Any) -> None:
    secret, _ = set_up(logged_in(), authority_clock)
    client = Client()
    assert client.get("/login/second-factor/")["Location"] == "/login/"
    assert give_code(client, code_at(secret, authority_clock.now()))["Location"] == "/login/"
    assert give_password(client, "falsch-falsch").status_code == 200
    assert give_code(client, code_at(secret, authority_clock.now()))["Location"] == "/login/"


@pytest.mark.parametrize("onward", ["https://evil.example/", "no-such-page", "?x"])
def test_nobody_is_sent_to_another_site(an: User, authority_clock: Any, onward: str) -> None:
    secret, _ = set_up(logged_in(), authority_clock)
    client = Client()
    give_password(client, onward=onward)
    assert give_code(client, code_at(secret, authority_clock.now()))["Location"] == "/"


def test_guessing_waits_ever_longer_from_wherever(an: User, authority_clock: Any) -> None:
    secret, _ = set_up(logged_in(), authority_clock)
    for number in range(5):
        client = Client(REMOTE_ADDR=f"203.0.113.{number}")
        give_password(client)
        assert give_code(client, "000000").status_code == 422
    client = Client(REMOTE_ADDR="198.51.100.1")
    give_password(client)
    answer = give_code(client, code_at(secret, authority_clock.now()))
    assert (answer.status_code, int(answer["Retry-After"])) == (429, 30)
    authority_clock.advance(timedelta(seconds=30))
    assert give_code(client, "000000").status_code == 422
    authority_clock.advance(timedelta(seconds=30))
    assert give_code(client, "000000")["Retry-After"] == "30"  # of sixty
    authority_clock.advance(timedelta(seconds=30))
    assert give_code(client, code_at(secret, authority_clock.now())).status_code == 302


def test_a_clinic_behind_one_address_is_not_locked_out(an: User, authority_clock: Any) -> None:
    secret, _ = set_up(logged_in(), authority_clock)
    for _ in range(25):
        authority_clock.advance(timedelta(seconds=30))
        client = Client()
        assert give_password(client).status_code == 302
        assert give_code(client, code_at(secret, authority_clock.now())).status_code == 302


def test_who_lost_everything_is_helped_by_the_operator(an: User, authority_clock: Any) -> None:
    client = logged_in()
    set_up(client, authority_clock)
    reset_second_factor("an", by=CLI, now=authority_clock.now())
    assert not is_open(client)
    assert is_open(logged_in())
    assert "accounts.second-factor-reset" in actions()
    for name in ("an", "nobody"):
        with pytest.raises(AccountRefused):
            reset_second_factor(name, by=CLI, now=authority_clock.now())


def test_where_it_is_required_nobody_sees_personal_data_without(
    an: User, authority_clock: Any, settings: Any
) -> None:
    before = logged_in()
    assert is_open(before)
    settings.BLUEZONE_REQUIRE_SECOND_FACTOR = True
    answer = before.get("/codes/", follow=True)
    assert answer.request["PATH_INFO"] == PAGE
    assert "hãy bật xác thực hai lớp trước" in said(answer)
    assert before.post("/codes/", {}).status_code == 302
    for path in ("/account/", "/"):
        assert before.get(path).status_code == 200
    secret, _ = set_up(before, authority_clock)
    assert is_open(before)
    client = Client()
    give_password(client)
    assert not is_open(client)
    give_code(client, code_at(secret, authority_clock.now()))
    assert is_open(client)
    client.post("/logout/")
    assert Client().get("/healthz").status_code == 200


def test_roles_without_personal_data_are_not_bothered(an: User, authority_clock: Any, settings: Any) -> None:
    settings.BLUEZONE_REQUIRE_SECOND_FACTOR = True
    auditor = services.create_user("kt", PASSWORD, by=CLI, now=authority_clock.now())
    grant_role(auditor, Role.AUDITOR, "01/009", by=CLI, now=authority_clock.now())
    client = Client()
    client.force_login(auditor)
    assert client.get("/adoption/").status_code == 200


def test_usual_installations_go_on_without_it(settings: Any) -> None:
    assert settings.BLUEZONE_REQUIRE_SECOND_FACTOR is False
