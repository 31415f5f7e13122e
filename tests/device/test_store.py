"""The store: what is acknowledged stays, what is old or forgotten goes, and nobody else gets in."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from bluezone.device import store_schema
from bluezone.device.store import DeviceStore, Encounter, Role
from bluezone.device.store_schema import (
    StoreDamaged,
    StoreInUse,
    StoreMissing,
    StoreTooNew,
    StoreUnusable,
)
from bluezone.protocols.gaen import interval_number

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
T0 = int(NOON.timestamp())


def encounter(number: int) -> Encounter:
    return Encounter(number.to_bytes(16, "big"), b"\1\2\3\4", -70, -65)


@pytest.fixture
def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    with DeviceStore.open(tmp_path / "device") as opened:
        yield opened


# Encounters


def test_a_scan_comes_back_as_sightings_and_by_its_place(store: DeviceStore) -> None:
    store.add_scan(T0, 250, [encounter(2), encounter(1)])
    store.add_scan(T0 - 300, 3, [encounter(7)])
    (sightings,) = store.sighting_chunks()
    assert sightings.times.tolist() == [T0 - 300, T0, T0]
    assert [bytes(row) for row in sightings.rpis] == [encounter(n).rpi for n in (7, 1, 2)]
    assert sightings.rpis.dtype == np.uint8
    found = store.encounter(T0, encounter(2).rpi)
    assert found is not None
    assert (found.encounter, found.seconds_since_last_scan) == (encounter(2), 250)
    assert store.encounter(T0 + 1, encounter(2).rpi) is None


@pytest.mark.parametrize("rows", [1, 3, 4, 7, 8, 100])
def test_chunks_of_any_size_give_every_sighting_once(store: DeviceStore, rows: int) -> None:
    for scan in range(4):
        store.add_scan(T0 + scan, 240, [encounter(10 * scan + n) for n in range(2)])
    chunks = list(store.sighting_chunks(rows=rows))
    assert all(len(chunk) <= rows for chunk in chunks)
    got = [(int(t), bytes(r)) for c in chunks for t, r in zip(c.times, c.rpis, strict=True)]
    assert got == [(T0 + s, encounter(10 * s + n).rpi) for s in range(4) for n in range(2)]


def test_an_empty_store_has_no_chunks(store: DeviceStore) -> None:
    assert list(store.sighting_chunks()) == []


def test_the_same_scan_again_changes_nothing(store: DeviceStore) -> None:
    store.add_scan(T0, 250, [encounter(1)])
    store.add_scan(T0, 111, [encounter(1), encounter(2)])
    assert store.encounter_count() == 2
    found = store.encounter(T0, encounter(1).rpi)
    assert found is not None
    assert found.seconds_since_last_scan == 250


def test_retention_deletes_in_bounded_steps_and_exactly_at_14_days(store: DeviceStore) -> None:
    limit = T0 - 14 * 86_400
    store.add_scan(limit - 1, 240, [encounter(n) for n in range(5)])
    store.add_scan(limit, 240, [encounter(9)])
    assert [store.purge(NOON, rows=2) for _ in range(4)] == [2, 2, 1, 0]
    (left,) = store.sighting_chunks()
    assert left.times.tolist() == [limit]


def test_reading_and_deleting_use_the_clustered_order(store: DeviceStore) -> None:
    def plan(sql: str, parameters: tuple[object, ...]) -> str:
        return " / ".join(row[3] for row in store.query("EXPLAIN QUERY PLAN " + sql, parameters))

    reading = plan(
        "SELECT time, rpi FROM encounters WHERE (time, rpi) > (?, ?) ORDER BY time, rpi LIMIT ?", (0, b"", 9)
    )
    assert reading == "SEARCH encounters USING PRIMARY KEY ((time,rpi)>(?,?))"
    deleting = plan(
        "DELETE FROM encounters WHERE (time, rpi) IN"
        " (SELECT time, rpi FROM encounters WHERE time < ? ORDER BY time, rpi LIMIT ?)",
        (T0, 10),
    )
    assert "SCAN encounters" not in deleting
    assert "TEMP B-TREE" not in reading + deleting
    assert "SEARCH encounters USING PRIMARY KEY (time<?)" in deleting
    assert "PRIMARY KEY (time=? AND rpi=?)" in plan(
        "SELECT aem FROM encounters WHERE time = ? AND rpi = ?", (0, b"")
    )


def test_rows_that_are_no_encounters_are_refused_by_the_schema(store: DeviceStore) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store.add_scan(T0, 240, [encounter(1), Encounter(b"short", b"1234", -70, -70)])
    assert store.encounter_count() == 0  # all or nothing


WRITER = """
import sys
from pathlib import Path
from bluezone.device import store_schema
from bluezone.device.store import DeviceStore, Encounter, Role
with DeviceStore.open(Path(sys.argv[1])) as store:
    batch = int(sys.argv[2])
    while True:
        rpis = [(batch * 50 + n).to_bytes(16, "big") for n in range(50)]
        store.add_scan(batch, 240, [Encounter(rpi, b"abcd", -70, -60) for rpi in rpis])
        print(batch, flush=True)
        batch += 1
