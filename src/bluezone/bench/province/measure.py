"""The made-up province measured: made in one process, imported and asked for in another, both our own.

Django knows one database a process. PostgreSQL is a scratch server, or a scratch database on that of
``BLUEZONE_TEST_POSTGRES_URL``, whose memory is then not ours to empty.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bluezone.bench.province.made_up import LAST_DAY, Province, province_of
from bluezone.bench.province.pages import ask_pages, forget_files, make_askers
from bluezone.bench.province.sheets import headcount_sheet, organisation_sheet
from bluezone.bench.registry import NotMeasurable
from bluezone.bench.scratch_authority import open_authority
from bluezone.bench.scratch_postgres import restart_postgres, scratch_postgres
from bluezone.errors import Refused

__all__ = ["DATABASES", "measure_province"]

DATABASES = ("sqlite", "postgresql")
_MODULE = "bluezone.bench.province.measure"


def measure_province(facts: int, database: str, *, quick: bool = False) -> dict[str, Any]:
    """What pages and imports take of a province with so many facts, on a database.

    :raises NotMeasurable: if the database is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="bluezone-province-") as parent, ExitStack() as stack:
        folder = Path(parent)
        folder.chmod(0o755)  # another user's PostgreSQL has its folder in here
        url = ""
        if database == "postgresql":
            (folder / "postgres").mkdir()
            url = stack.enter_context(scratch_postgres(folder / "postgres"))
        sizes = [str(facts), "quick" if quick else "whole"]
        made = _in_own_process("make", folder, url, sizes)
        asked = _in_own_process("ask", folder, url, sizes)
    return {"name": "province", "database": database, **made, **asked}


def _in_own_process(step: str, folder: Path, url: str, sizes: list[str]) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-P", "-m", _MODULE, step, str(folder), *sizes],
        env={**os.environ, "DATABASE_URL": url, "BLUEZONE_PUBLIC_ADOPTION": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise Refused(f"measuring a province ({step}) failed with exit code {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _make(province: Province, folder: Path) -> dict[str, Any]:
    """The rows, and how long sheets of organisations take to come in."""
    from bluezone.bench.province.store import import_sheet, look_after, store_headcounts, store_ledger

    begin = time.perf_counter()
    count = store_ledger(province, _tell)
    seconds = time.perf_counter() - begin
    new = import_sheet(organisation_sheet(province), "organisations.csv", _tell)
    again = import_sheet(headcount_sheet(province, LAST_DAY), "headcounts.csv", _tell)
    store_headcounts()
    look_after()
    return {
        "facts": count,
        "wards": province.wards,
        "days": province.days,
        "organisations": province.organisations,
        "made_in_s": round(seconds, 1),
        "database_mb": round(_database_bytes(folder) / 1e6),
        "imports": {"organisations": new, "headcounts_of_registered": again},
    }


def _ask(province: Province, folder: Path, *, quick: bool) -> dict[str, Any]:
    from django.db import connections

    cookies = make_askers()
    connections.close_all()
    postgres = folder / "postgres"

    def forget() -> None:
        if (postgres / "data").exists():
            restart_postgres(postgres)
        forget_files(folder)

    pages = ask_pages(province, cookies, forget, _say, quick=quick)
    return {
        "pages": pages,
        "slowest_cold_ms": max(one["cold_ms"] for one in pages),
        "slowest_warm_ms": max(one["warm_ms"] for one in pages),
    }


def _database_bytes(folder: Path) -> int:
    from django.db import connection

    if connection.vendor == "sqlite":
        return Path(connection.settings_dict["NAME"]).stat().st_size
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


_last_told = 0.0


def _tell(what: str, done: int, of: int) -> None:
    global _last_told
    if time.monotonic() - _last_told > 5 or done == of:
        _last_told = time.monotonic()
        _say(f"{what}: {done:,} of {of:,}")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _main() -> None:
    step, folder, facts, extent = sys.argv[1:]
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else prints must not look like the result
    quick = extent == "quick"
    province = province_of(int(facts), quick=quick)
    open_authority(Path(folder), database_url=os.environ["DATABASE_URL"])
    found = _make(province, Path(folder)) if step == "make" else _ask(province, Path(folder), quick=quick)
    json.dump(found, out)
    out.flush()


if __name__ == "__main__":
    try:
        _main()
    except (Refused, NotMeasurable) as refusal:
        sys.exit(str(refusal))
