"""Pure decisions on adoption: what a rate is and how it is written, who is ahead, how far targets are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum
from math import sqrt
from typing import NamedTuple

__all__ = [
    "REPORT_DAYS",
    "Forecast",
    "NoForecast",
    "Point",
    "RankRange",
    "Standing",
    "agrees",
    "forecast",
    "grouped",
    "is_overdue",
    "likely_range",
    "percent_of",
    "phones_missing",
    "rank_ranges",
    "rate_text",
    "standing",
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
    lows, highs = sorted(low for low, _ in ranges), sorted(high for _, high in ranges)
    return [
        RankRange(1 + len(ranges) - bisect_right(lows, high), len(ranges) - bisect_left(highs, low))
        for low, high in ranges
    ]


class Point(NamedTuple):
    """A rate on a day, in per cent, with what makes it comparable to others."""

    day: date
    percent: float
    definitions: tuple[str, str]
    source: str


class Forecast(NamedTuple):
    """Where the trend leads, in per cent, and the range in which 95 of 100 such days would lie."""

    percent: float
    low: float
    high: float
    points: int


class NoForecast(StrEnum):
    """Why a trend says nothing of a day."""

    TOO_FEW = "too-few-points"
    DEFINITION_CHANGED = "definition-changed"
    TOO_FAR = "too-far-ahead"
    ABOVE_BASE = "more-than-the-base"
    """More installs than smartphones were reported: such a rate is no share that ends at 100."""


_WINDOW_DAYS = 56
_LEAST_POINTS = 4
_LEAST_SPAN = 7
_T95 = (
    *(12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139),
    *(2.200985, 2.178813, 2.160369, 2.144787, 2.131450, 2.119905, 2.109816, 2.100922, 2.093024, 2.085963),
    *(2.079614, 2.073873, 2.068658, 2.063899, 2.059539, 2.055529, 2.051831, 2.048407, 2.045230, 2.042272),
)
"""Two-sided 95 % of Student's t for 1 to 30 degrees of freedom; for more the last, which is a little wide."""


def forecast(points: Sequence[Point], due: date, due_definitions: tuple[str, str]) -> Forecast | NoForecast:
    """The straight line of least squares through the newest rates, at a later day, with its 95 % range.

    Of the eight weeks up to the newest point, those of its source and since its definitions began. The line
    reaches no further ahead than twice as long as its points reach back. It takes the way of the last weeks
    to go on, and each day to stray from it on its own; running totals do not quite, so the range is rather
    too narrow.

    :param points: in the order of days; ``due`` is later than the newest.
    :param due_definitions: of a rate of that day.
    """
    if not points:
        return NoForecast.TOO_FEW
    newest = points[-1]
    if due_definitions != newest.definitions:
        return NoForecast.DEFINITION_CHANGED
    recent = [one for one in points if (newest.day - one.day).days <= _WINDOW_DAYS]
    changed = [at for at, one in enumerate(recent) if one.definitions != newest.definitions]
    used = [one for one in recent[changed[-1] + 1 if changed else 0 :] if one.source == newest.source]
    span = (newest.day - used[0].day).days
    if len(used) < _LEAST_POINTS or span < _LEAST_SPAN:
        return NoForecast.DEFINITION_CHANGED if changed else NoForecast.TOO_FEW
    if any(one.percent > 100 for one in used):
        return NoForecast.ABOVE_BASE
    if (due - newest.day).days > 2 * span:
        return NoForecast.TOO_FAR
    middle, low, high = _line(
        [((one.day - newest.day).days, one.percent) for one in used], (due - newest.day).days
    )
    return Forecast(_share(middle), _share(low), _share(high), len(used))


class Standing(StrEnum):
    """How an area stands to its target."""

    REACHED = "reached"
    MISSED = "missed"
    """A figure of the day, or of a later one, is below it."""

    ON_COURSE = "on-course"
    BEHIND = "behind"
    """The whole range of the forecast lies below it."""

    OPEN = "open"
    """Nothing can be said yet."""


def standing(
    counts: tuple[int, int], as_of: date, target: Decimal, due: date, ahead: Forecast | NoForecast | None
) -> Standing:
    """:param counts: installs and smartphones, of the day ``as_of``; ``ahead`` is of the day ``due``."""
    if not phones_missing(*counts, target):
        return Standing.REACHED
    if as_of >= due:
        return Standing.MISSED
    if not isinstance(ahead, Forecast):
        return Standing.OPEN
    if ahead.high < target:
        return Standing.BEHIND
    return Standing.ON_COURSE if ahead.low >= target else Standing.OPEN


def phones_missing(installs: int, smartphones: int, target: Decimal) -> int:
    """How many more installs reach the target; 0 where it is reached."""
    needed = int((target * smartphones / 100).to_integral_value(ROUND_CEILING))
    return max(0, needed - installs)


REPORT_DAYS = 7
"""Figures are asked for each week."""


def is_overdue(last_report: date | None, day: date) -> bool:
    """Whether an area owes a figure on a day."""
    return last_report is None or (day - last_report).days > REPORT_DAYS


def _line(points: Sequence[tuple[int, float]], at: int) -> tuple[float, float, float]:
    """The fitted value there with the two ends of its 95 % prediction interval."""
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    freedom = count - 2
    error = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points) / freedom
    half = _T95[min(freedom, len(_T95)) - 1] * sqrt(error * (1 + 1 / count + (at - mean_x) ** 2 / spread))
    middle = mean_y + slope * (at - mean_x)
    return middle, middle - half, middle + half


def _share(percent: float) -> float:
    return min(100.0, max(0.0, percent))


def _half_last_digit(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    return Decimal(5).scaleb(int(exponent) - 1)
