"""What the database itself keeps beside the rows must not tell, either, which keys came together."""

from __future__ import annotations

import fcntl
import sqlite3
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections

from bluezone.authority.databases import libpq_parameters
from bluezone.authority.keys import services, tasks
from bluezone.authority.keys.models import PublishedKey, PublishMemory, RowMixing
from bluezone.authority.keys.services import mixing
from bluezone.authority.keys.services.builder_lock import only_builder

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
PAGE = 4096


def postgres_only() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL stamps rows with their transaction")


def rows(table: str) -> list[tuple[str, tuple[int, int], int]]:
    """(transaction, (page, place on it), number) of each row, in the order of a backup."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT xmin::text, ctid::text, id FROM {table} ORDER BY {table}.ctid")  # noqa: S608 (constants)
        found = cursor.fetchall()
    return [(xmin, tuple(int(part) for part in ctid.strip("()").split(",")), pk) for xmin, ctid, pk in found]


def stamps(table: str) -> set[str]:
    return {xmin for xmin, _, _ in rows(table)}


def publish(phone: Any, uploads: int, keys: int = 3, **changes: Any) -> None:
    for _ in range(uploads):
        assert phone.publish(phone.keys(keys, **changes))[0] == 200


def test_uploads_cannot_be_told_apart_by_transaction_or_place(phone: Any, authority_clock: Any) -> None:
    postgres_only()
    publish(phone, 8)
    assert len(stamps("keys_publishedkey")) == len(stamps("keys_publishmemory")) == 8  # what it is about
    before = list(PublishedKey.objects.order_by("pk").values())
    services.mix_rows(authority_clock.now() + HOUR)
    for table, count in (("keys_publishedkey", 24), ("keys_publishmemory", 8)):
        found = rows(table)
        assert len(found) == count
        assert len({xmin for xmin, _, _ in found}) == 1
        assert [pk for _, _, pk in found] == sorted(pk for _, _, pk in found)
    assert not stamps("keys_publishedkey") & stamps("keys_publishmemory")
    after = list(PublishedKey.objects.order_by("pk").values())
    assert after == [row | {"mixed": True} for row in before]


def test_former_versions_are_gone(phone: Any, authority_clock: Any) -> None:
    """Places of deleted rows are only given out again when a vacuum has cleared them."""
    postgres_only()
    publish(phone, 3)
    services.mix_rows(authority_clock.now() + HOUR)
    assert min(place for _, place, _ in rows("keys_publishedkey")) == (0, 10)  # 1-9 held the first versions
    publish(phone, 1, 1)
    assert rows("keys_publishedkey")[0][1] == (0, 1)


def test_each_window_is_mixed_once_and_waiting_keys_join_the_next(phone: Any, authority_clock: Any) -> None:
    postgres_only()
    publish(phone, 2)
    publish(phone, 1, 1, first_day_ago=0)  # waits until tomorrow 02:00
    now = authority_clock.now() + HOUR
    services.mix_rows(now)
    first = rows("keys_publishedkey")
    publish(phone, 2)
    services.mix_rows(now + timedelta(minutes=42))  # 9:59
    assert [row for row in rows("keys_publishedkey") if row in first] == first
    assert len(stamps("keys_publishedkey")) == 3
    services.mix_rows(now + timedelta(minutes=43))  # 10:00
    assert len(stamps("keys_publishedkey")) == 1
    assert len(stamps("keys_publishmemory")) == 2  # one for each window
    again = rows("keys_publishedkey")
    services.mix_rows(now + timedelta(hours=3))
    assert rows("keys_publishedkey") == again  # nothing new, nothing written


def test_after_the_export_uploads_cannot_be_told_apart_either(
    phone: Any, authority_clock: Any, key_server: Path
) -> None:
    postgres_only()
    publish(phone, 8)
    authority_clock.advance(4 * HOUR)
    tasks.build_due_exports()
    assert PublishedKey.objects.exclude(batch=None).count() == 24
    found = rows("keys_publishedkey")
    assert len({xmin for xmin, _, _ in found}) == 1
    assert [pk for _, _, pk in found] == sorted(pk for _, _, pk in found)


def test_revised_keys_are_mixed_again(phone: Any, other_phone: Any, authority_clock: Any) -> None:
    mine, theirs = phone.keys(2), other_phone.keys(2)
    tokens = [
        one.publish(keys, "likely")[1]["revisionToken"]
        for one, keys in ((phone, mine), (other_phone, theirs))
    ]
    authority_clock.advance(4 * HOUR)
    tasks.build_due_exports()
    assert not PublishedKey.objects.filter(mixed=False).exists()
    assert phone.publish(mine, "confirmed", revisionToken=tokens[0])[0] == 200
    assert other_phone.publish(theirs, "confirmed", revisionToken=tokens[1])[0] == 200
    assert PublishedKey.objects.filter(mixed=False).count() == 4
    services.mix_rows(authority_clock.now() + HOUR)
    assert PublishedKey.objects.filter(mixed=True, revised_report_type="confirmed").count() == 4
    if connection.vendor == "postgresql":
        assert len(stamps("keys_publishedkey")) == 1


def test_a_page_of_the_file_is_in_the_order_of_the_numbers(phone: Any, authority_clock: Any) -> None:
    """A page of SQLite is filled from its end, in the order of writing, and deleted rows stay in it."""
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite's pages are looked into")
    for _ in range(3):
        publish(phone, 8, 14)
    services.mix_rows(authority_clock.now() + HOUR)
    database = Path(connection.settings_dict["NAME"])
    keys = {bytes(row.tek): row.pk for row in PublishedKey.objects.all()}
    log = database.with_name(database.name + "-wal").read_bytes()
    assert not any(tek in log for tek in keys)
    data = database.read_bytes()
    places: dict[int, list[tuple[int, bytes]]] = {}
    for tek in keys:
        at = data.find(tek)
        while at >= 0:
            places.setdefault(at // PAGE, []).append((at, tek))
            at = data.find(tek, at + 1)
    assert sum(len(found) for found in places.values()) == 2 * len(keys)  # the row, and the index of keys
    for page, found in places.items():
        downwards = [tek for _, tek in sorted(found, reverse=True)]
        table = data[page * PAGE] == 13  # a leaf of a table; else of the index
        assert downwards == sorted(downwards, key=(lambda tek: keys[tek]) if table else None)


def test_nothing_is_lost_while_phones_publish_and_revise(phone: Any, authority_clock: Any) -> None:
    known = [phone.keys(4) for _ in range(6)]
    tokens = [phone.publish(keys, "likely")[1]["revisionToken"] for keys in known]
    bodies = [
        phone.body(keys, "confirmed", revisionToken=token) for keys, token in zip(known, tokens, strict=True)
    ]
    new = [phone.keys(4) for _ in range(6)]
    bodies += [phone.body(keys) for keys in new]

    def work(at: int) -> int:
        try:
            if at % 2:
                return int(phone.send(bodies[at // 2])[0])
            services.mix_rows(authority_clock.now() + at * HOUR)
        finally:
            connections.close_all()
        return 200

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(24))) == [200] * 24
    expected = {b64decode(key["key"]) for keys in known + new for key in keys}
    assert {bytes(row.tek) for row in PublishedKey.objects.all()} == expected
    assert PublishedKey.objects.filter(revised_report_type="confirmed").count() == 24
    assert PublishMemory.objects.count() == 18


def test_a_vacuum_that_fails_is_made_good_and_exports_go_out(
    phone: Any, authority_clock: Any, key_server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(phone, 2)
    authority_clock.advance(4 * HOUR)
    done: list[int] = []

    def fail() -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(mixing, "_drop_former_versions", fail)
        with pytest.raises(OperationalError):
            tasks.build_due_exports()
    assert len(list((key_server / "exports/VN").glob("*.zip"))) == 1
    assert RowMixing.objects.get().traces_left

    def succeed() -> bool:
        done.append(1)
        return True

    monkeypatch.setattr(mixing, "_drop_former_versions", succeed)
    for _ in range(2):
        tasks.build_due_exports()  # still the same window
    assert done == [1]


@contextmanager
def reading_an_old_state() -> Iterator[None]:
    """Somebody, such as a backup, who looks at the keys as they are now for as long as the block lasts."""
    if connection.vendor == "postgresql":
        with psycopg.connect(**libpq_parameters(connection.get_connection_params())) as reader:
            reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            reader.execute("SELECT count(*) FROM keys_publishedkey")
            yield
        return
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM keys_publishedkey").fetchone()
        yield


def test_while_a_backup_reads_the_old_rows_they_are_not_taken_for_gone(
    phone: Any, authority_clock: Any
) -> None:
    publish(phone, 2)
    now = authority_clock.now() + HOUR
    with reading_an_old_state():
        services.mix_rows(now)
        assert RowMixing.objects.get().traces_left
        publish(phone, 1)  # nobody is kept from writing meanwhile
    services.mix_rows(now)
    assert not RowMixing.objects.get().traces_left


def test_a_clock_that_was_ahead_does_not_stop_mixing(phone: Any, authority_clock: Any) -> None:
    services.mix_rows(authority_clock.now() + 1000 * HOUR)
    publish(phone, 2)
    services.mix_rows(authority_clock.now() + HOUR)
    assert not PublishedKey.objects.filter(mixed=False).exists()
    assert not PublishMemory.objects.filter(mixed=False).exists()


def test_the_lock_is_held_in_the_database_too(key_server: Path) -> None:
    """Two machines on one shared folder may not see each other's file locks."""
    postgres_only()

    def held() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_database ON database = pg_database.oid "
                "WHERE locktype = 'advisory' AND datname = current_database()"
            )
            return int(cursor.fetchone()[0])

    with only_builder():
        assert held() == 1
    with pytest.raises(KeyError), only_builder():
        raise KeyError
    assert held() == 0


def test_the_lock_is_held_on_the_folder(key_server: Path) -> None:
    with only_builder(), (key_server / "exports/.lock").open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
