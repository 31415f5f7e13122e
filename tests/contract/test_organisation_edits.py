"""Organisations edited by hand on both databases: moved, renamed, closed; what they were stays known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry, Grant
from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts.services import create_user
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations import queries
from bluezone.authority.organisations.edit_services import (
    Details,
    change_organisation,
    close_organisation,
    register_organisation,
    reopen_organisation,
)
from bluezone.authority.organisations.history import changes_of, organisations_on, state_on
from bluezone.authority.organisations.kinds import Kind, People
from bluezone.authority.organisations.locking import EditedMeanwhile, EditRefused
from bluezone.authority.organisations.models import Contact, FormerState, Headcount, Organisation, SchoolClass
from bluezone.authority.organisations.people_services import add_classes, record_headcounts, set_contact
from bluezone.authority.organisations.rules import ClassLineWrong, ClassRoll, class_rolls
from bluezone.authority.organisations.sealed_contact import ContactPerson
from bluezone.authority.organisations.services import see_contact

pytestmark = pytest.mark.django_db

NOW = datetime(2021, 3, 10, 3, tzinfo=UTC)
OFFICER = Actor("user:6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
EVERYTHING = Scope.everything()
NHAN_CHINH, HA_DINH = "01/009/00343", "01/009/00361"


@pytest.fixture(autouse=True)
def areas(authority: Path) -> None:
    load_thanh_xuan()


def area(path: str) -> int:
    return Area.objects.get(path=path, valid_from=date(2021, 2, 1)).pk


def about(name: str, place: str = NHAN_CHINH, **more: object) -> Details:
    plain = Details("", Kind.SCHOOL, name, "", area(place), None, "")
    return replace(plain, **more)  # type: ignore[arg-type]


def add(
    name: str, place: str = NHAN_CHINH, above: Organisation | None = None, **more: object
) -> Organisation:
    details = about(name, place, manager=None if above is None else above.pk, **more)
    return register_organisation(details, scope=EVERYTHING, by=OFFICER, now=NOW)


def change(
    one: Organisation,
    details: Details,
    since: date | None = date(2021, 3, 5),
    scope: Scope = EVERYTHING,
    version: int | None = None,
) -> Organisation:
    return change_organisation(
        one.key,
        details,
        version=one.version if version is None else version,
        since=since,
        scope=scope,
        by=OFFICER,
        now=NOW,
    )


def names(day: date, scope: Scope, **how: str) -> set[str]:
    found = organisations_on(day, scope, **how)  # type: ignore[arg-type]
    return {found.state(one).name for one in found.rows}


def test_a_figure_of_an_earlier_day_is_told_where_the_organisation_then_was() -> None:
    school = add("Trường A")
    record_headcounts(
        school.key,
        date(2021, 3, 1),
        {People.STAFF: 40},
        version=0,
        scope=EVERYTHING,
        by=OFFICER,
        now=NOW,
    )
    school.refresh_from_db()
    moved = change(school, about("Trường B", HA_DINH))
    assert (moved.name, moved.located_in.path, moved.version) == ("Trường B", HA_DINH, 2)
    for day, place, name in (
        (date(2021, 3, 4), NHAN_CHINH, "Trường A"),
        (date(2021, 3, 5), HA_DINH, "Trường B"),
    ):
        then = state_on(moved, day)
        assert (then.name, then.located_in.path) == (name, place)
        other = HA_DINH if place == NHAN_CHINH else NHAN_CHINH
        assert names(day, EVERYTHING, area_path=place) == {name}
        assert names(day, EVERYTHING, area_path=other) == set()
        # A ward sees what was in it on the day, and nothing of when it was elsewhere.
        assert names(day, Scope.of([place])) == {name}
        assert names(day, Scope.of([other])) == set()
    assert names(date(2021, 3, 4), EVERYTHING, words="truong a") == {"Trường A"}
    assert names(date(2021, 3, 4), EVERYTHING, words="truong b") == set()
    found = organisations_on(date(2021, 3, 4), Scope.of([NHAN_CHINH]))
    counts = queries.latest_headcounts(list(found.rows), Scope.of([NHAN_CHINH]), date(2021, 3, 4))
    assert counts[moved.pk]["staff"].value == 40
    [was] = changes_of(moved, EVERYTHING)
    assert (was.name, was.until, was.changed_by) == ("Trường A", date(2021, 3, 5), OFFICER.reference)
    entry = AuditEntry.objects.get(action="organisations.changed")
    assert entry.details == {
        "changed": "located_in,name",
        "since": "2021-03-05",
        "area": HA_DINH,
        "area_before": NHAN_CHINH,
    }


def test_a_mended_mistake_was_never_so() -> None:
    school = add("Trừong A")
    mended = change(school, about("Trường A"), since=None)
    assert state_on(mended, date(2021, 1, 1)).name == "Trường A"
    assert [(was.name, was.until) for was in changes_of(mended, EVERYTHING)] == [("Trừong A", None)]
    assert change(mended, about("Trường A")).version == mended.version  # nothing said, nothing written


def test_changes_come_in_the_order_of_days() -> None:
    school = add("Trường A")
    moved = change(school, about("Trường A", HA_DINH))
    for since, words in (
        (date(2021, 3, 4), "last changed on 05/03/2021"),
        (date(2021, 3, 11), "11/03/2021 has not come"),
    ):
        with pytest.raises(EditRefused, match=words):
            change(moved, about("Trường C", HA_DINH), since)
    twice = change(moved, about("Trường C", HA_DINH), date(2021, 3, 5))
    assert state_on(twice, date(2021, 3, 4)).located_in.path == NHAN_CHINH
    assert state_on(twice, date(2021, 3, 5)).name == "Trường C"


def test_the_second_of_two_who_edit_is_told_and_loses_nothing() -> None:
    school = add("Trường A")
    change(school, about("Trường B"))
    with pytest.raises(EditedMeanwhile):
        change(school, about("Trường A", HA_DINH), version=0)
    for edit in (
        lambda: record_headcounts(
            school.key, date(2021, 3, 1), {People.STAFF: 1}, version=0, scope=EVERYTHING, by=OFFICER, now=NOW
        ),
        lambda: set_contact(school.key, ContactPerson("A"), version=0, scope=EVERYTHING, by=OFFICER, now=NOW),
        lambda: close_organisation(
            school.key, version=0, day=date(2021, 3, 9), scope=EVERYTHING, by=OFFICER, now=NOW
        ),
    ):
        with pytest.raises(EditedMeanwhile):
            edit()
    school.refresh_from_db()
    assert (school.name, school.located_in.path) == ("Trường B", NHAN_CHINH)
    assert (Headcount.objects.count(), Contact.objects.count()) == (0, 0)


def test_what_it_manages_moves_along_and_so_do_grants(authority_clock: object) -> None:
    ministry, office = add("Bộ", kind=Kind.AGENCY), add("Phòng", kind=Kind.AGENCY)
    school = add("Trường A", above=office)
    user = create_user("lan", "rừng-tre-gió-thổi", display_name="Lan", by=OFFICER, now=NOW)
    grant_role(user, Role.SCHOOL_CLERK, school.path, by=OFFICER, now=NOW)
    grant_role(user, Role.SCHOOL_CLERK, ministry.path, by=OFFICER, now=NOW)
    change(office, about("Phòng", kind=Kind.AGENCY, manager=ministry.pk))
    school.refresh_from_db()
    assert school.path == f"ORG/{ministry.key}/{office.key}/{school.key}"
    assert set(Grant.objects.values_list("area_path", flat=True)) == {school.path, ministry.path}
    assert AuditEntry.objects.filter(action="access.grant-moved").count() == 1
    # On the day before, the ministry did not hold them; from the day on it does.
    of_ministry = Scope.of([ministry.path])
    assert names(date(2021, 3, 4), of_ministry) == {"Bộ"}
    assert names(date(2021, 3, 5), of_ministry) == {"Bộ", "Phòng", "Trường A"}


def test_nobody_manages_themselves_in_a_circle() -> None:
    first = add("A")
    second = add("B", above=first)
    third = add("C", above=second)
    for manager in (first, third):
        with pytest.raises(EditRefused, match="manage each other"):
            change(first, about("A", manager=manager.pk))
    deep = third
    for at in range(7):
        deep = add(f"D{at}", above=deep)
    root = add("R")
    with pytest.raises(EditRefused, match="more than 10 levels"):
        add("E", above=deep)
    with pytest.raises(EditRefused, match="more than 10 levels"):
        change(first, about("A", manager=root.pk))
    first.refresh_from_db()
    assert first.path == f"ORG/{first.key}"


def test_a_ward_moves_nothing_into_or_out_of_another() -> None:
    ward = Scope.of([NHAN_CHINH])
    mine, other = add("Của tôi"), add("Của phường khác", HA_DINH)
    with pytest.raises(EditRefused, match="outside your scope"):
        change(mine, about("Của tôi", HA_DINH), scope=ward)
    with pytest.raises(EditRefused, match="not within your scope"):
        change(other, about("Của phường khác"), scope=ward)
    with pytest.raises(EditRefused, match="outside your scope"):
        register_organisation(about("Mới", HA_DINH), scope=ward, by=OFFICER, now=NOW)
    for key in (other.key, "NOSUCHKEY0"):
        with pytest.raises(EditRefused, match="not within your scope"):
            close_organisation(key, version=0, day=date(2021, 3, 9), scope=ward, by=OFFICER, now=NOW)
    assert FormerState.objects.count() == 0


def test_one_code_and_one_name_in_a_place_stand_once() -> None:
    add("Trường A", code="S1")
    school = add("Trường B")
    for details in (about("Khác", code="S1"), about("truong  b".upper())):
        with pytest.raises(EditRefused, match="registered already"):
            register_organisation(details, scope=EVERYTHING, by=OFFICER, now=NOW)
    with pytest.raises(EditRefused, match="registered already"):
        change(school, about("Trường B", code="S1"))
    assert Organisation.objects.count() == 2


def test_closed_it_is_in_no_list_of_later_days_and_its_own_go_where_it_went() -> None:
    old, heir = add("Trường cũ"), add("Trường mới", HA_DINH)
    branch = add("Phân hiệu", above=old)
    day = date(2021, 3, 8)
    with pytest.raises(EditRefused, match="manages 1 others"):
        close_organisation(old.key, version=0, day=day, scope=EVERYTHING, by=OFFICER, now=NOW)
    with pytest.raises(EditRefused, match="move it first"):
        close_organisation(
            old.key, version=0, day=day, into=branch.key, scope=EVERYTHING, by=OFFICER, now=NOW
        )
    closed = close_organisation(
        old.key, version=0, day=day, into=heir.key, scope=EVERYTHING, by=OFFICER, now=NOW
    )
    assert (closed.closed_on, closed.continued_by) == (day, heir)
    branch.refresh_from_db()
    assert (branch.managed_by, branch.path) == (heir, f"{heir.path}/{branch.key}")
    assert {one.name for one in queries.organisations(EVERYTHING)} == {"Trường mới", "Phân hiệu"}
    assert names(date(2021, 3, 7), EVERYTHING) == {"Trường cũ", "Trường mới", "Phân hiệu"}
    assert names(day, EVERYTHING) == {"Trường mới", "Phân hiệu"}
    assert queries.organisation_of(old.key, EVERYTHING) == closed
    with pytest.raises(EditRefused, match="has closed"):
        change(closed, about("Tên khác"))
    with pytest.raises(EditRefused, match="closed on 08/03/2021"):
        record_headcounts(old.key, day, {People.STAFF: 1}, version=1, scope=EVERYTHING, by=OFFICER, now=NOW)
    again = reopen_organisation(old.key, version=1, scope=EVERYTHING, by=OFFICER, now=NOW)
    assert (again.closed_on, again.continued_by) == (None, None)
    record_headcounts(
        old.key, date(2021, 3, 9), {People.STAFF: 1}, version=2, scope=EVERYTHING, by=OFFICER, now=NOW
    )
    with pytest.raises(EditRefused, match="figures of 09/03/2021"):
        close_organisation(old.key, version=3, day=day, scope=EVERYTHING, by=OFFICER, now=NOW)


def test_schools_are_merged_with_the_classes_of_a_school_year() -> None:
    old, heir, agency = add("Trường cũ"), add("Trường mới"), add("Cơ quan", kind=Kind.AGENCY)
    given = {"scope": EVERYTHING, "by": OFFICER, "now": NOW}
    day = date(2021, 3, 8)
    rolls = [ClassRoll("6A1", 42), ClassRoll("6A2", None)]
    add_classes(old.key, 2020, rolls, date(2021, 3, 1), version=0, **given)  # type: ignore[arg-type]
    add_classes(old.key, 2019, [ClassRoll("5A1", None)], None, version=1, **given)  # type: ignore[arg-type]
    add_classes(heir.key, 2020, [ClassRoll("6A2", None)], None, version=0, **given)  # type: ignore[arg-type]
    for into, words in (
        (heir.key, "has 6A2 in that school year"),
        (agency.key, "a school alone"),
        ("", "a school"),
    ):
        with pytest.raises(EditRefused, match=words):
            close_organisation(old.key, version=2, day=day, into=into, school_year=2020, **given)  # type: ignore[arg-type]
    SchoolClass.objects.filter(school=heir).delete()
    close_organisation(old.key, version=2, day=day, into=heir.key, school_year=2020, **given)  # type: ignore[arg-type]
    shown = [(one.name, one.school_year, one.roll) for one in queries.classes_of(heir, EVERYTHING)]  # type: ignore[attr-defined]
    assert shown == [("6A1", 2020, None), ("6A2", 2020, None)]
    kept = [(one.name, one.roll) for one in queries.classes_of(old, EVERYTHING)]  # type: ignore[attr-defined]
    assert kept == [("6A1", 42), ("6A2", None), ("5A1", None)]


@pytest.mark.django_db(transaction=True)
def test_two_who_move_organisations_below_each_other_at_once_make_no_circle() -> None:
    first, second = add("A"), add("B")
    together = Barrier(2)

    def move(one: Organisation, above: Organisation) -> str:
        try:
            together.wait(20)
            change(one, about(one.name, manager=above.pk))
        except EditRefused as refusal:
            return type(refusal).__name__
        finally:
            connection.close()
        return "moved"

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(move, (first, second), (second, first)))
    assert sorted(told)[1] == "moved"
    assert sorted(told)[0] in ("EditRefused", "EditedMeanwhile")
    paths = dict(Organisation.objects.values_list("key", "path"))
    assert sorted(path.count("/") for path in paths.values()) == [1, 2]


def test_figures_and_whom_to_ask_are_added_and_never_lost() -> None:
    school = add("Trường A")
    given = {"scope": EVERYTHING, "by": OFFICER, "now": NOW}
    day = date(2021, 3, 8)
    assert record_headcounts(school.key, day, {People.STAFF: 60}, version=0, **given) == 1  # type: ignore[arg-type]
    assert record_headcounts(school.key, day, {People.STAFF: 59}, version=1, **given) == 1  # type: ignore[arg-type]
    old = Headcount.objects.get(value=60)
    assert (old.ended_at, old.superseded_by.value) == (NOW, 59)  # type: ignore[union-attr]
    with pytest.raises(EditRefused, match="has not come"):
        record_headcounts(school.key, date(2021, 3, 11), {People.STAFF: 1}, version=2, **given)  # type: ignore[arg-type]
    agency = add("Cơ quan", kind=Kind.AGENCY)
    with pytest.raises(EditRefused, match="only schools have pupils"):
        record_headcounts(agency.key, day, {People.PUPILS: 1}, version=0, **given)  # type: ignore[arg-type]
    with pytest.raises(EditRefused, match="only schools have classes"):
        add_classes(agency.key, 2020, [ClassRoll("6A1", None)], None, version=0, **given)  # type: ignore[arg-type]
    for version, name in ((2, "Nguyễn Thị Lan"), (3, "Trần B")):
        set_contact(school.key, ContactPerson(name), version=version, **given)  # type: ignore[arg-type]
    assert see_contact(school.key, **given) == ContactPerson("Trần B")  # type: ignore[arg-type]
    assert sorted(bytes(row.sealed) == b"" for row in Contact.objects.all()) == [False, True]
    rolls = [ClassRoll("6A1", 42), ClassRoll("6A2", None)]
    assert add_classes(school.key, 2020, rolls, day, version=4, **given) == (2, 1)  # type: ignore[arg-type]
    assert add_classes(school.key, 2020, [ClassRoll("6A1", 43)], day, version=5, **given) == (0, 1)  # type: ignore[arg-type]
    with pytest.raises(EditRefused, match="need their day"):
        add_classes(school.key, 2020, rolls, None, version=6, **given)  # type: ignore[arg-type]
    shown = [(one.name, one.roll) for one in queries.classes_of(school, EVERYTHING)]  # type: ignore[attr-defined]
    assert shown == [("6A1", 43), ("6A2", None)]
    with pytest.raises(EditRefused, match="stays a school"):
        change(school, about("Trường A", kind=Kind.AGENCY), version=6)
    for entry in AuditEntry.objects.filter(action__startswith="organisations."):
        assert "Lan" not in str(entry.details)


@pytest.mark.parametrize("text", ["6A1 42 3", "6A1\n6A1", "6A1 bốn", "6A1 123456", "x" * 31, "6A1\x0742"])
def test_lines_of_classes_that_are_none(text: str) -> None:
    with pytest.raises(ClassLineWrong):
        class_rolls(text)


def test_lines_of_classes() -> None:
    assert class_rolls("6A1 42\n\n 6A2:41\n6A3;  40\n6A4\n") == [
        ClassRoll("6A1", 42), ClassRoll("6A2", 41), ClassRoll("6A3", 40), ClassRoll("6A4", None),
    ]  # fmt: skip


DAYS = [date(2021, 3, at) for at in range(1, 11)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(moves=st.lists(st.tuples(st.integers(0, 9), st.sampled_from([NHAN_CHINH, HA_DINH])), max_size=5))
def test_on_every_day_it_is_where_it_was_last_moved_to(moves: list[tuple[int, str]]) -> None:
    """Against a list of moves that is simply played through."""
    school = add("Trường")
    where = [NHAN_CHINH] * len(DAYS)
    for at, place in sorted(moves, key=lambda move: move[0]):
        school = change(school, about("Trường", place), DAYS[at])
        where[at:] = [place] * (len(DAYS) - at)
    for day, place in zip(DAYS, where, strict=True):
        assert state_on(school, day).located_in.path == place
        for ward in (NHAN_CHINH, HA_DINH):
            found = {one.pk for one in organisations_on(day, Scope.of([ward])).rows}
            assert (school.pk in found) == (ward == place)
    FormerState.objects.all().delete()
    Organisation.objects.all().delete()
