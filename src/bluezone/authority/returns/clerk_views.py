"""Pages on which agencies and schools make their returns, of pupils class by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.models import Organisation, SchoolClass
from bluezone.authority.organisations.queries import organisations
from bluezone.authority.organisations.rules import school_year_of, school_year_text
from bluezone.authority.returns import services
from bluezone.authority.returns.forms import CountsForm
from bluezone.authority.returns.metrics import COUNT_NAMES, COUNTS, FORMS, Form, Survey, form_of, surveys_of
from bluezone.authority.returns.models import PupilsReturn, StaffReturn
from bluezone.authority.returns.queries import (
    OwnRound,
    classes_owed,
    governing_schedule,
    history_of,
    next_round,
    own_rounds,
    returns_of,
)
from bluezone.authority.returns.rules import State
from bluezone.authority.returns.staff import Person, person_of
from bluezone.authority.returns.texts import FORM_NAMES, STATE_BADGES, STATE_NAMES, VIEWS, called
from bluezone.authority.tabular.reading import in_language

__all__ = ["class_return", "organisation_day", "organisation_returns", "own_returns"]

_PAGE = 20
_ROUNDS_ASKED = 4
_ROUNDS_SHOWN = 60

_Made = StaffReturn | PupilsReturn


@login_required
@never_cache
@require_safe
def own_returns(request: HttpRequest) -> HttpResponse:
    """``/returns/own/``: the organisations whose returns one makes, and which rounds are open."""
    person = person_of(request)
    held = [
        organisations(scope).filter(kind__in=[kind for kind, fills in person.fills.items() if fills == scope])
        for scope in set(person.fills.values())
    ]
    rows = reduce(or_, held).order_by("plain_name", "pk")
    page = Paginator(rows, _PAGE).get_page(request.GET.get("page"))
    shown = [{"organisation": one, "asked": _asked(one, person, _ROUNDS_ASKED)} for one in page]
    return render(request, "returns/own.html", {"page": page, "rows": shown, "person": person})


@login_required
@never_cache
@require_safe
def organisation_returns(request: HttpRequest, key: str) -> HttpResponse:
    """``/returns/organisations/KEY/``: one organisation, round by round."""
    person = person_of(request)
    one = person.organisation(key)
    context = {
        "one": one,
        "survey": surveys_of(one.kind)[0],
        "is_officer": _is_officer(person),
        "asked": _asked(one, person, _ROUNDS_SHOWN),
    }
    return render(request, "returns/organisation.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def organisation_day(request: HttpRequest, key: str, day: date, form: Form | None = None) -> HttpResponse:
    """``/returns/organisations/KEY/2021-03-08/staff/``: one round: the form, or the classes of a school.

    Without a form it is the first of the kind.
    """
    person = person_of(request)
    one = person.organisation(key)
    form = form_of(one.kind, form)
    if form is None:
        raise Http404
    own = _round(one, form, day, person)
    made = returns_of(one, form, day, person.sees(one.kind))
    classes = classes_owed(one, day) if form is Form.PUPILS else []
    if not classes:
        return _fill(request, person, one, own, None, next(iter(made), None))
    if request.method == "POST":
        raise PermissionDenied("a school makes its return class by class")
    by_class = {row.school_class_id: row for row in made if isinstance(row, PupilsReturn)}
    context = {
        **_page_context(person, one, own),
        "year": school_year_text(school_year_of(day)),
        "names": [COUNT_NAMES[name] for name in COUNTS[form]],
        "whole": None if None not in by_class else _cells(form, by_class[None]),
        "classes": [
            {
                "class": row,
                "made": by_class.get(row.pk),
                "is_late": row.pk in by_class and by_class[row.pk].first_entered_at > own.cutoff,
                "cells": None if row.pk not in by_class else _cells(form, by_class[row.pk]),
            }
            for row in classes
        ],
        "sums": None
        if own.counts is None
        else [(COUNT_NAMES[name], own.counts[name]) for name in COUNTS[form]],
    }
    return render(request, "returns/school_day.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def class_return(request: HttpRequest, key: str, day: date, class_id: int) -> HttpResponse:
    """``/returns/organisations/KEY/2021-03-08/classes/7/``: one class of a school."""
    person = person_of(request)
    one = person.organisation(key)
    classes = classes_owed(one, day) if Form.PUPILS in FORMS[Kind(one.kind)] else []
    school_class = next((row for row in classes if row.pk == class_id), None)
    if school_class is None:
        raise Http404
    made = returns_of(one, Form.PUPILS, day, person.sees(one.kind))
    mine = next((row for row in made if getattr(row, "school_class_id", None) == class_id), None)
    return _fill(request, person, one, _round(one, Form.PUPILS, day, person), school_class, mine)


def _fill(
    request: HttpRequest,
    person: Person,
    one: Organisation,
    own: OwnRound,
    school_class: SchoolClass | None,
    made: _Made | None,
) -> HttpResponse:
    """The page of one return: who may fills it in, others see what counts, all see what was said before."""
    form = own.form
    may_fill = person.may_fill(one)
    if request.method == "POST" and not may_fill:
        raise PermissionDenied("not theirs to fill in")
    before = _before(one, own, school_class, person)
    initial = {} if made is None else {name: getattr(made, name) for name in COUNTS[form]}
    counts = CountsForm(
        form, request.POST if request.method == "POST" else None, initial=initial, before=before
    )
    if (
        request.method == "POST"
        and counts.is_valid()
        and _is_recorded(request, person, one, own, school_class, counts)
    ):
        return _next_page(one, own, school_class, person)
    class_id = None if school_class is None else school_class.pk
    context = {
        **_page_context(person, one, own),
        "school_class": school_class,
        "made": made,
        "is_late": made is not None and made.first_entered_at > own.cutoff,
        "form": counts if may_fill else None,
        "cells": None if made is None else _cells(form, made),
        "sayings": [
            {
                "said": said,
                "cells": [(COUNT_NAMES[name], count) for name, count in said.counts.items()],
            }
            for said in history_of(one, form, class_id, own.day, person.sees(one.kind))
        ],
    }
    return render(request, "returns/fill.html", context, status=422 if counts.errors else 200)


def _is_recorded(
    request: HttpRequest,
    person: Person,
    one: Organisation,
    own: OwnRound,
    school_class: SchoolClass | None,
    counts: CountsForm,
) -> bool:
    try:
        change = services.record_return(
            one.key,
            own.day,
            counts.counts,
            form=own.form,
            school_class=None if school_class is None else school_class.pk,
            scope=person.fills[Kind(one.kind)],
            by=person.actor,
            now=person.now,
        )
    except services.ReturnRefused as refusal:
        counts.add_error(None, gettext("Chưa ghi: {reason}.").format(reason=in_language(refusal.said)))
        return False
    texts = {
        services.Change.NEW: gettext("Đã ghi báo cáo của {name}, kỳ {day}."),
        services.Change.CORRECTED: gettext("Đã đính chính báo cáo của {name}, kỳ {day}; số cũ vẫn được giữ."),
        services.Change.UNCHANGED: gettext("Báo cáo của {name}, kỳ {day} vẫn như cũ."),
    }
    if school_class is None:
        name = called(one.name, Survey(Kind(one.kind), own.form))
    else:
        name = gettext("lớp {name}").format(name=school_class.name)
    messages.success(request, texts[change].format(name=name, day=f"{own.day:%d/%m/%Y}"))
    return True


def _next_page(
    one: Organisation, own: OwnRound, school_class: SchoolClass | None, person: Person
) -> HttpResponse:
    """After a class the next one that is still missing; else the whole."""
    day = own.day
    if school_class is not None:
        rows = returns_of(one, own.form, day, person.sees(one.kind))
        made = {getattr(row, "school_class_id", None) for row in rows}
        classes = classes_owed(one, day)
        at = next(at for at, row in enumerate(classes) if row.pk == school_class.pk)
        missing = [row for row in (*classes[at + 1 :], *classes[:at]) if row.pk not in made]
        if missing:
            return redirect("returns-class", key=one.key, day=day, class_id=missing[0].pk)
    return redirect("returns-day", key=one.key, day=day, form=own.form)


def _round(one: Organisation, form: Form, day: date, person: Person) -> OwnRound:
    """The round of a day.

    :raises Http404: there is none, or it has not come.
    """
    if day > person.today:
        raise Http404
    found = next((row for row in own_rounds(one, form, person.now, _ROUNDS_SHOWN) if row.day == day), None)
    if found is None and governing_schedule(one, form, day) is not None:
        found = next((row for row in own_rounds(one, form, person.now, 10_000) if row.day == day), None)
    if found is None:
        raise Http404
    return found


def _before(
    one: Organisation, own: OwnRound, school_class: SchoolClass | None, person: Person
) -> tuple[date, Mapping[str, int]] | None:
    """What the last round before had of the same organisation or class."""
    form = own.form
    rounds = own_rounds(one, form, person.now, _ROUNDS_SHOWN)
    earlier = [row.day for row in rounds if row.day < own.day and row.counts]
    class_id = None if school_class is None else school_class.pk
    for of in earlier[:1]:
        for row in returns_of(one, form, of, person.sees(one.kind)):
            if getattr(row, "school_class_id", None) == class_id:
                return of, {name: getattr(row, name) for name in COUNTS[form]}
    return None


def _asked(one: Organisation, person: Person, most: int) -> Sequence[Mapping[str, Any]]:
    """The rounds of whom an organisation is asked for: a school of its pupils, of its staff, or of both."""
    found = []
    for survey in surveys_of(one.kind):
        rounds = [_round_context(row) for row in own_rounds(one, survey.form, person.now, most)]
        coming = next_round(one, survey.form, person.today)
        if rounds or coming is not None:
            found.append(
                {
                    "form": survey.form,
                    "name": FORM_NAMES[survey.form] if len(FORMS[survey.kind]) > 1 else None,
                    "view": VIEWS[survey.form],
                    "names": [COUNT_NAMES[name] for name in COUNTS[survey.form]],
                    "rounds": rounds,
                    "open": [round for round in rounds if round["is_open"]],
                    "next": coming,
                }
            )
    return found


def _page_context(person: Person, one: Organisation, own: OwnRound) -> Mapping[str, Any]:
    survey = Survey(Kind(one.kind), own.form)
    return {
        "one": one,
        "survey": survey,
        "called": called(one.name, survey),
        "round": _round_context(own),
        "is_over": person.now > own.cutoff,
        "may_fill": person.may_fill(one),
        "is_officer": _is_officer(person),
        "view": VIEWS[own.form],
    }


def _round_context(row: OwnRound) -> Mapping[str, Any]:
    return {
        "row": row,
        "state": STATE_NAMES[row.state],
        "badge": STATE_BADGES[row.state],
        "is_open": row.returned < row.owed,
        "is_missing": row.state in (State.MISSING, State.INCOMPLETE),
        "cells": None
        if row.counts is None
        else [(COUNT_NAMES[name], row.counts[name]) for name in row.counts],
    }


def _cells(form: Form, made: _Made) -> list[tuple[Any, int]]:
    return [(COUNT_NAMES[name], getattr(made, name)) for name in COUNTS[form]]


def _is_officer(person: Person) -> bool:
    return bool(person.reads.prefixes) or person.reads.unlimited
