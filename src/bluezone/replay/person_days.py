"""Some people's days with one F0, sighting by sighting: what there was, what was measured, what came of it.

*Day*: a UTC day, like a device's: in Hanoi from 07:00 to 07:00. A day's verdict is that day's, with that F0
alone; only days whose verdict is also the person's own over the whole record are shown, so that neither
misleads about the other. Everybody has a device.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

import numpy as np

from bluezone.protocols.risk import RiskLevel, ScanInstance, daily_summaries, exposure_windows, utc_day
from bluezone.protocols.risk_presets import RiskPreset
from bluezone.replay.contact_trace import DAY_SECONDS, ContactTrace, near_rows
from bluezone.replay.day import NEAR_SECONDS
from bluezone.replay.minutes_at_risk import WeighedScan, weighed_scans
from bluezone.replay.outbreak import Exposure, Outbreak, warned
from bluezone.replay.trace_days import row_times

__all__ = ["MOST_DAYS", "PersonDay", "Verdict", "person_days"]

MOST_DAYS = 12

Verdict = Literal["right", "missed", "in vain", "rightly not"]
_INFORMATIVE: tuple[Verdict, ...] = ("right", "missed", "in vain")


@dataclass(frozen=True, slots=True)
class PersonDay:
    """``person`` and ``f0``: rows of the trace's ``people``; ``exposures``: that person's of that F0."""

    person: int
    f0: int
    day: date
    near_seconds: int
    verdict: Verdict
    exposures: tuple[Exposure, ...]
    sightings: int


def person_days(
    trace: ContactTrace,
    outbreak: Outbreak,
    presets: Sequence[RiskPreset],
    chosen: RiskPreset,
    with_app: frozenset[int],
) -> list[dict[str, Any]]:
    """At most :data:`MOST_DAYS` days as ``spec/replay_report.schema.json`` has them, of people and F0s who
    are both among those ``with_app``.

    Rightly warned, missed and in vain by the ``chosen`` preset in turn, most sightings first, one day of a
    person and an F0; days rightly without a warning where there are not enough of these.
    """
    by_verdict: dict[Verdict, list[PersonDay]] = defaultdict(list)
    for one in _candidates(trace, outbreak, chosen, with_app):
        by_verdict[one.verdict].append(one)
    for verdict, found in by_verdict.items():
        found.sort(key=lambda one: (-one.sightings, one.day, one.person, one.f0))
        by_verdict[verdict] = _one_of_each_pair(found)
    shown = _in_turn([by_verdict[verdict] for verdict in _INFORMATIVE])[:MOST_DAYS]
    shown += by_verdict["rightly not"][: MOST_DAYS - len(shown)]
    today = outbreak.checked_at.date()
    return [_document(trace, one, presets, today) for one in shown]


def _one_of_each_pair(days: Sequence[PersonDay]) -> list[PersonDay]:
    """The first of each person and F0, since a couple's three days look alike."""
    first: dict[tuple[int, int], PersonDay] = {}
    for one in days:
        first.setdefault((one.person, one.f0), one)
    return list(first.values())


def _in_turn(groups: Sequence[Sequence[PersonDay]]) -> list[PersonDay]:
    longest = max(map(len, groups))
    return [group[at] for at in range(longest) for group in groups if at < len(group)]


def _candidates(
    trace: ContactTrace, outbreak: Outbreak, chosen: RiskPreset, with_app: frozenset[int]
) -> Iterator[PersonDay]:
    """Days with a sighting, or with any time near, whose verdict is also the person's own."""
    told = warned(outbreak, chosen, with_app)
    contacts = frozenset[int]().union(*outbreak.contacts.values())
    near = _near_seconds(trace, outbreak.f0)
    heard: dict[tuple[int, int], list[Exposure]] = defaultdict(list)
    for exposure in outbreak.exposures:
        if exposure.receiver not in outbreak.contacts:
            among = replace(exposure, scans=exposure.scans_among(with_app))
            heard[exposure.receiver, exposure.f0].append(among)
    for person, f0 in heard.keys() | near.keys():
        if not {person, f0} <= with_app:
            continue
        exposures = tuple(sorted(heard.get((person, f0), ()), key=lambda one: one.key.tek))
        days = _days(exposures, chosen, outbreak.checked_at.date())
        near_on = near.get((person, f0), {})
        for day in days.keys() | near_on.keys():
            sightings, warns = days.get(day, (0, False))
            seconds = near_on.get(day, 0)
            truly = seconds >= NEAR_SECONDS
            if (truly, warns) == (person in contacts, person in told):
                yield PersonDay(person, f0, day, seconds, _verdict(truly, warns), exposures, sightings)


