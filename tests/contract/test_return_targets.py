"""Targets of organisations on both databases: set for all of a kind, replaced, withdrawn, who is behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.rules import Forecast, Standing
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations.directory import Directory
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.queries import organisations
from bluezone.authority.organisations.services import import_organisations
from bluezone.authority.organisations.sheet import read_organisation_sheet
from bluezone.authority.returns.metrics import Form
from bluezone.authority.returns.models import ReturnTarget
from bluezone.authority.returns.services import record_return, set_schedule
from bluezone.authority.returns.target_queries import OrganisationProgress, progress_of, targets_in
from bluezone.authority.returns.target_services import (
    ReturnTargetRefused,
    set_return_targets,
    withdraw_return_targets,
)

pytestmark = pytest.mark.django_db

FIRST = date(2021, 3, 1)
DUE = date(2021, 3, 31)
BEGIN = datetime(2021, 3, 1, 1, tzinfo=UTC)
CLERK = Actor("user:6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
EVERYTHING = Scope.everything()
ORGANISATIONS = """\
Mã đơn vị;Tên đơn vị;Loại;Địa bàn
A1;UBND phường;Cơ quan;Phường Nhân Chính
A2;Công an phường;Cơ quan;Phường Hạ Đình
A3;Trạm y tế;Cơ quan;Phường Hạ Đình
S1;Trường THCS;Trường học;Phường Hạ Đình
K1;Tổ dân phố 1;Tổ chức khu dân cư;Phường Hạ Đình
"""


@pytest.fixture(autouse=True)
def asked(authority: Path) -> None:
    load_thanh_xuan()
    data = ORGANISATIONS.encode()
    sheet = read_organisation_sheet(data, Directory(EVERYTHING), FIRST)
    import_organisations(sheet.rows, file_name="a", data=data, by=CLERK, now=BEGIN - timedelta(days=1))
    area = area_on("009", FIRST, EVERYTHING)
    assert area is not None
    set_schedule(area, Kind.AGENCY, FIRST, 1, time(16), scope=EVERYTHING, by=CLERK, now=BEGIN)


def tell(code: str, day: date, phones: int, installed: int, form: Form | None = None) -> None:
    counts = {
        "staff": phones,
        "with_smartphone": phones,
        "installed": installed,
        "running": 0,
        "relatives_guided": 0,
    }
    key = Organisation.objects.get(code=code).key
    now = datetime(2021, 4, 30, tzinfo=UTC)
    record_return(key, day, counts, form=form, scope=EVERYTHING, by=CLERK, now=now)


def agencies() -> Sequence[Organisation]:
    return list(organisations(EVERYTHING, kind=Kind.AGENCY))


def aim(percent: str, chosen: Sequence[Organisation] = (), scope: Scope = EVERYTHING, due: date = DUE) -> int:
    return set_return_targets(
        chosen or agencies(), due, Decimal(percent), subject="area:01/009", scope=scope, by=CLERK, now=BEGIN
    )


def standings(
    day: date, scope: Scope = EVERYTHING, kind: Kind = Kind.AGENCY
) -> dict[str, OrganisationProgress]:
    found = progress_of(targets_in(kind, "01/009", day, scope), day)
    return {one.organisation.code: one for one in found}


def test_who_has_reached_it_and_who_is_behind() -> None:
    assert aim("80") == 3
    for week in range(4):
        day = FIRST + timedelta(days=4 * week)
        tell("A1", day, 100, 70 + 5 * week)  # 70, 75, 80, 85
        tell("A2", day, 50, 10 + week)  # 20 % and half a point a day: 35 % on the last of March
    found = standings(date(2021, 3, 13))
    assert {code: one.standing for code, one in found.items()} == {
        "A1": Standing.REACHED,
        "A2": Standing.BEHIND,
        "A3": Standing.OPEN,
    }
    assert list(found) == ["A2", "A3", "A1"]  # the worst first
    assert (found["A2"].counts, found["A2"].as_of) == ((13, 50), date(2021, 3, 13))
    assert found["A2"].missing == 27  # 80 % of 50 are 40
    ahead = found["A2"].ahead
    assert isinstance(ahead, Forecast)
    assert (ahead.percent, ahead.low, ahead.high) == pytest.approx((35, 35, 35))
    assert found["A3"].counts is None
    # of the day itself nothing else is taken: what came later does not count yet
    assert standings(date(2021, 3, 4))["A1"].counts == (70, 100)


def test_a_day_that_passed_below_it_is_missed() -> None:
    aim("80")
    tell("A1", DUE, 10, 7)
    tell("A2", DUE, 10, 8)
    found = standings(DUE)
    assert (found["A1"].standing, found["A1"].missing) == (Standing.MISSED, 1)
    assert (found["A2"].standing, found["A2"].missing) == (Standing.REACHED, 0)
    assert list(found) == ["A1", "A3", "A2"]  # missed, nothing told, reached


def test_a_page_reads_its_own_targets_alone(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    aim("80")
    tell("A1", FIRST, 10, 7)
    with django_assert_num_queries(2):
        found = progress_of(targets_in(Kind.AGENCY, "01/009", FIRST, EVERYTHING)[:1], FIRST)
        assert [(one.organisation.code, one.counts) for one in found] == [("A1", (7, 10))]


def test_the_next_day_counts_then_the_last() -> None:
    aim("60", due=date(2021, 3, 15))
    aim("80")
    assert {one.percent for one in standings(FIRST).values()} == {Decimal(60)}
    assert {one.percent for one in standings(date(2021, 3, 16)).values()} == {Decimal(80)}
    assert {one.percent for one in standings(date(2021, 5, 1)).values()} == {Decimal(80)}


def test_a_schools_target_is_of_its_staff() -> None:
    school = Organisation.objects.get(code="S1")
    assert aim("80", [school]) == 1
    assert standings(FIRST) == {}  # none of the agencies
    area = area_on("009", FIRST, EVERYTHING)
    assert area is not None
    who = {"scope": EVERYTHING, "by": CLERK, "now": BEGIN}
    for form in (Form.STAFF, Form.PUPILS):
        set_schedule(area, Kind.SCHOOL, FIRST, 1, time(16), form=form, **who)  # type: ignore[arg-type]
    pupils = {"roll": 40, "own_phone": 40, "shared_phone": 0, "no_phone": 0, "parents_installed": 0}
    record_return(school.key, FIRST, pupils | {"installed": 40}, **who)  # type: ignore[arg-type]
    assert standings(FIRST, kind=Kind.SCHOOL)["S1"].standing is Standing.OPEN  # nothing of staff is in
    tell("S1", FIRST, 10, 7, Form.STAFF)
    found = standings(FIRST, kind=Kind.SCHOOL)["S1"]
    assert (found.counts, found.missing) == ((7, 10), 1)


def test_another_replaces_it_and_it_is_withdrawn() -> None:
    aim("80")
    assert aim("80") == 0
    [one] = [row for row in agencies() if row.code == "A1"]
    assert aim("90", [one]) == 1
    old = ReturnTarget.objects.get(organisation=one, percent=80)
    assert (old.ended_at, old.ended_by, old.superseded_by.percent) == (BEGIN, "", 90)  # type: ignore[union-attr]
    assert standings(FIRST)["A1"].percent == 90
    who = {"subject": "area:01/009", "scope": EVERYTHING, "by": CLERK, "now": BEGIN}
    assert withdraw_return_targets(agencies(), DUE, **who) == 3  # type: ignore[arg-type]
    assert withdraw_return_targets(agencies(), DUE, **who) == 0  # type: ignore[arg-type]
    assert standings(FIRST) == {}
    assert ReturnTarget.objects.count() == 4  # nothing is deleted
    actions = AuditEntry.objects.filter(action__startswith="returns.target").values_list("action", flat=True)
    assert sorted(actions) == ["returns.target-set"] * 3 + ["returns.target-withdrawn"] * 2


def test_what_cannot_be_set() -> None:
    ward = Scope.of(["01/009/00343"])
    for percent in ("0", "100.01", "33.333", "-1"):
        with pytest.raises(ReturnTargetRefused, match="is not a rate"):
            aim(percent)
    with pytest.raises(ReturnTargetRefused, match="not within your scope"):
        aim("80", scope=ward)
    with pytest.raises(ReturnTargetRefused, match="makes no return of its staff"):
        aim("80", [Organisation.objects.get(code="K1")])
    assert ReturnTarget.objects.count() == 0
    aim("80")
    assert set(standings(FIRST, ward)) == {"A1"}
