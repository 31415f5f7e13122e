"""A contact list in time, on rows that can be counted by hand."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bluezone.errors import Refused
from bluezone.replay.contact_trace import trace_from_rows
from bluezone.replay.trace_days import NoSuchDays, last_near, part_of_days, row_times

NOON = 12 * 3600
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def at(day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(2021, 3, 10 + day, hour, minute, tzinfo=HANOI).timestamp())


TRACE = trace_from_rows(
    [
        (0, NOON, "1", "2", 1.0),
        (0, NOON, "3", "4", 9.0),
        (1, NOON, "1", "2", 2.0),
        (1, NOON + 300, "1", "2", 3.0),  # too far to be near
        (2, NOON, "2", "3", 1.0),
    ],
    others=["5"],
)


def test_rows_begin_at_local_times() -> None:
    assert row_times(TRACE).tolist() == [at(0, 12), at(0, 12), at(1, 12), at(1, 12, 5), at(2, 12)]


def test_part_of_the_days_keeps_everybody() -> None:
    part = part_of_days(TRACE, 2, 3)
    assert (part.days, part.steps, len(part.day)) == (2, 3, 3)
    assert part.people == ("1", "2", "3", "4", "5")
    assert row_times(part).tolist() == [at(0, 12), at(0, 12, 5), at(1, 12)]
    assert row_times(part_of_days(TRACE, 1, 3)).tolist() == row_times(TRACE).tolist()


@pytest.mark.parametrize(("first", "last"), [(0, 1), (2, 1), (1, 4), (4, 4)])
def test_days_that_are_not_there_are_refused(first: int, last: int) -> None:
    with pytest.raises(NoSuchDays, match="has days 1 to 3") as refused:
        part_of_days(TRACE, first, last)
    assert isinstance(refused.value, Refused)


def test_days_without_contacts_are_refused() -> None:
    with_a_pause = trace_from_rows([(0, NOON, "1", "2", 1.0), (2, NOON, "1", "2", 1.0)])
    with pytest.raises(NoSuchDays, match="no contacts on days 2 to 2"):
        part_of_days(with_a_pause, 2, 2)


def test_the_last_time_near_anybody_of_some() -> None:
    # Person 1 (row 0) is the F0: 2 was near it on the second day until 12:05; the row at 3 m does not count.
    assert last_near(TRACE, [0]) == {1: at(1, 12, 5)}
    # F0s 1 and 3 (rows 0 and 2): 2 was near 3 later; 4 was 9 m from 3; among F0s none counts.
    assert last_near(TRACE, [0, 2]) == {1: at(2, 12, 5)}
    assert last_near(TRACE, [0, 1]) == {2: at(2, 12, 5)}
