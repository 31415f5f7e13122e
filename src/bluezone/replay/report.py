"""The demo's report: what the page draws, in the shape of ``spec/demo_report.schema.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bluezone.replay.day import Day
from bluezone.replay.outcome import Outcome

__all__ = ["Event", "Measured", "ShownAlert", "build_report"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a time, in words."""

    time: int
    text: str


@dataclass(frozen=True, slots=True)
class Measured:
    """One scan instance of the F0's identifiers on somebody's device, and what each second of it counts.

    ``attenuation_db`` is the one that the preset looks at: the scan's typical one, or its least.
    """

    by: str
    of: str
    time: int
    attenuation_db: float
    seconds: int
    weight: float


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """What a device told its owner about one day."""

    person: str
    day: str
    minutes: int
    score: float
    closest_db: float
    certainty: str
    text: str


def build_report(
    day: Day,
    outcome: Outcome,
    *,
    seconds_near: Mapping[str, int],
    measured: Sequence[Measured],
    alerts: Sequence[ShownAlert],
    events: Sequence[Event],
    seconds: float,
    receptions: int,
    preset: str,
) -> dict[str, Any]:
    """The whole document; ``seconds``: how long the run took; ``receptions``: adverts heard."""
    warned, near = set(outcome.warned), set(outcome.near)
    return {
        "title": day.title,
        "source": {"kind": day.source_kind, "name": day.source_name},
        "timezone": "Asia/Ho_Chi_Minh",
        "start": day.start,
        "end": day.end,
        "people": [
            {
                "id": person.id,
                "name": person.name,
                "role": person.role,
                "f0": person.id == day.f0,
                "near": person.id in near,
                "near_seconds": seconds_near.get(person.id, 0),
                "warned": person.id in warned,
            }
            for person in day.people
        ],
        "places": [{"id": place.id, "name": place.name, "kind": place.kind} for place in day.places],
        "stays": [
            {"person": stay.person, "place": stay.place, "from": stay.start, "to": stay.end}
            for stay in day.stays
        ],
        "contacts": [
            {
                "a": c.a,
                "b": c.b,
                "from": c.start,
                "to": c.end,
                "distance_m": c.distance,
                **({"wall_db": c.wall} if c.wall else {}),
            }
            for c in day.contacts
        ],
        "sightings": [asdict(one) for one in measured],
        "alerts": [asdict(one) for one in alerts],
        "events": [asdict(one) for one in sorted(events, key=lambda event: event.time)],
        "outcome": {
            "people": len(day.people),
            "f0": [day.f0],
            "near": list(outcome.near),
            "warned": list(outcome.warned),
            "missed": list(outcome.missed),
            "false": list(outcome.false),
            "seconds": round(seconds, 1),
            "receptions": receptions,
            "preset": preset,
        },
    }
