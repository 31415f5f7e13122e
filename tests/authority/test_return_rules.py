"""Returns decided by hand: counts that cannot be, rounds on a calendar, who is late, missing since when."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.authority.organisations.rules import school_year_of
from bluezone.authority.returns.metrics import COUNTS, Form, rate_of
from bluezone.authority.returns.rules import (
    Cadence,
    State,
    end_of_rounds,
    impossible,
    missing_since,
    state_of,
)

STAFF = {"staff": 120, "with_smartphone": 110, "installed": 96, "running": 80, "relatives_guided": 150}
CLASS = {
    "roll": 42,
    "own_phone": 20,
    "shared_phone": 15,
    "no_phone": 7,
    "installed": 30,
    "parents_installed": 60,
}
MONDAY = date(2021, 3, 8)
WEEKLY = Cadence(date(2021, 3, 1), 7, time(16))


@pytest.mark.parametrize(
    ("form", "changes", "wrong"),
    [
        (Form.STAFF, {}, {}),
        (Form.STAFF, {"with_smartphone": 121}, {"with_smartphone": "121 lớn hơn số cán bộ 120"}),
        (Form.STAFF, {"installed": 111}, {"installed": "111 lớn hơn số người có điện thoại thông minh 110"}),
        (Form.STAFF, {"running": 97}, {"running": "97 lớn hơn số đã cài 96"}),
        (Form.STAFF, {"relatives_guided": 5_000}, {}),
        (Form.STAFF, {"running": -1}, {"running": "-1 là số âm hoặc quá lớn"}),
        (Form.STAFF, {"staff": 1_000_001}, {"staff": "1000001 là số âm hoặc quá lớn"}),
        (Form.STAFF, {"staff": None}, {"staff": "đang trống; không có ai thì ghi 0"}),
        (
            Form.STAFF,
            {"running": None, "installed": 111},
            {
                "running": "đang trống; không có ai thì ghi 0",
                "installed": "111 lớn hơn số người có điện thoại thông minh 110",
            },
        ),
        (Form.PUPILS, {}, {}),
        (
            Form.PUPILS,
            {"own_phone": None, "parents_installed": 85},
            {
                "own_phone": "đang trống; không có ai thì ghi 0",
                "parents_installed": "85 lớn hơn hai phụ huynh cho mỗi học sinh (84)",
            },
        ),
        (Form.PUPILS, dict.fromkeys(CLASS, 0), {}),
        (
            Form.PUPILS,
            {"no_phone": 8},
            {"roll": "điện thoại riêng, dùng chung và không có: 20 + 15 + 8 = 43, không bằng sĩ số 42"},
        ),
        (
            Form.PUPILS,
            {"installed": 36},
            {"installed": "36 lớn hơn số học sinh có điện thoại riêng hoặc dùng chung 35"},
        ),
        (Form.PUPILS, {"parents_installed": 84}, {}),
        (
            Form.PUPILS,
            {"parents_installed": 85},
            {"parents_installed": "85 lớn hơn hai phụ huynh cho mỗi học sinh (84)"},
        ),
    ],
)
def test_arithmetic_that_cannot_be_names_its_count(
    form: Form, changes: dict[str, int], wrong: dict[str, str]
) -> None:
    counts = (STAFF if form is Form.STAFF else CLASS) | changes
    assert {one.count: one.said.vi for one in impossible(form, counts)} == wrong


@given(st.data())
def test_what_people_can_be_is_never_refused(data: st.DataObject) -> None:
    """Any group of people, counted, gives a return that stands."""
    people = data.draw(st.lists(st.sampled_from(["own", "shared", "none"]), max_size=60))
    able = [one for one in people if one != "none"]
    installed = data.draw(st.integers(0, len(able)))
    running = data.draw(st.integers(0, installed))
    of_class = {
        "roll": len(people),
        "own_phone": people.count("own"),
        "shared_phone": people.count("shared"),
        "no_phone": people.count("none"),
        "installed": installed,
        "parents_installed": data.draw(st.integers(0, 2 * len(people))),
    }
    of_staff = {
        "staff": len(people),
        "with_smartphone": len(able),
        "installed": installed,
        "running": running,
        "relatives_guided": data.draw(st.integers(0, 1000)),
    }
    assert impossible(Form.PUPILS, of_class) == []
    assert impossible(Form.STAFF, of_staff) == []
    assert rate_of(Form.PUPILS, of_class) == rate_of(Form.STAFF, of_staff) == (installed, len(able))


def test_there_is_no_count_of_people_by_name() -> None:
    assert set(COUNTS[Form.STAFF]) == set(STAFF)
    assert set(COUNTS[Form.PUPILS]) == set(CLASS)


def test_rounds_of_mondays_until_four_in_hanoi() -> None:
    assert WEEKLY.days(date(2021, 3, 16), 10) == [date(2021, 3, 15), MONDAY, date(2021, 3, 1)]
    assert WEEKLY.days(MONDAY, 1) == [MONDAY]
    assert WEEKLY.days(date(2021, 2, 28), 10) == []
    assert WEEKLY.cutoff_of(MONDAY) == datetime(2021, 3, 8, 9, tzinfo=UTC)  # Hà Nội is UTC+7
    assert WEEKLY.has(MONDAY)
    assert not WEEKLY.has(date(2021, 3, 9))
    assert not WEEKLY.has(date(2021, 2, 22))
    assert WEEKLY.next_after(MONDAY) == date(2021, 3, 15)
    assert WEEKLY.next_after(date(2021, 1, 1)) == date(2021, 3, 1)


def test_a_schedule_that_ended_has_no_rounds_from_then_on() -> None:
    ended = Cadence(date(2021, 3, 1), 7, time(16), date(2021, 3, 9))
    assert ended.days(date(2021, 4, 1), 10) == [MONDAY, date(2021, 3, 1)]
    assert ended.next_after(MONDAY) is None
    assert end_of_rounds(date(2021, 3, 1), MONDAY) == date(2021, 3, 9)
    assert end_of_rounds(date(2021, 3, 15), MONDAY) == date(2021, 3, 15)  # never began


@given(st.integers(0, 400), st.sampled_from([1, 7, 14, 28]), st.integers(1, 30))
def test_the_last_rounds_are_those_of_the_calendar(after: int, every: int, most: int) -> None:
    one = Cadence(date(2021, 3, 1), every, time(16))
    until = one.first_day + timedelta(after)
    counted = [day for at in range(after + 1) if one.has(day := one.first_day + timedelta(at))]
    assert list(one.days(until, most)) == counted[::-1][:most]


CUTOFF = datetime(2021, 3, 8, 9, tzinfo=UTC)
BEFORE, AFTER = CUTOFF - timedelta(seconds=1), CUTOFF + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("owed", "returned", "last", "now", "state"),
    [
        (1, 0, None, CUTOFF, State.AWAITED),
        (1, 0, None, AFTER, State.MISSING),
        (1, 1, CUTOFF, AFTER, State.ON_TIME),
        (1, 1, AFTER, AFTER, State.LATE),
        (12, 11, BEFORE, BEFORE, State.AWAITED),
        (12, 11, BEFORE, AFTER, State.INCOMPLETE),
        (12, 12, BEFORE, AFTER, State.ON_TIME),
        (12, 12, AFTER, AFTER, State.LATE),
    ],
)
def test_who_is_late_and_who_is_missing(
    owed: int, returned: int, last: datetime | None, now: datetime, state: State
) -> None:
    assert state_of(owed, returned, last, CUTOFF, now) is state


def test_missing_since_the_first_round_of_the_gap() -> None:
    rounds = [date(2021, 3, day) for day in (22, 15, 8, 1)]
    assert missing_since(rounds, date(2021, 3, 8)) == date(2021, 3, 15)
    assert missing_since(rounds, None) == date(2021, 3, 1)
    assert missing_since(rounds, date(2021, 3, 22)) is None
    assert missing_since([], None) is None


def test_the_school_year_of_a_day() -> None:
    assert school_year_of(date(2021, 3, 8)) == 2020
    assert school_year_of(date(2021, 7, 31)) == 2020
    assert school_year_of(date(2021, 8, 1)) == 2021
    assert school_year_of(date(2021, 12, 31)) == 2021
