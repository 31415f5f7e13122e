"""How SQLite is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bluezone.authority.databases import database_config


def test_what_is_deleted_is_not_left_in_the_file(tmp_path: Path) -> None:
    config = database_config("", tmp_path)
    connection = sqlite3.connect(config["NAME"], isolation_level=None)
    connection.execute("PRAGMA secure_delete=OFF")  # as in SQLite's own builds; Debian's has it on
    connection.executescript(config["OPTIONS"]["init_command"])
    connection.execute("CREATE TABLE codes (phone TEXT)")
    connection.execute("INSERT INTO codes VALUES ('0912345678'), ('0987654321')")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"0912345678" in Path(config["NAME"]).read_bytes()
    connection.execute("DELETE FROM codes WHERE phone = '0912345678'")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = Path(config["NAME"]).read_bytes()
    assert b"0912345678" not in content
    assert b"0987654321" in content
    connection.close()
