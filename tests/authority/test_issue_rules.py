"""Codes' states, and the day's limit, against lines fitted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.authority.keys.date_faults import date_fault_text
from bluezone.authority.keys.issue_rules import CodeState, expected_codes, state_of_code
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.rules import check_test_dates

NOW = datetime(2021, 3, 10, 8, 17, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        ([50] * 14, 50),
        ([10 * day for day in range(1, 15)], 150),  # 10, 20, … 140: the line goes on
        # y = 0 but for 70 on day 13: means 6.5 and 5, Sxy = 6.5 · 70 = 455, Sxx = 14 · 195 / 12 = 227.5,
        # slope 2, so day 14 is 5 + 2 · 7.5 = 20
        ([0] * 13 + [70], 20),
        # 21 days, 0 but for 77 on day 20: Sxy = 10 · 77 = 770, Sxx = 21 · 440 / 12 = 770, slope 1,
        # mean 77 / 21 = 11/3, so day 21 is 11/3 + 11 = 14.67
        ([0] * 20 + [77], 15),
        ([9999] * 5 + [0] * 20 + [77], 15),  # only the last 21 days count
        ([140 - 10 * day for day in range(14)], 10),  # leads to 0
        ([0] * 14, 10),
        ([30_000] * 14, 20_000),
    ],
)
def test_the_line_through_the_last_days(issued: list[int], expected: int) -> None:
    assert expected_codes(issued, factor=1, default=7) == expected


@pytest.mark.parametrize("days", [0, 1, 13])
def test_with_less_than_two_weeks_the_default_holds(days: int) -> None:
    assert expected_codes([500] * days, factor=3, default=77) == 77


@pytest.mark.parametrize(
    ("codes", "factor", "expected"),
    [(50, 3, 150), (33, 1.5, 50), (0, 3, 30), (30_000, 2, 40_000), (100, 0.1, 10), (110, 1.1, 121)],
)
def test_the_factor_applies_after_the_bounds_and_parts_count_as_whole(
    codes: int, factor: float, expected: int
) -> None:
    assert expected_codes([codes] * 14, factor=factor, default=1) == expected


@given(st.lists(st.integers(0, 10**6), min_size=14, max_size=40))
def test_the_limit_is_never_out_of_bounds(issued: list[int]) -> None:
    assert 10 <= expected_codes(issued, factor=1, default=0) <= 20_000


@pytest.mark.parametrize(
    ("claimed", "revoked", "expires", "state"),
    [
        (None, None, LATER, CodeState.WAITING),
        (None, None, NOW, CodeState.EXPIRED),
        (None, EARLIER, LATER, CodeState.REVOKED),
        (None, EARLIER, EARLIER, CodeState.REVOKED),
        (EARLIER, None, LATER, CodeState.CLAIMED),
        (EARLIER, None, EARLIER, CodeState.CLAIMED),
    ],
)
def test_states_of_a_code(
    claimed: datetime | None, revoked: datetime | None, expires: datetime, state: CodeState
) -> None:
    assert state_of_code(claimed_at=claimed, revoked_at=revoked, expires_at=expires, now=NOW) is state


def test_words_for_faults_of_dates() -> None:
    today, long_ago = date(2021, 3, 10), date(2021, 1, 1)
    faults = [
        check_test_dates(ReportTypeName.CONFIRMED, None, None, today),
        check_test_dates(ReportTypeName.CONFIRMED, long_ago, None, today),
        check_test_dates(ReportTypeName.CONFIRMED, None, long_ago, today),
        check_test_dates(ReportTypeName.NEGATIVE, None, today, today),
    ]
    # the reference's codes
    assert [fault and fault.code for fault in faults] == ["missing_date", *["invalid_date"] * 3]
    assert all(fault and fault.english.isascii() for fault in faults)
    assert [fault and date_fault_text(fault) for fault in faults] == [
        "Cần ngày lấy mẫu hoặc ngày khởi phát triệu chứng.",
        "Ngày lấy mẫu phải trong 14 ngày gần đây và không ở tương lai.",
        "Ngày khởi phát phải trong 28 ngày gần đây và không ở tương lai.",
        "Kết quả âm tính không có ngày khởi phát.",
    ]
    assert check_test_dates(ReportTypeName.CONFIRMED, today, today, today) is None
