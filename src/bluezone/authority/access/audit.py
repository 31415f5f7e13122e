"""The audit log: entries written with their change, sealed into a chain afterwards, checked on demand.

A chain inside every transaction would make all writers wait for each other. So an entry only carries a MAC of
its own contents, and one sealer chains what has been committed, in batches; entries that commit out of order
simply land in a later batch. Heads are appended to a file in the data folder, which a backup or a log shipper
takes off the machine: with them, removing the newest batches is seen too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import TextIO

from django.conf import settings
from django.db import IntegrityError, transaction

from bluezone.authority.access.models import AuditEntry, AuditSeal
from bluezone.authority.secret_files import AUDIT_KEY, read_secret
from bluezone.errors import Refused

__all__ = [
    "SYSTEM",
    "Actor",
    "AuditBroken",
    "AuditState",
    "record",
    "seal_audit",
    "user_actor",
    "verify_audit",
]

GENESIS = bytes(32)
BATCH = 10_000


class AuditBroken(Refused):
    """The audit log is not what was written; the message names the entry or seal."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: ``user:<uuid>``, or a part of the system."""

    reference: str
    user_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class AuditState:
    """How much a verification found in order."""

    sealed: int
    unsealed: int
    seals: int


SYSTEM = Actor("system")


def user_actor(user_id: uuid.UUID) -> Actor:
    """A member of staff as an actor."""
    return Actor(f"user:{user_id}", user_id)


