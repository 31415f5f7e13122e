"""How a rate moved, as a line that breaks where a definition changed."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext

from bluezone.authority.adoption.queries import RateOfDay
from bluezone.charts.line_chart import Axis, Panel, Series, draw_chart

__all__ = ["draw_history"]

_STEPS = (1, 2, 5, 7, 14, 30, 90, 180, 365, 730)
_TICKS = 3
"""Between dates, which are wide."""


def draw_history(name: str, history: Sequence[RateOfDay]) -> str:
    """:param history: at least one point, in the order of days."""
    first = history[0].as_of
    points: list[tuple[float, float | None]] = []
    breaks = 0
    before = history[0].definitions
    for one in history:
        day = (one.as_of - first).days
        if one.definitions != before:
            points.append((day - 0.5, None))
            breaks += 1
        before = one.definitions
        if one.rate.percent is not None:
            points.append((day, float(one.rate.percent) / 100))
    notes = [gettext("Chỗ đứt: cách tính thay đổi, trước và sau không so sánh được.")] if breaks else []
    days = Axis(gettext("Ngày"), _day_ticks((history[-1].as_of - first).days), first_day=first)
    rates = Axis(gettext("Tỷ lệ"), _rate_ticks([y for _, y in points if y is not None]), percent=True)
    series = (Series(gettext("Cài đặt / điện thoại thông minh"), tuple(points)),)
    return draw_chart(
        gettext("Tỷ lệ cài đặt: {name}").format(name=name),
        notes,
        [Panel(gettext("Tỷ lệ"), days, rates, series)],
    )


def _day_ticks(last: int) -> tuple[float, ...]:
    step = next((one for one in _STEPS if one * _TICKS >= last), _STEPS[-1])
    return tuple(range(0, max(last, 1) + step, step))


def _rate_ticks(rates: Sequence[float]) -> tuple[float, ...]:
    highest = max(rates, default=0)
    top = next((one for one in (0.1, 0.2, 0.5, 1.0) if one >= highest), None)
    if top is None:
        return tuple(float(one) for one in range(int(highest) + 2))
    return tuple(round(top * at / 5, 3) for at in range(6))
