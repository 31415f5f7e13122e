"""Risk scores after Exposure Notifications v2: scan instances, exposure windows, daily summaries.

Pure arithmetic; the numbers come from a preset (:mod:`bluezone.protocols.risk_presets`).

*Windows.* The scan instances of one key are cut into windows of less than 30 minutes, counted from a window's
first scan; the next scan starts the next window. That is the rule of the published reference
(google/exposure-notifications-internals, ``KeyExposureEvaluator``). A shorter pause inside a window does not
cut it, since a scan of a few seconds easily misses somebody who is there; a longer one always does. A window
never mixes keys, so it never crosses a key's day by more than the clocks' tolerance.

*Attenuation looked up.* A preset says which attenuation of a scan its buckets judge: the typical, the least,
or an adjusted one (:class:`~bluezone.protocols.risk_presets.Adjustment`). The adjusted one draws on the scans
of the same key right before and after, and on how strongly the same scan heard everybody else: a phone deep
in a bag hears all of them weakly, so what counts is the difference.

*Days* are UTC days, like keys: in Vietnam they run from 07:00 to 07:00.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum, IntEnum
from statistics import median

from bluezone.protocols.gaen import ReportType
from bluezone.protocols.risk_presets import Infectiousness, RiskPreset

__all__ = [
    "LEAST_OTHERS",
    "WINDOW_SECONDS",
    "Certainty",
    "DailySummary",
    "ExposureWindow",
    "RiskLevel",
    "ScanInstance",
    "WindowScore",
    "attenuation",
    "daily_summaries",
    "exposure_windows",
    "looked_up_attenuations",
    "score_window",
    "surroundings_attenuation",
    "utc_day",
]

WINDOW_SECONDS = 30 * 60
LEAST_OTHERS = 3
"""Fewer tell more about where they are than about how this phone hears."""
LIKELY_SCANS = 3
LIKELY_MARGIN_DB = 3.0
_ROUNDING = 1e-9


class RiskLevel(IntEnum):
    """What a day reached; only ``HIGH`` alerts."""

    NONE = 0
    LOW = 1
    HIGH = 2


class Certainty(Enum):
    """How sure a summary is of nearness; radio cannot prove it, so there is nothing above ``LIKELY``."""

    POSSIBLE = "possible"
    LIKELY = "likely"


@dataclass(frozen=True, slots=True)
class ScanInstance:
    """What one scan heard of one key: attenuations in dB, and the seconds (at most 300) that it stands for.

    ``time`` is the start of the scan in Unix seconds. ``surroundings``: mean attenuation of everything else
    that the scan heard, taken to be sent like this device sends; ``None`` if it heard fewer than
    :data:`LEAST_OTHERS` others.
    """

    time: int
    typical_attenuation: float
    min_attenuation: float
    seconds_since_last_scan: int
    surroundings: float | None = None


@dataclass(frozen=True, slots=True)
class ExposureWindow:
    """Scan instances of one key within less than 30 minutes, in order of time; ``day`` is the first one's.

    ``attenuations``: of each scan, in dB, what the preset that made the window judges it by.
    """

    day: date
    infectiousness: Infectiousness
    report_type: ReportType
    scans: tuple[ScanInstance, ...]
    attenuations: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class WindowScore:
    """``weighted_seconds`` by attenuation alone; ``score`` in normalised minutes, 0 if ``dropped``."""

    weighted_seconds: float
    score: float
    dropped: bool


@dataclass(frozen=True, slots=True)
class DailySummary:
    """One UTC day over all keys.

    ``weighted_seconds`` and ``score`` (normalised minutes) are sums over windows that were not dropped.
    ``seconds`` is plain time: of scans whose attenuation counts, a scan that heard two keys counted once.
    ``closest_attenuation`` is the least of any of these scans, ``None`` without any.
    """

    day: date
    weighted_seconds: float
    score: float
    seconds: int
    closest_attenuation: float | None
    scans: int
    level: RiskLevel
    certainty: Certainty


def attenuation(tx_power: int, rssi: int, rssi_correction: int) -> int:
    """Loss on the way in dB: transmit power minus corrected received strength, never below 0.

    :param tx_power: calibrated transmit power in dBm, from the sender's metadata.
    :param rssi: received strength in dBm.
    :param rssi_correction: what this receiver's model adds to its reading, in dB.
    """
    return max(0, tx_power - (rssi + rssi_correction))


def surroundings_attenuation(
    others: int, mean_rssi: float, *, tx_power: int, rssi_correction: int
) -> float | None:
    """Mean attenuation of ``others`` that a scan heard besides; ``None`` if they are too few to say anything.

    :param tx_power: this device's own, since strangers' is secret.
    """
    return None if others < LEAST_OTHERS else tx_power - (mean_rssi + rssi_correction)


def exposure_windows(
    scans: Iterable[ScanInstance],
    preset: RiskPreset,
    *,
    report_type: ReportType,
    days_since_onset: int | None,
) -> list[ExposureWindow]:
    """The windows of *one key's* scan instances, whatever their order; see the module for the rule."""
    infectiousness = preset.infectiousness(days_since_onset)
    ordered = sorted(scans, key=_order)
    groups: list[list[tuple[ScanInstance, float]]] = []
    for scan, looked_up in zip(ordered, looked_up_attenuations(ordered, preset), strict=True):
        if groups and scan.time - groups[-1][0][0].time < WINDOW_SECONDS:
            groups[-1].append((scan, looked_up))
        else:
            groups.append([(scan, looked_up)])
    return [
        ExposureWindow(
            utc_day(group[0][0].time),
            infectiousness,
            report_type,
            scans=tuple(scan for scan, _ in group),
            attenuations=tuple(looked_up for _, looked_up in group),
        )
        for group in groups
    ]


