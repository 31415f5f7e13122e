"""The page on which anybody reads what heartbeats are and may agree to them; that of staff, with counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bluezone.authority import runtime
from bluezone.authority.access.disclosure_rules import SMALLEST_TOLD
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.staff import reader_of, wanted_by
from bluezone.authority.areas.models import Area, Level
from bluezone.authority.areas.queries import areas_on
from bluezone.authority.formats.numbers import grouped
from bluezone.authority.heartbeats.queries import last_closed_day, platforms_of, wards_of
from bluezone.authority.heartbeats.rules import GONE_AFTER
from bluezone.authority.read_only import read_only
from bluezone.protocols.heartbeat import CONSENT_WORDING, Platform, hanoi_day

__all__ = ["about", "counts"]

PLATFORM_NAMES: Mapping[Platform, object] = {
    Platform.ANDROID: "Android",
    Platform.IOS: "iOS",
    Platform.DEVICE: _("máy tính, thiết bị đeo"),
    Platform.WEB: _("trình duyệt web"),
}


@read_only
def about(request: HttpRequest) -> HttpResponse:
    """``/heartbeat/``: for everybody; ``?city=01`` offers the wards of that city, where there are several."""
    today = hanoi_day(runtime.now())
    public = areas_on(today, Scope.everything())
    cities = list(public.filter(level=Level.CITY).order_by("name"))
    wanted = request.GET.get("city", "")
    city = next((one for one in cities if one.code == wanted), None)
    if wanted and city is None:
        raise Http404
    if len(cities) == 1:
        city = cities[0]
    context = {
        "cities": cities if len(cities) > 1 else [],
        "city": city,
        "wards": [] if city is None else _wards(city, today),
        "wording": CONSENT_WORDING,
        "gone_at": _gone_at(),
        "smallest": SMALLEST_TOLD,
    }
    return render(request, "heartbeats/about.html", context)


@login_required
@never_cache
@require_safe
def counts(request: HttpRequest) -> HttpResponse:
    """``/heartbeats/``: what apps said of themselves, ward by ward; ``?area=01/009&day=2021-03-08``."""
    officer = reader_of(request)
    last = last_closed_day()
    wanted = wanted_by(request, officer, last or officer.today)
    wards = [] if wanted.area is None else wards_of(wanted.area, wanted.day, officer.scope)
    told = [one for one in wards if one.active is not None]
    context = {
        "area": wanted.area,
        "day": wanted.day,
        "last": last,
        "wards": [
            {"area": one.area, "active": grouped(one.active or 0), "tracing": _written(one.tracing)}
            for one in told
        ],
        "told": len(told),
        "silent": len(wards) - len(told),
        "active": grouped(sum(one.active or 0 for one in told)),
        "smallest": SMALLEST_TOLD,
        "platforms": [
            {"name": PLATFORM_NAMES[one], "active": grouped(active)}
            for one, active in sorted(platforms_of(wanted.day, officer.scope).items())
        ],
    }
    return render(request, "heartbeats/counts.html", context)


def _wards(city: Area, day: date) -> list[dict[str, object]]:
    """The wards of a city in groups by district; one group without a name where there are no districts."""
    listed = areas_on(day, Scope.everything()).filter(level__in=[Level.DISTRICT, Level.WARD])
    below = list(Scope.of([city.path]).filter(listed, "path"))
    districts = {one.path: one.name for one in below if one.level == Level.DISTRICT}
    groups: dict[str, list[Area]] = {}
    for one in below:
        if one.level == Level.WARD:
            groups.setdefault(districts.get(one.path.rpartition("/")[0], ""), []).append(one)
    return [
        {"name": name or gettext("Phường, xã"), "wards": sorted(wards, key=lambda one: one.name)}
        for name, wards in sorted(groups.items())
    ]


def _written(count: int | None) -> str:
    return "" if count is None else grouped(count)


def _gone_at() -> time:
    """The time of day, in Hà Nội, at which there are only counts of the day before."""
    return (datetime.combine(date.min, time.min) + GONE_AFTER).time()
