"""Small scenes of our own, in the form of the published ones."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

TABLE = """CREATE TABLE results(
    db_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, receiver_id INT NOT NULL, receiver_model TEXT NOT NULL,
    transmitter_id INT NOT NULL, transmitter_model TEXT NOT NULL, timestamp REAL NOT NULL,
    rssi INTEGER NOT NULL, tx_power INTEGER NOT NULL, ground_truth_distance REAL)"""
START = 1_587_102_484_055
"""Milliseconds: when the first trial began."""


def reception(
    receiver: Any = 1,
    transmitter: Any = 2,
    milliseconds: Any = START,
    rssi: Any = -70,
    metres: Any = 1.0,
    *,
    models: tuple[Any, Any] = ("SM-A405FN", "SM-G973F"),
) -> tuple[Any, ...]:
    """One row, without its number."""
    return receiver, models[0], transmitter, models[1], milliseconds, rssi, -21, metres


def write_scene(path: Path, rows: Iterable[tuple[Any, ...]], table: str = TABLE) -> Path:
    with closing(sqlite3.connect(path)) as database:
        database.execute(table)
        database.executemany(
            "INSERT INTO results(receiver_id, receiver_model, transmitter_id, transmitter_model, timestamp,"
            " rssi, tx_power, ground_truth_distance) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        database.commit()
    return path
