"""Benchmark of heartbeats: what installs say once a day, into a table that holds many of that day."""

from __future__ import annotations

import json
import secrets
from base64 import b64decode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from bluezone.bench.registry import Workload, benchmark
from bluezone.bench.scratch_authority import open_authority, plain_database, post
from bluezone.protocols.heartbeat import (
    HEARTBEAT_PATH,
    PSEUDONYM_BYTES,
    Platform,
    hanoi_day,
    heartbeat_fields,
)

__all__ = ["stored_heartbeats", "wards_of_today", "written_heartbeat"]

_HEARTBEATS = 100
_ROWS_AT_ONCE = 5_000


@benchmark(
    "heartbeats",
    unit="heartbeats/s",
    summary="heartbeats, each checked and committed, by how many the day has already",
    sizes=(10_000, 40_000, 160_000),
    quick=(100, 400, 1_600),
    own_process=True,
)
def heartbeats(size: int, folder: Path) -> Workload:
    open_authority(folder)
    wards = wards_of_today()
    _store(size, wards)
    plain = _PlainCounter(folder / "plain.sqlite3", size, set(wards))
    bodies: list[bytes] = []

    def make() -> None:
        from bluezone.authority.heartbeats.api import HEARTBEAT_LIMIT

        HEARTBEAT_LIMIT.reset()  # all come from one address here
        bodies[:] = [written_heartbeat(wards) for _ in range(_HEARTBEATS)]

    def send() -> None:
        for body in bodies:
            post(HEARTBEAT_PATH, body)

    def by_hand() -> None:
        for body in bodies:
            plain.take(body)

    return Workload(
        units=_HEARTBEATS,
        input=f"{_HEARTBEATS} heartbeats to a server that holds {size:,} of the day, SQLite",
        before=make,
        run=send,
        before_baseline=make,
        baseline=by_hand,
        baseline_units=_HEARTBEATS,
        baseline_name="by hand: JSON, one digest, one SQLite transaction",
    )


def wards_of_today() -> dict[str, int]:
    """Codes and keys of the wards that there are on the present day in Hà Nội."""
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.areas.models import Level
    from bluezone.authority.areas.queries import areas_on

    found = areas_on(hanoi_day(datetime.now(UTC)), Scope.everything()).filter(level=Level.WARD)
    return dict(found.values_list("code", "pk"))


def written_heartbeat(wards: dict[str, int]) -> bytes:
    """What one install sends today."""
    fields = heartbeat_fields(
        day=hanoi_day(datetime.now(UTC)),
        ward=secrets.choice(list(wards)),
        platform=Platform.ANDROID,
        tracing=True,
        pseudonym=secrets.token_bytes(PSEUDONYM_BYTES),
    )
    return json.dumps(fields).encode()


def stored_heartbeats() -> int:
    """How many the server holds."""
    from bluezone.authority.heartbeats.models import Heartbeat

    return Heartbeat.objects.count()


def _store(count: int, wards: dict[str, int]) -> None:
    from bluezone.authority.heartbeats.models import Heartbeat

    today, keys = hanoi_day(datetime.now(UTC)), list(wards.values())
    for begin in range(0, count, _ROWS_AT_ONCE):
        Heartbeat.objects.bulk_create(
            Heartbeat(
                mark=secrets.randbits(63),
                day=today,
                ward_id=keys[row % len(keys)],
                platform=Platform.ANDROID.value,
                tracing=bool(row % 10),
            )
            for row in range(begin, min(count, begin + _ROWS_AT_ONCE))
        )


class _PlainCounter:
    """The least that has to be done for a heartbeat: no framework, no limits."""

    def __init__(self, file: Path, stored: int, wards: set[str]) -> None:
        self._wards = wards
        self._database = plain_database(
            file, ("CREATE TABLE heartbeats (mark INTEGER PRIMARY KEY, day, ward, platform, tracing)",)
        )
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT INTO heartbeats VALUES (?, '2021-03-08', '00343', 'android', 1)",
            ((secrets.randbits(63),) for _ in range(stored)),
        )
        self._database.execute("COMMIT")

    def take(self, body: bytes) -> None:
        sent: dict[str, Any] = json.loads(body)
        if sent["ward"] not in self._wards:
            raise AssertionError("no such ward")
        digest = sha256(sent["day"].encode() + b64decode(sent["pseudonym"])).digest()
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute(
            "INSERT INTO heartbeats VALUES (?, ?, ?, ?, ?) ON CONFLICT (mark) DO NOTHING",
            (
                int.from_bytes(digest[:8], "big") >> 1,
                sent["day"],
                sent["ward"],
                sent["platform"],
                sent["tracing"],
            ),
        )
        self._database.execute("COMMIT")
