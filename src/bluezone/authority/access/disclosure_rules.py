"""Which counts are too small to be told, and which others have to go with them.

A count below 10 may be somebody's. Whoever knows a sum and all but one of its parts knows that part too: so
as many greater ones are withheld as it takes for each small one to be anything from 0 to 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

__all__ = ["SMALLEST_TOLD", "Figure", "Withheld", "hides", "parts_withheld", "tell"]

SMALLEST_TOLD = 10
_GREATEST_SMALL = SMALLEST_TOLD - 1


class Withheld(StrEnum):
    """What stands in the place of a number that is not told."""

    SMALL = "<10"
    COVER = "withheld"
    """It is 10 or more, but with it one that is smaller could be worked out. Three times: nothing is told."""


Figure = int | Withheld


def tell(count: int, people: int | None = None) -> Figure:
    """A count that no told sum contains, unless fewer than 10 people are behind it.

    :param people: where one person counts several times.
    """
    return Withheld.SMALL if (count if people is None else people) < SMALLEST_TOLD else count


def parts_withheld(parts: Sequence[Sequence[int]], *, least_left: int = 0) -> frozenset[int] | None:
    """Which parts of a whole are withheld, by their places; ``None`` where no choice hides the small ones.

    A part has one or several counts, of each of which the sum over all parts is told; it is told as a whole
    or not at all. Those with a count below 10 are withheld, and as many of the next greater as it takes for
    each small count to be anything from 0 to 9.

    :param least_left: what those that are withheld add up to at least: it is left for whoever subtracts.
    """
    small = [place for place, counts in enumerate(parts) if min(counts) < SMALLEST_TOLD]
    others = sorted((tuple(counts), place) for place, counts in enumerate(parts) if place not in small)
    for covers in range(len(others) + 1):
        hidden = [*small, *(place for _, place in others[:covers])]
        columns = zip(*(parts[place] for place in hidden), strict=True)
        if all(
            sum(column) >= least_left
            and hides(
                [count for count in column if count < SMALLEST_TOLD],
                [count for count in column if count >= SMALLEST_TOLD],
            )
            for column in columns
        ):
            return frozenset(hidden)
    return None


def hides(small: Sequence[int], covers: Sequence[int]) -> bool:
    """Whether each small count may be anything from 0 to 9 for one who knows the sum of all these.

    A cover is known to be 10 or more, and may be anything above.
    """
    if not small:
        return True
    to_share = sum(small) + sum(covers) - SMALLEST_TOLD * len(covers)
    return to_share >= _GREATEST_SMALL and (bool(covers) or to_share <= _GREATEST_SMALL * (len(small) - 1))
