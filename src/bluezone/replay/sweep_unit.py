"""One unit of a sweep: an outbreak lived through once, then scored by every preset and at every adoption.

What it gives is plain JSON, since it crosses processes and is kept in a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from bluezone.protocols.risk_presets import RiskPreset, load_preset, preset_names
from bluezone.replay.contact_trace import DAY_SECONDS, ContactTrace
from bluezone.replay.outbreak import (
    Outbreak,
    OutbreakOptions,
    OutbreakProgress,
    adopters,
    run_outbreak,
    warned,
)
from bluezone.replay.person_days import person_days
from bluezone.replay.rates import rates, reachable
from bluezone.replay.trace_days import last_near

__all__ = [
    "DRAWS",
    "SHIFTS_DB",
    "THRESHOLD_MINUTES",
    "Unit",
    "UnitOfTrace",
    "judge_outbreak",
    "run_unit",
    "shifted",
]

DRAWS = 10
"""Of who has the app at a level, in every outbreak: one draw alone says much about chance."""
THRESHOLD_MINUTES = (5.0, 10.0, 12.0, 15.0, 20.0, 30.0)
SHIFTS_DB = (-6.0, -3.0, 0.0, 3.0, 6.0)


@dataclass(frozen=True, slots=True)
class Unit:
    """What one process does: ``levels`` of adoption, of which ``adoption`` is the one that thresholds are
    tried at; ``person_days``: whether to tell some people's days."""

    seed: int
    f0: int
    preset: str
    delay_days: int
    adoption: float
    levels: tuple[float, ...]
    thresholds: bool
    person_days: bool

    @property
    def name(self) -> str:
        return f"seed {self.seed}, delay {self.delay_days} d" if self.delay_days else f"seed {self.seed}"


@dataclass(frozen=True, slots=True, eq=False)
class UnitOfTrace:
    """A unit and the record it is about, as it is handed to a process."""

    unit: Unit
    trace: ContactTrace


def run_unit(work: UnitOfTrace, folder: Path, tell: Callable[[OutbreakProgress], None]) -> dict[str, Any]:
    """Live through the outbreak and judge it; once a process.

    :raises Refused: as :func:`run_outbreak`.
    """
    unit, trace = work.unit, work.trace
    options = OutbreakOptions(seed=unit.seed, f0=unit.f0, preset=unit.preset, delay_days=unit.delay_days)
    outbreak = run_outbreak(trace, options, folder, tell)
    return judge_outbreak(trace, outbreak, unit)


def judge_outbreak(trace: ContactTrace, outbreak: Outbreak, unit: Unit) -> dict[str, Any]:
    """Rates by preset and adoption, by threshold if asked for, and some people's days.

    :raises RuntimeError: if devices alerted others than their own exposures, scored again, say.
    """
    presets = [load_preset(name) for name in preset_names()]
    chosen = load_preset(unit.preset)
    again = warned(outbreak, chosen)
    if again != outbreak.alerted:
        differing = sorted(trace.people[one] for one in again ^ outbreak.alerted)
        raise RuntimeError(f"devices and scoring again disagree on {', '.join(differing)}")
    near_until = last_near(trace, outbreak.f0)
    here = adopters(trace, unit.seed, unit.adoption)
    return {
        "seed": unit.seed,
        "delay_days": unit.delay_days,
        "rates": [
            {
                "preset": preset.name,
                "adoption": level,
                "draw": draw,
                **_judged(outbreak, preset, with_app, near_until),
                "reachable": reachable(outbreak, with_app),
            }
            for level in unit.levels
            for draw, with_app in enumerate(_draws(trace, unit.seed, level))
            for preset in presets
        ],
        "thresholds": [
            {
                "minutes": changed.high_minutes,
                "shift_db": shift,
                **_judged(outbreak, changed, here, near_until),
            }
            for shift, changed in (_grid(chosen) if unit.thresholds else ())
        ],
        "person_days": person_days(trace, outbreak, presets, chosen, here) if unit.person_days else [],
        "sightings": outbreak.sightings,
        "receptions": outbreak.receptions,
        "seconds": round(outbreak.seconds, 1),
    }


def _draws(trace: ContactTrace, seed: int, level: float) -> list[frozenset[int]]:
    """Who may have the app at a level; where all have it, or nobody, there is nothing to draw."""
    draws = DRAWS if 0 < level < 1 else 1
    return [adopters(trace, seed, level, draw) for draw in range(draws)]


def shifted(preset: RiskPreset, *, minutes: float, shift_db: float) -> RiskPreset:
    """The preset with another alert threshold and every attenuation limit moved, the one for dropping too."""
    return replace(
        preset,
        low_minutes=min(preset.low_minutes, minutes),
        high_minutes=minutes,
        below_db=tuple(limit + shift_db for limit in preset.below_db),
        counting_below_db=preset.counting_below_db + shift_db,
    )


def _grid(preset: RiskPreset) -> Iterator[tuple[float, RiskPreset]]:
    for minutes in THRESHOLD_MINUTES:
        for shift in SHIFTS_DB:
            yield shift, shifted(preset, minutes=minutes, shift_db=shift)


def _judged(
    outbreak: Outbreak, preset: RiskPreset, with_app: frozenset[int], near_until: dict[int, int]
) -> dict[str, Any]:
    told = warned(outbreak, preset, with_app)
    found = rates(outbreak, told)
    checked = outbreak.checked_at.timestamp()
    contacts = frozenset[int]().union(*outbreak.contacts.values())
    days = [(checked - near_until[one]) / DAY_SECONDS for one in told & contacts]
    return {
        "true_contacts": found.true_contacts,
        "warned": found.warned,
        "sensitivity": found.sensitivity,
        "precision": found.precision,
        "days_to_warning": fmean(days) if days else None,
    }
