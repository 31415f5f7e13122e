"""A day as the radio and the judge see it: people, places, and who was how near to whom, when.

*Contact* is the truth: two people within radio reach at one distance for a while. *Near* means at most
:data:`NEAR_METRES`. Times are Unix seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["NEAR_METRES", "NEAR_SECONDS", "Contact", "Day", "Person", "Place", "Stay", "near_seconds"]

NEAR_METRES = 2.0
NEAR_SECONDS = 15 * 60
"""Truly near over a day: at least this long within :data:`NEAR_METRES`, in sum (the WHO's close contact)."""


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A room; rooms of one ``building`` share its coordinates, and a wall stands between any two."""

    id: str
    name: str
    kind: str
    building: str


@dataclass(frozen=True, slots=True)
class Stay:
    """A person at a seat (metres, in the building's coordinates) from ``start`` until before ``end``."""

    person: str
    place: str
    start: int
    end: int
    seat: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Contact:
    """``a`` and ``b`` (``a`` < ``b``) at ``distance`` metres from ``start`` until before ``end``.

    ``wall`` is what stands between them, in dB of radio loss.
    """

    a: str
    b: str
    start: int
    end: int
    distance: float
    wall: float = 0.0


@dataclass(frozen=True, slots=True)
class Day:
    """``source_kind`` is ``script`` or the kind of a contact list; ``f0`` is who turns out positive."""

    title: str
    source_kind: str
    source_name: str
    start: int
    end: int
    people: tuple[Person, ...]
    contacts: tuple[Contact, ...]
    f0: str
    places: tuple[Place, ...] = ()
    stays: tuple[Stay, ...] = field(default=(), repr=False)


def near_seconds(contacts: Iterable[Contact], person: str) -> dict[str, int]:
    """Seconds that each other person spent within two metres of ``person``, no wall between them.

    Overlapping rows of one pair count once.
    """
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for contact in contacts:
        if person in (contact.a, contact.b) and contact.distance <= NEAR_METRES and not contact.wall:
            other = contact.b if contact.a == person else contact.a
            spans[other].append((contact.start, contact.end))
    return {other: _covered(pieces) for other, pieces in spans.items()}


def _covered(spans: list[tuple[int, int]]) -> int:
    total, reached = 0, 0
    for start, end in sorted(spans):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total
