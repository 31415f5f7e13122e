"""A sweep: which units it takes, which of them are done already, and the spread of their results over seeds.

A finished unit is a small file in ``FOLDER/units``; it is used again only if the program, the record and the
options that made it are the same to the byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from bluezone import __version__
from bluezone.atomic_file import write_whole
from bluezone.replay.contact_trace import ContactTrace
from bluezone.replay.outbreak import MAX_DELAY_DAYS, OutbreakProgress
from bluezone.replay.scratch import scratch_parent
from bluezone.replay.sweep_unit import Unit, UnitOfTrace, run_unit
from bluezone.replay.unit_processes import Work, run_units

__all__ = [
    "DEFAULT_LEVELS",
    "DELAYS",
    "Planned",
    "SweepKind",
    "SweepOptions",
    "SweepResult",
    "SweepUpdate",
    "UnitDone",
    "UnitTold",
    "plan_units",
    "program_digest",
    "run_sweep",
    "spread",
]

DEFAULT_LEVELS = tuple(at / 10 for at in range(1, 11))
DELAYS = (0, 2, 4, 7, 10, 12)
_BYTES_A_PERSON, _BYTES_A_ROW = 65_536, 500
"""What a replay keeps on disk meanwhile, measured with Haslemere and rounded up."""
_PROGRAM = ("authority", "clock.py", "device", "errors.py", "matching", "protocols", "replay")
"""Parts of the package that decide what a unit gives."""


class SweepKind(StrEnum):
    ADOPTION = "adoption"
    THRESHOLD = "threshold"
    DELAY = "delay"


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """``adoption``: the point that is told at the top; ``levels``: of the sweep over adoption."""

    seed: int = 1
    seeds: int = 4
    f0: int = 5
    adoption: float = 1.0
    preset: str = "bluezone"
    delay_days: int = 0
    sweeps: frozenset[SweepKind] = frozenset({SweepKind.ADOPTION})
    levels: tuple[float, ...] = DEFAULT_LEVELS


@dataclass(frozen=True, slots=True)
class Planned:
    """How many units there are, and how many were found done."""

    units: int
    resumed: int


@dataclass(frozen=True, slots=True)
class UnitTold:
    """How far a unit is."""

    unit: Unit
    progress: OutbreakProgress


@dataclass(frozen=True, slots=True)
class UnitDone:
    unit: Unit


SweepUpdate = Planned | UnitTold | UnitDone


@dataclass(frozen=True, slots=True)
class SweepResult:
    """Results in order of delay and seed, as :func:`judge_outbreak` gives them; ``resumed`` were found done,
    and had taken ``resumed_seconds`` in their processes."""

    options: SweepOptions
    units: tuple[dict[str, Any], ...]
    resumed: int
    resumed_seconds: float

    def at_options(self) -> list[dict[str, Any]]:
        """Those with the delay that was asked for, by seed."""
        return [one for one in self.units if one["delay_days"] == self.options.delay_days]


def plan_units(options: SweepOptions) -> list[Unit]:
    """One for each seed and delay. Full adoption is always among the levels: p² is measured against it."""
    swept = options.levels if SweepKind.ADOPTION in options.sweeps else ()
    levels = tuple(sorted({*swept, options.adoption, 1.0}))
    units = [
        Unit(
            seed=seed,
            f0=options.f0,
            preset=options.preset,
            delay_days=options.delay_days,
            adoption=options.adoption,
            levels=levels,
            thresholds=SweepKind.THRESHOLD in options.sweeps,
            person_days=seed == options.seed,
        )
        for seed in range(options.seed, options.seed + options.seeds)
    ]
    if SweepKind.DELAY in options.sweeps:
        units += [
            Unit(
                seed=seed,
                f0=options.f0,
                preset=options.preset,
                delay_days=delay,
                adoption=options.adoption,
                levels=(options.adoption,),
                thresholds=False,
                person_days=False,
            )
            for delay in DELAYS
            if delay != options.delay_days and delay <= MAX_DELAY_DAYS
            for seed in range(options.seed, options.seed + options.seeds)
        ]
    return units


def run_sweep(
    trace: ContactTrace,
    record_digest: str,
    options: SweepOptions,
    folder: Path,
    *,
    jobs: int,
    tell: Callable[[SweepUpdate], None] = lambda _update: None,
    work: Work[UnitOfTrace, OutbreakProgress, dict[str, Any]] = run_unit,
) -> SweepResult:
    """Run what is not done yet, in ``jobs`` processes; each finished unit is in ``folder`` at once.

    :param record_digest: of the file that ``trace`` was read from, and of which part of it this is.
    :raises Refused: what a unit met, or if the folder cannot be written to.
    """
    units = plan_units(options)
    program = program_digest()
    keys = [_key(program, record_digest, unit) for unit in units]
    paths = [folder / "units" / f"seed-{unit.seed}-delay-{unit.delay_days}.json" for unit in units]
    known = {at: _finished(path, key) for at, (path, key) in enumerate(zip(paths, keys, strict=True))}
    results = {at: result for at, result in known.items() if result is not None}
    left = [at for at in range(len(units)) if at not in results]
    resumed_seconds = sum(float(result["seconds"]) for result in results.values())
    tell(Planned(len(units), len(units) - len(left)))

    def done(at: int, result: dict[str, Any]) -> None:
        _keep(paths[left[at]], keys[left[at]], result)
        results[left[at]] = result
        tell(UnitDone(units[left[at]]))

    run_units(
        work,
        [UnitOfTrace(units[at], trace) for at in left],
        jobs=jobs,
        scratch=scratch_parent(jobs * (_BYTES_A_PERSON * len(trace.people) + _BYTES_A_ROW * len(trace.day))),
        tell=lambda at, progress: tell(UnitTold(units[left[at]], progress)),
        done=done,
    )
    in_order = sorted(results.values(), key=lambda one: (one["delay_days"], one["seed"]))
    return SweepResult(options, tuple(in_order), len(units) - len(left), resumed_seconds)


def spread(values: Iterable[float | None]) -> dict[str, float | int] | None:
    """Mean, least and greatest of what there is, and of how many; ``None`` where there is nothing."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    # A mean of equal values must not leave them by a rounding error.
    mean = min(max(sum(known) / len(known), min(known)), max(known))
    return {"mean": mean, "low": min(known), "high": max(known), "of": len(known)}


