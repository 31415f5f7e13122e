"""Pure decisions on areas: what figures of one day's areas are in those of another day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

__all__ = [
    "AreaKey",
    "CannotTell",
    "Link",
    "Reason",
    "carry_back",
    "carry_forward",
    "related",
    "trace_back",
    "trace_forward",
]


class AreaKey(NamedTuple):
    """One version of an area: codes are reused, the day it came to be tells versions apart."""

    code: str
    valid_from: date


class Link(NamedTuple):
    """An area that ended, or a part of it, became or joined another."""

    predecessor: AreaKey
    successor: AreaKey
    whole: bool
    """All of the predecessor went to this successor."""


class Reason(StrEnum):
    """Why a figure cannot be told."""

    DIVIDED = "divided"
    """An area was divided between several; nobody counted the parts."""

    JOINED = "joined"
    """Several areas became one; nobody counts them apart any more."""

    ELSEWHERE = "elsewhere"
    """Ground of areas that the registry does not have came to it."""

    NO_FIGURE = "no-figure"
    """An area that it comes down to has no figure, and no link that leads to one."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """A figure is not to be had; the areas are those in which the reason lies."""

    reason: Reason
    areas: tuple[AreaKey, ...]


def trace_forward(
    known: Collection[AreaKey],
    wanted: Iterable[AreaKey],
    links: Sequence[Link],
    gained_elsewhere: frozenset[AreaKey],
) -> Mapping[AreaKey, tuple[AreaKey, ...] | CannotTell]:
    """Which earlier areas, of those with a figure, each later one is made of, or why that cannot be told.

    Nothing is apportioned: a ward of which a part went elsewhere has no figure that anybody counted.
    """
    into = _grouped(links, lambda link: link.successor)

    def sources_of(area: AreaKey) -> tuple[AreaKey, ...] | CannotTell:
        if area in known:
            return (area,)
        sources = into.get(area, [])
        if not sources:
            return CannotTell(Reason.NO_FIGURE, (area,))
        if divided := tuple(link.predecessor for link in sources if not link.whole):
            return CannotTell(Reason.DIVIDED, divided)
        if area in gained_elsewhere:
            return CannotTell(Reason.ELSEWHERE, (area,))
        return _all(sources_of(link.predecessor) for link in sources)

    return {area: sources_of(area) for area in wanted}


def trace_back(
    known: Collection[AreaKey],
    wanted: Iterable[AreaKey],
    links: Sequence[Link],
    gained_elsewhere: frozenset[AreaKey],
) -> Mapping[AreaKey, tuple[AreaKey, ...] | CannotTell]:
    """Which later area, of those with a figure, each earlier one alone became wholly, or a reason."""
    into = _grouped(links, lambda link: link.successor)
    out = _grouped(links, lambda link: link.predecessor)

    def target_of(area: AreaKey) -> tuple[AreaKey, ...] | CannotTell:
        if area in known:
            return (area,)
        targets = out.get(area, [])
        if not targets:
            return CannotTell(Reason.NO_FIGURE, (area,))
        if len(targets) > 1 or not targets[0].whole:
            return CannotTell(Reason.DIVIDED, (area,))
        successor = targets[0].successor
        if len(into[successor]) > 1:
            return CannotTell(Reason.JOINED, tuple(link.predecessor for link in into[successor]))
        if successor in gained_elsewhere:
            return CannotTell(Reason.ELSEWHERE, (successor,))
        return target_of(successor)

    return {area: target_of(area) for area in wanted}


def carry_forward(
    figures: Mapping[AreaKey, int],
    wanted: Iterable[AreaKey],
    links: Sequence[Link],
    gained_elsewhere: frozenset[AreaKey],
) -> Mapping[AreaKey, int | CannotTell]:
    """Figures of earlier areas in terms of later ones: the sum of all that each was made of, or a reason."""
    return _summed(figures, trace_forward(figures, wanted, links, gained_elsewhere))


def carry_back(
    figures: Mapping[AreaKey, int],
    wanted: Iterable[AreaKey],
    links: Sequence[Link],
    gained_elsewhere: frozenset[AreaKey],
) -> Mapping[AreaKey, int | CannotTell]:
    """Figures of later areas in terms of earlier ones: what each alone became wholly, or a reason."""
    return _summed(figures, trace_back(figures, wanted, links, gained_elsewhere))


def related(areas: Iterable[AreaKey], links: Iterable[Link], *, later: bool) -> frozenset[AreaKey]:
    """The areas themselves and all that came of them (or that they came of), wholly or in part."""
    steps = _grouped(links, lambda link: link.predecessor if later else link.successor)
    found: set[AreaKey] = set()
    waiting = list(areas)
    while waiting:
        area = waiting.pop()
        if area not in found:
            found.add(area)
            waiting += [link.successor if later else link.predecessor for link in steps.get(area, ())]
    return frozenset(found)


def _summed(
    figures: Mapping[AreaKey, int], traced: Mapping[AreaKey, tuple[AreaKey, ...] | CannotTell]
) -> Mapping[AreaKey, int | CannotTell]:
    return {
        area: of if isinstance(of, CannotTell) else sum(figures[one] for one in of)
        for area, of in traced.items()
    }


def _all(parts: Iterable[tuple[AreaKey, ...] | CannotTell]) -> tuple[AreaKey, ...] | CannotTell:
    found: tuple[AreaKey, ...] = ()
    for part in parts:
        if isinstance(part, CannotTell):
            return part
        found += part
    return found


def _grouped(links: Iterable[Link], key: Callable[[Link], AreaKey]) -> dict[AreaKey, list[Link]]:
    groups: dict[AreaKey, list[Link]] = {}
    for link in links:
        groups.setdefault(key(link), []).append(link)
    return groups
