"""Reading real contact lists, and refusing what is not one."""

from __future__ import annotations

import gzip
import os
import random
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.replay import contact_table
from bluezone.replay.contact_lists import ContactListError, read_contact_list
from bluezone.replay.contact_trace import ContactTrace

HASLEMERE = "time_step,user1_id,user2_id,distance_m\n"
COPENHAGEN = "# timestamp,user_a,user_b,rssi\n"


def write(folder: Path, text: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def rows_of(trace: ContactTrace) -> list[tuple[int, int, str, str, float]]:
    """Day, second, the two people and metres (for Copenhagen dBm)."""
    strength = trace.rssi if trace.kind == "copenhagen" else trace.metres
    columns = (column.tolist() for column in (trace.day, trace.second, trace.a, trace.b, strength))
    return [
        (day, second, trace.people[a], trace.people[b], value)
        for day, second, a, b, value in zip(*columns, strict=True)
    ]


def says(path: Path) -> str:
    with pytest.raises(ContactListError) as caught:
        read_contact_list(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


# The formats


def test_haslemere_is_read_as_published(shared_data: Path) -> None:
    """Row, people, near-row and step counts are those of the data set's own description."""
    trace = read_contact_list(shared_data / "contacts" / "HaslemereProximity.csv")
    assert len(trace.day) == 102_831
    assert len(trace.people) == 469
    assert (trace.metres <= 2).sum() == 13_146
    assert (trace.days, trace.steps, trace.step) == (3, 576, 300)
    assert np.isnan(trace.rssi).all()
    assert not trace.roles


def test_haslemere_days_have_192_steps_from_seven(tmp_path: Path) -> None:
    # Step 1 is 07:00, 192 the last of the day (07:00 + 191 * 5 min = 22:55), 193 is 07:00 of the next.
    trace = read_contact_list(write(tmp_path, HASLEMERE + "193,7,8,3\n192,9,10,0\n1,8,7,2"))
    assert rows_of(trace) == [
        (0, 7 * 3600, "7", "8", 2),
        (0, 22 * 3600 + 55 * 60, "9", "10", 0),
        (1, 7 * 3600, "7", "8", 3),
    ]
    assert trace.people == ("7", "8", "9", "10")
    assert (trace.kind, trace.name, trace.days, trace.steps) == ("haslemere", "list.csv", 2, 3)


def test_sociopatterns_is_read_as_published(shared_data: Path) -> None:
    path = shared_data / "contacts" / "High-School_data_2013.csv.gz"
    trace = read_contact_list(path)
    assert len(trace.day) == 188_508
    assert len(trace.people) == 327
    assert (trace.days, trace.step) == (5, 20)
    with gzip.open(path, "rt") as lines:
        fields = [line.split() for line in lines]
    assert trace.roles == {row[1]: row[3] for row in fields} | {row[2]: row[4] for row in fields}
    assert trace.steps == len({row[0] for row in fields})


@pytest.mark.parametrize("parted_by", [" ", "\t", "  "])
@pytest.mark.parametrize("classes", [("", ""), ("MP", "2BIO3")])
def test_sociopatterns_row_covers_the_twenty_seconds_before_its_time(
    tmp_path: Path, parted_by: str, classes: tuple[str, str]
) -> None:
    # 1385982020 is 12:00:20 in Paris on 2 December 2013.
    line = parted_by.join(("1385982020", "640", "454", *(one for one in classes if one))) + "\n"
    trace = read_contact_list(write(tmp_path, gzip.compress(line.encode()), "list.gz"))
    assert rows_of(trace) == [(0, 12 * 3600, "454", "640", 1.25)]
    assert trace.roles == ({"640": "MP", "454": "2BIO3"} if classes[0] else {})


def test_sociopatterns_days_are_those_of_paris(tmp_path: Path) -> None:
    """Midnight belongs to the day it ends; a day without rows is none; clocks go back at 01:00 UTC."""
    # 27 October 2013, 00:00 UTC, is 1382832000 (16,005 days); CEST is UTC+2 until 01:00 UTC, then CET, UTC+1.
    utc = 1382832000
    monday = utc + 86_400
    text = "".join(
        f"{time} 1 2\n"
        for time in (
            utc + 3600,  # from 00:59:40 UTC: 02:59:40 CEST
            utc + 3620,  # from 01:00:00 UTC: 02:00:00 CET
            monday - 3600,  # until midnight CET: 23:59:40
            monday - 3580,  # from midnight CET, Monday the 28th
            monday + 2 * 86_400,  # Wednesday the 30th, 00:59:40 CET
        )
    )
    trace = read_contact_list(write(tmp_path, text))
    assert list(zip(trace.day.tolist(), trace.second.tolist(), strict=True)) == [
        (0, 2 * 3600),
        (0, 3 * 3600 - 20),
        (0, 86_380),
        (1, 0),
        (2, 3580),
    ]
    assert (trace.days, trace.steps) == (3, 5)


@pytest.mark.parametrize(
    "header", [COPENHAGEN, "timestamp,user_a,user_b,rssi\r\n", "\ufeff#timestamp, user_a,user_b,rssi\n"]
)
def test_copenhagen_scans_without_a_contact_count_for_time_and_people(tmp_path: Path, header: str) -> None:
    # Day 0, 00:05: 3 sees 20; day 1 begins at 86,400: 4 sees 3. 5 scans in vain; day 2 has an outsider only.
    text = header + "300,3,20,-75\n600,5,-1,0\n86400,4,3,-60\n172800,3,-2,-90\n"
    for data in (text.encode(), gzip.compress(text.encode())):
        trace = read_contact_list(write(tmp_path, data))
        assert rows_of(trace) == [(0, 300, "3", "20", -75), (1, 0, "3", "4", -60)]
        assert np.isnan(trace.metres).all()
        assert trace.people == ("3", "4", "5", "20")
        assert (trace.kind, trace.step, trace.days, trace.steps) == ("copenhagen", 300, 3, 4)


def test_of_doubled_rows_the_nearest_or_strongest_stays(tmp_path: Path) -> None:
    near = read_contact_list(write(tmp_path, HASLEMERE + "1,7,8,9\n1,8,7,2\n1,7,8,3\n2,7,8,3\n"))
    assert [row[4] for row in rows_of(near)] == [2, 3]
    strong = read_contact_list(write(tmp_path, COPENHAGEN + "0,7,8,-80\n0,8,7,-60\n0,7,8,-70\n"))
    assert [row[4] for row in rows_of(strong)] == [-60]
    once = read_contact_list(write(tmp_path, "40 1 2\n40 2 1\n"))
    assert len(once.day) == 1


# Blocks of lines


def test_plain_files_are_not_read_line_by_line(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which would take several times as long: the Copenhagen list has 5.5 million rows."""

    def refuse(*_: object) -> None:
        pytest.fail("was read line by line")

    monkeypatch.setattr(contact_table, "_line_by_line", refuse)
    for name in ("HaslemereProximity.csv", "High-School_data_2013.csv.gz"):
        read_contact_list(shared_data / "contacts" / name)
    read_contact_list(write(tmp_path, COPENHAGEN + "0,7,8,-80\r\n300,7,-1,0\r\n"))
    read_contact_list(write(tmp_path, "20\t1\t2\n40\t1\t3"))


@given(data=st.data())
def test_a_block_reads_as_its_lines_do(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever is plain, whatever is only forgiven, and wherever blocks end: the rows are those written."""
    number = st.integers(0, 2000)
    written = data.draw(
        st.lists(st.tuples(number, number, number, number).filter(lambda row: row[1] != row[2]), min_size=1)
    )
    forms = ["{},{},{},{}\n", "{},{},{},{}\r\n", " {}, {},{} ,0{}\n", "\n{},{},{},{}\n"]
    used = forms if data.draw(st.booleans()) else forms[:2]
    text = "".join(
        data.draw(st.sampled_from(used)).format(step + 1, a, b, metres) for step, a, b, metres in written
    )
    if data.draw(st.booleans()):
        text = text.rstrip("\r\n")
    expected: dict[tuple[int, int, int, int], int] = {}
    for step, a, b, metres in written:
        key = (step // 192, 25_200 + 300 * (step % 192), min(a, b), max(a, b))
        expected[key] = min(metres, expected.get(key, metres))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contact_table, "_BLOCK", data.draw(st.integers(1, 100)))
        trace = read_contact_list(write(tmp_path_factory.mktemp("list"), HASLEMERE + text))
    assert {(day, second, int(a), int(b)): metres for day, second, a, b, metres in rows_of(trace)} == expected
    assert [row[:2] for row in rows_of(trace)] == sorted(row[:2] for row in expected)


@pytest.mark.parametrize("block", [16, 100, 1000, 1 << 20])
@pytest.mark.parametrize("bad", [2, 251, 500])
def test_a_wrong_line_is_named_wherever_its_block_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, bad: int
) -> None:
    monkeypatch.setattr(contact_table, "_BLOCK", block)
    lines = [HASLEMERE, *(f"{step},{step + 3},{step + 9},4\n" for step in range(2, 501))]
    lines[bad - 1] = f"{bad},7,8,4.5\n"
    assert f"line {bad}: distance_m '4.5'" in says(write(tmp_path, "".join(lines)))


@pytest.mark.parametrize("zipped", [False, True])
def test_progress_is_told_in_bytes_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    monkeypatch.setattr(contact_table, "_BLOCK", 10_000)
    some = random.Random(1)
    rows = (
        f"{some.randrange(90) * 300},{some.randrange(99)},{some.randrange(100, 199)},-70\n"
        for _ in range(20_000)
    )
    text = (COPENHAGEN + "".join(rows)).encode()
    path = write(tmp_path, gzip.compress(text) if zipped else text)
    told: list[int] = []
    read_contact_list(path, told.append)
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size
    assert len(set(told)) > 3


def test_memory_stays_far_below_an_object_per_row(tmp_path: Path) -> None:
    some = random.Random(2)
    rows = 200_000
    with (tmp_path / "list.csv").open("w") as file:
        file.write(COPENHAGEN)
        for number in range(rows):
            file.write(f"{number // 100 * 300},{some.randrange(400)},{some.randrange(400, 800)},-70\n")
    tracemalloc.start()
    trace = read_contact_list(tmp_path / "list.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(trace.day) > 190_000
    # A tuple of four alone takes 72 bytes before its numbers; one block's own arrays take about 15 MB.
    assert peak < 150 * rows


# What is refused


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("\n", "line 1: neither"),
        ("a,b,c\n", "line 1: neither"),
        (HASLEMERE, "no contacts"),
        (HASLEMERE + "\n\n", "no contacts"),
        (HASLEMERE + "1,2\n", "line 2: has 2 fields, needs 4"),
        (HASLEMERE + "1,2,3,4,5\n", "line 2: has 5 fields"),
        (HASLEMERE + "1,2\n3,4\n", "line 2: has 2 fields"),
        (HASLEMERE + "1,2,3\n4,5,6,7,8\n", "line 2: has 3 fields"),
        (HASLEMERE + "1,2,3,\n", "line 2: distance_m '' is not a whole number"),
        (HASLEMERE + "1,2,3,4\nx,2,3,4\n", "line 3: time_step 'x' is not"),
        (HASLEMERE + "1,2,3,4\n\n\nx,2,3,4\n", "line 5: time_step 'x' is not"),
        (HASLEMERE + "0,2,3,4\n", "line 2: time_step 0 is outside 1 to 70272"),
        (HASLEMERE + "70273,2,3,4\n", "line 2: time_step 70273 is outside"),
        (HASLEMERE + "1,2.5,3,4\n", "line 2: user1_id '2.5'"),
        (HASLEMERE + "1,-2,3,4\n", "line 2: user1_id -2 is outside"),
        (HASLEMERE + "1,2,1000000001,4\n", "line 2: user2_id 1000000001 is outside"),
        (HASLEMERE + f"1,2,{10**40},4\n", f"line 2: user2_id {10**40} is outside 0 to 1000000000"),
        (
            HASLEMERE + "12345678901234567890,2,3,4\n",
            "line 2: time_step 12345678901234567890 is outside",
        ),
        (HASLEMERE + "-12345678901234567890,2,3,4\n", "line 2: time_step -12345678901234567890 is outside"),
        (HASLEMERE + "1,2,3,1.5\n", "line 2: distance_m '1.5' is not a whole number of metres"),
        (HASLEMERE + "1,2,3,-4\n", "line 2: distance_m -4 is outside"),
        (HASLEMERE + "1,2,3,nan\n", "line 2: distance_m 'nan' is not a whole number"),
        (HASLEMERE + "1,2,3,1e3\n", "line 2: distance_m '1e3' is not"),
        (HASLEMERE + "1,2,3,1_0\n", "line 2: distance_m '1_0' is not"),
        (HASLEMERE + "1,2,3,--4\n", "line 2: distance_m '--4' is not"),
        (HASLEMERE + "1,2,3,\u0664\n", "line 2: distance_m '\u0664' is not"),
        (HASLEMERE + "1,2,2,4\n", "line 2: person 2 in contact with themselves"),
        (HASLEMERE + "1,2,02,4\n", "line 2: person 2 in contact with themselves"),
        ("1385982020 1 2\n1385982020 1\n", "line 2: has 2 fields, needs 3"),
        ("1385982020 1 2 A B\n1385982020 1 2\n", "line 2: has 3 fields, needs 5"),
        ("1385982020 1 2 A B\n1385982020 1 2  B\n", "line 2: has 4 fields, needs 5"),
        ("noon 1 2\n", "line 1: time 'noon'"),
        ("1385982021 1 2\n", "line 1: time 1385982021 is not a multiple of 20"),
        ("4294967300 1 2\n", "line 1: time 4294967300 is outside"),
        ("-20 1 2\n", "line 1: time -20 is outside"),
        ("20 1 anna\n", "line 1: second person 'anna'"),
        ("20 1 1\n", "line 1: person 1 in contact with themselves"),
        ("20 1 2 A \x1b[31m\n", "line 1: '\\x1b[31m' is not printable"),
        (COPENHAGEN, "no contacts"),
        (COPENHAGEN + "0,1,-1,0\n300,1,-2,-80\n", "no contacts"),
        (COPENHAGEN + "299,1,2,-80\n", "line 2: timestamp 299 is not a multiple of 300"),
        (COPENHAGEN + "-300,1,2,-80\n", "line 2: timestamp -300 is outside"),
        (COPENHAGEN + "31622400,1,2,-80\n", "line 2: timestamp 31622400 is outside 0 to 31622399"),
        (COPENHAGEN + "0,-1,2,-80\n", "line 2: user_a -1 is outside"),
        (COPENHAGEN + "0,1,-3,-80\n", "line 2: user_b -3 is outside"),
        (COPENHAGEN + "0,1,2,21\n", "line 2: rssi 21 is outside -128 to 20"),
        (COPENHAGEN + "0,1,2,-129\n", "line 2: rssi -129 is outside"),
        (COPENHAGEN + "0,1,2,-70.5\n", "line 2: rssi '-70.5'"),
        (COPENHAGEN + "0,1,1,-70\n", "line 2: person 1 in contact with themselves"),
        (HASLEMERE + "1,2,3,4\n1,2,3," + " " * 200 + "4\n", "line 3: is longer than 200"),
        (HASLEMERE + "1,2,3,4\n" + "1" * 3_000_000, "line 3: is longer than 200"),
        ("20 1 2 A " + "B" * 200 + "\n", "line 1: is longer than 200"),
        ("20 1 2 A B\n20 1 2 A " + "B" * 200 + "\n", "line 2: is longer than 200"),
        ("1" * 3_000_000, "line 1: is longer than 200"),
        (b"\xff\xfe\x00\x80" * 20, "line 1: is not text in UTF-8"),
        (b"20 1 2 A B\n20 1 2 A \xff\n", "line 2: is not text in UTF-8"),
        (bytes(3_000_000), "line 1: is longer than 200"),
        (HASLEMERE.encode() + b"1,2,3,4\n" + bytes(50), "line 3: has 1 fields"),
    ],
)
def test_a_wrong_list_is_refused_with_its_line_and_reason(
    tmp_path: Path, text: str | bytes, reason: str
) -> None:
    assert reason in says(write(tmp_path, text))
    zipped = gzip.compress(text.encode() if isinstance(text, str) else text)
    assert reason in says(write(tmp_path, zipped, "list.gz"))


def test_a_number_may_have_zeros_before_it(tmp_path: Path) -> None:
    trace = read_contact_list(write(tmp_path, HASLEMERE + f"{'1':0>30},7,8,0000000000000000000003\n"))
    assert rows_of(trace) == [(0, 7 * 3600, "7", "8", 3)]


@pytest.mark.parametrize("block", [30, 1 << 20])
@pytest.mark.parametrize("last", ["\n", ""])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_list_has_so_many_lines_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, last: str, zipped: bool
) -> None:
    """Else a small gzip file could fill the memory."""
    monkeypatch.setattr(contact_table, "_BLOCK", block)
    monkeypatch.setattr(contact_table, "MAX_LINES", 100)
    rows = [f"{step},7,8,3" for step in range(1, 101)]
    for count, header in ((99, HASLEMERE), (100, "")):
        most = header + "\n".join(rows[:count] if header else [f"{row}0 7 8" for row in range(0, 200, 2)])
        for text, fits in ((most + last, True), (most + "\n\n", False), (most + "\n9,9", False)):
            path = write(tmp_path, gzip.compress(text.encode()) if zipped else text)
            if fits:
                assert len(read_contact_list(path).day) == count
            else:
                assert "has more than 100 lines" in says(path)


