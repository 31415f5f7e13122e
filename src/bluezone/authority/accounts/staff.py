"""What every page of accounts begins with: who is asking, and whom they may invite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from bluezone.authority import runtime
from bluezone.authority.access.emergency_queries import waiting_for_review
from bluezone.authority.access.queries import roles_of, scope_of
from bluezone.authority.access.roles import EMERGENCY_REVIEWERS, GRANTABLE, INVITERS, Role
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.access.scope import Scope
from bluezone.authority.accounts.emergency_notice import emergency_of
from bluezone.authority.accounts.models import User
from bluezone.authority.accounts.places import place_name
from bluezone.authority.accounts.texts import ROLE_NAMES
from bluezone.authority.areas.queries import areas_in_use, offered

__all__ = ["Inviter", "Myself", "inviter_of", "myself", "offered_pages"]


@dataclass(frozen=True, slots=True)
class Myself:
    """Whoever asks, at the moment of the request."""

    user: User
    now: datetime


def myself(request: HttpRequest) -> Myself:
    """Whoever asks.

    :raises PermissionDenied: nobody is logged in.
    """
    if not request.user.is_authenticated:
        raise PermissionDenied("nobody is logged in")
    return Myself(request.user, runtime.now())


@dataclass(frozen=True, slots=True)
class Inviter:
    """Somebody who may invite others, at the moment of the request."""

    user: User
    held: tuple[HeldRole, ...]
    scope: Scope
    now: datetime
    areas: dict[str, str]
    """Names of the areas in the scope, by path, in the order of the tree."""

    @property
    def grantable(self) -> frozenset[Role]:
        """The roles that they may grant somewhere."""
        return frozenset().union(*(GRANTABLE.get(one.role, frozenset()) for one in self.held))


def inviter_of(request: HttpRequest) -> Inviter:
    """Whoever asks, if they may invite others.

    :raises PermissionDenied: no role that does, now.
    """
    me = myself(request)
    scope = scope_of(me.user, INVITERS, me.now)
    if scope == Scope.nothing():
        raise PermissionDenied("no role that invites others")
    areas_today = offered(areas_in_use(timezone.localtime(me.now).date(), scope))
    areas = {area.path: area.name for area in areas_today}
    return Inviter(me.user, roles_of(me.user, me.now), scope, me.now, areas)


def offered_pages(request: HttpRequest) -> dict[str, Any]:
    """For every template: which pages the navigation offers; looked up only where it is shown."""
    now = runtime.now()
    held: Sequence[HeldRole] = SimpleLazyObject(lambda: roles_of(request.user, now))  # type: ignore[assignment]
    return {
        "may_invite": SimpleLazyObject(lambda: any(one.role in INVITERS for one in held)),
        "emergencies_to_review": SimpleLazyObject(lambda: _emergencies_to_review(request, held, now)),
        **_emergency(request),
    }


def _emergencies_to_review(request: HttpRequest, held: Sequence[HeldRole], now: datetime) -> int:
    scope = Scope.of(one.area_path for one in held if one.role in EMERGENCY_REVIEWERS)
    if scope == Scope.nothing() or not request.user.is_authenticated:
        return 0
    return len(waiting_for_review(held, request.user.pk, scope, now))


def _emergency(request: HttpRequest) -> dict[str, Any]:
    """What the notice on top of every page says while somebody's emergency access lasts."""
    running = emergency_of(request) if hasattr(request, "session") else None
    if running is None:
        return {}
    return {
        "emergency": running,
        "emergency_role": ROLE_NAMES[Role(running.grant.role)],
        "emergency_place": place_name(running.grant.area_path),
    }
