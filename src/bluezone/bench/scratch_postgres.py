"""A PostgreSQL server for one measurement, from Debian's programs, as durable as it is out of the box."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from bluezone.bench.registry import NotMeasurable

__all__ = ["restart_postgres", "scratch_postgres"]

_PROGRAMS = Path("/usr/lib/postgresql")
_OWNER = "postgres"


@contextmanager
def scratch_postgres(folder: Path) -> Iterator[str]:
    """A database's address while it is there: on a server in ``folder``, or on that of
    ``BLUEZONE_TEST_POSTGRES_URL`` where it is set.

    :raises NotMeasurable: if PostgreSQL is not installed.
    """
    if given := os.environ.get("BLUEZONE_TEST_POSTGRES_URL"):
        with _scratch_database(given) as url:
            yield url
        return
    if not _versions():
        raise NotMeasurable("PostgreSQL is not installed, and BLUEZONE_TEST_POSTGRES_URL names no server")
    if os.geteuid() == 0:
        who = pwd.getpwnam(_OWNER)
        shutil.chown(folder, who.pw_uid, who.pw_gid)
    _run(folder, "initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8")
    options = f"-c listen_addresses= -c unix_socket_directories={folder}"
    _run(folder, "pg_ctl", "start", "--wait", "--log", str(folder / "log"), "--options", options)
    try:
        yield f"postgresql://postgres@{quote(str(folder), safe='')}/postgres"
    finally:
        _run(folder, "pg_ctl", "stop", "--wait", "--mode", "fast")


def restart_postgres(folder: Path) -> None:
    """Stop and start the server in a folder: what it had in memory is forgotten."""
    _run(folder, "pg_ctl", "restart", "--wait", "--mode", "fast", "--log", str(folder / "log"))


def _run(folder: Path, program: str, *arguments: str) -> None:
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        who = pwd.getpwnam(_OWNER)
        as_user = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    command = [str(_versions()[-1] / program), "-D", str(folder / "data"), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, **as_user)  # noqa: S603


def _versions() -> list[Path]:
    return sorted(_PROGRAMS.glob("*/bin"), key=lambda path: float(path.parent.name))


@contextmanager
def _scratch_database(server: str) -> Iterator[str]:
    import psycopg

    name = f"bluezone_load_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
