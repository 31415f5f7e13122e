"""What every staff page of areas begins with: who is asking."""

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
from bluezone.authority.access.roles import (
    ADOPTION_READERS,
    ORGANISATION_EDITORS,
    ORGANISATION_READERS,
    Role,
)
from bluezone.authority.access.scope import Scope

__all__ = ["AreaStaff", "editor_of", "reader_of"]


@dataclass(frozen=True, slots=True)
class AreaStaff:
    """A member of staff who looks at areas, at the moment of the request."""

    actor: Actor
    scope: Scope
    now: datetime
    edits: Scope
    """Where they may bring in residential groups and alleys."""

    @property
    def today(self) -> date:
        """In Hà Nội."""
        return timezone.localtime(self.now).date()

    @property
    def may_edit(self) -> bool:
        """Anywhere."""
        return self.edits != Scope.nothing()


def reader_of(request: HttpRequest) -> AreaStaff:
    """:raises PermissionDenied: no role that has to do with areas, now."""
    return _staff(request, ADOPTION_READERS | ORGANISATION_READERS)


def editor_of(request: HttpRequest) -> AreaStaff:
    """:raises PermissionDenied: no role that registers what is in an area, now."""
    return _staff(request, ORGANISATION_EDITORS)


def _staff(request: HttpRequest, roles: Collection[Role]) -> AreaStaff:
    user, now = request.user, runtime.now()
    scope = scope_of(user, roles, now)
    if not user.is_authenticated or scope == Scope.nothing():
        raise PermissionDenied("no role that has to do with areas")
    return AreaStaff(user_actor(user.pk), scope, now, scope_of(user, ORGANISATION_EDITORS, now))