def record(
    actor: Actor, action: str, subject: str, details: Mapping[str, str | int | None], *, now: datetime
) -> None:
    """Write one entry inside the caller's transaction. Details hold references, never personal data.

    :raises RuntimeError: outside a transaction; the entry must commit or vanish together with its change.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an audit entry belongs inside the transaction of what it records")
    entry = AuditEntry(
        recorded_at=now, actor=actor.reference, action=action, subject=subject, details=dict(details)
    )
    entry.mac = _entry_mac(entry)
    entry.save(force_insert=True)


def seal_audit(now: datetime) -> int:
    """Chain every committed entry that is not sealed yet, and write the new heads to the data folder.

    :returns: how many entries were sealed; 0 also when another process is sealing them.
    """
    total = 0
    while count := _seal_batch(now):
        total += count
    _export_heads()
    return total


def verify_audit(copy: Path | None = None) -> AuditState:
    """Check every entry's MAC, the chain, and the chain against the heads in the data folder.

    :param copy: heads that were taken off the machine at some time: who may write there may write the others.
    :raises AuditBroken: naming the first altered, missing or reordered entry or seal.
    """
    heads = [_read_heads(_heads_file()), *([] if copy is None else [_read_copy(copy)])]
    head, sealed, seals = GENESIS, 0, 0
    for expected_seq, seal in enumerate(AuditSeal.objects.order_by("seq").iterator(), start=1):
        if seal.seq != expected_seq:
            raise AuditBroken(f"audit seal {expected_seq} is missing")
        if bytes(seal.previous_head) != head:
            raise AuditBroken(f"audit seal {seal.seq} does not follow seal {seal.seq - 1}")
        entries = list(AuditEntry.objects.filter(seal=seal).order_by("position"))
        _check_batch(seal, entries)
        head, seals, sealed = bytes(seal.head), seals + 1, sealed + len(entries)
        if any(seal.seq <= len(some) and some[seal.seq - 1] != head.hex() for some in heads):
            raise AuditBroken(f"audit seal {seal.seq} is not the one whose head was exported")
    if (exported := max(map(len, heads))) > seals:
        raise AuditBroken(f"audit seal {seals + 1} is missing: {exported} heads were exported")
    unsealed = 0
    for entry in AuditEntry.objects.filter(seal=None).iterator():
        _check_entry(entry)
        unsealed += 1
    return AuditState(sealed=sealed, unsealed=unsealed, seals=seals)


def _seal_batch(now: datetime) -> int:
    try:
        with transaction.atomic():
            last = AuditSeal.objects.select_for_update().order_by("-seq").first()
            entries = list(
                AuditEntry.objects.select_for_update().filter(seal=None).order_by("recorded_at", "id")[:BATCH]
            )
            if not entries:
                return 0
            seq, previous = (last.seq + 1, bytes(last.head)) if last else (1, GENESIS)
            head = _head(seq, previous, entries, now)
            seal = AuditSeal.objects.create(
                seq=seq, previous_head=previous, head=head, count=len(entries), sealed_at=now
            )
            for position, entry in enumerate(entries):
                entry.seal, entry.position = seal, position
            AuditEntry.objects.bulk_update(entries, ["seal", "position"], batch_size=500)
            return len(entries)
    except IntegrityError:
        return 0  # another sealer took the same place in the chain; its batch is as good as ours


def _check_batch(seal: AuditSeal, entries: list[AuditEntry]) -> None:
    for entry in entries:
        _check_entry(entry)
    for position, entry_or_none in zip_longest(range(seal.count), entries):
        if position is None:
            raise AuditBroken(f"audit seal {seal.seq} has entries that were not sealed with it")
        if entry_or_none is None or entry_or_none.position != position:
            raise AuditBroken(f"audit entry {position + 1} of seal {seal.seq} is missing")
    if _head(seal.seq, bytes(seal.previous_head), entries, seal.sealed_at) != bytes(seal.head):
        raise AuditBroken(f"audit seal {seal.seq} is altered or its entries are reordered")


def _check_entry(entry: AuditEntry) -> None:
    if not hmac.compare_digest(_entry_mac(entry), bytes(entry.mac)):
        raise AuditBroken(f"audit entry {entry.id} is altered")


def _entry_mac(entry: AuditEntry) -> bytes:
    fields = [
        str(entry.id),
        entry.recorded_at.astimezone(UTC).isoformat(),
        entry.actor,
        entry.action,
        entry.subject,
        entry.details,
    ]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.digest(read_secret(AUDIT_KEY), b"entry|" + text.encode(), "sha256")


def _head(seq: int, previous: bytes, entries: Iterable[AuditEntry], sealed_at: datetime) -> bytes:
    digest = hashlib.sha256()
    for entry in entries:
        digest.update(entry.id.bytes + bytes(entry.mac))
    text = f"seal|{seq}|{previous.hex()}|{digest.hexdigest()}|{sealed_at.astimezone(UTC).isoformat()}"
    return hmac.digest(read_secret(AUDIT_KEY), text.encode(), "sha256")


def _heads_file() -> Path:
    return Path(settings.BLUEZONE_DATA) / "audit" / "heads.jsonl"


def _read_copy(path: Path) -> list[str]:
    """The heads of a copy, of which there must be some: an empty one would prove nothing."""
    heads = _read_heads(path)
    if not heads:
        raise AuditBroken(f"there are no heads in {path}")
    return heads


def _read_heads(path: Path) -> list[str]:
    """Heads in order; a last line without its end was cut off by a crash, and counts as not written."""
    try:
        lines = path.read_text().split("\n")[:-1]
    except FileNotFoundError:
        return []
    heads: list[str] = []
    for expected, line in enumerate(lines, start=1):
        try:
            one = json.loads(line)
            seq, head = one["seq"], one["head"]
        except (ValueError, KeyError, TypeError):
            raise AuditBroken(f"{path}, line {expected} is damaged") from None
        if seq != expected:
            raise AuditBroken(f"{path} lacks the head of seal {expected}")
        heads.append(head)
    return heads


def _cut_unfinished_line(heads: TextIO) -> None:
    heads.seek(0)
    whole, _, unfinished = heads.read().rpartition("\n")
    if unfinished:
        heads.truncate(len(whole.encode()) + (1 if whole else 0))


def _export_heads() -> None:
    path = _heads_file()
    with transaction.atomic():
        # One exporter at a time: all wait for the first seal, the newest may be another one for each.
        if AuditSeal.objects.select_for_update().order_by("seq").first() is None:
            return
        known = len(_read_heads(path))
        newest = AuditSeal.objects.order_by("-seq").values_list("seq", flat=True)[0]
        if newest <= known:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+") as out:
            _cut_unfinished_line(out)
            for seal in AuditSeal.objects.filter(seq__gt=known).order_by("seq"):
                line = {
                    "seq": seal.seq,
                    "head": bytes(seal.head).hex(),
                    "count": seal.count,
                    "sealed_at": seal.sealed_at.astimezone(UTC).isoformat(),
                }
                out.write(json.dumps(line) + "\n")
            out.flush()
            os.fsync(out.fileno())
