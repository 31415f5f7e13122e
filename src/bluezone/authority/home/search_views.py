"""The page of the search over the whole site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bluezone.authority import runtime
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.search import successors_of
from bluezone.authority.home.search import Found, find
from bluezone.authority.organisations.kinds import Kind, kind_name
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.tabular.spelling import tidy
from bluezone.authority.todays_work import person_of

__all__ = ["search"]

_FIRST, _A_PAGE = 6, 25
_LONGEST_SEARCH = 100
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A kind of what was found: the first few, or a page of all."""

    page: Page[Any]
    rows: Sequence[dict[str, object]]
    address: str
    """Of all of this kind."""


@login_required
@never_cache
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """``/search/``: ``?q=thanh xuan&in=areas&page=2``; without ``in`` the first few of each kind."""
    person = person_of(request.user, runtime.now())
    words = tidy(request.GET.get("q", "").replace("\0", "")[:_LONGEST_SEARCH])  # PostgreSQL has no NUL
    kind = request.GET.get("in", "")
    if person is None or kind not in ("", "areas", "organisations"):
        raise Http404
    found = find(words, person)
    pages = [] if kind else [(one, reverse(one.view)) for one in found.pages]
    areas = None if kind == "organisations" else _areas(request, found, words, kind, person.today)
    organisations = None if kind == "areas" else _organisations(request, found, words, kind)
    context = {
        "words": words,
        "kind": kind,
        "pages": pages,
        "areas": areas,
        "organisations": organisations,
        "is_nothing": not pages and not any(one and one.rows for one in (areas, organisations)),
    }
    return render(request, "home/search.html", context)


def _areas(request: HttpRequest, found: Found, words: str, kind: str, today: date) -> _Listed:
    page = _page(request, found.areas, kind)
    became = successors_of(page, found.of_areas)
    return _Listed(
        page, [_area_row(one, found, today, became.get(one.pk, ())) for one in page], _address(words, "areas")
    )


def _area_row(area: Area, found: Found, today: date, became: Sequence[Area]) -> dict[str, object]:
    above = area.parent.name if area.parent and found.of_areas.allows(area.parent.path) else ""
    last_day = today if area.valid_until is None else min(today, area.valid_until - _ONE_DAY)
    of_area = urlencode({"area": area.path})
    of_day = urlencode({"area": area.path, "day": max(last_day, area.valid_from).isoformat()})
    return {
        "area": area,
        "above": above,
        "is_past": area.valid_until is not None and area.valid_until <= today,
        "is_to_come": area.valid_from > today,
        "became": became,
        "address": f"{reverse('areas')}?{of_day}",
        "figures": f"{reverse('adoption')}?{of_day}" if found.of_adoption.allows(area.path) else "",
        "organisations": f"{reverse('organisations')}?{of_area}"
        if found.of_organisations.allows(area.path)
        else "",
    }


def _organisations(request: HttpRequest, found: Found, words: str, kind: str) -> _Listed:
    page = _page(request, found.organisations, kind)
    rows: list[dict[str, object]] = [{"organisation": one, "kind": kind_name(Kind(one.kind))} for one in page]
    return _Listed(page, rows, _address(words, "organisations"))


def _page(request: HttpRequest, rows: QuerySet[Area] | QuerySet[Organisation], kind: str) -> Page[Any]:
    pages: Paginator[Any] = Paginator(rows, _A_PAGE if kind else _FIRST)
    return pages.get_page(request.GET.get("page") if kind else 1)


def _address(words: str, kind: str) -> str:
    return f"{reverse('search')}?{urlencode({'q': words, 'in': kind})}"