def program_digest() -> str:
    """SHA-256 over every source and preset that a replay runs through, with their names."""
    digest = hashlib.sha256(__version__.encode())
    package = files("bluezone")
    for part in _PROGRAM:
        for name, item in _sources(package / part, part):
            digest.update(f"\0{name}\0".encode() + hashlib.sha256(item.read_bytes()).digest())
    return digest.hexdigest()


def _sources(item: Traversable, name: str) -> Iterable[tuple[str, Traversable]]:
    if item.is_dir():
        for child in sorted(item.iterdir(), key=lambda one: one.name):
            yield from _sources(child, f"{name}/{child.name}")
    elif name.endswith((".py", ".toml")):
        yield name, item


def _key(program: str, record: str, unit: Unit) -> str:
    made_of = json.dumps([program, record, asdict(unit)], sort_keys=True)
    return hashlib.sha256(made_of.encode()).hexdigest()


def _keep(path: Path, key: str, result: dict[str, Any]) -> None:
    body = json.dumps(result, sort_keys=True, allow_nan=False)
    checksum = hashlib.sha256(body.encode()).hexdigest()
    write_whole(path, f'{{"key": "{key}", "sha256": "{checksum}", "result": {body}}}\n')


def _finished(path: Path, key: str) -> dict[str, Any] | None:
    """The result in a file; ``None`` if it is missing, damaged, or of another program, record or options."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        result = document["result"]
        body = json.dumps(result, sort_keys=True)
        intact = document["sha256"] == hashlib.sha256(body.encode()).hexdigest()
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None
    return result if intact and document["key"] == key and isinstance(result, dict) else None
