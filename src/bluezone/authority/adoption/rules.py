"""Pure decisions on adoption: what a rate is, how it is written, and whether a sheet agrees with itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt
from typing import NamedTuple

__all__ = [
    "RankRange",
    "agrees",
    "grouped",
    "likely_range",
    "percent_of",
    "rank_ranges",
    "rate_text",
    "written_percent",
]

_Z95 = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""


_HUNDREDTH = Decimal("0.01")
_LEAST_TOLERANCE = Decimal("0.005")
"""Per cent: no sheet is held to more than two decimals."""


def percent_of(numerator: int, denominator: int) -> Decimal | None:
    """Per cent with two decimals, halves up: 157542 of 402706 → 39.12; ``None`` of nothing."""
    if not denominator:
        return None
    return (Decimal(100 * numerator) / denominator).quantize(_HUNDREDTH, ROUND_HALF_UP)


def grouped(number: int) -> str:
    """157542 → ``157.542``."""
    return f"{number:,}".replace(",", ".")


def written_percent(percent: Decimal) -> str:
    """39.12 → ``39,12%``."""
    return f"{percent:f}".replace(".", ",") + "%"


def rate_text(numerator: int, denominator: int) -> str:
    """As official letters have it: ``157.542/402.706 (đạt 39,12%)``."""
    percent = percent_of(numerator, denominator)
    reached = "" if percent is None else f" (đạt {written_percent(percent)})"
    return f"{grouped(numerator)}/{grouped(denominator)}{reached}"


def agrees(numerator: int, denominator: int, stated: Iterable[Decimal]) -> bool:
    """Whether one of the percentages that a cell may mean is that of the counts, as far as it is written out.

    ``39%`` is right from 38.5 to 39.5, ``39,12%`` from 39.115 to 39.125.
    """
    if not denominator:
        return False
    exact = Decimal(100 * numerator) / denominator
    return any(abs(exact - one) <= max(_LEAST_TOLERANCE, _half_last_digit(one)) for one in stated)


class RankRange(NamedTuple):
    """The ranks, from 1, that an area may hold: a small one may be anywhere between."""

    best: int
    worst: int


def likely_range(numerator: int, denominator: int) -> tuple[float, float]:
    """Where a rate may lie, 0 to 1: Wilson's 95 % score interval (1927), as if people chose on their own.

    A count over more than its base (the bases of sources differ) is taken as all of it.
    """
    share = min(1.0, numerator / denominator)
    spread = _Z95 * sqrt(share * (1 - share) / denominator + _Z95**2 / (4 * denominator**2))
    middle, scale = share + _Z95**2 / (2 * denominator), 1 + _Z95**2 / denominator
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def rank_ranges(rates: Sequence[tuple[int, int]]) -> Sequence[RankRange]:
    """Each area's place among all: behind only those whose range lies wholly above its own.

    So that chance does not shame a residential group of thirty, and ties are ties.
    """
    ranges = [likely_range(*one) for one in rates]
    return [
        RankRange(
            1 + sum(other_low > high for other_low, _ in ranges),
            len(ranges) - sum(other_high < low for _, other_high in ranges),
        )
        for low, high in ranges
    ]


def _half_last_digit(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    return Decimal(5).scaleb(int(exponent) - 1)