def _verdict(near: bool, warns: bool) -> Verdict:
    if near:
        return "right" if warns else "missed"
    return "in vain" if warns else "rightly not"


def _near_seconds(trace: ContactTrace, f0: Sequence[int]) -> Mapping[tuple[int, int], Mapping[date, int]]:
    """Seconds near, by person and F0, by day; F0s among each other left out."""
    cases = np.isin(trace.a, f0) != np.isin(trace.b, f0)
    rows = np.flatnonzero(cases & near_rows(trace))
    seconds: dict[tuple[int, int], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    at = row_times(trace)
    for row in rows.tolist():
        a, b = int(trace.a[row]), int(trace.b[row])
        person, case = (b, a) if a in f0 else (a, b)
        seconds[person, case][utc_day(int(at[row]))] += trace.step
    return seconds


def _days(exposures: Sequence[Exposure], preset: RiskPreset, today: date) -> dict[date, tuple[int, bool]]:
    """By day: how many sightings, and whether they alone warn."""
    windows = [
        window
        for one in exposures
        for window in exposure_windows(
            one.scans, preset, report_type=one.key.report_type, days_since_onset=one.key.days_since_onset
        )
    ]
    sightings: dict[date, int] = defaultdict(int)
    for window in windows:
        sightings[window.day] += len(window.scans)
    summaries = daily_summaries(windows, preset, today=today)
    high = {summary.day for summary in summaries if summary.level is RiskLevel.HIGH}
    return {day: (count, day in high) for day, count in sightings.items()}


def _document(
    trace: ContactTrace, one: PersonDay, presets: Sequence[RiskPreset], today: date
) -> dict[str, Any]:
    scans = [scan.scan for scan in _weighed(one, presets[0])]
    return {
        "person": trace.people[one.person],
        "f0": trace.people[one.f0],
        "date": one.day.isoformat(),
        "near_seconds": one.near_seconds,
        "verdict": one.verdict,
        "truth": _truth(trace, one),
        "sightings": [_sighting(scan) for scan in scans],
        "by_preset": [_by_preset(one, preset, today) for preset in presets],
    }


def _weighed(one: PersonDay, preset: RiskPreset) -> list[WeighedScan]:
    """The day's sightings in order of time, the same for every preset."""
    found = [
        scan
        for exposure in one.exposures
        for scan in weighed_scans(exposure.key, exposure.scans, preset)
        if scan.day == one.day
    ]
    return sorted(found, key=lambda scan: _order(scan.scan))


def _order(scan: ScanInstance) -> tuple[float, ...]:
    """Of nothing that differs between presets or from one drawing of keys to the next."""
    surroundings = -1.0 if scan.surroundings is None else scan.surroundings
    return (scan.time, scan.typical_attenuation, scan.min_attenuation, surroundings)


def _sighting(scan: ScanInstance) -> dict[str, Any]:
    return {
        "time": scan.time,
        "typical_db": scan.typical_attenuation,
        "min_db": scan.min_attenuation,
        "seconds": scan.seconds_since_last_scan,
    }


def _by_preset(one: PersonDay, preset: RiskPreset, today: date) -> dict[str, Any]:
    """Each sighting's minutes, their sum, and whether a device would warn of that day for that F0 alone."""
    weighed = _weighed(one, preset)
    minutes = [scan.minutes for scan in weighed]
    _, warns = _days(one.exposures, preset, today).get(one.day, (0, False))
    return {
        "preset": preset.name,
        "minutes": [round(at_risk, 3) for at_risk in minutes],
        "looked_up_db": [round(scan.attenuation, 1) for scan in weighed],
        "score": round(sum(minutes), 3),
        "high_minutes": preset.high_minutes,
        "warns": warns,
    }


def _truth(trace: ContactTrace, one: PersonDay) -> list[dict[str, Any]]:
    """What the record says of the two on that day; rows that touch at one distance as one."""
    a, b = sorted((one.person, one.f0))
    at = row_times(trace)
    begin = int(datetime(one.day.year, one.day.month, one.day.day, tzinfo=UTC).timestamp())
    rows = np.flatnonzero((trace.a == a) & (trace.b == b) & (at >= begin) & (at < begin + DAY_SECONDS))
    merged: list[dict[str, Any]] = []
    for row in rows.tolist():
        start, metres = int(at[row]), float(trace.metres[row])
        known = None if np.isnan(metres) else round(metres, 2)
        if merged and merged[-1]["to"] == start and merged[-1]["metres"] == known:
            merged[-1]["to"] = start + trace.step
        else:
            merged.append({"from": start, "to": start + trace.step, "metres": known})
    return merged