"""


def test_kill_9_loses_nothing_acknowledged_and_leaves_no_half_batch(tmp_path: Path) -> None:
    rng, folder, next_batch = random.Random(5), tmp_path / "device", 0
    with DeviceStore.open(folder):
        pass
    for _ in range(6):
        acknowledged = next_batch - 1
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), str(next_batch)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        for _ in range(rng.randrange(1, 60)):
            acknowledged = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
        writer.wait()
        writer.stdout.close()
        with DeviceStore.open(folder) as store:
            assert store.query("PRAGMA integrity_check") == [("ok",)]
            per_batch = dict(store.query("SELECT time, count(*) FROM encounters GROUP BY time"))
        assert set(per_batch.values()) == {50}
        assert set(range(acknowledged + 1)) <= set(per_batch)
        assert len(per_batch) <= acknowledged + 2  # at most one committed but not yet acknowledged
        next_batch = len(per_batch)


# The folder


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    with DeviceStore.open(tmp_path / "device") as store, store.exclusively("agent"):
        store.add_scan(T0, 240, [encounter(1)])
        assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(store.downloads.stat().st_mode) == 0o700
        files = [path for path in store.folder.iterdir() if path.is_file()]
        assert {path.suffix for path in files} >= {".sqlite3", ".sqlite3-wal", ".lock"}
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_newer_or_foreign_or_broken_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing, match="no device store there"):
        DeviceStore.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()

    with DeviceStore.open(tmp_path / "newer") as store, store.transaction() as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreTooNew, match=r"newer bluezone \(format 99, this one reads 1\)"):
        DeviceStore.open(tmp_path / "newer")

    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "device.sqlite3").write_bytes(b"no database " * 1000)
    with pytest.raises(StoreDamaged, match=r"device\.sqlite3"):
        DeviceStore.open(tmp_path / "broken")
    assert (tmp_path / "broken" / "device.sqlite3").read_bytes() == b"no database " * 1000

    (tmp_path / "foreign").mkdir()
    with sqlite3.connect(tmp_path / "foreign" / "device.sqlite3") as other:
        other.execute("CREATE TABLE recipes (name)")
    other.close()
    with pytest.raises(StoreDamaged, match="not a device store"):
        DeviceStore.open(tmp_path / "foreign")


def test_a_disk_that_takes_nothing_says_nothing_against_the_store(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(StoreUnusable) as refused:
            DeviceStore.open(tmp_path / "device")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "device.sqlite3" in str(refused.value)
    assert "move it away" not in str(refused.value)
    DeviceStore.open(tmp_path / "device").close()  # as soon as there is room


def test_a_file_that_cannot_be_opened_is_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "device" / "device.sqlite3").mkdir(parents=True)
    with pytest.raises(StoreUnusable, match="unable to open"):
        DeviceStore.open(tmp_path / "device")


@pytest.mark.parametrize("code", ["FULL", "READONLY", "IOERR", "CANTOPEN", "PERM", "IOERR_FSYNC"])
def test_every_refusal_of_the_system_is_told_from_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def fail(*_: object) -> None:
        error = sqlite3.OperationalError("as the system said")
        error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{code}")
        raise error

    monkeypatch.setattr(store_schema, "_prepare", fail)
    with pytest.raises(StoreUnusable, match=r"device\.sqlite3: as the system said$"):
        DeviceStore.open(tmp_path / "device")


@pytest.mark.parametrize("role", ["agent", "check"])
def test_a_lock_file_that_cannot_be_used_is_refused(store: DeviceStore, role: Role) -> None:
    (store.folder / f"{role}.lock").mkdir()
    with pytest.raises(StoreUnusable, match=rf"{role}\.lock: Is a directory"), store.exclusively(role):
        pass


HOLDER = """
import sys
from pathlib import Path
from bluezone.device.store import DeviceStore
with DeviceStore.open(Path(sys.argv[1])) as store, store.exclusively("agent"):
    print("held", flush=True)
    input()
