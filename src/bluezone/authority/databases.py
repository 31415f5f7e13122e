"""How the database is opened: SQLite in the data folder, or PostgreSQL by its address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url

__all__ = ["database_config"]


def database_config(url: str, data: Path) -> dict[str, Any]:
    """The framework's settings of one database; ``url`` is empty for SQLite in ``data``."""
    if url:
        parsed: dict[str, Any] = dict(dj_database_url.parse(url))
        parsed["OPTIONS"] = {**parsed.get("OPTIONS", {}), "pool": {"min_size": 1, "max_size": 16}}
        return parsed
    # WAL lets readers work beside the one writer; IMMEDIATE takes the write lock at the start, so that a
    # transaction never fails half-way for having read first; FULL survives a power cut after each commit.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": data / "bluezone.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }
