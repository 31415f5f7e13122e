"""The staff pages: who may log in, who may issue a code, and what is shown to whom."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.access.audit import Actor, user_actor
from bluezone.authority.access.models import AuditEntry, Grant
from bluezone.authority.access.queries import scope_of
from bluezone.authority.access.roles import CODE_ISSUERS, Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts import views as account_views
from bluezone.authority.accounts.models import User
from bluezone.authority.accounts.services import AccountRefused, create_user, new_password
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.keys.models import VerificationCode

pytestmark = pytest.mark.django_db

PASSWORD = "rừng-tre-gió-thổi"
CLI = Actor("cli")


@pytest.fixture(autouse=True)
def fast_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    account_views.LOGIN_LIMIT.reset()


@pytest.fixture
def site(authority: Path) -> None:
    load_thanh_xuan()


def staff(clock: Any, name: str = "an", role: Role = Role.HEALTH_WORKER, area: str = "01/009/00343") -> User:
    user = create_user(name, PASSWORD, display_name=f"Bs {name}", by=CLI, now=clock.now())
    grant_role(user, role, area, by=CLI, now=clock.now())
    return user


def logged_in(user: User) -> Client:
    client = Client()
    assert client.post("/login/", {"username": user.username, "password": PASSWORD}).status_code == 302
    return client


def form(**changes: Any) -> dict[str, Any]:
    return {
        "uuid": str(uuid.uuid4()),
        "report_type": "confirmed",
        "test_date": "2021-03-09",
        "onset_date": "07/03/2021",
        "area": "01/009/00343",
        **changes,
    }


def shown_code(page: str) -> str:
    (code,) = set(re.findall(r"\b\d{4} \d{4}\b", page))
    return code


def test_a_health_worker_issues_a_code_and_sees_its_state(site: None, authority_clock: Any) -> None:
    client = logged_in(staff(authority_clock))
    assert "Phường Nhân Chính" in client.get("/codes/").content.decode()
    page = client.post("/codes/", form()).content.decode()
    code = shown_code(page)
    assert "15:32" in page  # 15:17 in Hà Nội and a quarter of an hour
    assert "09/03/2021" in page
    assert "đang chờ nhập" in page
    later = client.get("/codes/").content.decode()
    assert code not in later
    assert code.replace(" ", "") not in later
    answer = Client().post("/api/verify", {"code": code}, content_type="application/json")
    assert answer.status_code == 200
    assert "đã dùng" in client.get("/codes/").content.decode()
    request = form()
    client.post("/codes/", request)
    authority_clock.advance(timedelta(minutes=15))
    assert "hết hạn" in client.get("/codes/").content.decode()
    assert "đã hết hạn lúc 15:32" in client.post("/codes/", request).content.decode()
    entry = AuditEntry.objects.filter(action="keys.code-issued").first()
    assert entry is not None
    assert entry.actor == f"user:{User.objects.get().pk}"
    assert code.replace(" ", "") not in str(entry.details)


def test_sending_the_form_twice_shows_the_same_code(site: None, authority_clock: Any) -> None:
    client = logged_in(staff(authority_clock))
    request = form()
    codes = {shown_code(client.post("/codes/", request).content.decode()) for _ in range(2)}
    assert len(codes) == 1
    assert VerificationCode.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"report_type": ""}, "Hãy chọn kết quả."),
        ({"test_date": "hôm qua"}, "Hãy nhập ngày theo dạng"),
        ({"test_date": "2021-03-12"}, "không ở tương lai"),
        ({"test_date": "", "onset_date": ""}, "Cần ngày lấy mẫu"),
        ({"area": "01/009/00346"}, "Hãy chọn một địa bàn trong danh sách."),
        ({"area": ""}, "Hãy chọn địa bàn."),
    ],
)
def test_mistakes_are_explained_in_vietnamese(
    site: None, authority_clock: Any, changes: dict[str, str], message: str
) -> None:
    client = logged_in(staff(authority_clock))
    response = client.post("/codes/", form(**changes), headers={"Accept-Language": "en"})
    assert response.status_code == 422
    assert message in response.content.decode()
    assert VerificationCode.objects.count() == 0


def test_only_code_issuers_with_a_grant_that_holds_now(site: None, authority_clock: Any) -> None:
    assert Client().get("/codes/")["Location"] == "/login/?next=/codes/"
    assert logged_in(staff(authority_clock, "clerk", Role.WARD_OFFICER)).get("/codes/").status_code == 403
    nobody = create_user("nobody", PASSWORD, by=CLI, now=authority_clock.now())
    assert logged_in(nobody).get("/codes/").status_code == 403
    worker = staff(authority_clock)
    client = logged_in(worker)
    assert client.get("/codes/").status_code == 200
    Grant.objects.filter(user=worker).update(valid_until=authority_clock.now())
    assert client.get("/codes/").status_code == 403
    assert client.post("/codes/", form()).status_code == 403


def test_codes_of_other_wards_are_not_listed(site: None, authority_clock: Any) -> None:
    logged_in(staff(authority_clock, "an")).post("/codes/", form())
    neighbour = logged_in(staff(authority_clock, "binh", area="01/009/00346"))
    assert "Bs an" not in neighbour.get("/codes/").content.decode()
    district = logged_in(staff(authority_clock, "chi", Role.EPIDEMIOLOGIST, "01/009"))
    assert "Bs an" in district.get("/codes/").content.decode()


def test_scope_adds_up_grants_of_the_wanted_roles(site: None, authority_clock: Any) -> None:
    now = authority_clock.now()
    user = staff(authority_clock)
    grant_role(user, Role.HEALTH_WORKER, "01/009/00346", by=CLI, now=now + timedelta(hours=1))
    grant_role(user, Role.AUDITOR, "*", by=user_actor(user.pk), now=now)
    assert scope_of(user, CODE_ISSUERS, now) == Scope.of(["01/009/00343"])
    assert scope_of(user, CODE_ISSUERS, now + timedelta(hours=1)).allows("01/009/00346")
    assert scope_of(user, [Role.AUDITOR], now) == Scope.everything()
    user.is_active = False
    assert scope_of(user, [Role.AUDITOR], now) == Scope.nothing()
    with pytest.raises(ValueError, match="area path"):
        grant_role(user, Role.GUARD, "", by=CLI, now=now)


def test_every_form_needs_its_csrf_token(site: None, authority_clock: Any) -> None:
    user = staff(authority_clock)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post("/codes/", form()).status_code == 403
    assert client.post("/login/", {"username": "an", "password": PASSWORD}).status_code == 403
    assert client.post("/logout/").status_code == 403
    assert VerificationCode.objects.count() == 0


def test_logging_in_and_out(site: None, authority_clock: Any) -> None:
    user = staff(authority_clock)
    for name, password in [("an", "wrong"), ("nobody", PASSWORD)]:
        page = Client().post("/login/", {"username": name, "password": password}).content.decode()
        assert "Tên đăng nhập hoặc mật khẩu không đúng." in page
    client = logged_in(user)
    assert "Đăng xuất (Bs an)" in client.get("/").content.decode()
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert client.get("/logout/").status_code == 405
    client.post("/logout/")
    assert client.get("/codes/").status_code == 302
    outside = client.post("/login/?next=https://evil.example/", {"username": "an", "password": PASSWORD})
    assert outside["Location"] == "/"


def test_too_many_logins_from_one_address(site: None, authority_clock: Any) -> None:
    user = staff(authority_clock)
    for _ in range(account_views.LOGIN_LIMIT.limit):
        Client().post("/login/", {"username": "an", "password": "wrong"})
    answer = Client().post("/login/", {"username": "an", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= 300
    elsewhere = Client(REMOTE_ADDR="10.1.1.1").post(
        "/login/", {"username": user.username, "password": PASSWORD}
    )
    assert elsewhere.status_code == 302


def test_a_clinics_staff_log_in_from_one_address(site: None, authority_clock: Any) -> None:
    user = staff(authority_clock)
    for _ in range(account_views.LOGIN_LIMIT.limit + 1):
        logged_in(user)


def test_front_page_says_what_this_is(site: None) -> None:
    page = Client().get("/").content.decode()
    assert '<html lang="vi">' in page
    assert "đồng ý chia sẻ" in page
    assert "/login/" in page
    assert "/demo/" not in page
    assert "<script" not in page
    assert " style=" not in page


@pytest.mark.parametrize("name", ["", "An", "a b", "-a", "a" * 61, "é", "a/b"])
def test_user_names_that_are_refused(site: None, authority_clock: Any, name: str) -> None:
    with pytest.raises(AccountRefused, match="user name"):
        create_user(name, PASSWORD, by=CLI, now=authority_clock.now())


@pytest.mark.parametrize("password", ["", "short", "123456789012", "passwordpassword1"[:8], "an-an-an"])
def test_weak_passwords_are_refused(site: None, authority_clock: Any, password: str) -> None:
    with pytest.raises(AccountRefused, match="password of"):
        create_user("an", password, by=CLI, now=authority_clock.now())
    assert User.objects.count() == AuditEntry.objects.count() == 0


def test_a_name_is_given_once(site: None, authority_clock: Any) -> None:
    staff(authority_clock)
    with pytest.raises(AccountRefused, match="taken"):
        create_user("an", PASSWORD, by=CLI, now=authority_clock.now())
    assert len({new_password() for _ in range(50)}) == 50
