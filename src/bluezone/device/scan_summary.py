"""What one scan heard, summarised per identifier, within fixed memory."""

from __future__ import annotations

from collections import defaultdict

from bluezone.device.store import Encounter
from bluezone.protocols.advert import GaenAdvert

__all__ = ["MAX_IDENTIFIERS", "ScanSummary"]

MAX_IDENTIFIERS = 10_000
"""More in one scan is a flood, not a crowd."""
_UNAVAILABLE_RSSI = 127
_STRONGEST_RSSI = 20
"""Bluetooth Core: strengths are -127 to 20 dBm, 127 means not available."""


class ScanSummary:
    """Collects the receptions of one scan; ``receptions`` and ``ignored`` count them.

    An identifier belongs to one encrypted metadata. Who replays it with other metadata, to seem nearer, must
    send it more often than its owner to be believed.
    """

    def __init__(self) -> None:
        self.receptions = 0
        self.ignored = 0
        self._rssi: dict[bytes, dict[bytes, list[int]]] = defaultdict(lambda: defaultdict(list))

    def add(self, advert: GaenAdvert, rssi: int) -> None:
        """Take one reception in; without a strength, or from a flood, it is only counted."""
        unusable = rssi > _STRONGEST_RSSI or rssi < -_UNAVAILABLE_RSSI
        if unusable or (advert.rpi not in self._rssi and len(self._rssi) >= MAX_IDENTIFIERS):
            self.ignored += 1
            return
        self.receptions += 1
        self._rssi[advert.rpi][advert.aem].append(rssi)

    def encounters(self) -> list[Encounter]:
        """One per identifier: mean strength rounded to whole dBm, and the greatest."""
        found = []
        for rpi, by_aem in self._rssi.items():
            aem, strengths = max(by_aem.items(), key=lambda item: (len(item[1]), item[0]))
            found.append(Encounter(rpi, aem, round(sum(strengths) / len(strengths)), max(strengths)))
        return found
