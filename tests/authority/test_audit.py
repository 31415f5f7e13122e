"""The audit log: every way of tampering is seen, and out-of-order commits are not mistaken for one."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.models import F

from bluezone.authority.access.audit import Actor, AuditBroken, AuditState, record, seal_audit, verify_audit
from bluezone.authority.access.models import AuditEntry, AuditSeal

pytestmark = pytest.mark.django_db


def write(clock: Any, count: int = 1, subject: str = "code:1") -> None:
    for _ in range(count):
        clock.advance(timedelta(seconds=1))
        with transaction.atomic():
            record(Actor("user:1"), "keys.code-issued", subject, {"area": "01/009", "n": 3}, now=clock.now())


@pytest.fixture
def log(authority: Path, authority_clock: Any) -> Any:
    """Three seals of 3, 2 and 1 entries, and one entry that is not sealed."""
    for count in (3, 2, 1):
        write(authority_clock, count)
        assert seal_audit(authority_clock.now()) == count
    write(authority_clock)
    return authority_clock


def test_an_untouched_log_is_in_order(log: Any) -> None:
    assert verify_audit() == AuditState(sealed=6, unsealed=1, seals=3)
    assert seal_audit(log.now()) == 1
    assert seal_audit(log.now()) == 0
    assert verify_audit() == AuditState(sealed=7, unsealed=0, seals=4)


def test_an_empty_log_is_in_order(authority: Path, authority_clock: Any) -> None:
    assert seal_audit(authority_clock.now()) == 0
    assert verify_audit() == AuditState(0, 0, 0)


def sealed(position: int = 1) -> Any:
    return AuditEntry.objects.filter(seal__seq=1, position=position)


def seal(seq: int) -> Any:
    return AuditSeal.objects.filter(seq=seq)


def remove_batch(seq: int) -> None:
    AuditEntry.objects.filter(seal__seq=seq).delete()
    seal(seq).delete()


def swap_positions() -> None:
    sealed(0).update(position=99)
    sealed(1).update(position=0)
    AuditEntry.objects.filter(position=99).update(position=1)


def move_to_another_seal() -> None:
    other = AuditSeal.objects.get(seq=3)
    sealed(2).update(seal=other, position=1)


def copy_an_entry() -> None:
    entry = sealed(0).get()
    entry.pk, entry.position = uuid.uuid4(), 3
    entry.save(force_insert=True)


TAMPERING: dict[str, Callable[[], object]] = {
    "time": lambda: sealed().update(recorded_at=F("recorded_at") + timedelta(seconds=1)),
    "actor": lambda: sealed().update(actor="user:2"),
    "action": lambda: sealed().update(action="keys.code-seen"),
    "subject": lambda: sealed().update(subject="code:2"),
    "details": lambda: sealed().update(details={"area": "01/010", "n": 3}),
    "mac": lambda: sealed().update(mac=bytes(32)),
    "id": lambda: sealed().update(id=uuid.uuid4()),
    "entry removed": lambda: sealed().delete(),
    "last entry of a seal removed": lambda: sealed(2).delete(),
    "entry unsealed": lambda: sealed(2).update(seal=None, position=None),
    "entries swapped": swap_positions,
    "entry moved": move_to_another_seal,
    "entry copied": copy_an_entry,
    "unsealed entry altered": lambda: AuditEntry.objects.filter(seal=None).update(subject="code:9"),
    "seal's time": lambda: seal(2).update(sealed_at=F("sealed_at") + timedelta(seconds=1)),
    "seal's head": lambda: seal(2).update(head=bytes(32)),
    "seal's previous head": lambda: seal(2).update(previous_head=bytes(32)),
    "seal's count": lambda: seal(2).update(count=1),
    "seal's number": lambda: seal(3).update(seq=4),
    "first batch removed": lambda: remove_batch(1),
    "newest batch removed": lambda: remove_batch(3),
    "everything removed": lambda: (AuditEntry.objects.all().delete(), AuditSeal.objects.all().delete()),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_is_seen_and_named(log: Any, how: str) -> None:
    TAMPERING[how]()
    with pytest.raises(AuditBroken, match=r"audit (entry|seal) .+ (is|are|has|does)"):
        verify_audit()


def test_heads_are_exported_line_by_line_and_made_good(log: Any, authority: Path) -> None:
    path = authority / "audit" / "heads.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["seq"], line["count"]) for line in lines] == [(1, 3), (2, 2), (3, 1)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines[:1]))  # a crash after the commit
    seal_audit(log.now())
    assert len(path.read_text().splitlines()) == 4
    verify_audit()
    path.write_text(json.dumps(lines[0] | {"head": "00" * 32}) + "\n")
    with pytest.raises(AuditBroken, match="exported"):
        verify_audit()


def test_a_head_cut_off_by_a_crash_is_written_again(log: Any, authority: Path) -> None:
    path = authority / "audit" / "heads.jsonl"
    whole = path.read_text().splitlines(keepends=True)
    for torn in ("".join(whole[:2]) + whole[2][:-20], whole[0][:7], ""):
        path.write_text(torn)
        verify_audit()
        seal_audit(log.now())
        assert path.read_text().splitlines(keepends=True)[:3] == whole
    path.write_text("".join([whole[0], whole[1][:20] + "\n", whole[2]]))
    with pytest.raises(AuditBroken, match="line 2 is damaged"):
        verify_audit()


def test_a_copy_off_the_machine_tells_of_what_was_cut_off_here_too(
    log: Any, authority: Path, tmp_path: Path
) -> None:
    here, copy = authority / "audit" / "heads.jsonl", tmp_path / "copy.jsonl"
    copy.write_bytes(here.read_bytes())
    seal_audit(log.now())
    assert verify_audit(copy) == AuditState(sealed=7, unsealed=0, seals=4)  # an older copy is as good
    for seq in (4, 3):
        remove_batch(seq)
    here.write_text("".join(here.read_text().splitlines(keepends=True)[:2]))
    assert verify_audit() == AuditState(sealed=5, unsealed=0, seals=2)  # all that is left fits together
    with pytest.raises(AuditBroken, match="seal 3 is missing: 3 heads were exported"):
        verify_audit(copy)
    write(log)
    seal_audit(log.now())
    with pytest.raises(AuditBroken, match="seal 3 is not the one whose head was exported"):
        verify_audit(copy)
    copy.write_text("")
    with pytest.raises(AuditBroken, match="no heads in"):
        verify_audit(copy)


def test_an_entry_vanishes_with_its_transaction(authority: Path, authority_clock: Any) -> None:
    with transaction.atomic():
        write(authority_clock)
        transaction.set_rollback(True)
    assert AuditEntry.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_entry_needs_a_transaction(authority: Path, authority_clock: Any) -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        record(Actor("x"), "y", "z", {}, now=authority_clock.now())


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_commits_late_is_sealed_later(authority: Path, authority_clock: Any) -> None:
    """Written first, committed last: the sealer runs in between and must neither miss nor misplace it."""
    if connections["default"].vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time: commits cannot overtake each other")
    written, sealed_once = threading.Event(), threading.Event()

    def slow_writer() -> None:
        try:
            with transaction.atomic():
                record(Actor("slow"), "a", "b", {}, now=authority_clock.now())
                written.set()
                assert sealed_once.wait(10)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(slow_writer)
        assert written.wait(10)
        write(authority_clock, 2)
        assert seal_audit(authority_clock.now()) == 2
        sealed_once.set()
        slow.result(10)
    assert seal_audit(authority_clock.now()) == 1
    assert verify_audit() == AuditState(sealed=3, unsealed=0, seals=2)


@pytest.mark.django_db(transaction=True)
def test_writers_and_sealers_at_once(authority: Path, authority_clock: Any) -> None:
    def work(at: int) -> None:
        try:
            if at % 4 == 0:
                seal_audit(authority_clock.now())
            else:
                with transaction.atomic():
                    record(Actor(f"w{at}"), "a", "b", {}, now=authority_clock.now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(40)))
    seal_audit(authority_clock.now())
    state = verify_audit()
    assert (state.sealed, state.unsealed) == (30, 0)
