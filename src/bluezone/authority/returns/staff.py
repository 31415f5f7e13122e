"""What every page of returns begins with: who is asking, whose returns they may see and make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone

from bluezone.authority import runtime
from bluezone.authority.access.audit import Actor, user_actor
from bluezone.authority.access.queries import scope_of
from bluezone.authority.access.roles import (
    ADOPTION_EDITORS,
    ADOPTION_READERS,
    AGENCY_RETURN_FILLERS,
    SCHOOL_RETURN_FILLERS,
    Role,
)
from bluezone.authority.access.scope import Scope
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.queries import organisation_of
from bluezone.authority.returns.metrics import FORMS

__all__ = ["FILLERS", "Person", "editor_of", "officer_of", "person_of"]

FILLERS: Mapping[Kind, frozenset[Role]] = {
    kind: SCHOOL_RETURN_FILLERS if kind is Kind.SCHOOL else AGENCY_RETURN_FILLERS for kind in FORMS
}
"""Who makes the returns of each kind; a school's clerk makes those of its staff too."""

_NOTHING = Scope.nothing()


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff who has to do with returns, at the moment of the request."""

    actor: Actor
    now: datetime
    reads: Scope
    """Where they see rounds and totals."""

    edits: Scope
    """Where they set schedules and targets, and import."""

    fills: Mapping[Kind, Scope]
    """Where they make returns of organisations of each kind."""

    @property
    def today(self) -> date:
        """In Hà Nội."""
        return timezone.localtime(self.now).date()

    def may_fill(self, organisation: Organisation) -> bool:
        """Whether they make this organisation's returns."""
        scope = self.fills[Kind(organisation.kind)]
        return scope.allows(organisation.located_in.path) or scope.allows(organisation.path)

    def sees(self, kind: str) -> Scope:
        """Where they see single returns of a kind: where they read, and where they make them."""
        fills = self.fills[Kind(kind)]
        return Scope(self.reads.prefixes | fills.prefixes, self.reads.unlimited or fills.unlimited)

    def organisation(self, key: str) -> Organisation:
        """One whose returns they may see.

        :raises Http404: no such, or one that makes none.
        """
        for scope in {self.sees(kind) for kind in FORMS}:
            one = organisation_of(key, scope)
            if one is not None and Kind(one.kind) in FORMS and self.sees(one.kind) == scope:
                return one
        raise Http404


def person_of(request: HttpRequest) -> Person:
    """:raises PermissionDenied: nothing to do with returns, now."""
    user, now = request.user, runtime.now()
    scopes = {roles: scope_of(user, roles, now) for roles in set(FILLERS.values())}
    fills = {kind: scopes[roles] for kind, roles in FILLERS.items()}
    reads, edits = scope_of(user, ADOPTION_READERS, now), scope_of(user, ADOPTION_EDITORS, now)
    if not user.is_authenticated or all(one == _NOTHING for one in (reads, *fills.values())):
        raise PermissionDenied("no role that has to do with returns")
    return Person(user_actor(user.pk), now, reads, edits, fills)


def officer_of(request: HttpRequest) -> Person:
    """:raises PermissionDenied: no role that sees rounds and totals, now."""
    person = person_of(request)
    if person.reads == _NOTHING:
        raise PermissionDenied("no role that sees rounds")
    return person


def editor_of(request: HttpRequest) -> Person:
    """:raises PermissionDenied: no role that sets schedules and imports, now."""
    person = person_of(request)
    if person.edits == _NOTHING:
        raise PermissionDenied("no role that sets schedules")
    return person
