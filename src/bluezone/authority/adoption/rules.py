"""Pure decisions on adoption: what a rate is, how it is written, and whether a sheet agrees with itself."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

__all__ = ["agrees", "grouped", "percent_of", "rate_text", "written_percent"]

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


def _half_last_digit(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    return Decimal(5).scaleb(int(exponent) - 1)
