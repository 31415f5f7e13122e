"""Pure decisions on areas: what figures of one day's areas are in those of another day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

__all__ = ["AreaKey", "CannotTell", "Link", "Reason", "carry_back", "carry_forward"]


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


def carry_forward(
    figures: Mapping[AreaKey, int],
    wanted: Iterable[AreaKey],
    links: Sequence[Link],
    gained_elsewhere: frozenset[AreaKey],
) -> Mapping[AreaKey, int | CannotTell]:
    """Figures of earlier areas in terms of later ones: the sum of all that each was made of, or a reason.

    Nothing is apportioned: a ward of which a part went elsewhere has no figure that anybody counted.
    """
    into = _grouped(links, lambda link: link.successor)

    def figure(area: AreaKey) -> int | CannotTell:
        if area in figures:
            return figures[area]
        sources = into.get(area, [])
        if not sources:
            return CannotTell(Reason.NO_FIGURE, (area,))
        if divided := tuple(link.predecessor for link in sources if not link.whole):
            return CannotTell(Reason.DIVIDED, divided)
        if area in gained_elsewhere:
            return CannotTell(Reason.ELSEWHERE, (area,))
        return _sum(figure(link.predecessor) for link in sources)

    return {area: figure(area) for area in wanted}


def carry_back(
    figures: Mapping[AreaKey, int],
    wanted: Iterable[AreaKey],
    links: Sequence[Link],
    gained_elsewhere: frozenset[AreaKey],
) -> Mapping[AreaKey, int | CannotTell]:
    """Figures of later areas in terms of earlier ones: what each alone became wholly, or a reason."""
    into = _grouped(links, lambda link: link.successor)
    out = _grouped(links, lambda link: link.predecessor)

    def figure(area: AreaKey) -> int | CannotTell:
        if area in figures:
            return figures[area]
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
        return figure(successor)

    return {area: figure(area) for area in wanted}


def _sum(parts: Iterable[int | CannotTell]) -> int | CannotTell:
    total = 0
    for part in parts:
        if isinstance(part, CannotTell):
            return part
        total += part
    return total


def _grouped(links: Iterable[Link], key: Callable[[Link], AreaKey]) -> dict[AreaKey, list[Link]]:
    groups: dict[AreaKey, list[Link]] = {}
    for link in links:
        groups.setdefault(key(link), []).append(link)
    return groups
