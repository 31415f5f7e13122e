"""What every staff page of organisations begins with: who is asking."""

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
from bluezone.authority.access.roles import CONTACT_READERS, ORGANISATION_EDITORS, ORGANISATION_READERS, Role
from bluezone.authority.access.scope import Scope

__all__ = ["Registrar", "contact_reader_of", "editor_of", "reader_of"]


@dataclass(frozen=True, slots=True)
class Registrar:
    """A member of staff who has to do with organisations, at the moment of the request."""

    actor: Actor
    scope: Scope
    now: datetime
    contacts: Scope
    """Where they may see contact persons."""

    edits: Scope
    """Where they may import, and erase contact persons."""

    @property
    def today(self) -> date:
        """In Hà Nội."""
        return timezone.localtime(self.now).date()

    @property
    def may_edit(self) -> bool:
        """Anywhere."""
        return self.edits != Scope.nothing()


def reader_of(request: HttpRequest) -> Registrar:
    """:raises PermissionDenied: no role that reads organisations, now."""
    return _registrar(request, ORGANISATION_READERS)


def contact_reader_of(request: HttpRequest) -> Registrar:
    """:raises PermissionDenied: no role that sees contact persons, now."""
    return _registrar(request, CONTACT_READERS)


def editor_of(request: HttpRequest) -> Registrar:
    """:raises PermissionDenied: no role that registers organisations, now."""
    return _registrar(request, ORGANISATION_EDITORS)


def _registrar(request: HttpRequest, roles: Collection[Role]) -> Registrar:
    user, now = request.user, runtime.now()
    scope = scope_of(user, roles, now)
    if not user.is_authenticated or scope == Scope.nothing():
        raise PermissionDenied("no role that has to do with organisations")
    contacts, edits = (scope_of(user, some, now) for some in (CONTACT_READERS, ORGANISATION_EDITORS))
    return Registrar(user_actor(user.pk), scope, now, contacts, edits)
