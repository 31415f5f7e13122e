"""Reads recorded contact lists: Haslemere, SocioPatterns and the Copenhagen Networks Study, told apart.

The lists are read, never shipped: their licences forbid derivatives or commercial use.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bluezone.replay.contact_table import (
    MAX_BYTES,
    MAX_LINES,
    ContactListError,
    Field,
    Layout,
    Table,
    open_table,
)
from bluezone.replay.contact_trace import DAY_SECONDS, STEP_SECONDS, ContactTrace, trace_from_columns
from bluezone.replay.copenhagen import COPENHAGEN_HEADER, read_copenhagen

__all__ = ["MAX_BYTES", "MAX_LINES", "ContactListError", "read_contact_list"]

_HASLEMERE_HEADER = "time_step,user1_id,user2_id,distance_m"
_HASLEMERE_STEPS_A_DAY = 192
_HASLEMERE_FIRST_SECOND = 7 * 3600
"""The study recorded from 07:00 to 23:00: 192 five-minute steps a day (Kissler et al. 2018)."""
_HASLEMERE = Layout(
    fields=(
        Field("time_step", 1, 366 * _HASLEMERE_STEPS_A_DAY),
        Field("user1_id", 0, 10**9),
        Field("user2_id", 0, 10**9),
        Field("distance_m", 0, 10**9, unit="metres"),
    ),
    separators=b",",
)

_SOCIOPATTERNS_METRES = 1.25
"""Badges met face to face within 1 to 1.5 m (Mastrandrea, Fournet, Barrat 2015); no distance is recorded."""
_SOCIOPATTERNS_ZONE = ZoneInfo("Europe/Paris")
_SOCIOPATTERNS_FIELDS = (
    Field("time", 0, 2**32 - 1, step=STEP_SECONDS["sociopatterns"]),
    Field("first person", 0, 10**9),
    Field("second person", 0, 10**9),
)


def read_contact_list(
    path: Path,
    progress: Callable[[int], None] | None = None,
    *,
    seen: Callable[[memoryview], object] | None = None,
) -> ContactTrace:
    """Read a list of one of the three formats, plain or gzipped, told apart by the first line.

    ``progress`` is told now and then how many bytes of the file are done; ``seen`` is given all of them,
    in order. A list has at most :data:`MAX_LINES` lines and, unzipped, :data:`MAX_BYTES` bytes.

    :raises ContactListError: naming the file, the line and what is wrong with it.
    """
    with open_table(path, progress, seen=seen) as table:
        head = table.first.replace(" ", "").removeprefix("#")
        if head == _HASLEMERE_HEADER:
            return _read_haslemere(table)
        if head == COPENHAGEN_HEADER:
            return read_copenhagen(table)
        columns = len(table.first.split())
        if columns in (3, 5):
            return _read_sociopatterns(table, columns)
    raise ContactListError(
        f"{path}, line 1: neither the Haslemere header ({_HASLEMERE_HEADER}), nor that of Copenhagen "
        f"({COPENHAGEN_HEADER}), nor a SocioPatterns row (time, person, person, optionally two classes)"
    )


def _read_haslemere(table: Table) -> ContactTrace:
    rows, _ = _rows(table, _HASLEMERE, header=True)
    day, step_of_day = np.divmod(rows[:, 0] - 1, _HASLEMERE_STEPS_A_DAY)
    return trace_from_columns(
        "haslemere",
        table.path.name,
        day=day,
        second=_HASLEMERE_FIRST_SECOND + step_of_day * STEP_SECONDS["haslemere"],
        ids=rows[:, 1:3],
        metres=rows[:, 3],
    )


def _read_sociopatterns(table: Table, columns: int) -> ContactTrace:
    layout = Layout(fields=_SOCIOPATTERNS_FIELDS, separators=b" \t", texts=columns - 3)
    rows, roles = _rows(table, layout, header=False)
    # A row's time is the end of the 20 seconds it stands for.
    date, second = np.divmod(_paris_seconds(rows[:, 0] - STEP_SECONDS["sociopatterns"]), DAY_SECONDS)
    # Recorded days are counted: a weekend without badges is none.
    _, day = np.unique(date, return_inverse=True)
    return trace_from_columns(
        "sociopatterns",
        table.path.name,
        day=day,
        second=second,
        ids=rows[:, 1:3],
        metres=np.full(len(rows), _SOCIOPATTERNS_METRES),
        roles={str(person): role for person, role in roles.items()},
    )


def _paris_seconds(unix: NDArray[np.int64]) -> NDArray[np.int64]:
    """Seconds since 1970 by the clock on the wall in Paris, which is changed on full hours only."""
    hours, which = np.unique(unix // 3600, return_inverse=True)
    local = [datetime.fromtimestamp(hour * 3600, tz=_SOCIOPATTERNS_ZONE) for hour in hours.tolist()]
    offsets = [(moment.utcoffset() or timedelta()) // timedelta(seconds=1) for moment in local]
    return unix + np.array(offsets, dtype=np.int64)[which]


def _rows(table: Table, layout: Layout, *, header: bool) -> tuple[NDArray[np.int64], dict[int, str]]:
    pieces: list[NDArray[np.int64]] = []
    texts: dict[int, str] = {}
    for block in table.blocks(layout, header=header):
        pieces.append(block.numbers)
        for person, said in block.texts.items():
            texts.setdefault(person, said)
    rows = np.concatenate(pieces) if pieces else np.empty((0, len(layout.fields)), dtype=np.int64)
    if not len(rows):
        raise ContactListError(f"{table.path}: no contacts in it")
    return rows, texts
