"""The Copenhagen Networks Study's list of Bluetooth scans (bt_symmetric.csv): strengths, no distances.

Rows are ``timestamp,user_a,user_b,rssi``: seconds since the study began, in five-minute steps; two people of
the study; the strength received. ``user_b`` -1 marks a scan that found nobody, -2 a device outside the study:
such a row says that ``user_a`` took part then, and of no contact (Sapiezynski et al. 2019, figshare 7267433).

The list does not say at what time of day the study began: local midnight is assumed.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from bluezone.replay.contact_table import ContactListError, Field, Layout, Table
from bluezone.replay.contact_trace import (
    DAY_SECONDS,
    NEAR_RSSI_DBM,
    STEP_SECONDS,
    ContactTrace,
    trace_from_columns,
)
from bluezone.replay.day import NEAR_METRES
from bluezone.replay.radio_model import median_attenuation

__all__ = ["COPENHAGEN_HEADER", "metres_of", "read_copenhagen"]

COPENHAGEN_HEADER = "timestamp,user_a,user_b,rssi"

_EMPTY_SCAN, _OUTSIDE_DEVICE = -1, -2
_LAYOUT = Layout(
    fields=(
        Field("timestamp", 0, 366 * DAY_SECONDS - 1, step=STEP_SECONDS["copenhagen"]),
        Field("user_a", 0, 10**9),
        Field("user_b", min(_EMPTY_SCAN, _OUTSIDE_DEVICE), 10**9),
        Field("rssi", -128, 20),
    ),
    separators=b",",
)
_NEAREST, _FARTHEST, _CLOSE_ENOUGH = 0.3, 100.0, 0.001


def read_copenhagen(table: Table) -> ContactTrace:
    """The contacts of an opened list; scans without one count for its time steps, days and people.

    :raises ContactListError: naming the file, the line and what is wrong with it.
    """
    pieces = []
    times = np.empty(0, dtype=np.int64)
    people = np.empty(0, dtype=np.int64)
    for numbers, _ in table.blocks(_LAYOUT, header=True):
        times = np.union1d(times, numbers[:, 0])
        people = np.union1d(people, numbers[:, 1])
        # Every value fits 32 bits, which halves what millions of rows take.
        pieces.append(numbers[numbers[:, 2] >= 0].astype(np.int32))
    rows = np.concatenate(pieces) if pieces else np.empty((0, 4), dtype=np.int32)
    pieces.clear()
    if not len(rows):
        raise ContactListError(f"{table.path}: no contacts in it")
    day, second = np.divmod(rows[:, 0], DAY_SECONDS)
    return trace_from_columns(
        "copenhagen",
        table.path.name,
        day=day,
        second=second,
        ids=rows[:, 1:3],
        rssi=rows[:, 3],
        others=people,
        days=int(times[-1]) // DAY_SECONDS + 1,
        steps=len(times),
    )


@cache
def metres_of(rssi: float) -> float:
    """A distance that stands for a strength in dBm: where the radio model's median loss is that strength's.

    :data:`NEAR_RSSI_DBM` is taken to be the median at two metres, so that near by strength is near by
    distance too. In whole centimetres, within the reach of the model: from 0.3 to 100 m.
    """
    loss = median_attenuation(NEAR_METRES) + NEAR_RSSI_DBM - rssi
    least, most = _NEAREST, _FARTHEST
    if loss <= median_attenuation(least):
        return least
    while most - least > _CLOSE_ENOUGH:
        middle = (least + most) / 2
        least, most = (least, middle) if median_attenuation(middle) >= loss else (middle, most)
    return round(most, 2)
