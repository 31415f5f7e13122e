"""What every staff page of adoption begins with: who is asking, which area, which day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone

from bluezone.authority import runtime
from bluezone.authority.access.audit import Actor, user_actor
from bluezone.authority.access.queries import scope_of
from bluezone.authority.access.roles import ADOPTION_EDITORS, ADOPTION_READERS, Role
from bluezone.authority.access.scope import Scope, check_area_path
from bluezone.authority.adoption.queries import newest_day
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import areas_on

__all__ = ["Officer", "Wanted", "day_in", "editor_of", "reader_of", "wanted_by"]


@dataclass(frozen=True, slots=True)
class Officer:
    """A member of staff who may see figures, at the moment of the request."""

    actor: Actor
    scope: Scope
    now: datetime
    may_edit: bool

    @property
    def today(self) -> date:
        """In Hà Nội."""
        return timezone.localtime(self.now).date()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page is asked to show; ``area`` is ``None`` where the scope has none on that day."""

    area: Area | None
    day: date


def reader_of(request: HttpRequest) -> Officer:
    """Whoever asks.

    :raises PermissionDenied: no role that reads figures, now.
    """
    return _officer(request, ADOPTION_READERS)


def editor_of(request: HttpRequest) -> Officer:
    """Whoever asks, with the scope in which they may write.

    :raises PermissionDenied: no role that enters figures, now.
    """
    return _officer(request, ADOPTION_EDITORS)


def wanted_by(request: HttpRequest, officer: Officer, usual: date | None = None) -> Wanted:
    """The area and day that the address names; by default the highest area, on the newest day with figures.

    :param usual: the day that is meant where the address names none.

    :raises Http404: no such area in the scope on that day, or no day.
    """
    day = day_in(request, "day") or usual or newest_day(officer.scope) or officer.today
    areas = areas_on(day, officer.scope)
    path = request.GET.get("area", "")
    if not path:
        return Wanted(areas.first(), day)
    try:
        check_area_path(path)  # PostgreSQL fails on a NUL
    except ValueError:
        raise Http404 from None
    area = areas.filter(path=path).first()
    if area is None:
        raise Http404
    return Wanted(area, day)


def day_in(request: HttpRequest, name: str) -> date | None:
    """The day that a part of the address names; ``None`` where that is missing or empty.

    :raises Http404: it names no day.
    """
    written = request.GET.get(name, "")
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise Http404 from None


def _officer(request: HttpRequest, roles: Collection[Role]) -> Officer:
    user, now = request.user, runtime.now()
    scope = scope_of(user, roles, now)
    if not user.is_authenticated or scope == Scope.nothing():
        raise PermissionDenied("no role that has to do with figures of adoption")
    return Officer(user_actor(user.pk), scope, now, scope_of(user, ADOPTION_EDITORS, now) != Scope.nothing())
