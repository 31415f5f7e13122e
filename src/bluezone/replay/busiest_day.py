"""One recorded day of the people who were most near others, small enough to watch: what the demo shows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bluezone.replay.contact_table import ContactListError
from bluezone.replay.contact_trace import DAY_SECONDS, LOCAL_MIDNIGHT, ContactTrace, near_rows
from bluezone.replay.copenhagen import metres_of
from bluezone.replay.day import NEAR_METRES, NEAR_SECONDS, Contact, Day, Person, near_seconds

__all__ = ["busiest_day"]


def busiest_day(trace: ContactTrace, people: int = 24, day: int | None = None) -> Day:
    """The ``people`` with the most recorded time near others on one day, and what was between them.

    ``day``: which recorded day, from 1; by default the one with most rows. The F0 is whoever was truly
    near most of the others. The day is moved to a fixed local date, keeping the time of day, so that every
    replay looks alike; a distance that was not recorded is inferred from the strength.

    :raises ContactListError: if the list has no such day or too few people that met on it.
    """
    rows_a_day = np.bincount(trace.day)
    recorded = np.flatnonzero(rows_a_day)
    if not len(recorded):
        raise ContactListError(f"{trace.name}: no contacts in it")
    chosen = int(rows_a_day.argmax()) if day is None else day - 1
    if chosen not in recorded:
        has = ", ".join(str(one + 1) for one in recorded.tolist())
        raise ContactListError(f"{trace.name}: has no day {day}; it has {has}")
    of_day = trace.day == chosen
    near = of_day & near_rows(trace)
    busy = np.bincount(np.concatenate((trace.a[near], trace.b[near])), minlength=len(trace.people))
    present = np.flatnonzero(busy).tolist()
    if len(present) < 2:
        raise ContactListError(f"{trace.name}: nobody was within {NEAR_METRES:g} m on day {chosen + 1}")
    busiest = sorted(present, key=lambda one: (-busy[one], trace.people[one]))[:people]
    contacts = tuple(_contacts(trace, of_day & np.isin(trace.a, busiest) & np.isin(trace.b, busiest)))
    ids = [trace.people[one] for one in sorted(busiest)]
    return Day(
        title=f"{trace.name}, ngày {chosen + 1}",
        source_kind=trace.kind,
        source_name=trace.name,
        start=LOCAL_MIDNIGHT,
        end=LOCAL_MIDNIGHT + DAY_SECONDS,
        people=tuple(Person(id=one, name=f"#{one}", role=trace.roles.get(one, "")) for one in ids),
        contacts=contacts,
        f0=max(ids, key=lambda one: (_near_people(contacts, one), one)),
    )


def _near_people(contacts: tuple[Contact, ...], person: str) -> int:
    return sum(seconds >= NEAR_SECONDS for seconds in near_seconds(contacts, person).values())


def _contacts(trace: ContactTrace, wanted: NDArray[np.bool_]) -> Iterator[Contact]:
    """Adjacent rows of a pair at one distance as one contact, in order of time."""
    a, b, second, metres, rssi = (
        column[wanted].tolist() for column in (trace.a, trace.b, trace.second, trace.metres, trace.rssi)
    )
    if trace.kind == "copenhagen":
        metres = [metres_of(strength) for strength in rssi]
    rows = sorted(
        (*sorted((trace.people[one], trace.people[other])), distance, LOCAL_MIDNIGHT + when)
        for one, other, distance, when in zip(a, b, metres, second, strict=True)
    )
    merged: list[Contact] = []
    for one, other, distance, start in rows:
        last = merged[-1] if merged else None
        if last and (last.a, last.b, last.distance, last.end) == (one, other, distance, start):
            merged[-1] = Contact(one, other, last.start, start + trace.step, distance)
        else:
            merged.append(Contact(one, other, start, start + trace.step, distance))
    yield from sorted(merged, key=lambda c: (c.start, c.a, c.b))
