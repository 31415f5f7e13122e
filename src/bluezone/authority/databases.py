"""How the database is opened: SQLite in the data folder, or PostgreSQL by its address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dj_database_url

from bluezone.errors import Refused

__all__ = ["LOG_PAGES", "BadDatabaseUrl", "database_config", "libpq_parameters"]

_POSTGRES = "django.db.backends.postgresql"
_CONNECT_SECONDS = 5
"""So long a request waits for a connection: with the database gone, an answer now beats one in 30 s."""

_CONNECTION_LIFE = 600
"""Seconds that a thread keeps its connection: making one costs more than a request."""

LOG_PAGES = 4000
"""Pages of 4 KB in SQLite's log before a commit copies them into the database, for which everybody waits."""


class BadDatabaseUrl(Refused):
    """``DATABASE_URL`` names no PostgreSQL database; its text is not repeated, it may hold a password."""


def database_config(url: str, data: Path) -> dict[str, Any]:
    """The framework's settings of one database; ``url`` is empty for SQLite in ``data``.

    :raises BadDatabaseUrl: for anything but a PostgreSQL address.
    """
    if url:
        try:
            parsed: dict[str, Any] = dict(dj_database_url.parse(url))
        except ValueError:
            parsed = {}
        if parsed.get("ENGINE") != _POSTGRES or not parsed.get("NAME"):
            raise BadDatabaseUrl(
                "DATABASE_URL is not like postgresql://user:password@host:5432/name; "
                "leave it away for SQLite in the data folder"
            )
        parsed["OPTIONS"] = {"connect_timeout": _CONNECT_SECONDS, **parsed.get("OPTIONS", {})}
        return {**parsed, "CONN_MAX_AGE": _CONNECTION_LIFE, "CONN_HEALTH_CHECKS": True}
    # WAL lets readers work beside the one writer; IMMEDIATE takes the write lock at the start, so that a
    # transaction never fails half-way for having read first; FULL survives a power cut after each commit
    # (``commit_together.py`` waits for the disk by itself, once for many). What is deleted is overwritten:
    # not every build of SQLite does that unasked.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": data / "bluezone.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                "PRAGMA secure_delete=ON; "
                f"PRAGMA wal_autocheckpoint={LOG_PAGES};"
            ),
        },
    }


def libpq_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the framework's connection parameters that PostgreSQL's client library knows, such as sslmode.

    The others (cursor class, adapters) would make rows look different from what the queue expects.
    """
    from psycopg.pq import Conninfo

    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    return {name: value for name, value in parameters.items() if name in known and value not in (None, "")}
