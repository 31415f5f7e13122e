"""A contact list in time: part of its days, when each row began, when people were last near someone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bluezone.errors import Refused
from bluezone.replay.contact_trace import DAY_SECONDS, LOCAL_MIDNIGHT, ContactTrace, near_rows

__all__ = ["NoSuchDays", "last_near", "part_of_days", "row_times"]


class NoSuchDays(Refused):
    """The record has no such days, or nobody met anybody on them."""


def row_times(trace: ContactTrace) -> NDArray[np.int64]:
    """When each row's step begins, in Unix seconds, int64 (n,)."""
    return LOCAL_MIDNIGHT + trace.day.astype(np.int64) * DAY_SECONDS + trace.second


def part_of_days(trace: ContactTrace, first: int, last: int) -> ContactTrace:
    """The recorded days from ``first`` to ``last``, counted from 1; everybody of the record stays in it.

    :raises NoSuchDays: naming the days there are.
    """
    if not 1 <= first <= last <= trace.days:
        raise NoSuchDays(f"{trace.name}: has days 1 to {trace.days}, not {first} to {last}")
    kept = (trace.day >= first - 1) & (trace.day < last)
    if not kept.any():
        raise NoSuchDays(f"{trace.name}: no contacts on days {first} to {last}")
    part = replace(
        trace,
        days=last - first + 1,
        day=trace.day[kept] - np.int16(first - 1),
        second=trace.second[kept],
        a=trace.a[kept],
        b=trace.b[kept],
        metres=trace.metres[kept],
        rssi=trace.rssi[kept],
    )
    return replace(part, steps=len(np.unique(row_times(part))))


def last_near(trace: ContactTrace, others: Collection[int]) -> dict[int, int]:
    """When each person's last time near any of ``others`` ended, in Unix seconds; these left out."""
    rows = np.flatnonzero(
        (np.isin(trace.a, list(others)) != np.isin(trace.b, list(others))) & near_rows(trace)
    )
    person = np.where(np.isin(trace.a[rows], list(others)), trace.b[rows], trace.a[rows])
    end = row_times(trace)[rows] + trace.step
    latest: dict[int, int] = {}
    for who, when in zip(person.tolist(), end.tolist(), strict=True):
        latest[who] = max(latest.get(who, 0), when)
    return latest
