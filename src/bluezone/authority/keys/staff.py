"""What every staff page of codes begins with: who is asking, where they may, and which areas those are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from bluezone.authority import runtime
from bluezone.authority.access.audit import Actor, user_actor
from bluezone.authority.access.queries import scope_of
from bluezone.authority.access.roles import CODE_ISSUERS, LIMIT_SETTERS, Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.queries import areas_in_use, offered

__all__ = ["Staff", "issuer_of", "limit_setter_of"]


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff who may do what the page is for, at the moment of the request."""

    actor: Actor
    scope: Scope
    now: datetime
    areas: dict[str, str]
    """Names of the areas in the scope, by path, in the order of the tree."""

    @property
    def today(self) -> date:
        """In Hà Nội."""
        return timezone.localtime(self.now).date()


def issuer_of(request: HttpRequest) -> Staff:
    """Whoever asks, if they may issue codes.

    :raises PermissionDenied: no role that issues codes, now.
    """
    return _staff_of(request, CODE_ISSUERS)


def limit_setter_of(request: HttpRequest) -> Staff:
    """Whoever asks, if they may set how many codes are issued in a day.

    :raises PermissionDenied: no role that sets limits, now.
    """
    return _staff_of(request, LIMIT_SETTERS)


def _staff_of(request: HttpRequest, roles: Collection[Role]) -> Staff:
    user, now = request.user, runtime.now()
    scope = scope_of(user, roles, now)
    if not user.is_authenticated or scope == Scope.nothing():
        raise PermissionDenied("no role that this page is for")
    areas_today = offered(areas_in_use(timezone.localtime(now).date(), scope))
    areas = {area.path: area.name for area in areas_today}
    return Staff(user_actor(user.pk), scope, now, areas)
