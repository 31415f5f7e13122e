"""The registry of organisations on both databases: imports, undoing, counts, contacts, and who sees what."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area, Level
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations import queries, services
from bluezone.authority.organisations.directory import Directory
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.models import Contact, Headcount, Organisation, SchoolClass
from bluezone.authority.organisations.sealed_contact import (
    ContactPerson,
    UnreadableContact,
    open_contact,
    seal_contact,
)
from bluezone.authority.organisations.sheet import read_organisation_sheet
from bluezone.authority.tabular.faults import SheetRefused
from bluezone.authority.tabular.services import AlreadyImported, ImportNotFound

pytestmark = pytest.mark.django_db

NOW = datetime(2021, 3, 10, 3, tzinfo=UTC)
TODAY = date(2021, 3, 10)
CLERK = Actor("user:6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
EVERYTHING = Scope.everything()
HEADING = (
    "Mã đơn vị;Tên đơn vị;Loại;Trực thuộc;Địa bàn;Người liên hệ;Điện thoại;Ngày số liệu;Số cán bộ;Sĩ số;"
    "Năm học;Lớp"
)
SHEET = """PGD;Phòng Giáo dục;Cơ quan;;Quận Thanh Xuân;Nguyễn Thị Lan;0912345678;08/3/2021;12;;;
S1;Trường THCS Nhân Chính;Trường học;Phòng Giáo dục;Phường Nhân Chính;;;08/3/2021;60;1100;;
S1;Trường THCS Nhân Chính;;;;;;08/3/2021;;42;2020-2021;6A1
;Đại học X;Trường học;Bộ Giáo dục và Đào tạo;Phường Hạ Đình;;;;;;;"""


@pytest.fixture(autouse=True)
def areas(authority: Path) -> None:
    load_thanh_xuan()


def bring_in(text: str, name: str = "a.csv", now: datetime = NOW) -> services.ImportOutcome:
    data = f"{HEADING}\n{text}".encode()
    sheet = read_organisation_sheet(data, Directory(EVERYTHING), TODAY)
    assert sheet.errors == ()
    return services.import_organisations(sheet.rows, file_name=name, data=data, by=CLERK, now=now)


def one(code: str) -> Organisation:
    return Organisation.objects.get(code=code, withdrawn_at=None)


def counts(code: str) -> list[tuple[str, int, date]]:
    return [(row.people, row.value, row.as_of) for row in queries.headcounts_of(one(code), EVERYTHING)]


def test_two_relations_classes_and_counts() -> None:
    outcome = bring_in(SHEET)
    assert (outcome.organisations, outcome.classes, outcome.headcounts, outcome.contacts) == (3, 1, 4, 1)
    office, school = one("PGD"), one("S1")
    assert (school.managed_by, school.located_in.path) == (office, "01/009/00343")
    assert (office.path, school.path) == (f"ORG/{office.key}", f"ORG/{office.key}/{school.key}")
    university = Organisation.objects.get(name="Đại học X")
    assert (university.managed_by, university.managed_by_name) == (None, "Bộ Giáo dục và Đào tạo")
    assert counts("S1") == [("pupils", 1100, date(2021, 3, 8)), ("staff", 60, date(2021, 3, 8))]
    [a_class] = queries.classes_of(school, EVERYTHING)
    assert (a_class.name, a_class.school_year, a_class.roll) == ("6A1", 2020, 42)  # type: ignore[attr-defined]
    assert [row.name for row in queries.managed_by(office, EVERYTHING)] == ["Trường THCS Nhân Chính"]
    with pytest.raises(AlreadyImported):
        bring_in(SHEET)


def test_counts_are_added_and_never_overwritten() -> None:
    bring_in(SHEET)
    later = "S1;Trường THCS Nhân Chính;Trường học;;Phường Nhân Chính;;;{};{};;;"
    again = bring_in(later.format("09/3/2021", 61), "b.csv")
    assert (again.organisations, again.headcounts) == (0, 1)
    corrected = bring_in(later.format("08/3/2021", 59), "c.csv")
    assert bring_in(later.format("08/3/2021", 59) + "x"[:0] + "\n", "d.csv").headcounts == 0
    staff = [(value, day) for people, value, day in counts("S1") if people == "staff"]
    assert staff == [(61, date(2021, 3, 9)), (59, date(2021, 3, 8))]
    old = Headcount.objects.get(value=60)
    assert (old.ended_at, old.superseded_by.value) == (NOW, 59)  # type: ignore[union-attr]
    services.undo_organisations(corrected.run, by=CLERK, now=NOW)
    assert [value for people, value, _ in counts("S1") if people == "staff"] == [61, 60]


def test_an_import_is_taken_back_and_comes_in_again() -> None:
    outcome = bring_in(SHEET)
    services.undo_organisations(outcome.run, by=CLERK, now=NOW)
    assert list(queries.organisations(EVERYTHING)) == []
    assert Organisation.objects.count() == 3  # nothing but the contact person is deleted
    assert [bytes(row.sealed) for row in Contact.objects.all()] == [b""]
    with pytest.raises(ImportNotFound):
        services.undo_organisations(outcome.run, by=CLERK, now=NOW)
    assert bring_in(SHEET).organisations == 3


def test_what_later_imports_rest_on_is_not_taken_back_first() -> None:
    first = bring_in(SHEET)
    later = bring_in(";Trường B;Trường học;Phòng Giáo dục;Phường Hạ Đình;;;;;;;", "b.csv")
    with pytest.raises(services.CannotUndo):
        services.undo_organisations(first.run, by=CLERK, now=NOW)
    assert queries.organisations(EVERYTHING).count() == 4
    services.undo_organisations(later.run, by=CLERK, now=NOW)
    services.undo_organisations(first.run, by=CLERK, now=NOW)


def test_a_registry_that_changed_meanwhile_is_not_written_to() -> None:
    data = f"{HEADING}\n{SHEET}".encode()
    sheet = read_organisation_sheet(data, Directory(EVERYTHING), TODAY)
    bring_in("S1;Khác;Trường học;;Phường Hạ Đình;;;;;;;", "b.csv")
    with pytest.raises(SheetRefused, match="changed meanwhile"):
        services.import_organisations(sheet.rows, file_name="a", data=data, by=CLERK, now=NOW)
    assert Organisation.objects.count() == 1
    assert Headcount.objects.count() == 0


def test_a_contact_person_is_sealed_seen_on_record_and_erased() -> None:
    bring_in(SHEET)
    row = Contact.objects.get()
    for secret in ("Nguyễn Thị Lan".encode(), b"912345678", b"Lan"):
        assert secret not in bytes(row.sealed)
    key = one("PGD").key
    person = services.see_contact(key, scope=EVERYTHING, by=CLERK, now=NOW)
    assert person == ContactPerson("Nguyễn Thị Lan", "", "+84912345678", "")
    assert "Lan" not in repr(person)
    seen = AuditEntry.objects.get(action="organisations.contact-seen")
    assert (seen.actor, seen.subject, seen.details) == (CLERK.reference, f"organisation:{key}", {})

    elsewhere = Scope.of(["01/009/00343"])
    for use in (services.see_contact, services.erase_contact):
        with pytest.raises(services.OrganisationNotFound):
            use(key, scope=elsewhere, by=CLERK, now=NOW)
    # A second person is not taken over the first, nor told by the first's erasure.
    again = "PGD;Phòng Giáo dục;Cơ quan;;Quận Thanh Xuân;Trần B;;;;;;"
    assert bring_in(again, "b.csv").contacts == 0
    assert services.erase_contact(key, scope=EVERYTHING, by=CLERK, now=NOW)
    assert not services.erase_contact(key, scope=EVERYTHING, by=CLERK, now=NOW)
    assert services.see_contact(key, scope=EVERYTHING, by=CLERK, now=NOW) is None
    assert bytes(Contact.objects.get().sealed) == b""
    assert AuditEntry.objects.filter(action="organisations.contact-erased").count() == 1
    assert bring_in(again + "\n", "c.csv").contacts == 1


def test_a_sealed_contact_opens_in_its_own_row_only_and_tells_no_length() -> None:
    row = uuid.uuid4()
    short, long = (seal_contact(ContactPerson(name), row) for name in ("A", "Nguyễn Thị Minh Khai"))
    assert len(short) == len(long)
    assert open_contact(short, row).name == "A"
    for sealed, where in ((short, uuid.uuid4()), (short[:-1] + bytes([short[-1] ^ 1]), row), (b"", row)):
        with pytest.raises(UnreadableContact):
            open_contact(sealed, where)


def test_the_database_itself_refuses_what_must_not_be() -> None:
    bring_in(SHEET)
    school = one("S1")
    day = date(2021, 3, 8)
    for wrong in (
        lambda: Organisation.objects.filter(pk=school.pk).update(code="PGD"),
        lambda: Organisation.objects.filter(pk=school.pk).update(managed_by_name="Bộ"),
        lambda: Contact.objects.update(erased_at=NOW),
        lambda: SchoolClass.objects.create(school=school, school_year=2020, name="6A1"),
        lambda: Headcount.objects.create(
            organisation=school, people="staff", value=1, as_of=day, entered_at=NOW, entered_by="x"
        ),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


def test_search_without_diacritics_by_words_kind_and_code() -> None:
    bring_in(SHEET)

    def found(words: str, **how: object) -> list[str]:
        return [row.name for row in queries.organisations(EVERYTHING, words=words, **how)]  # type: ignore[arg-type]

    assert found("nhan chinh THCS") == found("Nhân Chính") == found("s1") == ["Trường THCS Nhân Chính"]
    assert found("dai hoc") == ["Đại học X"]
    assert found("%") == found("nhan x") == []
    assert found("", kind=Kind.AGENCY) == ["Phòng Giáo dục"]
    assert len(found("  ")) == 3
    assert [(row.name, row.count) for row in queries.areas_below("01/009", EVERYTHING)] == [
        ("Phường Nhân Chính", 1),
        ("Phường Hạ Đình", 1),
    ]
    assert [(row.name, row.count) for row in queries.areas_below("", EVERYTHING)] == [("Thành phố Hà Nội", 3)]


def test_imports_are_those_of_whom_they_lie_wholly_within() -> None:
    outcome = bring_in(SHEET)
    office = one("PGD")
    for paths, seen in (
        (["01/009"], True),
        (["01"], True),
        (["01/009/00343"], False),
        ([office.path], False),
    ):
        assert [run.pk for run in queries.imports(Scope.of(paths))] == ([outcome.run] if seen else [])
    assert queries.imports(Scope.nothing()) == []


PLACES = ("01", "01/009", "01/009/00343", "01/009/00346", "01/0099", "02", "02/009")


def inside(path: str, prefixes: list[str]) -> bool:
    """The definition, over lists of segments."""
    parts = path.split("/")
    return any(parts[: len(one.split("/"))] == one.split("/") for one in prefixes)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from(PLACES), st.integers(0, 9)), min_size=1, max_size=8),
    granted=st.lists(st.sampled_from(PLACES), max_size=2),
    granted_trees=st.lists(st.integers(0, 7), max_size=2),
    place=st.sampled_from(("", *PLACES)),
)
def test_nothing_outside_a_scope_ever_comes_back(
    rows: list[tuple[str, int]], granted: list[str], granted_trees: list[int], place: str
) -> None:
    with transaction.atomic():
        try:
            _check_scope(rows, granted, granted_trees, place)
        finally:
            transaction.set_rollback(True)


def _check_scope(rows: list[tuple[str, int]], granted: list[str], trees: list[int], place: str) -> None:
    at = {
        path: Area.objects.create(
            code=f"t{n}", valid_from=date(2020, 1, 1), level=Level.WARD, name=path, path=path
        )
        for n, path in enumerate(PLACES)
    }
    made: list[Organisation] = []
    for n, (path, above) in enumerate(rows):
        manager = made[above] if above < n else None
        start = "ORG" if manager is None else manager.path
        key = f"K{n}"
        made.append(
            Organisation.objects.create(
                key=key,
                code="",
                kind="school",
                name=key,
                plain_name=key.lower(),
                address="",
                located_in=at[path],
                managed_by=manager,
                managed_by_name="",
                path=f"{start}/{key}",
                registered_at=NOW,
                registered_by="x",
            )
        )
        a_class = SchoolClass.objects.create(school=made[-1], school_year=2020, name="1A")
        for school_class in (None, a_class):
            Headcount.objects.create(
                organisation=made[-1],
                school_class=school_class,
                people="pupils",
                value=n,
                as_of=TODAY,
                entered_at=NOW,
                entered_by="x",
            )
        row = uuid.uuid4()
        Contact.objects.create(
            id=row, organisation=made[-1], sealed=seal_contact(ContactPerson(key), row),
            entered_at=NOW, entered_by="x",
        )  # fmt: skip
    prefixes = [*granted, *(made[tree].path for tree in trees if tree < len(made))]
    scope = Scope.of(prefixes)
    allowed = {one.key for one in made if inside(one.located_in.path, prefixes) or inside(one.path, prefixes)}
    in_place = {one.key for one in made if not place or inside(one.located_in.path, [place])}
    assert {row.key for row in queries.organisations(scope)} == allowed
    assert {row.key for row in queries.organisations(scope, area_path=place)} == allowed & in_place
    assert {row.key for row in queries.organisations(scope, words="k")} == allowed
    depth = len(place.split("/")) + 1 if place else 1
    expected: dict[str, int] = {}
    for one in made:
        parts = one.located_in.path.split("/")
        if one.key in allowed & in_place and len(parts) >= depth:
            part = "/".join(parts[:depth])
            expected[part] = expected.get(part, 0) + 1
    assert {row.path: row.count for row in queries.areas_below(place, scope)} == expected
    newest = queries.latest_headcounts(made, scope)
    assert set(newest) == {one.pk for one in made if one.key in allowed}
    for one in made:
        seen = one.key in allowed
        assert (queries.organisation_of(one.key, scope) is not None) == seen
        assert queries.headcounts_of(one, scope).exists() == seen
        assert queries.classes_of(one, scope).exists() == seen
        assert queries.has_contact(one, scope) == seen
        below = {row.key for row in queries.managed_by(one, scope)}
        assert below == {row.key for row in made if row.managed_by == one and row.key in allowed}
        if not seen:
            with pytest.raises(services.OrganisationNotFound):
                services.see_contact(one.key, scope=scope, by=CLERK, now=NOW + timedelta(1))
