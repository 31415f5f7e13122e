"""Who was truly near whom: against SQL over the raw files, and by hand."""

from __future__ import annotations

import csv
import gzip
import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.replay.contact_lists import read_contact_list
from bluezone.replay.contact_trace import (
    ContactTrace,
    near_pairs,
    near_rows,
    trace_from_columns,
    trace_from_rows,
    true_contacts,
)

Pairs = list[tuple[int, int, int, int]]

# From the raw table (t, a, b, metres): how long each pair was near on each day. A repeated row counts once.
NEAR = "CREATE VIEW near AS SELECT DISTINCT t, min(a, b) AS low, max(a, b) AS high FROM raw WHERE metres <= 2"
# t counts steps of five minutes from 1, 192 a day.
HASLEMERE = """
CREATE TABLE pair_day AS
    SELECT (t - 1) / 192 AS day, low, high, 300 * count(*) AS seconds FROM near GROUP BY 1, 2, 3"""
# t is the Unix time at the end of 20 seconds; Paris is at UTC+1 in December.
SOCIOPATTERNS = """
CREATE TABLE pair_day AS
    SELECT date(t - 20 + 3600, 'unixepoch') AS day, low, high, 20 * count(*) AS seconds
    FROM near GROUP BY 1, 2, 3"""
PAIR_DAYS = "SELECT day, low, high, seconds FROM pair_day ORDER BY day, low, high"
COUNTS = """
SELECT (SELECT count(*) FROM raw) AS rows,
       (SELECT count(*) FROM (SELECT a FROM raw UNION SELECT b FROM raw)) AS people,
       (SELECT count(*) FROM pair_day) AS near_pair_days,
       (SELECT count(*) FROM pair_day WHERE seconds >= 900) AS true_pair_days,
       (SELECT count(*) FROM (SELECT DISTINCT low, high FROM pair_day WHERE seconds >= 900)) AS near_pairs"""


def database(rows: Iterable[tuple[int, int, int, float]], pair_day: str) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE raw (t INTEGER, a INTEGER, b INTEGER, metres REAL)")
    connection.executemany("INSERT INTO raw VALUES (?, ?, ?, ?)", rows)
    connection.execute(NEAR)
    connection.execute(pair_day)
    return connection


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    found = connection.execute(COUNTS)
    names = [column[0] for column in found.description]
    return dict(zip(names, found.fetchone(), strict=True))


def counted(trace: ContactTrace) -> dict[str, int]:
    pairs = near_pairs(trace)
    return {
        "rows": len(trace.day),
        "people": len(trace.people),
        "near_pair_days": len(pairs.day),
        "true_pair_days": int((pairs.seconds >= 900).sum()),
        "near_pairs": len(true_contacts(trace)),
    }


def listed(trace: ContactTrace) -> Pairs:
    """Day, the two people's numbers in the file, and seconds near."""
    pairs = near_pairs(trace)
    columns = (column.tolist() for column in (pairs.day, pairs.a, pairs.b, pairs.seconds))
    return [
        (day, int(trace.people[a]), int(trace.people[b]), seconds)
        for day, a, b, seconds in zip(*columns, strict=True)
    ]


def test_haslemere_agrees_with_sql_over_the_raw_file(shared_data: Path) -> None:
    path = shared_data / "contacts" / "HaslemereProximity.csv"
    trace = read_contact_list(path)
    with path.open() as lines:
        rows = list(csv.reader(lines))[1:]
    raw = database(((int(t), int(a), int(b), float(metres)) for t, a, b, metres in rows), HASLEMERE)
    assert listed(trace) == raw.execute(PAIR_DAYS).fetchall()
    assert counted(trace) == counts(raw)
    assert counted(trace) == {
        "rows": 102_831,
        "people": 469,
        "near_pair_days": 1411,
        "true_pair_days": 573,
        "near_pairs": 372,
    }


