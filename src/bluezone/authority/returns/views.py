"""Pages on which officers see a round: who has returned, late, missing since when; totals; as a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bluezone.authority.access.scope import Scope, check_area_path
from bluezone.authority.adoption.rate_words import rate_words
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import areas_in_use, parents_on
from bluezone.authority.returns.metrics import COUNT_NAMES, COUNTS, SURVEYS, Form, Survey, rate_of
from bluezone.authority.returns.round_json import round_document
from bluezone.authority.returns.round_queries import Asked, Gap, Round, Tally, gaps, round_days, round_on
from bluezone.authority.returns.rules import State
from bluezone.authority.returns.staff import Person, officer_of, person_of
from bluezone.authority.returns.texts import STATE_BADGES, STATE_NAMES, SURVEY_NAMES, VIEWS
from bluezone.authority.tabular.sheets import Cell
from bluezone.authority.tabular.writing import write_csv, write_xlsx

__all__ = ["returns", "rounds", "table"]

_PAGE = 50
_DAYS_OFFERED = 30


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which round a page is asked to show; ``day`` is ``None`` where there was none yet."""

    survey: Survey
    area: Area | None
    days: Sequence[date]
    day: date | None


@login_required
@never_cache
@require_safe
def returns(request: HttpRequest) -> HttpResponse:
    """``/returns/``: officers come to the rounds, clerks to their own organisations."""
    person = person_of(request)
    return redirect("returns-own" if person.reads == Scope.nothing() else "returns-rounds")


@login_required
@never_cache
@require_safe
def rounds(request: HttpRequest) -> HttpResponse:
    """``/returns/rounds/``: ``?kind=school&area=01/009&day=2021-03-08&state=missing&page=2``."""
    person = officer_of(request)
    wanted = _wanted(request, person)
    state = _state(request)
    context: dict[str, Any] = {
        "person": person,
        "survey": wanted.survey,
        "surveys": SURVEY_NAMES.items(),
        "survey_name": SURVEY_NAMES[wanted.survey],
        "area": wanted.area,
        "parents": ()
        if wanted.area is None
        else parents_on(wanted.area, wanted.day or person.today, person.reads),
        "days": wanted.days,
        "day": wanted.day,
        "view": VIEWS[wanted.survey.form],
        "may_edit": person.edits != Scope.nothing(),
    }
    if wanted.day is not None:
        shown = round_on(wanted.day, wanted.survey, wanted.area, person.reads, person.now)
        context |= _shown(shown, state, request, person)
    return render(request, "returns/rounds.html", context)


