"""Staff page of the statistics: figures by day, and what whole weeks are made up of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bluezone.authority import runtime
from bluezone.authority.access.disclosure_rules import Figure, Withheld
from bluezone.authority.access.queries import scope_of
from bluezone.authority.access.roles import STATISTICS_READERS
from bluezone.authority.access.scope import EVERYWHERE, Scope
from bluezone.authority.areas.queries import areas_in_use
from bluezone.authority.formats.numbers import grouped
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.statistics_charts import DAY_CHARTS, WEEK_CHARTS
from bluezone.authority.keys.statistics_queries import (
    WeekFigures,
    day_figures,
    figures_until,
    week_figures,
    weeks_told,
)
from bluezone.authority.keys.statistics_rules import AGE_BINS, ONSET_BINS, hanoi_day

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

__all__ = ["statistics", "statistics_chart"]

_TYPES = {
    ReportTypeName.CONFIRMED: gettext_lazy("Xét nghiệm khẳng định"),
    ReportTypeName.LIKELY: gettext_lazy("Chẩn đoán lâm sàng"),
    ReportTypeName.NEGATIVE: gettext_lazy("Âm tính"),
    ReportTypeName.USER_REPORT: gettext_lazy("Tự khai báo"),
    ReportTypeName.UNKNOWN: gettext_lazy("Không ghi"),
}
_CHART_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""A drawing sets its own width; it loads and runs nothing."""


@dataclass(frozen=True, slots=True)
class _Reader:
    scope: Scope
    now: datetime


@login_required
@never_cache
@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    """``/statistics/``: the last days, and one week with ``?week=`` its Monday."""
    reader = _reader(request)
    mondays = weeks_told(reader.now)
    monday = _chosen(request, mondays)
    week = None if monday is None else week_figures(reader.scope, monday)
    days = [[one.day, *map(_text, _figures(one))] for one in day_figures(reader.scope, reader.now)]
    context = {
        "until": figures_until(reader.now),
        "embargo": settings.BLUEZONE_STATISTICS_EMBARGO_HOURS,
        "everywhere": reader.scope.unlimited,
        "days": days,
        "mondays": mondays,
        "week": week,
        "tables": [] if week is None else _tables(week, _area_names(reader)),
        "distributions": [] if week is None else _distributions(week),
    }
    return render(request, "keys/statistics.html", context)


@login_required
@never_cache
@require_safe
def statistics_chart(request: HttpRequest, name: str) -> HttpResponse:
    """``/statistics/NAME.svg``: one chart of the page."""
    reader = _reader(request)
    if name in DAY_CHARTS:
        days = day_figures(reader.scope, reader.now)
        drawing = DAY_CHARTS[name](days) if days else ""
    else:
        monday = _chosen(request, weeks_told(reader.now))
        known = name in WEEK_CHARTS and monday is not None
        drawing = WEEK_CHARTS[name](week_figures(reader.scope, monday)) if known and monday else ""
    if not drawing:
        raise Http404
    return HttpResponse(drawing, "image/svg+xml", headers={"Content-Security-Policy": _CHART_POLICY})


def _reader(request: HttpRequest) -> _Reader:
    """Whoever asks.

    :raises PermissionDenied: no role that reads statistics, now.
    """
    now = runtime.now()
    scope = scope_of(request.user, STATISTICS_READERS, now)
    if scope == Scope.nothing():
        raise PermissionDenied("no role that reads statistics")
    return _Reader(scope, now)


def _chosen(request: HttpRequest, mondays: Sequence[date]) -> date | None:
    """The week asked for, else the newest; ``None`` when there is none at all.

    :raises Http404: a week that is not told.
    """
    asked = request.GET.get("week", "")
    if not asked:
        return mondays[0] if mondays else None
    found = next((monday for monday in mondays if monday.isoformat() == asked), None)
    if found is None:
        raise Http404
    return found


def _figures(one: object) -> Sequence[Figure]:
    names = ("issued", "claimed", "expired", "revoked", "publishes", "keys", "revisions")
    return [getattr(one, name) for name in names]


def _tables(week: WeekFigures, areas: Mapping[str, str]) -> Sequence[dict[str, object]]:
    """Tables of two columns: what, how many."""
    return [
        {"title": title, "what": what, "rows": _named_rows(parts, names)}
        for title, what, parts, names in (
            (gettext("Mã đã cấp theo loại kết quả"), gettext("Loại"), week.issued_by_type, _TYPES),
            (gettext("Mã đã cấp theo địa bàn"), gettext("Địa bàn"), week.issued_by_area, areas),
            (gettext("Mã đã dùng theo địa bàn"), gettext("Địa bàn"), week.claimed_by_area, areas),
            (gettext("Lượt gửi khóa theo loại kết quả"), gettext("Loại"), week.publishes_by_type, _TYPES),
        )
    ]


def _distributions(week: WeekFigures) -> Sequence[dict[str, object]]:
    """Tables beside their charts."""
    onset_labels = [*_day_labels(ONSET_BINS), gettext("Không rõ ngày khởi phát")]
    return [
        {"chart": chart, "title": title, "what": gettext("Số ngày"), "rows": _rows(labels, figures)}
        for chart, title, labels, figures in (
            ("ages", gettext("Khóa theo tuổi lúc gửi"), _day_labels(AGE_BINS), week.ages),
            ("onsets", gettext("Từ khởi phát đến gửi khóa"), onset_labels, week.onsets),
        )
    ]


def _day_labels(bins: int) -> Sequence[str]:
    return [*(str(at) for at in range(bins - 1)), gettext("trên {days}").format(days=bins - 2)]


def _named_rows(
    parts: Mapping[ReportTypeName, Figure] | Mapping[str, Figure] | None, names: Mapping[Any, StrOrPromise]
) -> Sequence[tuple[str, str]] | None:
    if parts is None:
        return None
    return [(str(names.get(str(name), name)), _text(figure)) for name, figure in parts.items()]


def _rows(labels: Sequence[str], figures: Sequence[Figure] | None) -> Sequence[tuple[str, str]] | None:
    return None if figures is None else [(a, _text(b)) for a, b in zip(labels, figures, strict=True)]


def _text(figure: Figure) -> str:
    if isinstance(figure, Withheld):
        return "<10" if figure is Withheld.SMALL else gettext("ẩn")
    return grouped(figure)


def _area_names(reader: _Reader) -> Mapping[str, str]:
    areas = areas_in_use(hanoi_day(reader.now), reader.scope)
    return {EVERYWHERE: gettext("Không ghi địa bàn"), **{area.path: area.name for area in areas}}