def test_the_high_school_agrees_with_sql_over_the_raw_file(shared_data: Path) -> None:
    path = shared_data / "contacts" / "High-School_data_2013.csv.gz"
    trace = read_contact_list(path)
    with gzip.open(path, "rt") as lines:
        fields = (line.split() for line in lines)
        raw = database(((int(t), int(a), int(b), 1.25) for t, a, b, *_ in fields), SOCIOPATTERNS)
    dates = [date for (date,) in raw.execute("SELECT DISTINCT day FROM pair_day ORDER BY day")]
    by_sql = raw.execute(PAIR_DAYS)
    assert listed(trace) == [(dates.index(date), low, high, seconds) for date, low, high, seconds in by_sql]
    assert counted(trace) == counts(raw)
    assert dates == ["2013-12-02", "2013-12-03", "2013-12-04", "2013-12-05", "2013-12-06"]
    assert counted(trace) == {
        "rows": 188_508,
        "people": 327,
        "near_pair_days": 11_213,
        "true_pair_days": 895,
        "near_pairs": 527,
    }


def test_fifteen_minutes_count_in_sum_and_within_one_day() -> None:
    # 1-2: 3 * 5 min apart on day 0. 3-4: 2 * 5 min on day 0 and one on day 1. 5-6: 3 * 5 min, one beyond 2 m.
    rows = [
        *((0, 3600 * hour, 1, 2, 2.0) for hour in (7, 9, 20)),
        *((day, second, 3, 4, 0.0) for day, second in ((0, 0), (0, 86_100), (1, 0))),
        *((0, 300 * step, 6, 5, metres) for step, metres in enumerate((1.0, 2.0, 2.01))),
    ]
    trace = trace_from_rows(rows)
    assert listed(trace) == [(0, 1, 2, 900), (0, 3, 4, 600), (0, 5, 6, 600), (1, 3, 4, 300)]
    assert true_contacts(trace) == [(0, 1)]


def test_forty_five_rows_of_twenty_seconds_are_fifteen_minutes() -> None:
    rows = [(0, 20 * step, 1, 2, 1.25) for step in range(45)]
    assert true_contacts(trace_from_rows(rows, kind="sociopatterns")) == [(0, 1)]
    assert true_contacts(trace_from_rows(rows[1:], kind="sociopatterns")) == []


def test_without_distances_near_is_at_least_minus_75_dbm() -> None:
    rows = [
        (0, 300 * step, a, b, dbm) for step in range(3) for a, b, dbm in ((1, 2, -75), (1, 3, -76), (2, 3, 0))
    ]
    trace = trace_from_rows(rows, kind="copenhagen")
    assert near_rows(trace).tolist() == [True, False, True] * 3
    assert listed(trace) == [(0, 1, 2, 900), (0, 2, 3, 900)]
    assert true_contacts(trace) == [(0, 1), (1, 2)]


def test_a_contact_of_several_days_is_one_pair() -> None:
    trace = trace_from_rows([(day, 300 * step, 1, 2, 1) for day in range(3) for step in range(4)])
    assert listed(trace) == [(day, 1, 2, 1200) for day in range(3)]
    assert true_contacts(trace) == [(0, 1)]


