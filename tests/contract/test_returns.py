"""Returns on both databases: rounds, late and missing ones, corrections, totals, and who sees what."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from threading import Event

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations.directory import Directory
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.models import FormerState, Organisation, SchoolClass
from bluezone.authority.organisations.people_services import add_classes
from bluezone.authority.organisations.rules import ClassRoll
from bluezone.authority.organisations.services import import_organisations
from bluezone.authority.organisations.sheet import read_organisation_sheet
from bluezone.authority.returns import queries, services
from bluezone.authority.returns.metrics import SURVEYS, Form, Survey
from bluezone.authority.returns.models import PupilsReturn, ReturnSchedule, StaffReturn
from bluezone.authority.returns.round_queries import Round, gaps, round_days, round_on
from bluezone.authority.returns.rules import State
from bluezone.authority.returns.services import Change, ReturnRefused, ScheduleRefused
from bluezone.authority.returns.sheet import read_returns_sheet
from bluezone.authority.tabular.services import AlreadyImported, ImportNotFound

pytestmark = pytest.mark.django_db

FIRST = date(2021, 3, 1)  # a Monday
SECOND = date(2021, 3, 8)
BEGIN = datetime(2021, 3, 1, 1, tzinfo=UTC)  # 08:00 in Hà Nội
CUTOFF = datetime(2021, 3, 1, 9, tzinfo=UTC)  # 16:00
CLERK = Actor("user:6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
EVERYTHING = Scope.everything()
AGENCIES, PUPILS, TEACHERS = (SURVEYS[code] for code in ("agency", "school", "school-staff"))
ORGANISATIONS = """\
Mã đơn vị;Tên đơn vị;Loại;Trực thuộc;Địa bàn;Năm học;Lớp
A1;UBND quận;Cơ quan;;Quận Thanh Xuân;;
A2;Công an phường Nhân Chính;Cơ quan;;Phường Nhân Chính;;
A3;Trạm y tế Hạ Đình;Cơ quan;;Phường Hạ Đình;;
PGD;Phòng Giáo dục;Cơ quan;;Quận Thanh Xuân;;
S1;Trường THCS Nhân Chính;Trường học;Phòng Giáo dục;Phường Nhân Chính;;
S1;Trường THCS Nhân Chính;;;;2020-2021;6A1
S1;Trường THCS Nhân Chính;;;;2020-2021;6A2
S1;Trường THCS Nhân Chính;;;;2019-2020;6A9
S2;Đại học X;Trường học;Bộ Giáo dục;Phường Hạ Đình;;
"""
STAFF = {"staff": 12, "with_smartphone": 10, "installed": 6, "running": 5, "relatives_guided": 9}
CLASS = {
    "roll": 42,
    "own_phone": 20,
    "shared_phone": 15,
    "no_phone": 7,
    "installed": 30,
    "parents_installed": 60,
}


def district() -> Area:
    found = area_on("009", FIRST, EVERYTHING)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def asked(authority: Path) -> None:
    load_thanh_xuan()
    data = ORGANISATIONS.encode()
    sheet = read_organisation_sheet(data, Directory(EVERYTHING), FIRST)
    assert sheet.errors == ()
    import_organisations(sheet.rows, file_name="a", data=data, by=CLERK, now=BEGIN - timedelta(days=1))
    for kind in (Kind.AGENCY, Kind.SCHOOL):
        schedule(kind)
    schedule(Kind.SCHOOL, every=14, form=Form.STAFF)


def schedule(
    kind: Kind,
    area: Area | None = None,
    first_day: date = FIRST,
    now: datetime = BEGIN,
    every: int = 7,
    form: Form | None = None,
) -> int:
    where = area or district()
    made = services.set_schedule(
        where, kind, first_day, every, time(16), form=form, scope=EVERYTHING, by=CLERK, now=now
    )
    return made.pk


def key(code: str) -> str:
    return Organisation.objects.get(code=code).key


def class_pk(name: str) -> int:
    return SchoolClass.objects.get(name=name).pk


def tell(
    code: str,
    counts: dict[str, int] | None = None,
    *,
    day: date = FIRST,
    now: datetime = BEGIN,
    scope: Scope = EVERYTHING,
    school_class: str = "",
    form: Form | None = None,
    **changes: int,
) -> Change:
    wanted = (STAFF if counts is None else counts) | changes
    pk = class_pk(school_class) if school_class else None
    return services.record_return(
        key(code), day, wanted, form=form, school_class=pk, scope=scope, by=CLERK, now=now
    )


def at(day: date, now: datetime, survey: Survey = AGENCIES, scope: Scope = EVERYTHING) -> Round:
    return round_on(day, survey, district(), scope, now)


def states(shown: Round) -> dict[str, State]:
    return {one.code: one.own.state for one in shown.asked}


def test_a_round_from_its_morning_to_the_next_one() -> None:
    assert set(states(at(FIRST, BEGIN)).values()) == {State.AWAITED}
    tell("A1")
    tell("A2", now=CUTOFF + timedelta(minutes=1))
    later = CUTOFF + timedelta(hours=1)
    assert states(at(FIRST, later)) == {
        "A1": State.ON_TIME,
        "A2": State.LATE,
        "A3": State.MISSING,
        "PGD": State.MISSING,
    }
    assert [one.code for one in at(FIRST, later).asked][-2:] == ["A2", "A1"]  # the worst first
    total = at(FIRST, later).total
    assert (total.asked, total.resting_on) == (4, 2)
    assert total.counts == {name: 2 * count for name, count in STAFF.items()}
    # nothing is carried forward into the next round
    monday = BEGIN + timedelta(days=7)
    shown = at(SECOND, monday)
    assert (shown.total.resting_on, set(shown.total.counts.values())) == (0, {0})
    assert all(one.own.counts is None for one in shown.asked)


def test_totals_of_wards_with_what_they_rest_on() -> None:
    tell("A1", staff=100)
    tell("A2", installed=10)
    parts = {None if part.area is None else part.area.name: part.tally for part in at(FIRST, BEGIN).parts}
    assert set(parts) == {"Phường Nhân Chính", "Phường Hạ Đình", None}
    assert (parts["Phường Nhân Chính"].resting_on, parts["Phường Nhân Chính"].asked) == (1, 1)
    assert parts["Phường Nhân Chính"].counts["installed"] == 10
    assert parts["Phường Hạ Đình"].resting_on == 0
    assert (parts[None].asked, parts[None].counts["staff"]) == (2, 100)  # of the district itself
    total = at(FIRST, BEGIN).total
    for name, count in total.counts.items():
        assert count == sum(one.counts[name] for one in parts.values())


def test_a_correction_supersedes_keeps_the_old_and_makes_nothing_late() -> None:
    assert tell("A1") is Change.NEW
    assert tell("A1") is Change.UNCHANGED
    late = CUTOFF + timedelta(days=1)
    assert tell("A1", installed=7, now=late) is Change.CORRECTED
    shown = at(FIRST, late)
    assert states(shown)["A1"] is State.ON_TIME
    assert shown.total.counts["installed"] == 7
    old = StaffReturn.objects.get(installed=6)
    assert (old.ended_at, old.superseded_by.installed) == (late, 7)  # type: ignore[union-attr]
    organisation = Organisation.objects.get(code="A1")
    sayings = queries.history_of(organisation, Form.STAFF, None, FIRST, EVERYTHING)
    assert [(one.counts["installed"], one.ended_at, one.corrected) for one in sayings] == [
        (7, None, False),
        (6, late, True),
    ]
    assert queries.history_of(organisation, Form.STAFF, None, FIRST, Scope.of(["01/009/00343"])) == []


def test_missing_since_when() -> None:
    tell("A1")
    third = datetime(2021, 3, 15, 10, tzinfo=UTC)  # after the cut-off of the third Monday
    shown = at(date(2021, 3, 15), third)
    found = {one.code: gaps(shown.asked, AGENCIES, shown.day, third)[one.pk] for one in shown.asked}
    assert (found["A1"].since, found["A1"].last_return) == (SECOND, FIRST)
    assert (found["A2"].since, found["A2"].last_return) == (FIRST, None)
    assert round_days(AGENCIES, "01/009", EVERYTHING, date(2021, 3, 16), 9) == [
        date(2021, 3, 15),
        SECOND,
        FIRST,
    ]
    assert round_days(SURVEYS["enterprise"], "01/009", EVERYTHING, date(2021, 3, 16), 9) == []


def test_a_school_class_by_class() -> None:
    with pytest.raises(ReturnRefused, match="class by class"):
        tell("S1", CLASS)
    with pytest.raises(ReturnRefused, match="no such class in the school year"):
        tell("S1", CLASS, school_class="6A9")
    tell("S1", CLASS, school_class="6A1")
    now = CUTOFF + timedelta(minutes=1)
    own = {one.code: one.own for one in at(FIRST, now, PUPILS).asked}
    assert (own["S1"].state, own["S1"].returned, own["S1"].owed) == (State.INCOMPLETE, 1, 2)
    assert own["S2"].state is State.MISSING
    tell("S1", CLASS, school_class="6A2", now=now)
    shown = at(FIRST, now, PUPILS)
    assert states(shown)["S1"] is State.LATE
    assert shown.total.counts == {name: 2 * count for name, count in CLASS.items()}
    # of staff nothing is in: the two views are never one
    assert at(FIRST, now).total.resting_on == 0


def test_a_schools_staff_and_its_pupils_are_counted_apart() -> None:
    assert tell("S1", form=Form.STAFF) is Change.NEW
    assert tell("S1", CLASS, school_class="6A1") is Change.NEW
    now = CUTOFF + timedelta(minutes=1)
    assert tell("S1", form=Form.STAFF, installed=7, now=now) is Change.CORRECTED
    teachers, pupils = at(FIRST, now, TEACHERS), at(FIRST, now, PUPILS)
    assert states(teachers) == {"S1": State.ON_TIME, "S2": State.MISSING}
    assert states(pupils) == {"S1": State.INCOMPLETE, "S2": State.MISSING}
    assert (teachers.total.counts, pupils.total.counts) == (STAFF | {"installed": 7}, CLASS)
    assert at(FIRST, now).total.resting_on == 0  # nor among agencies
    school = Organisation.objects.get(code="S1")
    for form, owed, counts in ((Form.STAFF, 1, STAFF | {"installed": 7}), (Form.PUPILS, 2, CLASS)):
        [own] = queries.own_rounds(school, form, now, 9)
        assert (own.form, own.day, own.owed, own.counts) == (form, FIRST, owed, counts)
    assert len(queries.history_of(school, Form.STAFF, None, FIRST, EVERYTHING)) == 2
    assert queries.history_of(school, Form.PUPILS, None, FIRST, EVERYTHING) == []


def test_a_form_is_told_only_where_it_is_asked_for() -> None:
    monday = BEGIN + timedelta(days=7)  # pupils are asked every week, staff every other
    assert queries.next_round(Organisation.objects.get(code="S1"), Form.STAFF, FIRST) == date(2021, 3, 15)
    tell("S1", CLASS, school_class="6A1", day=SECOND, now=monday)
    with pytest.raises(ReturnRefused, match="no round on 08/03/2021 for its staff"):
        tell("S1", form=Form.STAFF, day=SECOND, now=monday)
    with pytest.raises(ReturnRefused, match="only pupils are counted by class"):
        tell("S1", form=Form.STAFF, school_class="6A1")
    with pytest.raises(ReturnRefused, match="organisations of this kind make no such returns"):
        tell("A1", CLASS, form=Form.PUPILS)
    assert StaffReturn.objects.count() == 0


def test_schedules_from_before_ask_for_what_their_kind_had() -> None:
    ReturnSchedule.objects.filter(kind="school", form="staff").delete()
    ReturnSchedule.objects.update(form="staff")  # as the new column begins
    name = "bluezone.authority.returns.migrations.0003_schedules_say_of_whom"
    importlib.import_module(name).fill(apps, connection.schema_editor())
    assert set(ReturnSchedule.objects.values_list("kind", "form")) == {
        ("agency", "staff"),
        ("school", "pupils"),
    }


def test_a_class_that_comes_during_the_year_owes_nothing_of_rounds_before() -> None:
    tell("S1", CLASS, school_class="6A1")
    tell("S1", CLASS, school_class="6A2")
    monday, later = BEGIN + timedelta(days=7), CUTOFF + timedelta(days=7, hours=1)
    school = Organisation.objects.get(code="S1")
    add_classes(
        school.key,
        2020,
        [ClassRoll("6A3", None), ClassRoll("6A4", None)],
        None,
        version=school.version,
        scope=EVERYTHING,
        by=CLERK,
        now=monday,
    )
    school.refresh_from_db()

    def stands(day: date) -> tuple[int, int, State]:
        (own,) = (one for one in queries.own_rounds(school, Form.PUPILS, later, 9) if one.day == day)
        (shown,) = (one.own for one in at(day, later, PUPILS).asked if one.code == "S1")
        assert own == shown
        return own.owed, own.returned, own.state

    assert stands(FIRST) == (2, 2, State.ON_TIME)
    assert stands(SECOND) == (4, 0, State.MISSING)
    # one of them tells what it was asked for later all the same
    tell("S1", CLASS, now=later, school_class="6A4")
    assert stands(FIRST) == (3, 3, State.LATE)


def test_a_school_without_classes_is_told_as_a_whole_until_it_has_some() -> None:
    tell("S2", CLASS)
    now = CUTOFF + timedelta(days=1)
    assert states(at(FIRST, now, PUPILS))["S2"] is State.ON_TIME
    data = ORGANISATIONS.splitlines()[0] + "\nS2;Đại học X;;;;2020-2021;K1\nS2;Đại học X;;;;2020-2021;K2\n"
    sheet = read_organisation_sheet(data.encode(), Directory(EVERYTHING), FIRST)
    import_organisations(sheet.rows, file_name="b", data=data.encode(), by=CLERK, now=now)
    assert states(at(FIRST, now, PUPILS))["S2"] is State.ON_TIME  # as it was told then
    tell("S2", CLASS, school_class="K1", now=now, roll=43, no_phone=8)
    shown = at(FIRST, now, PUPILS)
    assert states(shown)["S2"] is State.INCOMPLETE
    assert shown.total.counts["roll"] == 43  # not 85: the same pupils are not counted twice
    assert PupilsReturn.objects.get(school_class=None).superseded_by is not None


def test_a_whole_school_does_not_come_back_beside_its_classes() -> None:
    tell("S2", CLASS)
    data = ORGANISATIONS.splitlines()[0] + "\nS2;Đại học X;;;;2020-2021;K1\nS2;Đại học X;;;;2020-2021;K2\n"
    sheet = read_organisation_sheet(data.encode(), Directory(EVERYTHING), FIRST)
    import_organisations(sheet.rows, file_name="b", data=data.encode(), by=CLERK, now=BEGIN)
    done = bring_in(SHEET.replace("S1;", "S2;").replace("6A1", "K1"))
    tell("S2", CLASS, school_class="K2")
    services.undo_returns(done.run, by=CLERK, now=BEGIN)
    assert at(FIRST, BEGIN, PUPILS).total.counts["roll"] == 42  # of K2 alone
    services.record_return(
        key("S2"), FIRST, CLASS, school_class=class_pk("K1"), scope=EVERYTHING, by=CLERK, now=BEGIN
    )
    assert at(FIRST, BEGIN, PUPILS).total.counts["roll"] == 84


@pytest.mark.parametrize(
    ("day", "now", "why"),
    [
        (date(2021, 3, 2), BEGIN + timedelta(days=2), "no round on 02/03/2021"),
        (SECOND, BEGIN, "has not come yet"),
        (date(2021, 2, 22), BEGIN, "no round on 22/02/2021"),
    ],
)
def test_only_rounds_that_have_come(day: date, now: datetime, why: str) -> None:
    with pytest.raises(ReturnRefused, match=why):
        tell("A1", day=day, now=now)
    assert StaffReturn.objects.count() == 0


def test_counts_that_cannot_be_are_refused_by_rule_and_by_database() -> None:
    with pytest.raises(ReturnRefused, match="installed: 11 is more than the 10") as refusal:
        tell("A1", installed=11)
    assert [one.count for one in refusal.value.faults] == ["installed"]
    with pytest.raises(ReturnRefused, match="roll"):
        tell("S1", CLASS, school_class="6A1", roll=41)
    with pytest.raises(ReturnRefused, match="staff: is empty"):
        services.record_return(key("A1"), FIRST, {}, scope=EVERYTHING, by=CLERK, now=BEGIN)
    moments = {"first_entered_at": BEGIN, "entered_at": BEGIN, "entered_by": "x", "day": FIRST}
    one = Organisation.objects.get(code="A1")
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffReturn.objects.create(organisation=one, **moments, **(STAFF | {"running": 7}))
    with pytest.raises(IntegrityError), transaction.atomic():
        PupilsReturn.objects.create(organisation=one, **moments, **(CLASS | {"roll": 41}))
    assert AuditEntry.objects.filter(action="returns.recorded").count() == 0


def test_clerks_write_their_own_organisations_and_those_that_it_manages() -> None:
    ward, office = Scope.of(["01/009/00361"]), Scope.of([Organisation.objects.get(code="PGD").path])
    with pytest.raises(ReturnRefused, match="within your scope"):
        tell("A1", scope=ward)
    with pytest.raises(ReturnRefused, match="within your scope"):
        tell("S2", CLASS, scope=office)  # answers to a ministry
    tell("S1", CLASS, school_class="6A1", scope=office)
    tell("A3", scope=ward)
    entries = AuditEntry.objects.filter(action="returns.recorded").order_by("pk")
    assert {one.subject for one in entries} == {f"organisation:{key('S1')}", f"organisation:{key('A3')}"}
    with pytest.raises(ReturnRefused, match="only pupils are counted by class"):
        services.record_return(
            key("A3"), FIRST, STAFF, school_class=class_pk("6A1"), scope=ward, by=CLERK, now=BEGIN
        )


PATHS = ["01", "01/009", "01/009/00343", "01/009/00361", "ORG/PGD", "ORG/A1"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.sampled_from(PATHS)), st.sampled_from([AGENCIES, PUPILS, TEACHERS]))
def test_nothing_outside_a_scope_is_told(held: set[str], survey: Survey) -> None:
    for code in ("A1", "A2", "A3"):
        tell(code)
    tell("S1", CLASS, school_class="6A1")
    tell("S1", form=Form.STAFF)
    paths = {
        Organisation.objects.get(code=one.removeprefix("ORG/")).path if one.startswith("ORG/") else one
        for one in held
    }
    scope = Scope.of(paths)
    shown = round_on(FIRST, survey, None, scope, BEGIN)
    inside = [
        one
        for one in Organisation.objects.filter(kind=survey.kind.value).select_related("located_in")
        if scope.allows(one.located_in.path) or scope.allows(one.path)
    ]
    assert {one.pk for one in shown.asked} == {one.pk for one in inside}
    told = {one.pk for one in inside if one.code in ("A1", "A2", "A3", "S1")}
    assert shown.total.resting_on == len(told)
    for one in Organisation.objects.filter(kind=survey.kind.value).select_related("located_in"):
        may = one.pk in {row.pk for row in inside}
        made = queries.returns_of(one, survey.form, FIRST, scope)
        assert bool(made) == (may and one.code in ("A1", "A2", "A3", "S1"))


def test_nobody_is_asked_by_two_schedules() -> None:
    ward = area_on("00343", FIRST, EVERYTHING)
    assert ward is not None
    with pytest.raises(ScheduleRefused, match="Quận Thanh Xuân asks these already"):
        schedule(Kind.AGENCY, ward)
    assert schedule(Kind.ENTERPRISE, ward)
    with pytest.raises(ScheduleRefused, match="Phường Nhân Chính asks these already"):
        schedule(Kind.ENTERPRISE)
    with pytest.raises(ScheduleRefused, match="has passed: everybody would be late"):
        schedule(Kind.MASS_ORGANISATION, now=CUTOFF)
    with pytest.raises(ScheduleRefused, match="asks these already"):
        schedule(Kind.SCHOOL, ward, form=Form.STAFF)
    with pytest.raises(ScheduleRefused, match="make no such returns"):
        schedule(Kind.AGENCY, form=Form.PUPILS)
    with pytest.raises(ScheduleRefused, match="make no such returns"):
        schedule(Kind.RESIDENTIAL_ASSOCIATION)
    with pytest.raises(ScheduleRefused, match="after 1, 7, 14, 28 days"):
        schedule(Kind.MASS_ORGANISATION, every=0)
    with pytest.raises(ScheduleRefused, match="no Quận Thanh Xuân any more"):
        schedule(Kind.MASS_ORGANISATION, first_day=date(2025, 7, 7), now=datetime(2025, 6, 1, tzinfo=UTC))
    with pytest.raises(ScheduleRefused, match="08/03/2203 is over a year away"):
        schedule(Kind.MASS_ORGANISATION, first_day=date(2203, 3, 8))
    with pytest.raises(ScheduleRefused, match="not within your scope"):
        services.set_schedule(
            district(), Kind.SCHOOL, SECOND, 7, time(16), scope=Scope.of([ward.path]), by=CLERK, now=BEGIN
        )


def test_a_schedule_ends_and_its_rounds_stay() -> None:
    [agencies] = [one for one in queries.schedules(EVERYTHING) if one.kind == "agency"]
    tell("A1")
    with pytest.raises(ScheduleRefused, match="within your scope"):
        services.end_schedule(agencies.pk, scope=Scope.of(["01/009/00343"]), by=CLERK, now=BEGIN)
    ended = services.end_schedule(agencies.pk, scope=EVERYTHING, by=CLERK, now=BEGIN)
    assert ended.ended_on == date(2021, 3, 2)
    assert states(at(FIRST, CUTOFF + timedelta(days=30)))["A1"] is State.ON_TIME
    assert at(SECOND, CUTOFF + timedelta(days=30)).asked == ()
    with pytest.raises(ReturnRefused, match="no round on 08/03/2021"):
        tell("A1", day=SECOND, now=CUTOFF + timedelta(days=30))
    with pytest.raises(ScheduleRefused, match="has ended"):
        services.end_schedule(agencies.pk, scope=EVERYTHING, by=CLERK, now=BEGIN)
    assert schedule(Kind.AGENCY, first_day=SECOND)
    actions = AuditEntry.objects.filter(action__startswith="returns.schedule")
    assert [one.action for one in actions.order_by("action")].count("returns.schedule-ended") == 1


def test_who_is_registered_after_the_cut_off_was_not_asked() -> None:
    data = ORGANISATIONS.splitlines()[0] + "\nA9;Ban mới;Cơ quan;;Phường Hạ Đình;;\n"
    sheet = read_organisation_sheet(data.encode(), Directory(EVERYTHING), FIRST)
    later = CUTOFF + timedelta(days=1)
    import_organisations(sheet.rows, file_name="b", data=data.encode(), by=CLERK, now=later)
    assert "A9" not in states(at(FIRST, later))
    assert states(at(SECOND, later + timedelta(days=7)))["A9"] is State.MISSING
    new = Organisation.objects.get(code="A9")
    assert [one.day for one in queries.own_rounds(new, Form.STAFF, later + timedelta(days=7), 9)] == [SECOND]


SHEET = """\
Mã đơn vị;Ngày;Lớp;Số cán bộ;Có điện thoại thông minh;Đã cài Bluezone;Đang bật;Người thân;Sĩ số;\
Điện thoại riêng;Dùng chung;Không có máy;Phụ huynh đã cài
A1;01/3/2021;;12;10;6;5;9;;;;;
S1;01/3/2021;6A1;;;30;;;42;20;15;7;60
"""


def bring_in(text: str, now: datetime = BEGIN, name: str = "a.csv") -> services.ReturnsImported:
    sheet = read_returns_sheet(text.encode(), Directory(EVERYTHING), SECOND)
    assert sheet.errors == ()
    return services.import_returns(sheet.rows, file_name=name, data=text.encode(), by=CLERK, now=now)


def test_a_sheet_comes_in_and_is_taken_back() -> None:
    tell("A1", installed=3, running=3)
    done = bring_in(SHEET, CUTOFF + timedelta(hours=1))
    assert (done.new, done.corrected, done.unchanged) == (1, 1, 0)
    assert states(at(FIRST, CUTOFF))["A1"] is State.ON_TIME  # first told in time
    with pytest.raises(AlreadyImported):
        bring_in(SHEET)
    assert [run.pk for run in queries.imports(EVERYTHING)] == [done.run]
    assert queries.imports(Scope.of(["01/009/00343"])) == []
    services.undo_returns(done.run, by=CLERK, now=CUTOFF)
    shown = at(FIRST, CUTOFF)
    assert shown.total.counts["installed"] == 3
    assert at(FIRST, CUTOFF, PUPILS).total.resting_on == 0
    with pytest.raises(ImportNotFound):
        services.undo_returns(done.run, by=CLERK, now=CUTOFF)
    again = bring_in(SHEET)
    tell("A1", installed=7)
    with pytest.raises(services.CannotUndo, match="1 returns of this import"):
        services.undo_returns(again.run, by=CLERK, now=CUTOFF)


def test_a_sheet_knows_who_has_closed_and_where_who_moved_was() -> None:
    """As for returns that are typed in."""
    Organisation.objects.filter(code="A3").update(closed_on=SECOND)
    moved, city = Organisation.objects.get(code="A2"), Area.objects.get(code="01")
    state = {"code": "A2", "kind": moved.kind, "name": moved.name, "located_in": moved.located_in}
    FormerState.objects.create(
        organisation=moved, until=SECOND, changed_at=BEGIN, changed_by=CLERK.reference, **state
    )
    Organisation.objects.filter(pk=moved.pk).update(located_in=city)  # which asks nobody
    counts = ";".join(map(str, STAFF.values()))
    rows = [f"{code};{day:%d/%m/%Y};{counts}" for code in ("A3", "A2") for day in (FIRST, SECOND)]
    heading = "Mã đơn vị;Ngày;Số cán bộ;Số smartphone;Đã cài;Đang bật;Người thân"
    sheet = read_returns_sheet("\n".join([heading, *rows]).encode(), Directory(EVERYTHING), SECOND)
    assert [(one.row, one.day) for one in sheet.rows] == [(2, FIRST), (4, FIRST)]
    assert [one.row for one in sheet.errors] == [3, 5]
    closed, nobody_asks = (one.said.en for one in sheet.errors)
    assert closed == "the organisation closed on 08/03/2021"
    assert "has no round" in nobody_asks


@pytest.mark.django_db(transaction=True)
def test_a_return_that_comes_while_its_import_is_taken_back_is_not_lost() -> None:
    """Who takes it back waits, and is told: else the figure before would come back beside the correction."""
    tell("A1", installed=2, running=1)
    done = bring_in(SHEET)
    told, may_end = Event(), Event()

    def corrects() -> None:
        with transaction.atomic():
            tell("A1", installed=7)
            told.set()
            may_end.wait(1)

    def takes_back() -> str:
        told.wait(30)
        try:
            services.undo_returns(done.run, by=CLERK, now=CUTOFF)
        except services.CannotUndo as refusal:
            return str(refusal)
        return "taken back"

    def at_last(work: Callable[[], str | None]) -> str | None:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        _, outcome = pool.map(at_last, (corrects, takes_back))
    assert outcome == "1 returns of this import were corrected since: undo those first"
    assert StaffReturn.objects.get(organisation__code="A1", ended_at=None).installed == 7
