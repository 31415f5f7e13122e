"""How each sighting of a key turns into minutes at risk: the terms of a score, for whoever shows how it came.

The terms of a window add up to what :func:`bluezone.protocols.risk.score_window` gives it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from bluezone.device.exposure_results import MatchedKey
from bluezone.protocols.risk import ScanInstance, exposure_windows, score_window
from bluezone.protocols.risk_presets import RiskPreset

__all__ = ["WeighedScan", "weighed_scans"]


@dataclass(frozen=True, slots=True)
class WeighedScan:
    """A scan under a preset: ``day`` (UTC) that it counts for, ``attenuation`` in dB that the preset looks
    at, ``weight`` that each of its seconds has; 0 where its window is dropped."""

    scan: ScanInstance
    day: date
    attenuation: float
    weight: float

    @property
    def minutes(self) -> float:
        """Minutes at risk."""
        return self.scan.seconds_since_last_scan * self.weight / 60


def weighed_scans(
    key: MatchedKey, scans: Iterable[ScanInstance], preset: RiskPreset
) -> Iterator[WeighedScan]:
    """Every scan of one key, in order of time, whatever the order given."""
    windows = exposure_windows(
        scans, preset, report_type=key.report_type, days_since_onset=key.days_since_onset
    )
    for window in windows:
        dropped = score_window(window, preset).dropped
        factor = 0.0 if dropped else preset.transmission_factor(window.report_type, window.infectiousness)
        for scan, attenuation in zip(window.scans, window.attenuations, strict=True):
            yield WeighedScan(scan, window.day, attenuation, factor * preset.weight(attenuation))
