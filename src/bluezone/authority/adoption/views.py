"""Staff pages of adoption: the letter's figure, its parts, how it moved; the same as a sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.area_map import draw_area_map, has_map
from bluezone.authority.adoption.carried import Carried, carried_rates
from bluezone.authority.adoption.charts import draw_history
from bluezone.authority.adoption.metrics import DEFINITIONS, METRIC_NAMES, SOURCE_NAMES, Metric
from bluezone.authority.adoption.queries import (
    Figure,
    Overview,
    Part,
    Rate,
    RateOfDay,
    letters_rate,
    overview,
    rate_histories,
)
from bluezone.authority.adoption.rate_json import figure_document, parts_sum_document, rate_document
from bluezone.authority.adoption.rate_words import rate_words
from bluezone.authority.adoption.rules import likely_range
from bluezone.authority.adoption.sections import sections_of
from bluezone.authority.adoption.staff import day_in, reader_of, wanted_by
from bluezone.authority.adoption.target_views import targets_shown
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import parents_on
from bluezone.authority.formats.numbers import grouped, written
from bluezone.authority.tabular.reading import in_language
from bluezone.authority.tabular.sheets import Cell
from bluezone.authority.tabular.writing import write_csv, write_xlsx

__all__ = ["adoption", "area_map", "chart", "table"]

_CHART_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""A drawing sets its own width; it loads and runs nothing."""

_PARTS_OF_A_PAGE = 100
"""A page of more takes longer to be drawn than anybody waits, or scrolls."""

_TABLE_HEADING = (
    gettext_lazy("Mã"),
    gettext_lazy("Địa bàn"),
    gettext_lazy("Số cài đặt"),
    gettext_lazy("Ngày"),
    gettext_lazy("Nguồn"),
    gettext_lazy("Số điện thoại thông minh"),
    gettext_lazy("Ngày của mẫu số"),
    gettext_lazy("Nguồn của mẫu số"),
    gettext_lazy("Tỷ lệ"),
    gettext_lazy("Hạng"),
    gettext_lazy("Cách tính số cài đặt"),
    gettext_lazy("Cách tính mẫu số"),
)


@login_required
@never_cache
@require_safe
def adoption(request: HttpRequest) -> HttpResponse:
    """``/adoption/``: an area on a day, ``?area=01/009&day=2021-03-08``."""
    officer = reader_of(request)
    wanted = wanted_by(request, officer)
    shown = None if wanted.area is None else overview(wanted.area, wanted.day, officer.scope)
    context = {
        "day": wanted.day,
        "days_ago": 0 if "day" in request.GET else (officer.today - wanted.day).days,
        "today": officer.today,
        "officer": officer,
        "shown": shown,
        **({} if shown is None else targets_shown(shown, officer.scope)),
        "parents": () if shown is None else parents_on(shown.area, shown.day, officer.scope),
        "rates": [] if shown is None else [_rate_context(one) for one in shown.rates],
        "parts": None
        if shown is None
        else Paginator(_parts(shown), _PARTS_OF_A_PAGE).get_page(request.GET.get("page")),
        "alone": [] if shown is None else [_figure_context(one) for one in shown.alone],
        "remainder": None if shown is None else _remainder_context(shown),
        "sum": None if shown is None else _sum_context(shown),
        "mixed": shown is not None and shown.mixed,
        "has_chart": shown is not None and _has_chart(shown, officer.scope),
        "has_map": shown is not None and has_map(shown, officer.scope),
        "sections": () if shown is None else sections_of(shown.area, shown.day, officer.scope),
        "carried": _carried(request, shown, officer.scope),
        "missing": 0 if shown is None else sum(one.rate is None and not one.alone for one in shown.parts),
    }
    return render(request, "adoption/overview.html", context)