def looked_up_attenuations(scans: Sequence[ScanInstance], preset: RiskPreset) -> list[float]:
    """What a preset judges each of one key's scans by, in dB; ``scans`` in order of time."""
    if preset.of_scan == "typical":
        return [scan.typical_attenuation for scan in scans]
    if preset.of_scan == "minimum" or preset.adjustment is None:
        return [scan.min_attenuation for scan in scans]
    adjustment = preset.adjustment
    times = [scan.time for scan in scans]
    adjusted = []
    for scan in scans:
        first = bisect_left(times, scan.time - adjustment.around_seconds)
        end = bisect_right(times, scan.time + adjustment.around_seconds)
        least = min(other.min_attenuation for other in scans[first:end])
        adjusted.append(adjustment.of(scan.typical_attenuation, least, scan.surroundings))
    return adjusted


def score_window(window: ExposureWindow, preset: RiskPreset) -> WindowScore:
    """What a window counts under a preset."""
    judged = list(zip(window.scans, window.attenuations, strict=True))
    weighted = sum(scan.seconds_since_last_scan * preset.weight(loss) for scan, loss in judged)
    counting = sum(scan.seconds_since_last_scan for scan, loss in judged if loss < preset.counting_below_db)
    factor = preset.transmission_factor(window.report_type, window.infectiousness)
    if not window.scans or factor == 0 or counting < preset.drop_below_minutes * 60:
        return WindowScore(weighted, 0.0, dropped=True)
    return WindowScore(weighted, weighted / 60 * factor, dropped=False)


def daily_summaries(
    windows: Iterable[ExposureWindow], preset: RiskPreset, *, today: date | None = None
) -> list[DailySummary]:
    """Summaries by UTC day, oldest first; days without any window that counts are left out.

    A window alone that reaches a threshold lifts its day over it too, since scores only add up.

    :param today: with it, days older than the preset's ``max_age_days`` are left out.
    """
    oldest = None if today is None else today - timedelta(days=preset.max_age_days)
    days: dict[date, list[tuple[ExposureWindow, WindowScore]]] = defaultdict(list)
    for window in windows:
        score = score_window(window, preset)
        if not score.dropped and (oldest is None or window.day >= oldest):
            days[window.day].append((window, score))
    return [_summary(day, days[day], preset) for day in sorted(days)]


def _summary(day: date, scored: list[tuple[ExposureWindow, WindowScore]], preset: RiskPreset) -> DailySummary:
    # Sorted before adding: floating-point sums must not depend on the order of the input.
    score = sum(sorted(result.score for _, result in scored))
    counting = [
        (scan, loss)
        for window, _ in scored
        for scan, loss in zip(window.scans, window.attenuations, strict=True)
        if preset.weight(loss) > 0
    ]
    seconds: dict[int, int] = {}
    for scan, _ in counting:
        seconds[scan.time] = max(seconds.get(scan.time, 0), scan.seconds_since_last_scan)
    return DailySummary(
        day=day,
        weighted_seconds=sum(sorted(result.weighted_seconds for _, result in scored)),
        score=score,
        seconds=sum(seconds.values()),
        closest_attenuation=min((scan.min_attenuation for scan, _ in counting), default=None),
        scans=len(seconds),
        level=_level(score, preset),
        certainty=_certainty(counting, preset),
    )


def _level(score: float, preset: RiskPreset) -> RiskLevel:
    if score >= preset.high_minutes - _ROUNDING:
        return RiskLevel.HIGH
    return RiskLevel.LOW if score >= preset.low_minutes - _ROUNDING else RiskLevel.NONE


def _certainty(counting: list[tuple[ScanInstance, float]], preset: RiskPreset) -> Certainty:
    """``LIKELY`` from three scans on whose median is at least 3 dB nearer than the preset's near buckets end.

    3 dB is what one advert fades against the next indoors; a single scan may be a reflection. A preset that
    does not look at strength can never say more than ``POSSIBLE``.
    """
    times = {scan.time for scan, _ in counting}
    if len(times) < LIKELY_SCANS or preset.near_db == float("inf"):
        return Certainty.POSSIBLE
    margin = preset.near_db - median(loss for _, loss in counting)
    return Certainty.LIKELY if margin >= LIKELY_MARGIN_DB else Certainty.POSSIBLE


def _order(scan: ScanInstance) -> tuple[float, ...]:
    """By time; the rest only makes the order of the input irrelevant."""
    surroundings = float("inf") if scan.surroundings is None else scan.surroundings
    return (
        scan.time,
        scan.typical_attenuation,
        scan.min_attenuation,
        scan.seconds_since_last_scan,
        surroundings,
    )


def utc_day(unix_seconds: int) -> date:
    """The UTC day of a moment: a key's, a window's and a summary's."""
    return datetime.fromtimestamp(unix_seconds, UTC).date()
