"""What every staff page of codes begins with: who is asking, where they may, and which areas those are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from bluezone.authority import runtime
from bluezone.authority.access.audit import Actor, user_actor
from bluezone.authority.access.queries import scope_of
from bluezone.authority.access.roles import CODE_ISSUERS
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.queries import areas_on

__all__ = ["Issuer", "issuer_of"]


@dataclass(frozen=True, slots=True)
class Issuer:
    """A member of staff who may issue codes, at the moment of the request."""

    actor: Actor
    scope: Scope
    now: datetime
    areas: dict[str, str]
    """Names of the areas in the scope, by path, in the order of the tree."""

    @property
    def today(self) -> date:
        """In Hà Nội."""
        return timezone.localtime(self.now).date()


def issuer_of(request: HttpRequest) -> Issuer:
    """Whoever asks.

    :raises PermissionDenied: no role that issues codes, now.
    """
    user, now = request.user, runtime.now()
    scope = scope_of(user, CODE_ISSUERS, now)
    if not user.is_authenticated or scope == Scope.nothing():
        raise PermissionDenied("no role that issues codes")
    areas = {area.path: area.name for area in areas_on(timezone.localtime(now).date(), scope)}
    return Issuer(user_actor(user.pk), scope, now, areas)
