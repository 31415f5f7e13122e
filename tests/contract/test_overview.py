"""What the overview of an area adds up, and what a sheet would correct, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.fact_history import FactState, history_of, shown_instead
from bluezone.authority.adoption.metrics import Metric, Source
from bluezone.authority.adoption.queries import overview
from bluezone.authority.adoption.services import import_city_sheet, record_facts
from bluezone.authority.adoption.sheet import CityRow, CitySheet
from bluezone.authority.adoption.sheet_corrections import with_corrections
from bluezone.authority.adoption.target_queries import overdue_reports, reporting_of
from bluezone.authority.areas.models import Area, Level
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations.directory import Directory
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.services import import_organisations
from bluezone.authority.organisations.sheet import read_organisation_sheet
from bluezone.authority.returns.overview_section import totals_in
from bluezone.authority.returns.services import set_schedule

pytestmark = pytest.mark.django_db

MARCH_8 = date(2021, 3, 8)
NOW = datetime(2021, 3, 8, 3, tzinfo=UTC)
CLERK = Actor("user:6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
EVERYTHING = Scope.everything()


@pytest.fixture(autouse=True)
def areas(authority: Path) -> None:
    load_thanh_xuan()


def area(code: str) -> Area:
    found = area_on(code, MARCH_8, EVERYTHING)
    assert found is not None
    return found


def row(code: str, installs: int) -> CityRow:
    return CityRow(2, area(code).pk, code, MARCH_8, {Metric.PHONE_LINKED: installs}, False)


def bring_in(*rows: CityRow) -> None:
    import_city_sheet(rows, file_name="a.csv", data=repr(rows).encode(), by=CLERK, now=NOW)


def type_in(code: str, day: date, installs: int) -> None:
    counts = {Metric.PHONE_LINKED: installs}
    record_facts(area(code), day, counts, scope=EVERYTHING, by=CLERK, now=NOW)


def test_of_several_sources_of_a_part_the_most_trusted_is_taken_from_the_total() -> None:
    bring_in(row("009", 100), row("00343", 30))
    type_in("00343", MARCH_8, 99)
    type_in("00346", MARCH_8, 20)
    type_in("00349", MARCH_8 - timedelta(1), 50)
    remainder = overview(area("009"), MARCH_8, EVERYTHING).remainder
    assert remainder is not None
    assert (remainder.total.value, remainder.reported, remainder.reporting, remainder.left) == (
        100,
        50,
        2,
        50,
    )


def test_a_sheet_tells_what_it_corrects_of_earlier_sheets_alone() -> None:
    bring_in(row("00343", 30), row("00346", 20))
    type_in("00349", MARCH_8, 9)
    sheet = CitySheet((row("00343", 31), row("00346", 20), row("00349", 10)), ())
    [fault] = with_corrections(sheet, EVERYTHING).faults
    assert fault.said.vi == "đính chính số của bảng trước: Đã đăng ký Bluezone 30 thành 31"
    assert fault.said.en == "corrects an earlier sheet: Registered with Bluezone 30 to 31"
    assert with_corrections(sheet, Scope.of(["01/009/00346"])).faults == ()


def test_a_figure_beside_one_of_the_citys_sheet_is_not_the_one_shown() -> None:
    bring_in(row("00343", 30))
    type_in("00343", MARCH_8, 31)
    one = area("00343")
    said = {one.source: one.state for one in history_of(one, Metric.PHONE_LINKED, MARCH_8, EVERYTHING)}
    assert said == {Source.CITY_SHEET: FactState.CURRENT, Source.TYPED: FactState.BESIDE}
    shown = {Metric.PHONE_LINKED: (30, Source.CITY_SHEET)}
    assert shown_instead(one, MARCH_8, EVERYTHING) == shown
    assert shown_instead(one, MARCH_8, Scope.of(["01/009/00346"])) == {}


def test_a_ward_owes_its_figure_and_its_residential_groups_none_before_their_first() -> None:
    ward = area("00343")
    groups = [
        Area.objects.create(
            code=f"00343-{at}", path=f"{ward.path}/00343-{at}", level=Level.RESIDENTIAL_GROUP, parent=ward,
            name=f"Tổ dân phố {at}", valid_from=ward.valid_from,
        )
        for at in (1, 2)
    ]  # fmt: skip
    record_facts(groups[0], date(2021, 2, 20), {Metric.PHONE_LINKED: 5}, scope=EVERYTHING, by=CLERK, now=NOW)
    late = overdue_reports(reporting_of(ward, groups), MARCH_8, EVERYTHING)
    assert [(one.area.code, one.days) for one in late] == [("00343", None), ("00343-1", 16)]
    assert reporting_of(area("009"), [ward]) == [ward]


def test_of_a_round_the_overview_has_how_many_were_asked() -> None:
    sheet = (
        "Mã đơn vị;Tên đơn vị;Loại;Mã địa bàn\n"
        "A1;UBND;Cơ quan;00343\nA2;Công an;Cơ quan;00346\nS1;THCS;Trường học;00343\n"
    ).encode()
    found = read_organisation_sheet(sheet, Directory(EVERYTHING), MARCH_8)
    import_organisations(found.rows, file_name="a", data=sheet, by=CLERK, now=NOW - timedelta(1))
    ward = area("00343")
    set_schedule(ward, Kind.AGENCY, MARCH_8, 7, time(16), scope=EVERYTHING, by=CLERK, now=NOW)
    [total] = totals_in(area("009"), MARCH_8, EVERYTHING)
    assert (total.survey.kind, total.asked, total.resting_on) == (Kind.AGENCY, 1, 0)
    district = Scope.of(["01/009/00346"])
    assert [one.asked for one in totals_in(area("009"), MARCH_8, district)] == [0]
