"""Two files of figures side by side: what became faster or slower, by ratios to the plain way.

A machine is faster or slower from one hour to the next, and so is everything on it. Each ratio was taken
against the plain way in the same round, so it is the ratios that are compared. A change is marked only if the
ratios of all rounds before lie on one side of all those after: with five rounds each, chance alone does that
to one benchmark in 126 (2 of the 252 ways to choose five of ten).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bluezone.bench.measure import Result
from bluezone.bench.result_file import ResultSet

__all__ = ["Comparison", "Verdict", "compare_results", "other_circumstances"]


class Verdict(StrEnum):
    """What became of a benchmark.

    ``WITHIN``: its rounds overlap with those before; ``OTHER``: its input or its plain way is another.
    """

    FASTER = "faster"
    SLOWER = "slower"
    WITHIN = "within spread"
    OTHER = "not comparable"
    ONLY_OLD = "only in the old file"
    ONLY_NEW = "only in the new file"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One benchmark in both files; ``change`` of the ratio as a share, 0.1 for a tenth more."""

    name: str
    old: Result | None
    new: Result | None
    verdict: Verdict
    change: float | None = None


def compare_results(old: ResultSet, new: ResultSet) -> list[Comparison]:
    """Every benchmark of either, by name."""
    before, after = ({one.name: one for one in file.results} for file in (old, new))
    return [_compare(name, before.get(name), after.get(name)) for name in sorted({*before, *after})]


def other_circumstances(old: ResultSet, new: ResultSet) -> list[str]:
    """What differs between both besides the code, in words: the more, the less a change means."""
    pairs = (
        ("CPU", old.machine.cpu, new.machine.cpu),
        ("cores", old.machine.cores, new.machine.cores),
        ("Python", old.machine.python, new.machine.python),
        ("matching engine", old.machine.engine, new.machine.engine),
        ("system", old.machine.system, new.machine.system),
        ("inputs", *("quick" if one.quick else "whole" for one in (old, new))),
    )
    different = [
        f"{name}: {before} before, {after} after" for name, before, after in pairs if before != after
    ]
    broken_off = [when for when, one in (("before", old), ("after", new)) if not one.complete]
    return different + [f"the run {when} was broken off" for when in broken_off]


def _compare(name: str, old: Result | None, new: Result | None) -> Comparison:
    if new is None:
        return Comparison(name, old, new, Verdict.ONLY_OLD)
    if old is None:
        return Comparison(name, old, new, Verdict.ONLY_NEW)
    if _measures(old) != _measures(new):
        return Comparison(name, old, new, Verdict.OTHER)
    return Comparison(name, old, new, _verdict(old.ratios, new.ratios), new.ratio / old.ratio - 1)


def _measures(result: Result) -> tuple[object, ...]:
    """What must be the same for figures to mean the same."""
    sizes = tuple((one.size, one.units, one.input) for one in result.sizes)
    return result.unit, sizes, result.baseline.input, result.baseline.units


def _verdict(old: Sequence[float], new: Sequence[float]) -> Verdict:
    if min(new) > max(old):
        return Verdict.FASTER
    if max(new) < min(old):
        return Verdict.SLOWER
    return Verdict.WITHIN
