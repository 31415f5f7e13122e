"""Which areas' rates are told to everybody: none with a small count, and none that would give one away."""

from __future__ import annotations

from collections.abc import Sequence

from bluezone.authority.access.disclosure_rules import SMALLEST_TOLD, parts_withheld

__all__ = ["is_small", "withheld_parts"]

Counts = tuple[int, int]
"""Installs and smartphones."""


def is_small(counts: Counts) -> bool:
    """Whether fewer than 10 have the app, or fewer than 10 have it not."""
    return min(_split(counts)) < SMALLEST_TOLD


def withheld_parts(whole: Counts | None, parts: Sequence[Counts | None]) -> frozenset[int]:
    """The places of those parts of an area whose rates are withheld; ``None`` is one without figures.

    Whoever is told the whole subtracts: of those with the app and of those without. What no part has reported
    is a part too where it is small, for it may be that of the one that is missing. The sum counts as known
    even where the whole has no figure: it may be what is left of a whole above.
    """
    known = [(place, _split(one)) for place, one in enumerate(parts) if one is not None]
    everything = frozenset(place for place, _ in known)
    if whole is not None and is_small(whole):
        return everything
    counts = [split for _, split in known]
    if whole is not None:
        rest = [one - sum(of) for one, of in zip(_split(whole), zip(*counts, strict=True), strict=False)]
        smallest = 0 if None in parts else 1
        if any(smallest <= one < SMALLEST_TOLD for one in rest):
            counts.append((max(0, rest[0]), max(0, rest[1])))
    withheld = parts_withheld(counts, least_left=SMALLEST_TOLD)
    if withheld is None:
        return everything
    return frozenset(known[at][0] for at in withheld if at < len(known))


def _split(counts: Counts) -> Counts:
    """With and without the app; more installs than smartphones is nobody without."""
    installs, smartphones = counts
    return installs, max(0, smartphones - installs)
