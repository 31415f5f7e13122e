"""The busiest people of one recorded day, as the demo shows them."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from bluezone.replay.busiest_day import busiest_day
from bluezone.replay.contact_lists import ContactListError, read_contact_list
from bluezone.replay.contact_trace import LOCAL_MIDNIGHT, trace_from_rows
from bluezone.replay.copenhagen import metres_of
from bluezone.replay.day import near_seconds
from bluezone.replay.radio_model import median_attenuation

SEVEN = 7 * 3600


def test_haslemere_day_agrees_with_a_plain_count_over_the_raw_file(shared_data: Path) -> None:
    path = shared_data / "contacts" / "HaslemereProximity.csv"
    day = busiest_day(read_contact_list(path), day=1)
    ids = {person.id for person in day.people}
    expected: Counter[str] = Counter()
    with path.open() as lines:
        steps = {
            (row["time_step"], frozenset((row["user1_id"], row["user2_id"])) - {day.f0})
            for row in csv.DictReader(lines)
            if 1 <= int(row["time_step"]) <= 192
            and int(row["distance_m"]) <= 2
            and day.f0 in (row["user1_id"], row["user2_id"])
            and {row["user1_id"], row["user2_id"]} <= ids
        }
    for _, others in steps:
        expected.update(others)
    assert near_seconds(day.contacts, day.f0) == {other: 300 * count for other, count in expected.items()}
    assert expected


def test_pupils_have_their_classes_and_contacts_lie_within_the_day(shared_data: Path) -> None:
    day = busiest_day(read_contact_list(shared_data / "contacts" / "High-School_data_2013.csv.gz"))
    assert len(day.people) == 24
    assert all(person.role for person in day.people)
    assert all(day.start <= contact.start < contact.end <= day.end for contact in day.contacts)


def test_adjacent_rows_become_one_contact() -> None:
    # Three five-minute steps at 1 m, the third after a pause, and one at another distance.
    trace = trace_from_rows(
        [
            (0, SEVEN, 7, 8, 1),
            (0, SEVEN + 300, 8, 7, 1),
            (0, SEVEN + 900, 7, 8, 1),
            (0, SEVEN + 1200, 7, 8, 2),
        ]
    )
    start = LOCAL_MIDNIGHT + SEVEN
    assert [(c.a, c.b, c.start, c.end, c.distance) for c in busiest_day(trace).contacts] == [
        ("7", "8", start, start + 600, 1),
        ("7", "8", start + 900, start + 1200, 1),
        ("7", "8", start + 1200, start + 1500, 2),
    ]


def test_a_twenty_second_contact_keeps_its_time_of_day() -> None:
    trace = trace_from_rows([(3, 12 * 3600, 454, 640, 1.25)], kind="sociopatterns")
    day = busiest_day(trace)
    (contact,) = day.contacts
    assert (contact.start - LOCAL_MIDNIGHT, contact.end - LOCAL_MIDNIGHT) == (12 * 3600, 12 * 3600 + 20)
    assert day.title == "by hand, ngày 4"


def test_the_day_with_most_rows_and_its_most_near_people_are_chosen() -> None:
    # Day 1: one near row. Day 2: 1-2 near twice, 2-3 once, 3-4 once, 5 and 6 only far away.
    rows = [
        (0, SEVEN, 8, 9, 1),
        (1, SEVEN, 1, 2, 2),
        (1, SEVEN + 300, 1, 2, 2),
        (1, SEVEN, 2, 3, 2),
        (1, SEVEN, 3, 4, 2),
        (1, SEVEN, 5, 6, 3),
    ]
    trace = trace_from_rows(rows)
    day = busiest_day(trace, people=3)
    # Near rows: 2 has three; 1 and 3 have two; 4 has one.
    assert [person.id for person in day.people] == ["1", "2", "3"]
    assert {(c.a, c.b) for c in day.contacts} == {("1", "2"), ("2", "3")}
    assert [person.id for person in busiest_day(trace, day=1).people] == ["8", "9"]


def test_the_f0_was_truly_near_most_others() -> None:
    # 2 was near 1 and 3 for 15 minutes each; 4 was near 3 for five minutes only.
    rows = [(0, SEVEN + 300 * step, 2, other, 2) for step in range(3) for other in (1, 3)]
    assert busiest_day(trace_from_rows([*rows, (0, SEVEN, 3, 4, 1)])).f0 == "2"


def test_an_empty_list_a_missing_day_and_strangers_are_refused() -> None:
    with pytest.raises(ContactListError, match="no contacts"):
        busiest_day(trace_from_rows([]))
    two_days = trace_from_rows([(0, SEVEN, 2, 3, 1), (2, SEVEN, 2, 3, 1)])
    for day in (0, 2, 4):
        with pytest.raises(ContactListError, match=f"has no day {day}; it has 1, 3"):
            busiest_day(two_days, day=day)
    with pytest.raises(ContactListError, match="nobody was within 2 m on day 1"):
        busiest_day(trace_from_rows([(0, SEVEN, 2, 3, 9)]))


def test_a_strength_becomes_the_distance_with_that_median_loss() -> None:
    day = busiest_day(trace_from_rows([(0, 0, 1, 2, -75), (0, 300, 1, 2, -76)], kind="copenhagen"))
    assert [contact.distance for contact in day.contacts] == [metres_of(-75), metres_of(-76)]
    assert near_seconds(day.contacts, "1") == {"2": 300}


def test_near_by_strength_is_near_by_distance() -> None:
    assert metres_of(-75) == 2.0
    assert metres_of(-76) > 2.0
    strengths = range(-128, 21)
    distances = [metres_of(rssi) for rssi in strengths]
    assert distances == sorted(distances, reverse=True)
    assert (distances[0], distances[-1]) == (100.0, 0.3)
    for rssi, metres in zip(strengths, distances, strict=True):
        if 0.3 < metres < 100.0:
            # The model's loss there, against the definition; a centimetre is 0.2 dB at 0.5 m and more.
            loss = median_attenuation(2.0) - 75 - rssi
            assert median_attenuation(metres) == pytest.approx(loss, abs=0.35)
