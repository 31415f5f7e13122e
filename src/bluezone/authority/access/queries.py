"""Reads of access: what somebody's grants add up to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from bluezone.authority.access.models import AuditEntry, Grant
from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import Scope

__all__ = ["scope_of", "unsealed_entries"]


def scope_of(user: AbstractBaseUser | AnonymousUser, roles: Collection[Role], now: datetime) -> Scope:
    """Where a user holds any of these roles now; nothing for one who is not active or not logged in."""
    if not user.is_authenticated or not user.is_active:
        return Scope.nothing()
    held = Grant.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=now),
        user_id=user.pk,
        role__in=[role.value for role in roles],
        valid_from__lte=now,
    )
    return Scope.of(held.values_list("area_path", flat=True))


def unsealed_entries() -> int:
    """How many entries of the audit log are in no seal yet."""
    return AuditEntry.objects.filter(seal=None).count()