def test_nobody_near_and_nobody_at_all() -> None:
    far = trace_from_rows([(0, 0, 1, 2, 3)], others=["9"])
    empty = trace_from_rows([])
    for trace in (far, empty):
        assert listed(trace) == []
        assert true_contacts(trace) == []
    assert (far.people, far.days, far.steps) == (("1", "2", "9"), 1, 1)
    assert (empty.people, empty.days, empty.steps, len(empty.day)) == ((), 0, 0, 0)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.integers(0, 5),
            st.integers(0, 4),
            st.integers(0, 4),
            st.sampled_from([0, 1, 2, 3]),
        ).filter(lambda row: row[2] != row[3])
    )
)
def test_truth_agrees_with_counting_distinct_steps(rows: list[tuple[int, int, int, int, int]]) -> None:
    """Whatever the order, the direction and the repetitions; nearest of repeated rows counts."""
    near = {(day, step, *sorted((a, b))) for day, step, a, b, metres in rows if metres <= 2}
    seconds: dict[tuple[int, int, int], int] = defaultdict(int)
    for day, _, a, b in near:
        seconds[day, a, b] += 300
    trace = trace_from_rows([(day, 300 * step, a, b, metres) for day, step, a, b, metres in rows])
    assert listed(trace) == sorted((*key, total) for key, total in seconds.items())
    place = {person: row for row, person in enumerate(trace.people)}
    assert true_contacts(trace) == sorted(
        {(place[str(a)], place[str(b)]) for (_, a, b), total in seconds.items() if total >= 900}
    )


def test_a_trace_is_in_order_with_people_in_natural_order_and_cannot_be_changed() -> None:
    trace = trace_from_rows(
        [(1, 0, "10", "9", 4), (0, 300, "x", 9, 4), (0, 300, 10, 9, 5), (0, 0, 9, "x", 1)],
        roles={"x": "guest"},
        name="school",
    )
    assert trace.people == ("9", "10", "x")
    assert trace.day.tolist() == [0, 0, 0, 1]
    assert trace.second.tolist() == [0, 300, 300, 0]
    assert list(zip(trace.a.tolist(), trace.b.tolist(), strict=True)) == [(0, 2), (0, 1), (0, 2), (0, 1)]
    assert trace.metres.tolist() == [1, 5, 4, 4]
    assert (trace.name, trace.roles, trace.days, trace.steps, trace.step) == (
        "school",
        {"x": "guest"},
        2,
        3,
        300,
    )
    dtypes = [
        column.dtype.name for column in (trace.day, trace.second, trace.a, trace.b, trace.metres, trace.rssi)
    ]
    assert dtypes == ["int16", "int32", "int32", "int32", "float32", "float32"]
    with pytest.raises(ValueError, match="read-only"):
        trace.metres[0] = 0


@pytest.mark.parametrize(
    ("row", "kind", "reason"),
    [
        ((0, 0, 1, 1, 2.0), "haslemere", "themselves"),
        ((-1, 0, 1, 2, 2.0), "haslemere", "day"),
        ((2**15, 0, 1, 2, 2.0), "haslemere", "day"),
        ((0, -300, 1, 2, 2.0), "haslemere", "second"),
        ((0, 86_400, 1, 2, 2.0), "haslemere", "second"),
        ((0, 20, 1, 2, 2.0), "haslemere", "multiple of 300"),
        ((0, 10, 1, 2, 2.0), "sociopatterns", "multiple of 20"),
        ((0, 0, 1, 2, -0.1), "haslemere", "negative or missing"),
        ((0, 0, 1, 2, math.nan), "haslemere", "negative or missing"),
        ((0, 0, 1, 2, math.inf), "haslemere", "not finite"),
        ((0, 0, 1, 2, 20.5), "copenhagen", "above 20 dBm"),
        ((0, 0, 1, 2, math.nan), "copenhagen", "above 20 dBm or missing"),
        ((0, 0, 1, 2, -math.inf), "copenhagen", "not finite"),
    ],
)
def test_an_impossible_row_is_refused(row: tuple[int, int, int, int, float], kind: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        trace_from_rows([(0, 0, 3, 4, 1.0), row], kind=kind)  # type: ignore[arg-type]


def test_distances_and_strengths_belong_to_their_kinds() -> None:
    ids = np.array([[1, 2]])
    with pytest.raises(ValueError, match="has distances"):
        trace_from_columns("haslemere", "x", day=[0], second=[0], ids=ids, rssi=[-70])
    with pytest.raises(ValueError, match="has strengths"):
        trace_from_columns("copenhagen", "x", day=[0], second=[0], ids=ids, metres=[1], rssi=[-70])
