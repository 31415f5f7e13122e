"""Charts of the statistics; a figure that is not told is a gap in its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import gettext, gettext_lazy

from bluezone.authority.access.disclosure_rules import Figure
from bluezone.authority.keys.statistics_queries import DayFigures, WeekFigures
from bluezone.authority.keys.statistics_rules import AGE_BINS, ONSET_BINS
from bluezone.charts.line_chart import Axis, Panel, Series, draw_chart

__all__ = ["DAY_CHARTS", "WEEK_CHARTS"]

_GAPS = gettext_lazy("Chỗ đứt: số không công bố (dưới 10, hoặc để lộ số dưới 10).")
_TICKS = 4


def _codes(days: Sequence[DayFigures]) -> str:
    lines = {
        gettext("Mã đã cấp"): [one.issued for one in days],
        gettext("Mã đã dùng"): [one.claimed for one in days],
        gettext("Hết hạn chưa dùng"): [one.expired for one in days],
    }
    return _chart_of_days(gettext("Mã theo ngày"), days, lines)


def _publishes(days: Sequence[DayFigures]) -> str:
    return _chart_of_days(
        gettext("Lượt gửi khóa theo ngày"), days, {gettext("Lượt gửi khóa"): [one.publishes for one in days]}
    )


def _ages(week: WeekFigures) -> str:
    title = gettext("Tuổi của khóa, tuần {monday} – {sunday}").format(
        monday=f"{week.monday:%d/%m}", sunday=f"{week.sunday:%d/%m/%Y}"
    )
    return _chart_of_bins(
        title,
        gettext("Số ngày từ ngày của khóa đến lúc gửi (16: trên 15)"),
        gettext("Khóa"),
        week.ages,
        AGE_BINS,
    )


def _onsets(week: WeekFigures) -> str:
    title = gettext("Từ khởi phát đến gửi khóa, tuần {monday} – {sunday}").format(
        monday=f"{week.monday:%d/%m}", sunday=f"{week.sunday:%d/%m/%Y}"
    )
    figures = None if week.onsets is None else week.onsets[:ONSET_BINS]
    return _chart_of_bins(
        title,
        gettext("Số ngày từ khởi phát đến lúc gửi (30: trên 29)"),
        gettext("Lượt gửi"),
        figures,
        ONSET_BINS,
    )


DAY_CHARTS: dict[str, Callable[[Sequence[DayFigures]], str]] = {"codes": _codes, "publishes": _publishes}
WEEK_CHARTS: dict[str, Callable[[WeekFigures], str]] = {"ages": _ages, "onsets": _onsets}


def _chart_of_days(title: str, days: Sequence[DayFigures], lines: Mapping[str, Sequence[Figure]]) -> str:
    """``days`` newest first, at least one."""
    series = tuple(
        Series(
            name,
            tuple((-ago, _height(figure)) for ago, figure in reversed(list(enumerate(figures)))),
            style=at,
        )
        for at, (name, figures) in enumerate(lines.items())
    )
    axis = Axis(gettext("Ngày, tính từ {day}").format(day=f"{days[0].day:%d/%m/%Y}"), (-28, -21, -14, -7, 0))
    shown = tuple(Series(one.name, one.points[-29:], style=one.style) for one in series)
    return draw_chart(
        title, [str(_GAPS)], [Panel(gettext("Số lượng mỗi ngày"), axis, _count_axis(shown), shown)]
    )


def _chart_of_bins(title: str, label: str, name: str, figures: Sequence[Figure] | None, bins: int) -> str:
    points = tuple((at, _height(one)) for at, one in enumerate(figures or ()))
    series = (Series(name, points),)
    axis = Axis(label, tuple(range(0, bins + 4, 5)))
    notes = [str(_GAPS)] if figures is not None else [gettext("Tuần này có quá ít lượt gửi để công bố.")]
    return draw_chart(title, notes, [Panel(name, axis, _count_axis(series), series)])


def _height(figure: Figure) -> int | None:
    return figure if isinstance(figure, int) else None


def _count_axis(series: Sequence[Series]) -> Axis:
    """From 0 to a round number above all points."""
    highest = max((y for one in series for _, y in one.points if y is not None), default=0)
    step = next(
        size * 10**power for power in range(12) for size in (1, 2, 5) if size * 10**power * _TICKS >= highest
    )
    return Axis("", tuple(step * at for at in range(_TICKS + 1)))