"""


def test_a_role_is_held_once_over_processes_while_others_read_on(store: DeviceStore) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLDER,
            str(store.folder),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StoreInUse, match="already running"), store.exclusively("agent"):
        pass
    assert store.is_held("agent")
    assert not store.is_held("check")
    store.add_scan(T0, 240, [encounter(1)])  # writing and reading go on
    with pytest.raises(StoreInUse):
        store.forget()
    assert store.encounter_count() == 1
    holder.kill()  # the system lets go of the lock
    holder.wait()
    holder.stdout.close()
    holder.stdin.close()
    with store.exclusively("agent"):
        pass


def test_a_full_disk_is_refused_with_a_reason_and_undone(store: DeviceStore) -> None:
    store.add_scan(T0, 240, [encounter(1)])
    (pages,) = store.query("PRAGMA page_count")[0]
    store.query(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnusable, match="disk is full"):
        store.add_scan(T0 + 1, 240, [encounter(n) for n in range(10_000)])
    assert store.encounter_count() == 1


def test_forget_overwrites_every_byte_and_removes_the_files(tmp_path: Path) -> None:
    store = DeviceStore.open(tmp_path / "device")
    marker = Encounter(b"MARKER-RPI-16-By", b"1234", -70, -70)
    store.add_scan(T0, 240, [marker])
    tek = store.current_key(NOON).data
    store.set_setting("report", {"token": "SECRET-TOKEN"})
    (store.downloads / "x.part").write_bytes(b"DOWNLOADED")
    (tmp_path / "device" / "note of the owner.txt").write_text("mine")
    still_open = [
        path.open("rb")
        for path in sorted(store.folder.rglob("*"))
        if path.suffix != ".txt" and path.is_file()
    ]
    before = b"".join(file.read() for file in still_open)
    assert marker.rpi in before
    assert tek in before
    assert b"SECRET-TOKEN" in before
    assert b"DOWNLOADED" in before

    store.forget()

    after = b""
    for file in still_open:  # the same blocks, though their names are gone
        file.seek(0)
        after += file.read()
        file.close()
    assert after.strip(b"\0") == b""
    assert [path.name for path in (tmp_path / "device").iterdir()] == ["note of the owner.txt"]


def test_forget_removes_the_folder_too(tmp_path: Path) -> None:
    store = DeviceStore.open(tmp_path / "device")
    store.current_key(NOON)
    store.forget()
    assert list(tmp_path.iterdir()) == []


# Own keys


def test_one_key_per_utc_day_the_same_all_day(store: DeviceStore) -> None:
    midnight = NOON.replace(hour=0)
    day = interval_number(midnight.timestamp())
    first = store.current_key(midnight)
    assert (first.rolling_start, first.rolling_period) == (day, 144)
    assert store.current_key(midnight + timedelta(hours=23, minutes=59, seconds=59)) == first
    following = store.current_key(midnight + timedelta(days=1))
    assert following.rolling_start == day + 144
    assert following.data != first.data
    assert store.current_key(NOON) == first  # a clock set back does not make another


def test_threads_and_restarts_share_the_key(store: DeviceStore) -> None:
    found: list[bytes] = []

    def ask() -> None:
        with DeviceStore.open(store.folder) as own:
            found.append(own.current_key(NOON).data)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_report_cuts_the_key_and_the_rest_of_the_day_gets_another(store: DeviceStore) -> None:
    first = store.current_key(NOON)
    store.cut_current_key(NOON + timedelta(minutes=5))  # interval 72 of the day
    cut = store.own_keys()[0].tek
    assert (cut.data, cut.rolling_start, cut.rolling_period) == (first.data, first.rolling_start, 73)
    early = store.current_key(NOON + timedelta(minutes=9, seconds=59))  # the cut one goes on the air no more
    assert store.claim_interval(NOON + timedelta(minutes=9, seconds=59)) is None  # nor this one, yet
    second = store.current_key(NOON + timedelta(minutes=10))
    assert (second.rolling_start, second.rolling_period) == (first.rolling_start + 73, 144 - 73)
    assert second.data == early.data != first.data
    store.cut_current_key(NOON + timedelta(minutes=31))
    third = store.current_key(NOON + timedelta(minutes=40))
    assert (third.rolling_start, third.rolling_end) == (first.rolling_start + 76, first.rolling_start + 144)
    keys = [key.tek for key in store.own_keys()]
    assert [a.rolling_end for a in keys[:-1]] == [b.rolling_start for b in keys[1:]]  # no gap, no overlap


def test_cutting_in_the_last_interval_of_the_day_shortens_nothing(store: DeviceStore) -> None:
    late = NOON.replace(hour=23, minute=55)
    key = store.current_key(late)
    store.cut_current_key(late)
    assert store.own_keys()[0].tek == key
    assert store.current_key(late + timedelta(minutes=5)).rolling_start == key.rolling_end


@pytest.mark.parametrize("published", [False, True])
def test_a_key_of_a_report_is_never_used_again_when_the_clock_is_set_back(
    store: DeviceStore, published: bool
) -> None:
    first = store.current_key(NOON)
    store.cut_current_key(NOON)
    if published:
        with store.transaction() as connection:
            connection.execute("UPDATE own_keys SET published_at = 1, cut = 0")
    frozen = store.own_keys()[0]
    later = store.current_key(NOON + timedelta(minutes=10))
    for hours in (1, 2, 5):
        other = store.current_key(NOON - timedelta(hours=hours))
        assert other.data not in (first.data, later.data)
        assert (other.rolling_start, other.rolling_end) == (frozen.tek.rolling_start, frozen.tek.rolling_end)
        assert store.claim_interval(NOON - timedelta(hours=hours)) in (other, None)
    assert (
        store.own_keys()[0].tek == frozen.tek
    )  # the report may still be on its way: not a bit of it changes
    store.cut_current_key(NOON - timedelta(hours=1))
    assert store.own_keys()[0].tek == frozen.tek


def test_cutting_keeps_what_a_clock_set_back_has_not_come_to_again(store: DeviceStore) -> None:
    store.claim_interval(NOON + timedelta(hours=1))  # interval 78 of the day
    store.cut_current_key(NOON)
    assert store.own_keys()[0].tek.rolling_period == 79


def test_an_interval_is_claimed_once_over_connections(store: DeviceStore) -> None:
    claimed = store.claim_interval(NOON)
    assert claimed == store.current_key(NOON)
    with DeviceStore.open(store.folder) as other:
        assert other.claim_interval(NOON + timedelta(minutes=9)) is None
        assert other.claim_interval(NOON - timedelta(minutes=10)) is None
        assert other.claim_interval(NOON + timedelta(minutes=10)) == claimed
    assert store.claim_interval(NOON + timedelta(minutes=10)) is None


def test_the_number_of_a_key_is_never_given_anew(store: DeviceStore) -> None:
    store.current_key(NOON)
    (first,) = store.own_keys()
    store.purge(NOON + timedelta(days=20))
    assert store.own_keys() == []
    store.current_key(NOON + timedelta(days=20))
    assert store.own_keys()[0].id > first.id


def test_own_keys_end_after_14_days(store: DeviceStore) -> None:
    start = NOON.replace(hour=0)
    for day in range(3):
        store.current_key(start + timedelta(days=day))
    store.purge(start + timedelta(days=15) - timedelta(seconds=1))
    assert len(store.own_keys()) == 3
    store.purge(start + timedelta(days=15))  # the first ended exactly 14 days ago
    assert [k.tek.rolling_start for k in store.own_keys()] == [
        interval_number((start + timedelta(days=d)).timestamp()) for d in (1, 2)
    ]


# Settings


def test_settings_are_kept_and_removed(store: DeviceStore) -> None:
    store.set_setting("a", {"x": ["đ", 1]})
    with DeviceStore.open(store.folder) as again:
        assert again.setting("a") == {"x": ["đ", 1]}
    store.set_setting("a", None)
    assert store.setting("a") is None


def test_heard_besides_counts_one_scan_alone(tmp_path: Path) -> None:
    with DeviceStore.open(tmp_path / "device") as store:
        one, two, three = (bytes([number]) * 16 for number in (1, 2, 3))
        store.add_scan(
            1000,
            300,
            [
                Encounter(one, b"abcd", -50, -40),
                Encounter(two, b"abcd", -60, -40),
                Encounter(three, b"abcd", -71, -40),
            ],
        )
        store.add_scan(1001, 300, [Encounter(two, b"abcd", -20, -20)])
        assert store.heard_besides(1000, one) == (2, -65.5)
        assert store.heard_besides(1001, two) == (0, 0.0)
        assert store.heard_besides(999, one) == (0, 0.0)


def test_a_scan_is_given_back_whole(store: DeviceStore) -> None:
    store.add_scan(T0, 250, [encounter(2), encounter(1)])
    store.add_scan(T0 + 1, 250, [encounter(3)])
    assert store.heard_at(T0) == [encounter(1), encounter(2)]
    assert store.heard_at(T0 - 1) == []


def test_many_scans_are_kept_as_one_by_one_or_not_at_all(store: DeviceStore, tmp_path: Path) -> None:
    scans = [(T0, 250, [encounter(2), encounter(1)]), (T0 + 270, 270, []), (T0 + 540, 270, [encounter(2)])]
    store.add_scans(scans)
    with DeviceStore.open(tmp_path / "other") as other:
        for scan in scans:
            other.add_scan(*scan)
        everything = "SELECT * FROM encounters ORDER BY time, rpi"
        assert store.query(everything) == other.query(everything)
    with pytest.raises(sqlite3.IntegrityError):
        store.add_scans(
            [(T0 + 900, 270, [encounter(9)]), (T0 + 1200, 270, [Encounter(b"short", b"1234", 0, 0)])]
        )
    assert store.encounter_count() == 3


def test_only_what_may_be_lost_is_not_waited_for(store: DeviceStore) -> None:
    """SQLite waits for the disk at a commit where ``synchronous`` is 2 (full), not where it is 1."""
    levels: list[int] = []

    def note(statement: str) -> None:
        if statement == "COMMIT":
            levels.append(store.query("PRAGMA synchronous")[0][0])

    store._connection.set_trace_callback(note)
    store.set_setting("a", 1)
    store.set_setting("b", 2, durable=False)
    store.set_setting("c", 3)
    store._connection.set_trace_callback(None)
    assert levels == [2, 1, 2]
    assert store.setting("b") == 2