@pytest.mark.parametrize("zipped", [False, True])
def test_a_list_has_so_many_bytes_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    text = (HASLEMERE + "1,7,8,3\n" * 1000).encode()
    path = write(tmp_path, gzip.compress(text) if zipped else text)
    monkeypatch.setattr(contact_table, "_BLOCK", 100)
    monkeypatch.setattr(contact_table, "MAX_BYTES", len(text))
    assert len(read_contact_list(path).day) == 1
    monkeypatch.setattr(contact_table, "MAX_BYTES", len(text) - 1)
    assert f"has more than {len(text) - 1:,} bytes" in says(path)


def test_the_longest_lists_known_are_far_below_the_limits() -> None:
    """Copenhagen's bt_symmetric.csv: 5.5 million rows like 2418900,1000,1000,-100."""
    assert contact_table.MAX_LINES > 3 * 5_500_000
    row = len("2418900,1000,1000,-100\r\n")
    assert 3 * 5_500_000 * row < contact_table.MAX_BYTES


def test_an_endless_line_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A few kilobytes of gzip can hold a line that fills the memory."""
    path = write(tmp_path, gzip.compress((HASLEMERE + "1,2,3,4\n").encode() + b"1" * 64_000_000))
    tracemalloc.start()
    assert "line 3: is longer than 200" in says(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16_000_000


def test_a_class_in_vietnamese_is_text_like_any_other(tmp_path: Path) -> None:
    trace = read_contact_list(write(tmp_path, "20 1 2 4A lớp_5B\n40 3 1 5C 4A\n"))
    assert trace.roles == {"1": "4A", "2": "lớp_5B", "3": "5C"}


def test_damaged_gzip_folders_and_missing_files_are_refused(tmp_path: Path) -> None:
    some = random.Random(3)
    good = gzip.compress("".join(f"{some.randrange(10**6) * 20} 454 640\n" for _ in range(9000)).encode())
    half = write(tmp_path, good[: len(good) // 2], "half.gz")
    assert "cut short" in says(half)
    assert "cut short" in says(write(tmp_path, good[:-4], "cut.gz"))
    assert "cut short" in says(write(tmp_path, good[:5], "stump.gz"))
    assert "cannot be read" in says(write(tmp_path, good[:-8] + bytes(8), "checksum.gz"))
    assert "cannot be read" in says(write(tmp_path, good[:2000] + b"\xff" * 2000 + good[4000:], "bits.gz"))
    assert "cannot be read" in says(write(tmp_path, good + b"junk", "tail.gz"))
    assert "is a folder" in says(tmp_path)
    assert "No such file" in says(tmp_path / "none.csv")


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Callable[[bytes], Path]]:
    path = tmp_path / "pipe"
    writers: list[threading.Thread] = []

    def fill(data: bytes) -> Path:
        os.mkfifo(path)
        writers.append(threading.Thread(target=path.write_bytes, args=(data,), daemon=True))
        writers[0].start()
        return path

    yield fill
    for writer in writers:
        writer.join(timeout=5)


def test_a_pipe_is_read_once_and_has_no_position(pipe: Callable[[bytes], Path]) -> None:
    told: list[int] = []
    trace = read_contact_list(pipe(gzip.compress(b"20 1 2\n")), told.append)
    assert len(trace.day) == 1
    assert set(told) == {0}


@pytest.mark.parametrize("zipped", [False, True])
def test_every_byte_of_the_file_is_shown_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    monkeypatch.setattr(contact_table, "_BLOCK", 1000)
    some = random.Random(4)
    text = "".join(f"{some.randrange(10**6) * 20} 454 640\n" for _ in range(9000)).encode()
    data = gzip.compress(text[:50_000]) + gzip.compress(text[50_000:]) + bytes(100) if zipped else text
    shown = bytearray()
    read_contact_list(write(tmp_path, data), seen=shown.extend)
    assert shown == data


def test_a_fault_of_the_progress_display_is_not_the_files(tmp_path: Path) -> None:
    def gone(_: int) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        read_contact_list(write(tmp_path, "20 1 2\n"), gone)
