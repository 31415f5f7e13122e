"""The registry of organisations on both databases: imports, undoing, counts, contacts, and who sees what."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area, Level
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations import queries, services
from bluezone.authority.organisations.directory import Directory
from bluezone.authority.organisations.edit_services import (
    Details,
    change_organisation,
    close_organisation,
    register_organisation,
)
from bluezone.authority.organisations.kinds import Kind, People
from bluezone.authority.organisations.models import Contact, Headcount, Organisation, SchoolClass
from bluezone.authority.organisations.people_services import add_classes, record_headcounts
from bluezone.authority.organisations.rules import ClassRoll
from bluezone.authority.organisations.sealed_contact import (
    ContactPerson,
    UnreadableContact,
    open_contact,
    seal_contact,
)
from bluezone.authority.organisations.sheet import read_organisation_sheet
from bluezone.authority.organisations.sheet_export import HEADING as HEADING_OUT
from bluezone.authority.organisations.sheet_export import sheet_rows
from bluezone.authority.tabular.faults import SheetRefused
from bluezone.authority.tabular.services import AlreadyImported, ImportNotFound
from bluezone.authority.tabular.spelling import tidy
from bluezone.authority.tabular.writing import write_csv, write_xlsx

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
    assert (seen.actor, seen.subject, seen.details) == (
        CLERK.reference,
        f"organisation:{key}",
        {"area": "01/009"},
    )

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


def test_an_edited_organisation_is_not_taken_back_with_its_sheet() -> None:
    outcome = bring_in(SHEET)
    school = one("S1")
    details = Details("S1", Kind.SCHOOL, "Trường mới", "", school.located_in_id, None, "")
    change_organisation(school.key, details, version=0, since=None, scope=EVERYTHING, by=CLERK, now=NOW)
    with pytest.raises(services.CannotUndo, match="edits by hand"):
        services.undo_organisations(outcome.run, by=CLERK, now=NOW)


names = st.text("abcĐđệ =+'-;\"0", min_size=1, max_size=12).filter(lambda text: tidy(text) == text)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=20,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking rows of a database takes minutes
)
@given(
    rows=st.lists(
        st.tuples(names, st.sampled_from(list(Kind)), st.integers(0, 9), st.integers(0, 3), names),
        min_size=1,
        max_size=6,
    ),
    in_workbook=st.booleans(),
)
def test_a_sheet_that_was_handed_out_changes_nothing_when_it_comes_back(
    rows: list[tuple[str, Kind, int, int, str]], in_workbook: bool
) -> None:
    with transaction.atomic():
        try:
            _check_round_trip(rows, in_workbook)
        finally:
            transaction.set_rollback(True)


def _check_round_trip(rows: list[tuple[str, Kind, int, int, str]], in_workbook: bool) -> None:
    wards = list(Area.objects.filter(level=Level.WARD).order_by("path"))
    made: list[Organisation] = []
    for n, (name, kind, above, days, address) in enumerate(rows):
        manager = made[above] if above < len(made) else None
        details = Details(
            "" if days or kind is Kind.ENTERPRISE else f"M{n}",
            kind,
            name,
            address,
            wards[n].pk,
            None if manager is None else manager.pk,
            "Bộ" if manager is None and above % 2 else "",
        )
        school = register_organisation(details, scope=EVERYTHING, by=CLERK, now=NOW)
        given = {"scope": EVERYTHING, "by": CLERK, "now": NOW}
        for at in range(days):
            record_headcounts(
                school.key,
                date(2021, 3, 1 + at),
                {People.STAFF: n + at},
                version=at,
                **given,  # type: ignore[arg-type]
            )
        if kind is Kind.SCHOOL:
            rolls = [ClassRoll("6A1", 40 + n), ClassRoll("6A2", None)]
            add_classes(school.key, 2020, rolls, TODAY, version=days, **given)  # type: ignore[arg-type]
        made.append(school)

    def everything() -> list[object]:
        tables = (Organisation, SchoolClass, Headcount)
        return [list(table.objects.order_by("pk").values()) for table in tables]

    before = everything()
    exported = sheet_rows(queries.organisations(EVERYTHING))
    data = write_xlsx("Danh bạ", HEADING_OUT, exported) if in_workbook else write_csv(HEADING_OUT, exported)
    sheet = read_organisation_sheet(data, Directory(EVERYTHING), TODAY)
    known = "is registered: headcounts are added"
    assert [fault for fault in sheet.faults if not fault.said.en.startswith(known)] == []
    assert len(sheet.rows) == len(rows) + 2 * sum(kind is Kind.SCHOOL for _, kind, *_ in rows)
    outcome = services.import_organisations(sheet.rows, file_name="a", data=data, by=CLERK, now=NOW)
    assert (outcome.organisations, outcome.classes, outcome.headcounts, outcome.contacts) == (0, 0, 0, 0)
    assert everything() == before


def test_a_sheet_that_was_handed_out_registers_the_same_elsewhere() -> None:
    bring_in(SHEET)
    office = {"name", "kind", "code", "located_in__path", "managed_by__name", "managed_by_name"}
    counted = ("organisation__name", "school_class__name", "people", "as_of", "value")

    def told() -> tuple[list[dict[str, object]], list[tuple[object, ...]]]:
        rows = queries.organisations(EVERYTHING)
        counts = Headcount.objects.filter(ended_at=None).order_by(*counted)
        return list(rows.values(*sorted(office))), list(counts.values_list(*counted))

    before = told()
    data = write_csv(HEADING_OUT, sheet_rows(queries.organisations(EVERYTHING)))
    assert "Nguyễn Thị Lan".encode() not in data
    Contact.objects.all().delete()
    Headcount.objects.all().delete()
    SchoolClass.objects.all().delete()
    Organisation.objects.update(managed_by=None)
    Organisation.objects.all().delete()
    sheet = read_organisation_sheet(data, Directory(EVERYTHING), TODAY)
    assert sheet.errors == ()
    services.import_organisations(sheet.rows, file_name="a", data=data, by=CLERK, now=NOW)
    assert told() == before


def test_a_sheet_that_meets_what_was_edited_tells_all_that_differs() -> None:
    bring_in(SHEET)
    office, school = one("PGD"), one("S1")
    ha_dinh = Area.objects.get(code="00361", valid_from=date(2021, 2, 1))
    agency = Details("PGD", Kind.AGENCY, "Phòng Giáo dục mới", "", office.located_in_id, None, "")
    moved = Details("S1", Kind.SCHOOL, "Trường THCS Nhân Chính", "Số 1", ha_dinh.pk, None, "Sở")
    university = Organisation.objects.get(name="Đại học X")
    for key, details in ((office.key, agency), (school.key, moved)):
        change_organisation(
            key, details, version=0, since=date(2021, 3, 9), scope=EVERYTHING, by=CLERK, now=NOW
        )
    close_organisation(university.key, version=0, day=date(2021, 3, 9), scope=EVERYTHING, by=CLERK, now=NOW)
    text = (
        "Mã đơn vị;Tên đơn vị;Loại;Trực thuộc;Địa bàn;Địa chỉ;Ngày số liệu;Số cán bộ;Năm học;Lớp;Sĩ số\n"
        "PGD;Phòng Giáo dục;Cơ quan;;Quận Thanh Xuân;;08/3/2021;13;;;\n"  # the name of then
        "S1;Trường THCS Nhân Chính;Trường học;Phòng Giáo dục mới;Phường Nhân Chính;Số 2;08/3/2021;60;;;\n"
        "S1;Trường THCS Nhân Chính;;;;;08/3/2021;;2020-2021;6A1;43\n"
        ";Đại học X;Trường học;;Phường Hạ Đình;;10/3/2021;5;;;\n"
    )
    sheet = read_organisation_sheet(text.encode(), Directory(EVERYTHING), TODAY)
    known = "is registered: headcounts are added, and a contact where there is none"
    assert [(fault.row, fault.column, fault.severity.value, fault.said.en) for fault in sheet.faults] == [
        (2, "Tên đơn vị", "remark", "is “Phòng Giáo dục mới” now"),
        (2, "", "remark", known),
        (2, "Số cán bộ", "remark", "08/03/2021: 12 → 13; the old figure is kept"),
        (3, "Địa bàn", "remark", "is in Phường Hạ Đình now"),
        (3, "Địa chỉ", "remark", "is registered as “Số 1”, here “Số 2”: kept as registered"),
        (3, "", "remark", known),
        (3, "Trực thuộc", "remark", "is registered as “Sở”, here “Phòng Giáo dục mới”: kept as registered"),
        (4, "Sĩ số", "remark", "08/03/2021: 42 → 43; the old figure is kept"),
        (5, "Tên đơn vị", "error",
         "closed on 09/03/2021: reopen it on its page, or leave this row out"),
    ]  # fmt: skip
    # Of the day after, the place of before is another one.
    later = read_organisation_sheet(text.replace("08/3", "10/3").encode(), Directory(EVERYTHING), TODAY)
    [error] = [fault for fault in later.errors if fault.row == 3]
    assert error.said.en.startswith("is registered as “Phường Hạ Đình”, here “Phường Nhân Chính”")
