"""The made-up province: its sizes, that it is the same each time, that the registry takes its sheets."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import shapely

from bluezone.authority.adoption.metrics import Metric, Source
from bluezone.authority.organisations.rules import is_tax_code
from bluezone.bench.province.boundaries import Grid
from bluezone.bench.province.made_up import LAST_DAY, WHOLE_FACTS, Province, province_of
from bluezone.bench.province.measure import measure_province
from bluezone.bench.province.sheets import city_sheet, organisation_sheet

SMALL = Province(wards=60, organisations=500, days=12)


def test_a_whole_one_has_three_years_of_600_wards() -> None:
    whole = province_of(WHOLE_FACTS)
    assert (whole.wards, whole.organisations, whole.districts) == (600, 20_000, 30)
    assert 3 * 365 < whole.days < 3 * 366 + 30


def test_districts_end_and_the_wards_go_on() -> None:
    assert SMALL.first_day == date(2024, 2, 25)
    assert SMALL.reform == date(2024, 3, 4)
    before, after = (SMALL.areas_on(day) for day in (date(2024, 3, 3), date(2024, 3, 4)))
    assert Counter(one.level for _, one in before) == {"city": 1, "district": 3, "ward": 60}
    assert Counter(one.level for _, one in after) == {"city": 1, "ward": 60}
    assert {one.path for _, one in before} >= {"99", "99/902", "99/902/90059"}
    assert {one.path for _, one in after} >= {"99", "99/90059"}


def test_a_ward_reports_fifteen_figures_a_day_and_the_same_each_time() -> None:
    day = date(2024, 2, 26)
    facts = list(SMALL.facts_on(day))
    assert facts == list(Province(60, 500, 12).facts_on(day))
    ward = next(at for at, one in SMALL.areas_on(day) if one.level == "ward")
    mine = [one for one in facts if one.area == ward]
    assert len(mine) == 15
    current = [(one.metric, one.source) for one in mine if not one.corrected]
    assert len(set(current)) == len(current) == 13  # what counts is there once
    assert {one.source for one in mine} == {
        Source.CITY_SHEET,
        Source.RETURN,
        Source.CAMPAIGN,
        Source.HEARTBEAT,
    }
    corrected = [(before, one) for before, one in pairwise(facts) if one.corrected]
    assert all((a.area, a.metric, a.source) == (b.area, b.metric, b.source) for a, b in corrected)
    assert all(one.value > 0 for one in facts)


def test_one_ward_in_ten_is_late() -> None:
    days = (SMALL.first_day + timedelta(at) for at in range(SMALL.days))
    last = {one.area: day for day in days for one in SMALL.facts_on(day) if one.metric is Metric.PHONE_LINKED}
    late = [at for at, one in SMALL.areas_on(LAST_DAY) if one.level == "ward" and last[at] < LAST_DAY]
    assert len(late) == 6


def test_wards_lie_beside_one_another_without_gaps() -> None:
    grid = Grid(9)
    cells = [shapely.Polygon(grid.cell(at)[0]) for at in range(9)]
    assert all(one.is_valid for one in cells)
    whole = shapely.union_all(cells)
    assert len(whole.interiors) == 0
    assert abs(whole.area - sum(one.area for one in cells)) < 1e-12


def test_sheets_are_as_clerks_have_them() -> None:
    lines = organisation_sheet(SMALL).decode().splitlines()
    rows = [dict(zip(lines[0].split(";"), line.split(";"), strict=True)) for line in lines[1:]]
    assert len(rows) == 500
    assert len({row["Mã đơn vị"] for row in rows}) == len({row["Tên đơn vị"] for row in rows}) == 500
    assert all(is_tax_code(row["Mã đơn vị"]) for row in rows if row["Loại"] == "Doanh nghiệp")
    assert len(city_sheet(SMALL, LAST_DAY).decode().splitlines()) == 1 + 61


def test_every_page_is_asked_cold_and_warm() -> None:
    found = measure_province(0, "sqlite", quick=True)
    assert (found["name"], found["database"], found["wards"]) == ("province", "sqlite", 60)
    assert found["imports"]["organisations"]["rows"] == 500
    assert {"front page", "organisations: last page"} <= {one["page"] for one in found["pages"]}
    assert all(one["cold_ms"] > 0 and one["warm_ms"] > 0 and one["bytes"] > 0 for one in found["pages"])
    assert found["slowest_warm_ms"] == max(one["warm_ms"] for one in found["pages"])
