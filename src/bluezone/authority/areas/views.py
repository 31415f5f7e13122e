"""Staff pages of areas: what is above and below one, what it came of and became."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bluezone.authority.areas.area_card import card_of, highest_areas
from bluezone.authority.areas.models import Area, Level
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.staff import AreaStaff, reader_of

__all__ = ["areas"]

_LEVEL_NAMES = {
    Level.CITY.value: gettext_lazy("Thành phố, tỉnh"),
    Level.DISTRICT.value: gettext_lazy("Quận, huyện"),
    Level.WARD.value: gettext_lazy("Phường, xã"),
    Level.RESIDENTIAL_GROUP.value: gettext_lazy("Tổ dân phố"),
    Level.ALLEY.value: gettext_lazy("Ngõ"),
}


@login_required
@never_cache
@require_safe
def areas(request: HttpRequest) -> HttpResponse:
    """``/areas/``: one of them on a day, ``?area=01/009/00343&day=2021-03-08``; without, those on top."""
    staff = reader_of(request)
    day = _day(request.GET.get("day", ""), staff.today)
    path = request.GET.get("area", "")
    top = highest_areas(day, staff.scope)
    one = _found(path, day, staff) if path else top[0] if len(top) == 1 else None
    card = None if one is None else card_of(one, day, staff.scope)
    parts = [] if card is None else card.parts
    context = {
        "staff": staff,
        "day": day,
        "today": staff.today,
        "card": card,
        "level": "" if one is None else _LEVEL_NAMES[one.level],
        "top": top if one is None else [],
        "alleys": [part for part in parts if part.level == Level.ALLEY],
        "groups": [part for part in parts if part.level == Level.RESIDENTIAL_GROUP],
        "parts": [part for part in parts if part.level not in (Level.ALLEY, Level.RESIDENTIAL_GROUP)],
        "is_ward": one is not None and one.level == Level.WARD,
    }
    return render(request, "areas/area.html", context)


def _found(path: str, day: date, staff: AreaStaff) -> Area:
    if "\0" in path:  # PostgreSQL has none
        raise Http404
    one = area_on(path.rpartition("/")[2], day, staff.scope)
    if one is None or one.path != path:
        raise Http404
    return one


def _day(text: str, today: date) -> date:
    try:
        return date.fromisoformat(text) if text else today
    except ValueError:
        raise Http404 from None
