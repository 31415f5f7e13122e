"""Reads of access: what somebody's grants add up to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from bluezone.authority.access.models import AuditEntry, Grant
from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.access.scope import Scope

__all__ = ["HeldRole", "roles_held", "roles_of", "scope_of", "unsealed_entries"]


def scope_of(user: AbstractBaseUser | AnonymousUser, roles: Collection[Role], now: datetime) -> Scope:
    """Where a user holds any of these roles now, taken in an emergency or given.

    Nothing for one who is not active or not logged in.
    """
    if not user.is_authenticated or not user.is_active:
        return Scope.nothing()
    held = _valid(now).filter(user_id=user.pk, role__in=[role.value for role in roles])
    return Scope.of(held.values_list("area_path", flat=True))


def roles_held(scope: Scope, now: datetime) -> dict[UUID, tuple[HeldRole, ...]]:
    """The roles in a scope's areas that each user holds now, by the user's id."""
    held: dict[UUID, tuple[HeldRole, ...]] = {}
    for grant in scope.filter(_valid(now), "area_path").order_by("area_path", "role", "pk"):
        held[grant.user_id] = (*held.get(grant.user_id, ()), _held(grant))
    return held


def roles_of(user: AbstractBaseUser | AnonymousUser, now: datetime) -> tuple[HeldRole, ...]:
    """The roles that one user holds now, anywhere; none for one who is not active or not logged in."""
    if not user.is_authenticated or not user.is_active:
        return ()
    grants = _valid(now).filter(user_id=user.pk).order_by("area_path", "role", "pk")
    return tuple(_held(one) for one in grants)


def _held(grant: Grant) -> HeldRole:
    return HeldRole(Role(grant.role), grant.area_path, grant.valid_until, grant.is_emergency)


def _valid(now: datetime) -> QuerySet[Grant]:
    return Grant.objects.filter(Q(valid_until=None) | Q(valid_until__gt=now), valid_from__lte=now)


def unsealed_entries() -> int:
    """How many entries of the audit log are in no seal yet."""
    return AuditEntry.objects.filter(seal=None).count()