@login_required
@never_cache
@require_safe
def table(request: HttpRequest, form: str) -> HttpResponse:
    """``/returns/rounds/table.csv``, ``.xlsx`` or ``.json``: every organisation of the round."""
    person = officer_of(request)
    wanted = _wanted(request, person)
    if wanted.day is None or form not in ("csv", "xlsx", "json"):
        raise Http404
    shown = round_on(wanted.day, wanted.survey, wanted.area, person.reads, person.now)
    since = gaps(shown.asked, shown.survey, shown.day, person.now)
    if form == "json":
        return JsonResponse(round_document(shown, since), json_dumps_params={"ensure_ascii": False})
    heading, rows = _heading(shown), [_table_row(one, since.get(one.pk)) for one in shown.asked]
    if form == "csv":
        data, kind = write_csv(heading, rows), "text/csv; charset=utf-8"
    else:
        data = write_xlsx("Báo cáo", heading, rows)
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    code = "" if shown.area is None else f"{shown.area.code}-"
    name = f"bao-cao-{shown.survey.code}-{code}{shown.day:%Y-%m-%d}.{form}"
    return HttpResponse(data, kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _wanted(request: HttpRequest, person: Person) -> _Wanted:
    """:raises Http404: no such area in the scope, no such survey, or no day."""
    survey = SURVEYS.get(request.GET.get("kind") or "agency")
    try:
        written = request.GET.get("day", "")
        day = date.fromisoformat(written) if written else None
        path = request.GET.get("area", "")
        if path:
            check_area_path(path)  # PostgreSQL fails on a NUL
    except ValueError:
        raise Http404 from None
    if survey is None:
        raise Http404
    areas = areas_in_use(day or person.today, person.reads)
    area = areas.filter(path=path).first() if path else areas.first()
    if path and area is None:
        raise Http404
    days = round_days(survey, "" if area is None else area.path, person.reads, person.today, _DAYS_OFFERED)
    if day is not None and day > person.today:
        raise Http404
    return _Wanted(survey, area, days, day or next(iter(days), None))


def _state(request: HttpRequest) -> State | None:
    written = request.GET.get("state", "")
    try:
        return State(written) if written else None
    except ValueError:
        raise Http404 from None


def _shown(shown: Round, state: State | None, request: HttpRequest, person: Person) -> Mapping[str, Any]:
    some = [one for one in shown.asked if state is None or one.own.state is state]
    form = shown.survey.form
    page = Paginator(some, _PAGE).get_page(request.GET.get("page"))
    since = gaps(list(page), shown.survey, shown.day, person.now)
    here = {"kind": shown.survey.code, "day": shown.day.isoformat()}
    if shown.area is not None:
        here["area"] = shown.area.path
    return {
        "shown": shown,
        "state": state,
        "here": urlencode(here),
        "total": _tally(shown.total, form),
        "partly": sum(one.own.counts is not None and one.own.returned < one.own.owed for one in shown.asked),
        "parts": [(part.area, _tally(part.tally, form)) for part in shown.parts],
        "form": form,
        "names": [COUNT_NAMES[name] for name in COUNTS[form]],
        "states": [
            (one, STATE_NAMES[one], STATE_BADGES[one], count)
            for one, count in shown.total.states.items()
            if count or one is State.MISSING
        ],
        "cutoffs": sorted({one.own.cutoff for one in shown.asked}),
        "page": page,
        "rows": [
            {
                "asked": one,
                "state": STATE_NAMES[one.own.state],
                "badge": STATE_BADGES[one.own.state],
                "gap": since.get(one.pk),
                "rate": "" if one.own.counts is None else rate_words(*rate_of(form, one.own.counts)),
            }
            for one in page
        ],
    }


def _tally(tally: Tally, form: Form) -> Mapping[str, Any]:
    return {
        "tally": tally,
        "in": sum(tally.states[one] for one in (State.ON_TIME, State.LATE)),
        "missing": tally.states[State.MISSING],
        "rate": rate_words(*rate_of(form, tally.counts)) if tally.resting_on else "",
        "cells": [(COUNT_NAMES[name], tally.counts[name]) for name in COUNTS[form]],
    }


def _heading(shown: Round) -> Sequence[str]:
    form = shown.survey.form
    # As the imported sheet has it: what was handed out can come back filled in.
    return (
        "Mã đơn vị",
        "Tên đơn vị",
        "Mã địa bàn",
        "Địa bàn",
        "Ngày",
        "Hạn",
        "Tình trạng",
        "Báo lúc",
        "Chưa báo từ kỳ",
        "Lần báo trước",
        *(("Số lớp", "Lớp đã báo") if form is Form.PUPILS else ()),
        *(COUNT_NAMES[name].vi for name in COUNTS[form]),
    )


def _table_row(one: Asked, gap: Gap | None) -> Sequence[Cell]:
    own = one.own
    return (
        one.code,
        one.name,
        one.area_path.rpartition("/")[2],
        one.area_name,
        own.day,
        _moment(own.cutoff),
        STATE_NAMES[own.state].vi,
        None if own.last is None else _moment(own.last),
        None if gap is None else gap.since,
        None if gap is None else gap.last_return,
        *((own.owed, own.returned) if own.form is Form.PUPILS else ()),
        *(None if own.counts is None else own.counts[name] for name in COUNTS[own.form]),
    )


def _moment(at: Any) -> str:
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}"
