"""Grants and invitations for an organisation: who may give which role, and how far it reaches."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import Grant
from bluezone.authority.access.queries import scope_of
from bluezone.authority.access.roles import ORGANISATION_READERS, Role
from bluezone.authority.access.rules import HeldRole, may_grant
from bluezone.authority.access.scope import Scope
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts import invitation_views, services
from bluezone.authority.accounts.models import Invitation, User
from bluezone.authority.accounts.organisation_grants import places_of
from bluezone.authority.accounts.services.invitations import (
    InvitationNotOpen,
    InvitationRefused,
    accept_invitation,
    invite,
)
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations import edit_services, queries
from bluezone.authority.organisations import services as registry
from bluezone.authority.organisations.directory import Directory
from bluezone.authority.organisations.edit_services import (
    Details,
    change_organisation,
    register_organisation,
)
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.locking import EditedMeanwhile
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.sheet import read_organisation_sheet
from bluezone.authority.tabular.faults import SheetRefused
from bluezone.cli import invitations as invitation_commands
from bluezone.cli import users

pytestmark = pytest.mark.django_db

CLI = Actor("cli")
PASSWORD = "rừng-tre-gió-thổi"
NOW = datetime(2021, 3, 10, 8, 17, tzinfo=UTC)
DISTRICT, NHAN_CHINH, HA_DINH = "01/009", "01/009/00343", "01/009/00361"
SHEET = """Mã đơn vị;Tên đơn vị;Loại;Trực thuộc;Địa bàn
PGD;Phòng Giáo dục;Cơ quan;;Phường Nhân Chính
S1;Trường THCS Nhân Chính;Trường học;Phòng Giáo dục;Phường Nhân Chính
S2;Trường THCS Hạ Đình;Trường học;Phòng Giáo dục;Phường Hạ Đình
"""


@pytest.fixture(autouse=True)
def registered(authority: Path, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    invitation_views.ACCEPT_LIMIT.reset()
    load_thanh_xuan()
    sheet = read_organisation_sheet(SHEET.encode(), Directory(Scope.everything()), date(2021, 3, 10))
    assert sheet.errors == ()
    registry.import_organisations(sheet.rows, file_name="a.csv", data=SHEET.encode(), by=CLI, now=NOW)


def path_of(code: str) -> str:
    return Organisation.objects.get(code=code).path


def made(name: str, role: Role, area: str) -> User:
    user = services.create_user(name, PASSWORD, by=CLI, now=NOW)
    grant_role(user, role, area, by=CLI, now=NOW)
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def said(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def run(app: Any, *arguments: str, stdin: str = "") -> Any:
    with (
        patch.object(users, "prepare_authority"),
        patch.object(invitation_commands, "prepare_authority"),
    ):
        return CliRunner().invoke(app, [*arguments], input=stdin)


def names_seen_by(user: User) -> set[str]:
    scope = scope_of(user, ORGANISATION_READERS, NOW)
    return set(queries.organisations(scope).values_list("code", flat=True))


def test_where_an_organisation_and_what_it_manages_are() -> None:
    assert places_of(path_of("PGD")) == {NHAN_CHINH, HA_DINH}
    assert places_of(path_of("S2")) == {HA_DINH}
    assert places_of("ORG/0000000000") == ()
    assert places_of(DISTRICT) == ()


@pytest.mark.parametrize(
    ("role", "area", "organisation", "may"),
    [
        (Role.WARD_OFFICER, NHAN_CHINH, "S1", True),
        (Role.WARD_OFFICER, NHAN_CHINH, "S2", False),
        (Role.WARD_OFFICER, NHAN_CHINH, "PGD", False),  # it manages a school in another ward
        (Role.DISTRICT_OFFICER, DISTRICT, "PGD", True),
        (Role.DISTRICT_OFFICER, "01/006", "S1", False),
        (Role.OPERATOR, "*", "PGD", True),
        (Role.HEALTH_WORKER, DISTRICT, "S1", False),
        (Role.SCHOOL_CLERK, DISTRICT, "S1", False),
    ],
)
def test_who_may_invite_for_which(role: Role, area: str, organisation: str, may: bool) -> None:
    inviter = made("lan", role, area)
    wanted = HeldRole(Role.SCHOOL_CLERK, path_of(organisation), None)
    if not may:
        with pytest.raises(InvitationRefused, match="may not grant"):
            invite(wanted, inviter=inviter, now=NOW)
        return
    _, secret = invite(wanted, inviter=inviter, now=NOW)
    user = accept_invitation(secret, "binh", PASSWORD, "Bình", now=NOW)
    assert names_seen_by(user) == ({"PGD", "S1", "S2"} if organisation == "PGD" else {organisation})


def test_an_office_invites_for_its_schools_by_management() -> None:
    """Whoever holds an office by its path, not by an area, reaches what it manages and no more."""
    inviter = made("lan", Role.DISTRICT_OFFICER, path_of("PGD"))
    invite(HeldRole(Role.GUARD, path_of("S2"), None), inviter=inviter, now=NOW)
    with pytest.raises(InvitationRefused):
        invite(HeldRole(Role.GUARD, HA_DINH, None), inviter=inviter, now=NOW)


@pytest.mark.parametrize("role", ["ward-officer", "health-worker", "operator", "auditor", "canvasser"])
def test_other_roles_are_not_for_organisations(role: str) -> None:
    with pytest.raises(InvitationRefused, match=f"{role} is not granted for an organisation"):
        invite(HeldRole(Role(role), path_of("S1"), None), inviter=None, now=NOW)


def test_from_its_page_to_the_account() -> None:
    client, school = (
        logged_in(made("lan", Role.WARD_OFFICER, NHAN_CHINH)),
        Organisation.objects.get(code="S1"),
    )
    assert f'href="/invitations/?organisation={school.key}"' in (
        client.get(f"/organisations/{school.key}/").content.decode()
    )
    page = client.get(f"/invitations/?organisation={school.key}")
    assert "Lời mời này dành cho cán bộ của đơn vị Trường THCS Nhân Chính" in said(page)
    offered = re.findall(r'<option value="([^"]+)"', page.content.decode())
    assert set(offered) == {"agency-clerk", "school-clerk", "guard", school.path}
    asked = {"for_whom": "Bình", "role": "school-clerk", "area": school.path, "organisation": school.key}
    made_page = client.post("/invitations/", asked)
    assert "cán bộ nhà trường, Trường THCS Nhân Chính" in said(made_page)
    [link] = re.findall(r"http://127\.0\.0\.1:8000(/invitation/[\w-]+/)", made_page.content.decode())
    assert "được mời làm cán bộ nhà trường , Trường THCS Nhân Chính" in said(Client().get(link))
    chosen = {"display_name": "Bình", "username": "binh", "new": PASSWORD, "again": PASSWORD}
    assert Client().post(link, chosen).status_code == 302
    [grant] = Grant.objects.filter(user__username="binh")
    assert (grant.role, grant.area_path) == ("school-clerk", school.path)
    account = logged_in(User.objects.get(username="binh")).get("/account/")
    assert "cán bộ nhà trường, Trường THCS Nhân Chính" in said(account)


def test_the_page_refuses_what_is_not_offered() -> None:
    client = logged_in(made("lan", Role.WARD_OFFICER, NHAN_CHINH))
    school, other = Organisation.objects.get(code="S1"), Organisation.objects.get(code="S2")
    for key in (other.key, "x" * 10, "%00", "S1;--"):
        assert client.get(f"/invitations/?organisation={key}").status_code == 404
    for change in ({"area": other.path}, {"area": NHAN_CHINH}, {"role": "ward-officer"}):
        asked = {"role": "guard", "area": school.path, "organisation": school.key, **change}
        assert client.post("/invitations/", asked).status_code == 422
    # without the organisation its path is no area of the list
    assert client.post("/invitations/", {"role": "guard", "area": school.path}).status_code == 422
    assert not Invitation.objects.exists()


def test_waiting_invitations_are_seen_by_whom_they_concern() -> None:
    ward, district = made("lan", Role.WARD_OFFICER, NHAN_CHINH), made("mai", Role.DISTRICT_OFFICER, DISTRICT)
    elsewhere = made("xa", Role.WARD_OFFICER, HA_DINH)
    made_one, _ = invite(HeldRole(Role.GUARD, path_of("S1"), None), for_whom="Bình", inviter=ward, now=NOW)
    assert ["Bình" in said(logged_in(one).get("/invitations/")) for one in (ward, district, elsewhere)] == [
        True,
        True,
        False,
    ]
    logged_in(elsewhere).post(f"/invitations/{made_one.pk}/withdraw")
    made_one.refresh_from_db()
    assert made_one.withdrawn_at is None


def test_a_link_for_an_organisation_that_moved_is_worth_nothing() -> None:
    _, secret = invite(HeldRole(Role.GUARD, path_of("S1"), None), inviter=None, now=NOW)
    Organisation.objects.filter(code="S1").update(path="ORG/ELSEWHERE0/S1")
    with pytest.raises(InvitationNotOpen):
        accept_invitation(secret, "binh", PASSWORD, "Bình", now=NOW)
    assert not User.objects.filter(username="binh").exists()


def test_a_closed_organisation_gives_no_roles_and_loses_those_it_gave() -> None:
    user = made("binh", Role.GUARD, path_of("S1"))
    Organisation.objects.filter(code="S1").update(closed_on=date(2021, 3, 9))
    with pytest.raises(InvitationRefused):
        invite(HeldRole(Role.GUARD, path_of("S1"), None), inviter=None, now=NOW)
    options = ("binh", "--role", "guard", "--organisation", "S1")
    assert run(users.user_app, "grant", *options).exit_code == 1
    assert run(users.user_app, "revoke", *options).exit_code == 0
    assert names_seen_by(user) == set()


def test_the_command_line_by_code_and_by_key(authority_clock: Any) -> None:
    school = Organisation.objects.get(code="S1")
    options = ("--role", "school-clerk", "--organisation", "S1", "--json")
    done = run(users.user_app, "create", "binh", *options)
    assert json.loads(done.stdout)["area"] == school.path
    assert (
        run(users.user_app, "grant", "binh", "--role", "guard", "--organisation", school.key).exit_code == 0
    )
    held = set(Grant.objects.filter(user__username="binh").values_list("role", "area_path"))
    assert held == {("school-clerk", school.path), ("guard", school.path)}
    revoke = ("revoke", "binh", "--role", "guard", "--organisation", "S1")
    assert run(users.user_app, *revoke).exit_code == 0
    assert names_seen_by(User.objects.get(username="binh")) == {"S1"}
    invited = run(_invite_app(), "--role", "guard", "--organisation", "S1", "--json")
    assert json.loads(invited.stdout)["area"] == school.path
    for wrong, status in (
        (("--role", "guard"), 2),
        (("--role", "guard", "--organisation", "S1", "--area", "01"), 2),
        (("--role", "guard", "--organisation", "S9"), 1),
        (("--role", "ward-officer", "--organisation", "S1"), 1),
    ):
        assert run(users.user_app, "grant", "binh", *wrong).exit_code == status, wrong


def _invite_app() -> Any:
    import typer

    app = typer.Typer()
    app.command()(invitation_commands.invite)
    return app


paths = st.lists(st.sampled_from(["01", "009", "00343", "00346"]), min_size=1, max_size=3).map("/".join)


@given(st.lists(st.builds(HeldRole, st.sampled_from(Role), paths, st.none()), max_size=3), st.sets(paths))
def test_a_role_for_an_organisation_never_reaches_beyond(held: list[HeldRole], places: set[str]) -> None:
    wanted = HeldRole(Role.AGENCY_CLERK, "ORG/7H2K", None)
    if may_grant(held, wanted, places):
        assert any(all(Scope.of([one.area_path]).allows(place) for place in places) for one in held)
        assert places


def moved_under(code: str, manager: str) -> None:
    """Somebody moves an organisation meanwhile."""
    one, above = Organisation.objects.get(code=code), Organisation.objects.get(code=manager)
    details = Details(one.code, Kind(one.kind), one.name, one.address, one.located_in_id, above.pk, "")
    change_organisation(
        one.key, details, version=one.version, since=None, scope=Scope.everything(), by=CLI, now=NOW
    )


def test_what_comes_in_below_one_that_moves_meanwhile_does_not_stay_behind() -> None:
    """It would be held by whoever held it where its manager was."""
    row = "S3;Trường X;Trường học;Trường THCS Hạ Đình;Phường Hạ Đình"
    data = f"Mã đơn vị;Tên đơn vị;Loại;Trực thuộc;Địa bàn\n{row}"
    sheet = read_organisation_sheet(data.encode(), Directory(Scope.everything()), date(2021, 3, 10))
    assert sheet.errors == ()
    before = path_of("S2")
    moved_under("S2", "S1")
    assert path_of("S2") != before
    with pytest.raises(SheetRefused):
        registry.import_organisations(sheet.rows, file_name="b", data=data.encode(), by=CLI, now=NOW)
    assert not Organisation.objects.filter(code="S3").exists()


def test_what_is_registered_below_one_that_moves_meanwhile_does_not_stay_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = edit_services._manager

    def found_just_before(pk: int | None) -> Organisation | None:
        one = find(pk)
        Organisation.objects.filter(pk=pk).update(path=f"{path_of('PGD')}/X")
        return one

    monkeypatch.setattr(edit_services, "_manager", found_just_before)
    school = Organisation.objects.get(code="S2")
    details = Details("S3", Kind.SCHOOL, "Trường X", "", school.located_in_id, school.pk, "")
    with pytest.raises(EditedMeanwhile):
        register_organisation(details, scope=Scope.everything(), by=CLI, now=NOW)
