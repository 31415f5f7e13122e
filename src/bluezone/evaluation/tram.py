"""Who of the Dublin tram would be warned: by rules of 2020 on minutes, and by every risk preset we ship.

A pair is near when it sat less than 2 m apart. The measurements last about 15 minutes, so that a threshold of
15 minutes is reached only by pairs that count nearly all the time.

*Rules on minutes.* A bin's minutes are taken as spread evenly over its width: of the bin 72-74 dB, half lie
below 73 dB. Only so does "73 dB for 15 minutes" warn 16 of 28 near pairs and 18 of 44 far ones (57 and 41 %);
leaving that bin out gives 16 and 16, taking all of it 18 and 21.

*Presets.* They are scored by :mod:`bluezone.protocols.risk`, as a device does: a bin's minutes become scan
instances of at most one minute at the middle of the bin, typical and least attenuation alike, the nearest
first (their order was not recorded), in one ride and so in one exposure window. What else the phones heard
was not recorded either. The key is that of a confirmed case on the day of onset, when presets count most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from bluezone.evaluation.tram_files import TramPairs
from bluezone.protocols.gaen import ReportType
from bluezone.protocols.risk import RiskLevel, ScanInstance, daily_summaries, exposure_windows
from bluezone.protocols.risk_presets import RiskPreset

__all__ = [
    "MINUTE_RULES",
    "NEAR_METRES",
    "MinuteRule",
    "Warned",
    "minutes_below",
    "warned_by",
    "warned_by_preset",
]

NEAR_METRES = 2.0
_RIDE = int(datetime(2020, 6, 23, 8, tzinfo=UTC).timestamp())
"""When the ride is taken to begin: any morning does, this is the day of the report."""
_SCAN_SECONDS = 60
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class MinuteRule:
    """Minutes below ``below_db[0]`` count ``weights[0]`` times, from there to below ``below_db[1]`` times
    ``weights[1]``, and so on; ``minutes`` of them warn."""

    name: str
    title: str
    below_db: tuple[float, ...]
    weights: tuple[float, ...]
    minutes: float = 15.0


MINUTE_RULES = (
    MinuteRule("ch-2020-early", "Switzerland, June 2020: 50/55 dB", (50.0, 55.0), (1.0, 0.5)),
    MinuteRule("de-2020", "Germany, June 2020, and Switzerland later: 55/63 dB", (55.0, 63.0), (1.0, 0.5)),
    MinuteRule("below-73", "any time below 73 dB", (73.0,), (1.0,)),
)
"""German numbers: the app's configuration of 22 June 2020, in the data set's own repository."""


@dataclass(frozen=True, slots=True)
class Warned:
    """How many of the near and of the far pairs a rule warns."""

    near_warned: int
    near: int
    far_warned: int
    far: int

    @property
    def true_positive_rate(self) -> float | None:
        """Share of the near pairs warned; ``None`` without any."""
        return self.near_warned / self.near if self.near else None

    @property
    def false_positive_rate(self) -> float | None:
        """Share of the far pairs warned; ``None`` without any."""
        return self.far_warned / self.far if self.far else None


def minutes_below(pairs: TramPairs, limit_db: float) -> NDArray[np.float64]:
    """Float64 (p,): each pair's minutes at less than a limit, a bin's spread evenly over its width."""
    low, high = pairs.edges_db[:-1], pairs.edges_db[1:]
    below: NDArray[np.float64] = pairs.minutes @ np.clip((limit_db - low) / (high - low), 0.0, 1.0)
    return below


def warned_by(rule: MinuteRule, pairs: TramPairs) -> Warned:
    """Whom a rule on minutes warns."""
    counted = np.zeros(len(pairs))
    nearer = np.zeros(len(pairs))
    for limit, weight in zip(rule.below_db, rule.weights, strict=True):
        below = minutes_below(pairs, limit)
        counted += weight * (below - nearer)
        nearer = below
    return _counts(pairs, counted >= rule.minutes - _ROUNDING)


def warned_by_preset(preset: RiskPreset, pairs: TramPairs) -> Warned:
    """Whom a preset alerts."""
    middles = ((pairs.edges_db[:-1] + pairs.edges_db[1:]) / 2).tolist()
    return _counts(pairs, np.array([_alerts(preset, _scans(middles, row)) for row in pairs.minutes.tolist()]))


def _counts(pairs: TramPairs, warned: NDArray[np.bool_]) -> Warned:
    near = pairs.metres < NEAR_METRES
    return Warned(
        near_warned=int((warned & near).sum()),
        near=int(near.sum()),
        far_warned=int((warned & ~near).sum()),
        far=int((~near).sum()),
    )


def _alerts(preset: RiskPreset, scans: Sequence[ScanInstance]) -> bool:
    windows = exposure_windows(scans, preset, report_type=ReportType.CONFIRMED_TEST, days_since_onset=0)
    return any(day.level is RiskLevel.HIGH for day in daily_summaries(windows, preset))


def _scans(middles: Sequence[float], minutes: Sequence[float]) -> list[ScanInstance]:
    scans: list[ScanInstance] = []
    time = _RIDE
    for middle, spent in zip(middles, minutes, strict=True):
        left = round(spent * 60)
        while left > 0:
            seconds = min(left, _SCAN_SECONDS)
            scans.append(ScanInstance(time, middle, middle, seconds))
            time += seconds
            left -= seconds
    return scans
