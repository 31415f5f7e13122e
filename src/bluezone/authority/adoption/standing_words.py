"""How it is told how somebody stands to a target, and where the trend leads."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from bluezone.authority.adoption.rules import Forecast, NoForecast, Standing
from bluezone.authority.formats import numbers

__all__ = ["STANDINGS", "WORST_FIRST", "forecast_words"]

STANDINGS = {
    Standing.REACHED: (gettext_lazy("đã đạt"), "good"),
    Standing.MISSED: (gettext_lazy("không đạt"), "bad"),
    Standing.ON_COURSE: (gettext_lazy("đúng hướng"), "good"),
    Standing.BEHIND: (gettext_lazy("chậm"), "bad"),
    Standing.OPEN: (gettext_lazy("chưa rõ"), "warn"),
}
_NO_FORECAST = {
    NoForecast.TOO_FEW: gettext_lazy("chưa đủ số liệu để dự báo"),
    NoForecast.DEFINITION_CHANGED: gettext_lazy("cách tính thay đổi, không dự báo"),
    NoForecast.TOO_FAR: gettext_lazy("ngày còn quá xa để dự báo"),
    NoForecast.ABOVE_BASE: gettext_lazy("số cài đặt lớn hơn số điện thoại, không dự báo"),
}
WORST_FIRST = (Standing.MISSED, Standing.BEHIND, Standing.OPEN, Standing.ON_COURSE, Standing.REACHED)


def forecast_words(ahead: Forecast | NoForecast | None) -> str:
    """Per cent with its range, or why there is none; empty where none is due."""
    if ahead is None:
        return ""
    if isinstance(ahead, NoForecast):
        return str(_NO_FORECAST[ahead])
    middle, low, high = (numbers.written(round(one, 1)) for one in (ahead.percent, ahead.low, ahead.high))
    return f"{middle}% ({low}–{high}%)"
