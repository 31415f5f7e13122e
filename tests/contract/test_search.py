"""The search on both databases: what is found, in which order, and nothing outside a scope."""

from __future__ import annotations

import importlib
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts.models import User
from bluezone.authority.areas.models import Area, Level
from bluezone.authority.areas.search import areas_found, successors_of
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.home.search import find
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.search import organisations_found
from bluezone.authority.tabular.spelling import plain
from bluezone.authority.todays_work import Person, person_of

pytestmark = pytest.mark.django_db
in_thanh_xuan = pytest.mark.usefixtures("thanh_xuan")

NOW = datetime(2021, 3, 10, 3, tzinfo=UTC)
TODAY = date(2021, 3, 10)
CLI = Actor("cli")
EVERYTHING = Scope.everything()


@pytest.fixture
def thanh_xuan(authority: Path) -> None:
    load_thanh_xuan()


def names(words: str, scope: Scope = EVERYTHING, day: date = TODAY) -> list[str]:
    return [one.name for one in areas_found(words, scope, day)]


def register(name: str, code: str = "", area: str = "00343", path: str = "") -> Organisation:
    one = Organisation(
        code=code,
        kind="school",
        name=name,
        plain_name=plain(name),
        address="",
        located_in=Area.objects.get(code=area, valid_from=date(2021, 2, 1)),
        managed_by_name="",
        registered_at=NOW,
        registered_by="x",
    )
    one.path = path or f"ORG/{one.key}"
    one.save()
    return one


@in_thanh_xuan
@pytest.mark.parametrize(
    "words",
    [
        "thanh xuan trung",
        "Thanh Xuân Trung",
        unicodedata.normalize("NFD", "Phường Thanh Xuân Trung"),
        "  THANH   xuân  trung ",
        "p. thanh xuan trung",
        "P.Thanh Xuân Trung",
        "trung thanh xuan",
        "00355",
        "355",
    ],
)
def test_a_ward_is_found_however_it_is_typed(words: str) -> None:
    assert names(words) == ["Phường Thanh Xuân Trung"]


@in_thanh_xuan
def test_a_bar_through_d_is_a_d() -> None:
    assert names("dinh cong", day=date(2025, 7, 1)) == []
    assert names("ha dinh")[0] == names("Hạ Đình")[0] == "Phường Hạ Đình"
    assert names("dai mo", day=date(2025, 7, 1)) == ["Phường Đại Mỗ"]


@in_thanh_xuan
def test_whole_names_come_first_then_beginnings_and_what_is_there_before_what_was() -> None:
    """Quận Thanh Xuân of 2021 and the ward of that name of 2025; Thanh Xuân Bắc, Nam, Trung begin alike."""
    in_2021 = names("thanh xuan")
    assert in_2021[:2] == ["Quận Thanh Xuân", "Phường Thanh Xuân"]
    assert set(in_2021[2:]) == {f"Phường Thanh Xuân {one}" for one in ("Bắc", "Nam", "Trung")}
    assert names("thanh xuan", day=date(2025, 7, 1))[:2] == ["Phường Thanh Xuân", "Quận Thanh Xuân"]
    assert names("xuan nam") == ["Phường Thanh Xuân Nam"]
    former = areas_found("ha dinh", EVERYTHING, date(2025, 1, 1))
    assert [(one.code, one.valid_until) for one in former] == [
        ("00373", date(2025, 7, 1)),
        ("00361", date(2025, 1, 1)),
    ]


@in_thanh_xuan
def test_what_became_of_a_ward() -> None:
    """Resolution 1656 joined Hạ Đình and Kim Giang on 1 January 2025, under the name of the one."""
    kim_giang = areas_found("kim giang", EVERYTHING, date(2025, 1, 1)).get()
    assert [one.name for one in successors_of([kim_giang], EVERYTHING)[kim_giang.pk]] == ["Phường Hạ Đình"]
    assert successors_of([kim_giang], Scope.of(["01/009/00343"])) == {}


@in_thanh_xuan
@pytest.mark.parametrize(
    "words", ["", "   ", "%", "_", "\u200b", "thanh xuan %", "'; --", "\\", "xuan zz", "𝟛𝟝𝟝"]
)
def test_what_names_nothing_finds_nothing(words: str) -> None:
    register("Trường THCS Nhân Chính")
    assert names(words) == []
    assert list(organisations_found(words, EVERYTHING)) == []


@in_thanh_xuan
def test_organisations_the_likeliest_first() -> None:
    for name, code in (
        ("Trường THCS Thanh Xuân", "S3"),
        ("Thanh Xuân", "S2"),
        ("Thanh Xuân Trung THCS", "S1"),
        ("Trường Xuân Thanh", "S4"),
        ("Công ty Hoa Sen", "S22"),
    ):
        register(name, code)
    found = [one.code for one in organisations_found("thanh xuân", EVERYTHING)]
    assert found == ["S2", "S1", "S3", "S4"]
    assert [one.code for one in organisations_found("s2", EVERYTHING)] == ["S2", "S22"]
    assert [one.code for one in organisations_found("cong ty s22", EVERYTHING)] == ["S22"]


