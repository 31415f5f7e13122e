"""Who is within radio reach of whom right now, as a day goes by."""

from __future__ import annotations

from collections import defaultdict

from bluezone.replay.day import Contact, Day
from bluezone.replay.radio_model import REACH_DB, median_attenuation

__all__ = ["Nearby"]


class Nearby:
    """A day's contacts by time. Asked in order of time it does little work; going back starts over."""

    def __init__(self, day: Day) -> None:
        self._rows = sorted(day.contacts, key=lambda contact: contact.start)
        self._rewind()

    def _rewind(self) -> None:
        self._next = 0
        self._time = -1.0
        self._present: dict[tuple[str, str], list[Contact]] = defaultdict(list)

    def median_loss(self, one: str, other: str, unix_seconds: float) -> float | None:
        """Median loss in dB between two people, or None out of reach; several rows count as the nearest."""
        if unix_seconds < self._time:
            self._rewind()
        self._time = unix_seconds
        while self._next < len(self._rows) and self._rows[self._next].start <= unix_seconds:
            contact = self._rows[self._next]
            self._present[contact.a, contact.b].append(contact)
            self._next += 1
        pair = (one, other) if one < other else (other, one)
        current = self._present.get(pair)
        if not current:
            return None
        if any(contact.end <= unix_seconds for contact in current):
            current = self._present[pair] = [c for c in current if c.end > unix_seconds]
        losses = [median_attenuation(contact.distance, contact.wall) for contact in current]
        nearest = min(losses, default=None)
        return nearest if nearest is not None and nearest <= REACH_DB else None
