"""The server under load, as phones would meet it: workers, sockets, certificates, a database that syncs.

Each measurement sets an authority up in a process of its own (Django knows one database a process), starts
``bluezone serve`` with a worker for each core, lets :mod:`~bluezone.bench.http_load` send what was prepared,
and counts the rows afterwards. Everything is on this machine, the client too.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bluezone.bench.http_load import write_requests
from bluezone.bench.registry import NotMeasurable
from bluezone.bench.scratch_authority import KEYS_OF_A_REPORT, encode_body, open_authority
from bluezone.bench.scratch_postgres import scratch_postgres
from bluezone.errors import Refused
from bluezone.protocols.heartbeat import HEARTBEAT_PATH

__all__ = ["DATABASES", "LOADS", "measure_load"]

DATABASES = ("sqlite", "postgresql")
CONNECTIONS = 32
_REQUESTS, _QUICK_REQUESTS = 6_000, 200
_WARM_UP = 100
_MODULE = "bluezone.bench.key_server_load"
_START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class _Load:
    """What is sent, and which rows must be there afterwards for each thing that was asked for."""

    make: Callable[[int], list[tuple[str, bytes]]]
    count_rows: Callable[[], int]
    rows_of_each: int
    input: str


def measure_load(name: str, database: str, *, quick: bool = False) -> dict[str, Any]:
    """Requests per second and what else is known of a load on a database, in a process of its own.

    :raises NotMeasurable: if the database is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="bluezone-load-") as parent, ExitStack() as stack:
        folder = Path(parent)
        folder.chmod(0o755)  # another user's PostgreSQL has its folder in here
        url = ""
        if database == "postgresql":
            (folder / "postgres").mkdir()
            url = stack.enter_context(scratch_postgres(folder / "postgres"))
        command = [sys.executable, "-P", "-m", _MODULE, name, str(folder), "quick" if quick else "full"]
        done = subprocess.run(  # noqa: S603 - ourselves
            command,
            env={**os.environ, **_ENVIRONMENT, "DATABASE_URL": url},
            stdout=subprocess.PIPE,
            text=True,
        )
    if done.returncode:
        raise Refused(f"the load {name!r} on {database} failed with exit code {done.returncode}")
    result: dict[str, Any] = json.loads(done.stdout)
    return {"name": name, "database": database, **result}


_ENVIRONMENT = {
    "BLUEZONE_LOG_LEVEL": "WARNING",
    "BLUEZONE_TRUSTED_PROXY": "127.0.0.1",  # so that each connection is a phone of its own
    "BLUEZONE_ISSUE_LIMIT": "1000000",
}


def _reports(count: int) -> list[tuple[str, bytes]]:
    from bluezone.bench.publishing import signed_report

    return [("/v1/publish", signed_report()) for _ in range(count)]


def _published_keys() -> int:
    from bluezone.authority.keys.models import PublishedKey

    return PublishedKey.objects.count()


def _codes(count: int) -> list[tuple[str, bytes]]:
    from django.db import transaction

    from bluezone.bench.verification import new_code

    with transaction.atomic():
        return [("/api/verify", encode_body({"code": new_code()})) for _ in range(count)]


def _certified_tokens() -> int:
    from bluezone.authority.keys.models import VerificationToken

    return VerificationToken.objects.exclude(certified_at=None).count()


def _heartbeats(count: int) -> list[tuple[str, bytes]]:
    from bluezone.bench.heartbeats import wards_of_today, written_heartbeat

    wards = wards_of_today()
    return [(HEARTBEAT_PATH, written_heartbeat(wards)) for _ in range(count)]


def _stored_heartbeats() -> int:
    from bluezone.bench.heartbeats import stored_heartbeats

    return stored_heartbeats()


LOADS = {
    "heartbeats": _Load(_heartbeats, _stored_heartbeats, 1, "heartbeats of an install each"),
    "publish": _Load(
        _reports, _published_keys, KEYS_OF_A_REPORT, f"reports of {KEYS_OF_A_REPORT} keys, ES256 certificates"
    ),
    "verify": _Load(_codes, _certified_tokens, 1, "codes: two requests each, for a token and a certificate"),
}


def _measure_here(load: _Load, folder: Path, count: int) -> dict[str, Any]:
    from django.db import connections

    open_authority(folder, database_url=os.environ["DATABASE_URL"])
    warm_up, requests = folder / "warm-up", folder / "requests"
    write_requests(warm_up, load.make(_WARM_UP))
    write_requests(requests, load.make(count))
    before = load.count_rows()
    connections.close_all()
    with _served(folder) as port:
        _send(port, warm_up)
        sent = _send(port, requests)
    found = load.count_rows() - before
    connections.close_all()
    expected = (count + _WARM_UP) * load.rows_of_each
    return {
        "input": f"{count:,} {load.input}",
        "workers": len(os.sched_getaffinity(0)),
        "connections": CONNECTIONS,
        "durability": _durability(),
        **sent,
        "rows_expected": expected,
        "rows_found": found,
    }


@contextmanager
def _served(folder: Path) -> Iterator[int]:
    """The port of a server with as many workers as there are cores."""
    environment = {**os.environ, "BLUEZONE_DATA": str(folder / "authority")}
    command = [sys.executable, "-P", "-c", "from bluezone.cli import main; main()", "serve", "--port", "0"]
    log = folder / "log"  # a file: a pipe that nobody empties would stop the server
    with log.open("w") as out:
        process = subprocess.Popen(command, env=environment, stderr=out)  # noqa: S603 - ourselves
    try:
        yield _port(process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=_START_SECONDS)


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if address := re.search(r"serving on http://127\.0\.0\.1:(\d+)", log.read_text()):
            return int(address[1])
        time.sleep(0.05)
    raise Refused(f"the server did not start: {log.read_text()[-1000:]}")


def _send(port: int, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", "bluezone.bench.http_load", str(port), str(CONNECTIONS), str(file)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
    sent: dict[str, Any] = json.loads(done.stdout)
    return sent


def _durability() -> str:
    if os.environ["DATABASE_URL"]:
        return "synchronous_commit=on"
    return "WAL, as synchronous=FULL: answers wait for an fsync of the log, many together"


def _main() -> None:
    name, folder, extent = sys.argv[1:]
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else prints must not look like the result
    count = _QUICK_REQUESTS if extent == "quick" else _REQUESTS
    json.dump(_measure_here(LOADS[name], Path(folder), count), out)
    out.flush()


if __name__ == "__main__":
    try:
        _main()
    except (Refused, NotMeasurable) as refusal:
        sys.exit(str(refusal))