@login_required
@never_cache
@require_safe
def chart(request: HttpRequest) -> HttpResponse:
    """``/adoption/chart.svg``: how the letter's rate of an area moved."""
    officer = reader_of(request)
    wanted = wanted_by(request, officer)
    if wanted.area is None:
        raise Http404
    history = _history(wanted.area, wanted.day, officer.scope)
    if not history:
        raise Http404
    drawing = draw_history(wanted.area.name, history)
    return HttpResponse(drawing, "image/svg+xml", headers={"Content-Security-Policy": _CHART_POLICY})


@login_required
@never_cache
@require_safe
def area_map(request: HttpRequest) -> HttpResponse:
    """``/adoption/map.svg``: the parts of an area by their rate; the page's table is its twin."""
    officer = reader_of(request)
    wanted = wanted_by(request, officer)
    drawing = (
        None
        if wanted.area is None
        else draw_area_map(overview(wanted.area, wanted.day, officer.scope), officer.scope)
    )
    if drawing is None:
        raise Http404
    return HttpResponse(drawing, "image/svg+xml", headers={"Content-Security-Policy": _CHART_POLICY})


@login_required
@never_cache
@require_safe
def table(request: HttpRequest, form: str) -> HttpResponse:
    """``/adoption/table.csv``, ``.xlsx`` or ``.json``: the page's table."""
    officer = reader_of(request)
    wanted = wanted_by(request, officer)
    if wanted.area is None or form not in ("csv", "xlsx", "json"):
        raise Http404
    shown = overview(wanted.area, wanted.day, officer.scope)
    if form == "json":
        return JsonResponse(_document(shown), json_dumps_params={"ensure_ascii": False})
    rows, heading = list(_table_rows(shown)), [str(one) for one in _TABLE_HEADING]
    if form == "csv":
        data, kind = write_csv(heading, rows), "text/csv; charset=utf-8"
    else:
        data = write_xlsx(gettext("Tỷ lệ cài đặt"), heading, rows)
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = f"cai-dat-{shown.area.code}-{shown.day:%Y-%m-%d}.{form}"
    return HttpResponse(data, kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _history(area: Area, day: date, scope: Scope) -> Sequence[RateOfDay]:
    """What the chart of a day shows: what was known of it, and of no later one."""
    found = rate_histories([area], Metric.PHONE_LINKED, Metric.SMARTPHONES, scope, until=day)
    return found.get(area.pk, ())


def _has_chart(shown: Overview, scope: Scope) -> bool:
    """Whether any day has both counts of one source; mostly that of the rate above the chart."""
    rate = letters_rate(shown.rates)
    if rate is None:
        return False
    over, under = rate.numerator, rate.denominator
    if (over.as_of, over.source) == (under.as_of, under.source):
        return True
    return bool(_history(shown.area, shown.day, scope))


def _carried(request: HttpRequest, shown: Overview | None, scope: Scope) -> Carried | None:
    """The same figures in the areas of the day that ``areas_of`` names."""
    areas_of = day_in(request, "areas_of")
    if shown is None or areas_of is None:
        return None
    return carried_rates(shown.area, shown.day, areas_of, scope)


def _rate_context(rate: Rate) -> dict[str, object]:
    return {
        "of": METRIC_NAMES[rate.numerator.metric],
        "over": METRIC_NAMES[rate.denominator.metric],
        "text": rate_words(rate.numerator.value, rate.denominator.value),
        "figures": [_figure_context(one) for one in (rate.numerator, rate.denominator)],
    }


def _figure_context(one: Figure) -> dict[str, object]:
    return {
        "name": METRIC_NAMES[one.metric],
        "metric": one.metric.value,
        "value": one.value,
        "as_of": one.as_of,
        "source": SOURCE_NAMES[one.source],
        "definition": in_language(DEFINITIONS[one.definition]),
    }


def _remainder_context(shown: Overview) -> dict[str, object] | None:
    """Where the parts of the total's own day do not add up to it."""
    of = shown.remainder
    if of is None or not of.left:
        return None
    return {
        "more": of.left < 0,
        "left": grouped(abs(of.left)),
        "total": grouped(of.total.value),
        "reported": grouped(of.reported),
        "reporting": of.reporting,
        "parts": len(shown.parts),
        "day": of.total.as_of,
    }


def _parts(shown: Overview) -> Sequence[dict[str, object]]:
    """Those with a rate first, the highest on top; those without in the order of the tree."""
    rows = []
    for part in shown.parts:
        row: dict[str, object] = {"area": part.area, "rate": part.rate, "rank": part.rank}
        row["alone"] = [_figure_context(one) for one in part.alone]
        if part.rate is not None and part.rate.denominator.value:
            low, high = likely_range(part.rate.numerator.value, part.rate.denominator.value)
            row |= {
                "counts": f"{grouped(part.rate.numerator.value)} / {grouped(part.rate.denominator.value)}",
                "range": f"{_tenths(low)}–{_tenths(high)} %",
            }
        if part.rate is not None:
            over, under = part.rate.numerator, part.rate.denominator
            row |= {
                "source": SOURCE_NAMES[over.source],
                "base": None if (over.as_of, over.source) == (under.as_of, under.source) else under,
                "base_source": SOURCE_NAMES[under.source],
                "definition": in_language(DEFINITIONS[under.definition]) if shown.mixed else "",
            }
        rows.append(row)
    return sorted(rows, key=lambda row: -(row["rate"].percent or 0) if isinstance(row["rate"], Rate) else 1)


def _sum_context(shown: Overview) -> dict[str, object] | None:
    of = shown.sum_of_parts
    if of is None:
        return None
    text = rate_words(of.numerator, of.denominator)
    return {"text": text, "of": of, "parts": len(shown.parts), "one_day": of.first_day == of.last_day}


def _tenths(share: float) -> str:
    return written(Decimal(f"{100 * share:.1f}"))


def _table_rows(shown: Overview) -> Iterable[Sequence[Cell]]:
    whole = letters_rate(shown.rates)
    whole_row = Part(shown.area, whole, None, tuple(shown.alone))
    for part in (whole_row, *shown.parts):
        area, rate, alone = part.area, part.rate, part.alone
        known = {one.metric: one for one in alone}
        over = known.get(Metric.PHONE_LINKED) if rate is None else rate.numerator
        under = known.get(Metric.SMARTPHONES) if rate is None else rate.denominator
        if over is None and under is None:
            yield (area.code, area.name, None, None, gettext("chưa có số liệu"), *[None] * 7)
            continue
        percent = None if rate is None or rate.percent is None else float(rate.percent)
        means = [None if one is None else in_language(DEFINITIONS[one.definition]) for one in (over, under)]
        rank = "" if part.rank is None else "–".join(map(str, dict.fromkeys(part.rank)))
        yield (area.code, area.name, *_cells(over), *_cells(under), percent, rank or None, *means)


def _cells(figure: Figure | None) -> tuple[Cell, Cell, Cell]:
    if figure is None:
        return None, None, None
    return figure.value, figure.as_of, str(SOURCE_NAMES[figure.source])


def _document(shown: Overview) -> dict[str, object]:
    added = shown.sum_of_parts
    return {
        "area": shown.area.code,
        "as_of": shown.day.isoformat(),
        "rates": [rate_document(one) for one in shown.rates],
        "figures": [figure_document(one) for one in shown.alone],
        "sum_of_parts": None if added is None else parts_sum_document(added),
        "not_broken_down": None if shown.remainder is None else shown.remainder.left,
        "parts": [
            {
                "area": part.area.code,
                "name": part.area.name,
                "rate": None if part.rate is None else rate_document(part.rate),
                "rank": None if part.rank is None else list(part.rank),
                "figures": [figure_document(one) for one in part.alone],
            }
            for part in shown.parts
        ],
    }
