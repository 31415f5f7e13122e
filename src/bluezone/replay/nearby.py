"""Who is within radio reach of whom right now, as a day goes by."""

from __future__ import annotations

from collections import defaultdict

from bluezone.replay.day import Contact, Day
from bluezone.replay.radio_model import REACH_DB, median_attenuation

__all__ = ["Nearby"]

_SLACK_SECONDS = 10
"""How far questions may go back in time; a link asks about a second's adverts sender by sender."""


class Nearby:
    """A day's contacts by time, asked about nearly in order of time."""

    def __init__(self, day: Day) -> None:
        self._rows = sorted(day.contacts, key=lambda contact: contact.start)
        self._next = 0
        self._latest = 0.0
        self._present: dict[tuple[str, str], list[tuple[Contact, float]]] = defaultdict(list)

    def median_loss(self, one: str, other: str, unix_seconds: float) -> float | None:
        """Median loss in dB between two people, or None out of reach; several rows count as the nearest.

        :raises ValueError: if asked about a time more than ten seconds before the latest one.
        """
        if unix_seconds < self._latest - _SLACK_SECONDS:
            raise ValueError(f"{unix_seconds} is long before {self._latest}, which was asked about already")
        if unix_seconds > self._latest:
            self._latest = unix_seconds
            self._admit(unix_seconds)
        pair = (one, other) if one < other else (other, one)
        current = self._present.get(pair)
        if not current:
            return None
        if any(contact.end <= self._latest - _SLACK_SECONDS for contact, _ in current):
            kept = [row for row in current if row[0].end > self._latest - _SLACK_SECONDS]
            current = self._present[pair] = kept
        return min(
            (loss for contact, loss in current if contact.start <= unix_seconds < contact.end), default=None
        )

    def _admit(self, unix_seconds: float) -> None:
        while self._next < len(self._rows) and self._rows[self._next].start <= unix_seconds:
            contact = self._rows[self._next]
            loss = median_attenuation(contact.distance, contact.wall)
            if loss <= REACH_DB:
                self._present[contact.a, contact.b].append((contact, loss))
            self._next += 1