@in_thanh_xuan
def test_what_is_withdrawn_is_not_found() -> None:
    one = register("Trường Mầm non Hoa Sen")
    Organisation.objects.filter(pk=one.pk).update(withdrawn_at=NOW)
    assert list(organisations_found("hoa sen", EVERYTHING)) == []


@in_thanh_xuan
def test_what_has_closed_is_found_behind_what_has_not() -> None:
    for name, code in (("Trường Hoa Sen A", "S1"), ("Trường Hoa Sen B", "S2")):
        register(name, code)
    Organisation.objects.filter(code="S1").update(closed_on=TODAY)
    assert [one.code for one in organisations_found("hoa sen", EVERYTHING)] == ["S2", "S1"]


@in_thanh_xuan
def test_the_plain_name_is_written_with_every_row_and_filled_in_by_the_migration() -> None:
    def made(code: str, name: str) -> Area:
        return Area(code=code, valid_from=TODAY, level=Level.WARD, name=name, path=code)

    Area.objects.bulk_create([made("X1", "Xã Đắk Nhau")])
    made("X2", "Xã Ea Đrăng").save()
    assert sorted(names("dak nhau") + names("ea drang")) == ["Xã Ea Đrăng", "Xã Đắk Nhau"]
    one = Area.objects.get(code="X2")
    one.name = "Xã Ea H’leo"
    one.save()
    assert names("ea h’leo") == ["Xã Ea H’leo"]
    Area.objects.update(plain_name="")
    migration = importlib.import_module("bluezone.authority.areas.migrations.0005_names_are_searched")
    migration.fill(apps, connection.schema_editor())
    assert names("dak nhau") == ["Xã Đắk Nhau"]
    assert names("thanh xuan trung") == ["Phường Thanh Xuân Trung"]


PLACES = ("01", "01/009", "01/009/00343", "01/009/00346", "01/0099", "02", "02/009")
ROLES = (Role.WARD_OFFICER, Role.HEALTH_WORKER, Role.EPIDEMIOLOGIST, Role.GUARD)
READS_FIGURES = {Role.WARD_OFFICER, Role.EPIDEMIOLOGIST}
READS_ORGANISATIONS = READS_FIGURES | {Role.HEALTH_WORKER}


def inside(path: str, prefixes: set[str]) -> bool:
    """The definition, over lists of segments."""
    parts = path.split("/")
    return any(parts[: len(one.split("/"))] == one.split("/") for one in prefixes)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    rows=st.lists(st.sampled_from(PLACES), max_size=6),
    granted=st.lists(st.tuples(st.sampled_from(ROLES), st.sampled_from((*PLACES, "ORG/K0"))), max_size=3),
    words=st.sampled_from(("truong", "t", "TRƯỜNG đ", "dia ban", "0", "ban truong", "")),
)
def test_nothing_outside_a_scope_is_ever_found_and_all_inside_is(
    authority: Path, rows: list[str], granted: list[tuple[Role, str]], words: str
) -> None:
    with transaction.atomic():
        try:
            _check_scope(rows, granted, words)
        finally:
            transaction.set_rollback(True)


def _check_scope(rows: list[str], granted: list[tuple[Role, str]], words: str) -> None:
    user = User.objects.create(username="an", created_at=NOW)
    for role, path in granted:
        grant_role(user, role, path, by=CLI, now=NOW)
    person = person_of(user, NOW)
    assert isinstance(person, Person)
    for at, path in enumerate(PLACES):
        Area.objects.create(
            code=f"0{at}", valid_from=TODAY, level=Level.WARD, name=f"Địa bàn {path}", path=path
        )
    by_path = {one.path: one for one in Area.objects.filter(valid_from=TODAY)}
    for at, path in enumerate(rows):
        Organisation.objects.create(
            key=f"K{at}", code="", kind="school", name=f"Trường Đ {at}", plain_name=f"truong d {at}",
            address="", located_in=by_path[path], managed_by_name="", path=f"ORG/K{at}",
            registered_at=NOW, registered_by="x",
        )  # fmt: skip
    of_organisations = {path for role, path in granted if role in READS_ORGANISATIONS}
    of_figures = {path for role, path in granted if role in READS_FIGURES}
    found = find(words, person)
    areas = {path for path in PLACES if inside(path, of_organisations | of_figures)}
    keys = {
        f"K{at}"
        for at, path in enumerate(rows)
        if inside(path, of_organisations) or inside(f"ORG/K{at}", of_organisations)
    }
    assert {one.path for one in found.areas} <= areas
    assert {one.key for one in found.organisations} <= keys
    if words in ("dia ban", "0"):
        assert {one.path for one in found.areas} == areas
    if words in ("truong", "t", "TRƯỜNG đ"):
        assert {one.key for one in found.organisations} == keys
    if not words:
        assert (list(found.areas), list(found.organisations), found.pages) == ([], [], [])
    assert all(person.may_open(page) for page in found.pages)
