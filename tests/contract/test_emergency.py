"""Emergency access: taken with a reason, shown, recorded page by page, ended, judged by another person."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bluezone.authority.access.audit import Actor, verify_audit
from bluezone.authority.access.emergency_services import (
    EmergencyRefused,
    NoSuchEmergency,
    begin_emergency,
    end_emergency,
    review_emergency,
)
from bluezone.authority.access.models import AuditEntry, EmergencyAccess, Grant
from bluezone.authority.access.queries import roles_of, scope_of
from bluezone.authority.access.roles import CONTACT_READERS, INVITERS, Role
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.access.scope import Scope
from bluezone.authority.access.services import grant_role, revoke_role
from bluezone.authority.access.tasks import seal_new_entries
from bluezone.authority.accounts import account_views, services
from bluezone.authority.accounts.models import User
from bluezone.authority.accounts.services.invitations import InvitationRefused, invite
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.cli import app, emergency

pytestmark = pytest.mark.django_db

CLI = Actor("cli")
PASSWORD = "rừng-tre-gió-thổi"
PAGE, REVIEW = "/emergency/", "/emergency/review/"
WARD, NEXT_WARD, DISTRICT = "01/009/00343", "01/009/00346", "01/009"
REASON = "Ổ dịch mới ở phường bên, cán bộ phường đang cách ly"
FORM = {"role": "ward-officer", "area": NEXT_WARD, "hours": "2", "reason": REASON, "password": PASSWORD}


@pytest.fixture
def lan(authority: Path, authority_clock: Any, settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    account_views.PASSWORD_LIMIT.reset()
    load_thanh_xuan()
    return made(authority_clock, "lan", Role.WARD_OFFICER, WARD)


def made(clock: Any, name: str, role: Role, area: str) -> User:
    user = services.create_user(name, PASSWORD, display_name=f"Cán bộ {name}", by=CLI, now=clock.now())
    grant_role(user, role, area, by=CLI, now=clock.now())
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def said(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=f"access.emergency-{action}").order_by("recorded_at", "pk"))


def take(user: User, clock: Any, hours: float = 2, area: str = NEXT_WARD) -> EmergencyAccess:
    duration = timedelta(hours=hours)
    return begin_emergency(user, Role.WARD_OFFICER, area, REASON, duration, now=clock.now())


def test_from_the_form_to_the_judgement(lan: User, authority_clock: Any) -> None:
    client = logged_in(lan)
    offered = client.get(PAGE).content.decode()
    assert f'value="{NEXT_WARD}"' in offered
    assert f'value="{DISTRICT}"' not in offered  # no higher up than her own
    assert scope_of(lan, CONTACT_READERS, authority_clock.now()) == Scope.of([WARD])
    assert client.post(PAGE, FORM)["Location"] == PAGE
    taken = EmergencyAccess.objects.get()
    [begun] = entries("begun")
    assert (begun.actor, begun.subject) == (f"user:{lan.pk}", f"emergency:{taken.pk}")
    assert begun.details == {
        "role": "ward-officer",
        "area": NEXT_WARD,
        "until": "2021-03-10T10:17:00+00:00",
    }
    assert scope_of(lan, CONTACT_READERS, authority_clock.now()) == Scope.of([WARD, NEXT_WARD])
    notice = "Truy cập khẩn cấp: cán bộ phường, xã, Phường Thượng Đình, đến 17:17 10/03/2021."
    for path in ("/adoption/", "/organisations/", "/account/", PAGE, "/nowhere/"):
        assert notice in said(client.get(path)), path
    used = [one.details["route"] for one in entries("used")]
    assert sorted(used) == ["account/", "adoption/", "organisations/"]
    assert entries("used")[0].details["area"] == NEXT_WARD

    auditor = logged_in(made(authority_clock, "kiem", Role.AUDITOR, DISTRICT))
    page = said(auditor.get(REVIEW))
    assert "cán bộ phường, xã, Phường Thượng Đình đang mở Cán bộ lan" in page
    assert f"Lý do: {REASON}" in page
    assert "Truy cập khẩn cấp (" not in page  # nothing to judge yet
    authority_clock.advance(timedelta(hours=2))
    assert scope_of(lan, CONTACT_READERS, authority_clock.now()) == Scope.of([WARD])
    assert notice not in said(client.get("/adoption/"))
    seal_new_entries()
    seal_new_entries()
    [ended] = entries("ended")
    assert (ended.actor, ended.details["area"]) == ("system", NEXT_WARD)
    page = said(auditor.get("/account/"))
    assert "Truy cập khẩn cấp (1)" in page
    page = said(auditor.get(REVIEW))
    assert "chưa ai xem xét" in page
    assert "Các trang đã mở GET /adoption/ × " in page  # what it is judged by
    answer = auditor.post(f"{PAGE}{taken.pk}/review", {"justified": "no"}, follow=True)
    assert "không có lý do chính đáng" in said(answer)
    assert "Truy cập khẩn cấp (1)" not in said(answer)
    assert "Cán bộ kiem xem xét 17:17 10/03/2021" in said(client.get(PAGE))
    [judged] = entries("reviewed")
    assert judged.details == {"role": "ward-officer", "area": NEXT_WARD, "justified": "no"}
    assert REASON not in str(list(AuditEntry.objects.values_list("details", flat=True)))
    verify_audit()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"reason": "gấp"}, "Lý do cần ít nhất 20 ký tự."),
        ({"reason": "x" + " " * 40}, "Lý do cần ít nhất 20 ký tự."),
        ({"reason": "x" * 501}, "Lý do dài quá 500 ký tự."),
        ({"reason": ""}, "Hãy ghi lý do."),
        ({"hours": "5"}, "Nhiều nhất là 4 giờ."),
        ({"hours": ""}, "Hãy chọn thời gian."),
        ({"area": DISTRICT}, "Hãy chọn một địa bàn trong danh sách."),
        ({"area": "*"}, "Hãy chọn một địa bàn trong danh sách."),
        ({"area": WARD}, "Anh/chị đã có vai trò này ở địa bàn này."),
        ({"role": "epidemiologist"}, "Hãy chọn một vai trò trong danh sách."),
        ({"role": "auditor"}, "Hãy chọn một vai trò trong danh sách."),
        ({"password": "falsch"}, "Mật khẩu hiện tại không đúng."),
    ],
)
def test_what_is_refused_and_why(lan: User, change: dict[str, str], fault: str) -> None:
    answer = logged_in(lan).post(PAGE, {**FORM, **change})
    assert (answer.status_code, f"Chưa mở: {fault}" in said(answer)) == (422, True)
    assert not EmergencyAccess.objects.exists()
    assert not Grant.objects.filter(is_emergency=True).exists()


def test_no_area_is_chosen_beforehand_and_nobody_reviews_their_own(lan: User, authority_clock: Any) -> None:
    client = logged_in(lan)
    areas = re.search(r'<select name="area".*?</select>', client.get(PAGE).content.decode(), re.DOTALL)
    assert areas
    assert re.findall(r"<option[^>]* selected>([^<]*)", areas[0]) == ["chọn địa bàn"]
    assert "Hãy chọn địa bàn." in said(client.post(PAGE, {**FORM, "area": ""}))
    client.post(PAGE, FORM)
    assert "Không có lần nào để anh/chị xem xét." in said(client.get(f"{PAGE}review/"))


def test_one_at_a_time_and_ended_by_hand(lan: User, authority_clock: Any) -> None:
    client = logged_in(lan)
    client.post(PAGE, FORM)
    taken = EmergencyAccess.objects.get()
    answer = client.post(PAGE, {**FORM, "area": "01/009/00349"})
    assert "Mỗi lúc chỉ một truy cập khẩn cấp" in said(answer)
    authority_clock.advance(timedelta(minutes=10))
    assert client.post(f"{PAGE}{taken.pk}/end")["Location"] == PAGE
    assert scope_of(lan, CONTACT_READERS, authority_clock.now()) == Scope.of([WARD])
    page = client.post(f"{PAGE}{taken.pk}/end", follow=True)
    assert "đã kết thúc" in said(page)
    authority_clock.advance(timedelta(hours=3))
    seal_new_entries()
    assert [one.actor for one in entries("ended")] == [f"user:{lan.pk}"]
    assert client.post(PAGE, FORM)["Location"] == PAGE


def test_who_has_no_such_role_gets_no_form(lan: User, authority_clock: Any) -> None:
    guard = logged_in(made(authority_clock, "bao.ve", Role.GUARD, WARD))
    assert "không mở được truy cập khẩn cấp" in said(guard.get(PAGE))
    assert guard.post(PAGE, FORM).status_code == 403
    assert guard.get(REVIEW).status_code == 403
    assert Client().get(PAGE)["Location"].startswith("/login/")


def test_it_gives_nothing_away_and_judges_nobody(lan: User, authority_clock: Any) -> None:
    """Neither an invitation nor a judgement rests on what was taken."""
    officer = made(authority_clock, "quan", Role.DISTRICT_OFFICER, DISTRICT)
    other = made(authority_clock, "khac", Role.WARD_OFFICER, "01/009/00349")
    first = take(other, authority_clock, area="01/009/00352")
    end_emergency(first.pk, by=other, now=authority_clock.now())
    take(lan, authority_clock, area="01/009/00352")
    now = authority_clock.now()
    assert scope_of(lan, INVITERS, now).allows("01/009/00352")
    with pytest.raises(InvitationRefused, match="may not grant"):
        invite(HeldRole(Role.GUARD, "01/009/00352", now + timedelta(hours=1)), inviter=lan, now=now)
    with pytest.raises(NoSuchEmergency, match="not theirs to judge"):
        review_emergency(first.pk, is_justified=True, by=lan, now=now)
    with pytest.raises(NoSuchEmergency, match="not theirs to judge"):
        review_emergency(first.pk, is_justified=True, by=other, now=now)
    review_emergency(first.pk, is_justified=True, by=officer, now=now)
    with pytest.raises(NoSuchEmergency, match="does not wait"):
        review_emergency(first.pk, is_justified=False, by=officer, now=now)
    running = EmergencyAccess.objects.exclude(pk=first.pk).get()
    with pytest.raises(NoSuchEmergency, match="does not wait"):
        review_emergency(running.pk, is_justified=True, by=officer, now=now)
    with pytest.raises(NoSuchEmergency, match="not theirs to end"):
        end_emergency(running.pk, by=other, now=now)
    end_emergency(running.pk, by=officer, now=now)
    assert not scope_of(lan, INVITERS, now).allows("01/009/00352")


def test_the_page_of_judgements_shows_what_concerns_its_reader(lan: User, authority_clock: Any) -> None:
    take(lan, authority_clock)
    elsewhere = made(authority_clock, "xa", Role.AUDITOR, "01/006")
    assert REASON not in said(logged_in(elsewhere).get(REVIEW))
    ward = made(authority_clock, "thuong.dinh", Role.WARD_OFFICER, NEXT_WARD)
    client = logged_in(ward)
    assert REASON in said(client.get(REVIEW))
    taken = EmergencyAccess.objects.get()
    client.post(f"{PAGE}{taken.pk}/end")
    assert "Hãy chọn có lý do" in said(
        client.post(f"{PAGE}{taken.pk}/review", {"justified": "maybe"}, follow=True)
    )
    assert logged_in(elsewhere).post(f"{PAGE}{taken.pk}/review", {"justified": "yes"}).status_code == 302
    taken.refresh_from_db()
    assert (taken.ended_by, taken.reviewed_at) == (ward, None)


def test_with_the_role_that_it_rests_on_it_is_gone(lan: User, authority_clock: Any) -> None:
    take(lan, authority_clock)
    now = authority_clock.now()
    with pytest.raises(Exception, match="not ward-officer in 01/009/00346"):
        revoke_role(lan, Role.WARD_OFFICER, NEXT_WARD, by=CLI, now=now)
    revoke_role(lan, Role.WARD_OFFICER, WARD, by=CLI, now=now)
    assert roles_of(lan, now) == ()
    assert [one.actor for one in entries("ended")] == ["cli"]


def test_two_at_once_are_one(lan: User, authority_clock: Any) -> None:
    take(lan, authority_clock)
    with pytest.raises(EmergencyRefused, match="running"):
        take(lan, authority_clock, area="01/009/00349")
    with pytest.raises(EmergencyRefused, match="duration"):
        take(made(authority_clock, "mai", Role.WARD_OFFICER, WARD), authority_clock, hours=4.01)


def test_the_notice_is_not_on_pages_of_others(lan: User, authority_clock: Any) -> None:
    take(lan, authority_clock)
    other = logged_in(made(authority_clock, "mai", Role.WARD_OFFICER, WARD))
    assert "Mọi trang anh/chị mở đều được ghi lại" not in said(other.get("/adoption/"))
    assert "Mọi trang anh/chị mở đều được ghi lại" not in said(Client().get("/"))
    assert entries("used") == []


def test_operators_list_it(lan: User, authority_clock: Any) -> None:
    def listed(*options: str) -> Any:
        with patch.object(emergency, "prepare_authority"):
            done = CliRunner().invoke(app, ["emergency", "list", *options])
        assert done.exit_code == 0
        return done

    assert json.loads(listed("--json").stdout) == {"emergencies": []}
    first = take(lan, authority_clock)
    end_emergency(first.pk, by=lan, now=authority_clock.now() + timedelta(minutes=30))
    auditor = made(authority_clock, "kiem", Role.AUDITOR, DISTRICT)
    authority_clock.advance(timedelta(hours=1))
    review_emergency(first.pk, is_justified=True, by=auditor, now=authority_clock.now())
    second = take(lan, authority_clock, area="01/009/00349")
    rows = json.loads(listed("--json").stdout)["emergencies"]
    assert [(one["emergency"], one["state"]) for one in rows] == [
        (str(second.pk), "running"),
        (str(first.pk), "justified"),
    ]
    assert rows[1] == {
        "emergency": str(first.pk),
        "user": "lan",
        "role": "ward-officer",
        "area": NEXT_WARD,
        "from": "2021-03-10T08:17:00+00:00",
        "until": "2021-03-10T08:47:00+00:00",
        "state": "justified",
        "reviewed_by": "kiem",
        "reason": REASON,
    }
    [line] = listed("--unreviewed").stdout.splitlines()
    assert line == f"2021-03-10 16:17  lan  ward-officer in 01/009/00349  running  {REASON}"


minutes = st.integers(-10, 260)


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
@given(
    hours=st.integers(1, 4),
    ended=st.none() | st.integers(0, 260),
    looks=st.lists(minutes, min_size=1, max_size=4),
)
def test_a_scope_has_it_exactly_while_it_lasts(
    lan: User, authority_clock: Any, hours: int, ended: int | None, looks: list[int]
) -> None:
    start: datetime = authority_clock.now()
    EmergencyAccess.objects.all().delete()
    Grant.objects.filter(is_emergency=True).delete()
    taken = take(lan, authority_clock, hours)
    last = hours * 60
    if ended is not None and ended < last:
        end_emergency(taken.pk, by=lan, now=start + timedelta(minutes=ended))
        last = ended
    for minute in looks:
        now = start + timedelta(minutes=minute)
        ordinary = {WARD} if minute >= 0 else set()
        expected = ordinary | ({NEXT_WARD} if 0 <= minute < last else set())
        assert scope_of(lan, CONTACT_READERS, now) == Scope.of(expected)
        held = {(one.area_path, one.is_emergency) for one in roles_of(lan, now)}
        assert held == {(path, path == NEXT_WARD) for path in expected}


def test_taken_again_and_again_it_waits_for_a_second_person(lan: User, authority_clock: Any) -> None:
    for _ in range(3):
        last = take(lan, authority_clock, hours=4)
        authority_clock.advance(timedelta(hours=4, minutes=1))
    with pytest.raises(EmergencyRefused, match="often"):
        take(lan, authority_clock)
    answer = logged_in(lan).post(PAGE, FORM)
    assert answer.status_code == 422
    assert "Trong 24 giờ qua đã mở 3 lần mà chưa ai xem xét." in said(answer)
    auditor = made(authority_clock, "kiem", Role.AUDITOR, DISTRICT)
    review_emergency(last.pk, is_justified=True, by=auditor, now=authority_clock.now())
    take(lan, authority_clock, hours=1)
    authority_clock.advance(timedelta(hours=13))  # the first of them is a day ago
    take(lan, authority_clock, hours=1)


def test_with_the_account_it_is_gone_for_good(lan: User, authority_clock: Any) -> None:
    take(lan, authority_clock, hours=4)
    services.disable_user("lan", by=CLI, now=authority_clock.now())
    assert [one.actor for one in entries("ended")] == ["cli"]
    services.enable_user("lan", by=CLI, now=authority_clock.now())
    lan.refresh_from_db()
    assert scope_of(lan, CONTACT_READERS, authority_clock.now()) == Scope.of([WARD])


def test_the_log_says_which_object_was_asked_for(lan: User, authority_clock: Any) -> None:
    take(lan, authority_clock)
    client = logged_in(lan)
    client.get("/organisations/KEY1/people/")
    client.get(f"/adoption/?area={NEXT_WARD}&q=Nguyễn Văn A")
    client.get("/adoption/?area=Nguyễn Văn A")
    client.get("/invitation/rất-bí-mật/")
    asked = [
        {name: value for name, value in one.details.items() if name in ("object", "asked_area")}
        for one in entries("used")
    ]
    assert sorted(asked, key=str) == [{"asked_area": NEXT_WARD}, {"object": "KEY1"}, {}, {}]
    assert "Nguyễn" not in str([one.details for one in entries("used")])
