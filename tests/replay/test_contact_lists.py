"""Reading real contact lists, and refusing what is not one."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from bluezone.replay.busiest_day import busiest_day
from bluezone.replay.contact_lists import ContactListError, read_contact_list
from bluezone.replay.contact_trace import LOCAL_MIDNIGHT
from bluezone.replay.day import near_seconds

HEADER = "time_step,user1_id,user2_id,distance_m\n"


def write(folder: Path, text: str, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_haslemere_is_read_as_published(shared_data: Path) -> None:
    """Row, people and near-row counts are those of the data set's own description."""
    trace = read_contact_list(shared_data / "contacts" / "HaslemereProximity.csv")
    assert len(trace.day) == 102_831
    assert len(trace.people) == 469
    assert (trace.metres <= 2).sum() == 13_146
    assert (trace.days, trace.steps) == (3, 576)


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


def test_sociopatterns_is_read_as_published(shared_data: Path) -> None:
    contact_list = read_contact_list(shared_data / "contacts" / "High-School_data_2013.csv.gz")
    assert len(contact_list.day) == 188_508
    assert len(contact_list.people) == 327
    day = busiest_day(contact_list)
    assert len(day.people) == 24
    assert all(person.role for person in day.people)
    assert all(day.start <= contact.start < contact.end <= day.end for contact in day.contacts)


def test_adjacent_rows_become_one_contact(tmp_path: Path) -> None:
    # Steps 1, 2 and 4 at 1 m: 07:00-07:10 and 07:15-07:20.
    path = write(tmp_path, HEADER + "1,7,8,1\n2,8,7,1\n4,7,8,1\n")
    day = busiest_day(read_contact_list(path))
    seven = LOCAL_MIDNIGHT + 7 * 3600
    assert [(c.a, c.b, c.start, c.end) for c in day.contacts] == [
        ("7", "8", seven, seven + 600),
        ("7", "8", seven + 900, seven + 1200),
    ]


def test_sociopatterns_row_covers_the_twenty_seconds_before_its_time(tmp_path: Path) -> None:
    # 1385982020 is 12:00:20 in Paris on 2 December 2013.
    path = tmp_path / "list.gz"
    path.write_bytes(gzip.compress(b"1385982020 454 640 MP MP\n"))
    (contact,) = busiest_day(read_contact_list(path)).contacts
    assert (contact.start - LOCAL_MIDNIGHT, contact.end - LOCAL_MIDNIGHT) == (12 * 3600, 12 * 3600 + 20)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("a,b,c\n", "line 1: neither"),
        (HEADER + "1,2\n", "line 2: has 2 fields"),
        (HEADER + "1,2,3,4\nx,2,3,4\n", "line 3: time_step 'x'"),
        (HEADER + "0,2,3,4\n", "line 2: time_step 0 is outside"),
        (HEADER + "1,2,3,-4\n", "line 2: distance_m -4"),
        (HEADER + "1,2,2,4\n", "line 2: person 2 in contact with themselves"),
        ("1385982020 1 2\n1385982020 1\n", "line 2: has 2 fields"),
        ("noon 1 2\n", "line 1: time 'noon'"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ContactListError) as caught:
        read_contact_list(write(tmp_path, text))
    assert says in str(caught.value)


def test_an_empty_list_a_missing_day_and_strangers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ContactListError, match="no contacts"):
        busiest_day(read_contact_list(write(tmp_path, HEADER)))
    one = read_contact_list(write(tmp_path, HEADER + "1,2,3,1\n"))
    with pytest.raises(ContactListError, match="has no day 2; it has 1"):
        busiest_day(one, day=2)
    with pytest.raises(ContactListError, match="nobody was within 2 m"):
        busiest_day(read_contact_list(write(tmp_path, HEADER + "1,2,3,9\n")))


def test_bytes_that_are_no_text_and_cut_gzip_are_refused(tmp_path: Path) -> None:
    binary = tmp_path / "list.bin"
    binary.write_bytes(b"\xff\xfe\x00\x80" * 50)
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(b"1385982020 454 640 MP MP\n" * 2000)[:-20])
    for path in (binary, cut, tmp_path / "none.csv"):
        with pytest.raises(ContactListError, match=path.name):
            read_contact_list(path)
