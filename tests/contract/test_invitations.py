"""Invitations by link: single use, 72 hours, the secret stored hashed, never more than the inviter has."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry, Grant
from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.access.scope import Scope
from bluezone.authority.access.services import grant_role, revoke_role
from bluezone.authority.accounts import invitation_views, services, views
from bluezone.authority.accounts.models import Invitation, User
from bluezone.authority.accounts.services import invitations
from bluezone.authority.accounts.tasks import clear_old_sessions
from bluezone.authority.areas.services import load_thanh_xuan

pytestmark = pytest.mark.django_db

CLI = Actor("cli")
PASSWORD = "rừng-tre-gió-thổi"
DISTRICT, WARD = "01/009", "01/009/00343"


@pytest.fixture
def lan(authority: Path, authority_clock: Any, settings: Any) -> Any:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    views.LOGIN_LIMIT.reset()
    invitation_views.ACCEPT_LIMIT.reset()
    load_thanh_xuan()
    return made(authority_clock, "lan", Role.DISTRICT_OFFICER)


def made(clock: Any, name: str, role: Role, area: str = DISTRICT) -> User:
    user = services.create_user(name, PASSWORD, display_name=f"Cán bộ {name}", by=CLI, now=clock.now())
    grant_role(user, role, area, by=CLI, now=clock.now())
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def said(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def invite(client: Client, **changes: Any) -> Any:
    asked = {"for_whom": "Trần Thị Bình", "role": "guard", "area": WARD, "until": "", **changes}
    return client.post("/invitations/", asked)


def path_in(page: Any) -> str:
    [link] = re.findall(r"http://127\.0\.0\.1:8000(/invitation/[\w-]+/)", page.content.decode())
    return link


def accept(path: str, client: Client | None = None, **changes: Any) -> Any:
    chosen = {
        "display_name": "Trần Thị Bình",
        "username": "binh",
        "new": PASSWORD,
        "again": PASSWORD,
        **changes,
    }
    return (client or Client()).post(path, chosen)


def roles_of(name: str) -> list[tuple[str, str]]:
    return [(one.role, one.area_path) for one in Grant.objects.filter(user__username=name)]


def assert_closed(path: str) -> None:
    before = User.objects.count()
    for answer in (Client().get(path), accept(path, username=f"x{uuid.uuid4().hex[:8]}")):
        assert answer.status_code == 404
        assert "Lời mời không dùng được" in said(answer)
    assert User.objects.count() == before


def test_from_the_page_to_the_first_login(lan: Any, authority_clock: Any) -> None:
    page = invite(logged_in(lan), until="2021-03-31")
    assert page.status_code == 200
    path = path_in(page)
    assert len(path.split("/")[2]) >= 43  # 32 random bytes
    shown = Client().get(path)
    assert "trực chốt, bảo vệ" in said(shown)
    assert "Trần Thị Bình" in shown.content.decode()
    answer = accept(path)
    assert (answer.status_code, answer["Location"]) == (302, "/login/")
    binh = User.objects.get(username="binh")
    assert binh.display_name == "Trần Thị Bình"
    [grant] = Grant.objects.filter(user=binh)
    assert (grant.role, grant.area_path, grant.granted_by_id) == ("guard", WARD, lan.pk)
    # the end of 31 March in Hà Nội
    assert grant.valid_until is not None
    assert grant.valid_until.isoformat() == "2021-03-31T17:00:00+00:00"
    assert Client().post("/login/", {"username": "binh", "password": PASSWORD}).status_code == 302
    assert_closed(path)

    made_by = {(one.action, one.actor) for one in AuditEntry.objects.exclude(actor="cli")}
    invitation = f"invitation:{Invitation.objects.get().pk}"
    assert made_by >= {
        ("accounts.invited", f"user:{lan.pk}"),
        ("accounts.user-created", invitation),
        ("access.role-granted", f"user:{lan.pk}"),
        ("accounts.invitation-accepted", f"user:{binh.pk}"),
    }
    details = repr(list(AuditEntry.objects.values_list("details", "subject", "actor")))
    assert "Bình" not in details
    assert path.split("/")[2] not in details


def test_the_secret_stands_nowhere_in_the_database_and_is_shown_once(lan: Any) -> None:
    client = logged_in(lan)
    secret = path_in(invite(client)).split("/")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_invitation")
        rows = repr([[bytes(one) if isinstance(one, memoryview) else one for one in row] for row in cursor])
    assert secret not in rows
    assert secret not in client.get("/invitations/").content.decode()


@pytest.mark.parametrize(("hours", "is_open"), [(71.99, True), (72, False), (1000, False)])
def test_a_link_can_be_used_for_72_hours(lan: Any, authority_clock: Any, hours: float, is_open: bool) -> None:
    path = path_in(invite(logged_in(lan)))
    authority_clock.advance(timedelta(hours=hours))
    if is_open:
        assert accept(path).status_code == 302
    else:
        assert_closed(path)


def test_a_role_that_would_be_over_is_not_given(lan: Any, authority_clock: Any) -> None:
    path = path_in(invite(logged_in(lan), until="2021-03-10"))
    authority_clock.advance(timedelta(hours=9))  # after midnight in Hà Nội
    assert_closed(path)


def test_links_that_are_made_up_open_nothing(lan: Any) -> None:
    invite(logged_in(lan))
    for secret in ("x", "A" * 43, "%00", "đ" * 300, bytes(Invitation.objects.get().secret_hash).hex()):
        assert_closed(f"/invitation/{secret}/")


def test_looking_uses_nothing_up(lan: Any) -> None:
    path = path_in(invite(logged_in(lan)))
    for _ in range(40):
        assert Client().get(path).status_code == 200
        assert Client().head(path).status_code == 200
    assert accept(path).status_code == 302


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"username": "lan"}, "Tên đăng nhập này đã có người dùng."),
        ({"username": "Bình"}, "Chỉ dùng chữ thường không dấu"),
        ({"username": ""}, "Hãy nhập tên đăng nhập."),
        ({"display_name": " "}, "Hãy nhập họ tên."),
        ({"new": "ngắn", "again": "ngắn"}, "cần ít nhất 12 ký tự"),
        ({"again": "khác"}, "không giống nhau"),
    ],
)
def test_a_bad_choice_can_be_corrected(lan: Any, given: dict[str, str], told: str) -> None:
    path = path_in(invite(logged_in(lan)))
    answer = accept(path, **given)
    assert (answer.status_code, told in said(answer)) == (422, True)
    assert User.objects.count() == 1
    assert accept(path).status_code == 302


def test_all_that_is_wrong_is_told_at_once_and_the_first_of_it_has_the_focus(lan: Any) -> None:
    answer = accept(path_in(invite(logged_in(lan))), username="Bình", new="ngắn", again="khác")
    told = said(answer)
    for fault in ("Chỉ dùng chữ thường không dấu", "cần ít nhất 12 ký tự", "không giống nhau"):
        assert fault in told
    [focused] = re.findall(r"<input[^>]*\bautofocus\b[^>]*>", answer.content.decode())
    assert 'id="id_username"' in focused


@pytest.mark.parametrize(
    "given",
    [
        {"role": "city-officer"},
        {"role": "epidemiologist"},
        {"role": "operator"},
        {"role": "king"},
        {"area": "01"},
        {"area": "*"},
        {"area": "99"},
        {"area": ""},
        {"until": "2021-03-09"},
        {"until": "32/03/2021"},
        {"for_whom": "x" * 121},
    ],
)
def test_what_cannot_be_granted_makes_no_link(lan: Any, given: dict[str, str]) -> None:
    answer = invite(logged_in(lan), **given)
    assert answer.status_code == 422
    assert "Chưa mời ai" in said(answer)
    assert Invitation.objects.count() == 0


@pytest.mark.parametrize(
    ("role", "area", "days"),
    [
        (Role.CITY_OFFICER, WARD, 1),
        (Role.HEALTH_WORKER, "01", 1),
        (Role.HEALTH_WORKER, "*", 1),
        (Role.HEALTH_WORKER, WARD, None),
        (Role.HEALTH_WORKER, WARD, 31),
    ],
)
def test_the_service_itself_refuses_more_than_the_inviter_has(
    lan: Any, authority_clock: Any, role: Role, area: str, days: int | None
) -> None:
    now = authority_clock.now()
    revoke_role(lan, Role.DISTRICT_OFFICER, DISTRICT, by=CLI, now=now)
    grant_role(lan, Role.DISTRICT_OFFICER, DISTRICT, by=CLI, now=now, until=now + timedelta(days=30))
    wanted = HeldRole(role, area, None if days is None else now + timedelta(days=days))
    with pytest.raises(invitations.InvitationRefused, match="lan may not grant"):
        invitations.invite(wanted, inviter=lan, now=now)
    assert not AuditEntry.objects.filter(action="accounts.invited").exists()


@pytest.mark.parametrize("loss", ["revoked", "disabled"])
def test_who_may_no_longer_grant_it_has_no_open_links(lan: Any, authority_clock: Any, loss: str) -> None:
    path = path_in(invite(logged_in(lan)))
    now = authority_clock.now()
    if loss == "revoked":
        revoke_role(lan, Role.DISTRICT_OFFICER, DISTRICT, by=CLI, now=now)
    else:
        services.disable_user("lan", by=CLI, now=now)
    assert_closed(path)


def test_a_link_is_withdrawn_by_who_may_grant_it(lan: Any, authority_clock: Any) -> None:
    client = logged_in(lan)
    path = path_in(invite(client, role="health-worker"))
    [one] = Invitation.objects.all()
    ward = logged_in(made(authority_clock, "ward", Role.WARD_OFFICER, WARD))
    other = logged_in(made(authority_clock, "other", Role.DISTRICT_OFFICER, "01/001"))
    guard = logged_in(made(authority_clock, "guard", Role.GUARD))
    for stranger in (ward, other):  # above the role, and outside the area
        assert "Trần" not in said(stranger.get("/invitations/"))
        stranger.post(f"/invitations/{one.pk}/withdraw")
    assert guard.get("/invitations/").status_code == 403
    assert guard.post(f"/invitations/{one.pk}/withdraw").status_code == 403
    assert Client().get(path).status_code == 200
    colleague = logged_in(made(authority_clock, "colleague", Role.DISTRICT_OFFICER))
    assert "Trần Thị Bình" in said(colleague.get("/invitations/"))
    answer = colleague.post(f"/invitations/{one.pk}/withdraw", follow=True)
    assert "Đã thu hồi lời mời." in said(answer)
    assert "Không có lời mời nào đang chờ." in said(answer)
    assert_closed(path)
    again = client.post(f"/invitations/{one.pk}/withdraw", follow=True)
    assert "đã được dùng, đã hết hạn hoặc đã bị thu hồi" in said(again)
    assert AuditEntry.objects.filter(action="accounts.invitation-withdrawn").count() == 1


def test_only_what_may_be_granted_is_offered(lan: Any, authority_clock: Any) -> None:
    page = logged_in(made(authority_clock, "ward", Role.WARD_OFFICER, WARD)).get("/invitations/")
    offered = re.findall(r'<option value="([^"]*)"', page.content.decode())
    assert set(offered) == {
        *("ward-officer", "agency-clerk", "school-clerk", "guard", "canvasser"),
        WARD,
    }
    operator = made(authority_clock, "op", Role.OPERATOR, "*")
    page = logged_in(operator).get("/invitations/")
    offered = re.findall(r'<option value="([^"]*)"', page.content.decode())
    assert {"*", "01/009", "operator", "auditor"} <= set(offered)


def test_trying_links_is_limited(lan: Any, authority_clock: Any) -> None:
    path = path_in(invite(logged_in(lan)))
    for _ in range(30):
        assert Client().get("/invitation/made-up/").status_code == 404
    answer = Client().get(path)
    assert (answer.status_code, "Retry-After" in answer) == (429, True)
    authority_clock.advance(timedelta(minutes=5))
    assert accept(path).status_code == 302


def test_accepting_needs_a_token_against_forged_forms(lan: Any) -> None:
    path = path_in(invite(logged_in(lan)))
    assert accept(path, Client(enforce_csrf_checks=True)).status_code == 403
    assert Client().get(path).status_code == 200


def test_who_accepts_is_not_left_logged_in_as_somebody_else(lan: Any) -> None:
    client = logged_in(lan)
    path = path_in(invite(client))
    assert accept(path, client).status_code == 302
    assert client.get("/invitations/")["Location"].startswith("/login/")


def test_names_of_the_invited_are_forgotten_a_month_later(lan: Any, authority_clock: Any) -> None:
    path = path_in(invite(logged_in(lan)))
    accept(path)
    for days, left in ((32, 1), (2, 0)):
        authority_clock.advance(timedelta(days=days))
        clear_old_sessions()
        assert Invitation.objects.count() == left
    assert roles_of("binh") == [("guard", WARD)]


def test_the_command_line_invites_anybody_anywhere(lan: Any, authority_clock: Any) -> None:
    now = authority_clock.now()
    wanted = HeldRole(Role.OPERATOR, "*", None)
    made_one, secret = invitations.invite(wanted, for_whom=" A\u0301 ", inviter=None, now=now)
    assert made_one.for_whom == "Á"
    user = invitations.accept_invitation(secret, "op", PASSWORD, "", now=now)
    assert roles_of("op") == [("operator", "*")]
    with pytest.raises(invitations.InvitationNotOpen):
        invitations.accept_invitation(secret, "op2", PASSWORD, "", now=now)
    [entry] = AuditEntry.objects.filter(action="access.role-granted", subject=f"user:{user.pk}")
    assert entry.actor == "cli"
    with pytest.raises(invitations.InvitationRefused, match="no area '99'"):
        invitations.invite(HeldRole(Role.GUARD, "99", None), inviter=None, now=now)
    from bluezone.authority.accounts.invitation_queries import all_open_invitations

    assert all_open_invitations(now, Scope.everything()) == []
