"""Where a trend leads, by hand and by published figures; where it says nothing; how an area stands."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from bluezone.authority.adoption import rules
from bluezone.authority.adoption.rules import (
    Forecast,
    NoForecast,
    Point,
    Standing,
    forecast,
    is_overdue,
    phones_missing,
    standing,
)

FIRST = date(2021, 3, 1)
SAME = ("phone-linked", "smartphones")
OTHER = ("phone-linked", "smartphones-active")
ANSCOMBE_1 = [4.26, 5.68, 7.24, 4.82, 6.95, 8.81, 8.04, 8.33, 10.84, 7.58, 9.96]
"""The first set of Anscombe, The American Statistician 27 (1973), y for x = 4 to 14."""


def day(at: int) -> date:
    return FIRST + timedelta(at)


def point(at: int, percent: float, definitions: tuple[str, str] = SAME, source: str = "city-sheet") -> Point:
    return Point(day(at), percent, definitions, source)


def test_by_hand() -> None:
    """10, 12, 11, 13 by weeks: slope 0.8 a week, residual variance 0.9, t(2) = 4.302653; two weeks on."""
    points = [point(7 * at, percent) for at, percent in enumerate((10, 12, 11, 13))]
    found = forecast(points, day(35), SAME)
    assert isinstance(found, Forecast)
    assert found.percent == pytest.approx(14.3)
    half = 4.302653 * (0.9 * (1 + 1 / 4 + 3.5**2 / 5)) ** 0.5  # 7.8516
    assert (found.low, found.high, found.points) == (
        pytest.approx(14.3 - half),
        pytest.approx(14.3 + half),
        4,
    )


def test_anscombes_published_line() -> None:
    """y = 3.00 + 0.500 x with a standard error of 1.237 (published), at x = 20: 13.00, ± 4.14."""
    found = forecast([point(4 + at, y) for at, y in enumerate(ANSCOMBE_1)], day(20), SAME)
    assert isinstance(found, Forecast)
    assert found.percent == pytest.approx(3.00 + 0.500 * 20, abs=0.01)
    assert found.high - found.percent == pytest.approx(4.14, abs=0.01)


def test_the_table_of_students_t() -> None:
    for freedom, value in enumerate(rules._T95, 1):
        assert value == pytest.approx(student.ppf(0.975, freedom), abs=1e-6)


@given(
    start=st.floats(0, 30),
    slope=st.floats(0, 0.5),
    days=st.lists(st.integers(0, 40), min_size=4, max_size=30, unique=True),
)
def test_points_on_a_line_go_on_along_it(start: float, slope: float, days: list[int]) -> None:
    days.sort()
    last = days[-1]
    found = forecast([point(at, start + slope * at) for at in days], day(last + 7), SAME)
    if last - days[0] < 7:
        assert found is NoForecast.TOO_FEW
        return
    assert isinstance(found, Forecast)
    assert found.percent == pytest.approx(start + slope * (last + 7), abs=1e-6)
    assert found.high - found.low < 1e-3


def test_it_stays_a_share() -> None:
    points = [point(7 * at, percent) for at, percent in enumerate((80, 86, 93, 99))]
    found = forecast(points, day(40), SAME)
    assert isinstance(found, Forecast)
    assert found.percent == found.high == 100


WEEKS = [point(7 * at, 10 + at) for at in range(5)]


@pytest.mark.parametrize(
    ("points", "due", "reason"),
    [
        ([], 35, NoForecast.TOO_FEW),
        (WEEKS[:3], 20, NoForecast.TOO_FEW),
        ([point(at, 10 + at) for at in range(6)], 8, NoForecast.TOO_FEW),  # six days on end
        (WEEKS, 28 + 57, NoForecast.TOO_FAR),
        ([point(0, 99), point(7, 100), point(14, 101), point(21, 102)], 30, NoForecast.ABOVE_BASE),
        # the base was counted anew: what was before says nothing
        (
            [*(one._replace(definitions=OTHER) for one in WEEKS[:3]), *WEEKS[3:]],
            35,
            NoForecast.DEFINITION_CHANGED,
        ),
        # and a point of then between two of now does not join them
        ([*WEEKS[:3], WEEKS[3]._replace(definitions=OTHER), WEEKS[4]], 35, NoForecast.DEFINITION_CHANGED),
        # another source than that of the newest point
        ([*(one._replace(source="return") for one in WEEKS[:2]), *WEEKS[2:]], 35, NoForecast.TOO_FEW),
        # eight weeks at most
        ([point(-90, 1), point(-80, 2), *WEEKS[2:]], 35, NoForecast.TOO_FEW),
    ],
)
def test_where_a_trend_says_nothing(points: list[Point], due: int, reason: NoForecast) -> None:
    assert forecast(points, day(due), SAME) is reason


def test_a_target_in_other_terms_has_no_forecast() -> None:
    assert forecast(WEEKS, day(35), OTHER) is NoForecast.DEFINITION_CHANGED
    assert isinstance(forecast(WEEKS, day(28 + 56), SAME), Forecast)


@pytest.mark.parametrize(
    ("installs", "smartphones", "target", "missing"),
    [
        (157_542, 402_706, "60", 84_082),  # 60 % of 402,706 is 241,623.6
        (60, 100, "60", 0),
        (59, 100, "60", 1),
        (61, 100, "60", 0),
        (1, 3, "33.33", 0),
        (1, 3, "33.34", 1),
        (0, 0, "60", 0),
    ],
)
def test_phones_missing(installs: int, smartphones: int, target: str, missing: int) -> None:
    assert phones_missing(installs, smartphones, Decimal(target)) == missing


@pytest.mark.parametrize(
    ("counts", "as_of", "ahead", "stands"),
    [
        ((60, 100), 0, None, Standing.REACHED),
        ((59, 100), 30, None, Standing.MISSED),
        ((59, 100), 29, Forecast(70, 61, 79, 5), Standing.ON_COURSE),
        ((59, 100), 29, Forecast(60, 55, 65, 5), Standing.OPEN),
        ((59, 100), 29, Forecast(50, 45, 59.9, 5), Standing.BEHIND),
        ((59, 100), 29, NoForecast.TOO_FEW, Standing.OPEN),
    ],
)
def test_how_an_area_stands(
    counts: tuple[int, int], as_of: int, ahead: Forecast | NoForecast | None, stands: Standing
) -> None:
    assert standing(counts, day(as_of), Decimal(60), day(30), ahead) is stands


def test_who_owes_a_figure() -> None:
    assert is_overdue(None, FIRST)
    assert not is_overdue(day(0), day(7))
    assert is_overdue(day(0), day(8))
