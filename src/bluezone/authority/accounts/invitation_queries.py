"""Reads of invitations: those that somebody may see and take back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole, may_grant
from bluezone.authority.access.scope import Scope
from bluezone.authority.accounts.models import Invitation

__all__ = ["all_open_invitations", "grantable_invitations"]


def all_open_invitations(now: datetime, scope: Scope) -> Sequence[Invitation]:
    """Invitations into the scope that nobody has used, the newest first."""
    waiting = Invitation.objects.filter(
        Q(role_until=None) | Q(role_until__gt=now), accepted_at=None, withdrawn_at=None, expires_at__gt=now
    )
    return list(scope.filter(waiting, "area_path").select_related("invited_by").order_by("-invited_at", "pk"))


def grantable_invitations(
    held: Sequence[HeldRole], inviter_id: UUID, now: datetime, scope: Scope
) -> Sequence[Invitation]:
    """Of these the own ones, and those to what one may grant oneself."""
    return [
        one
        for one in all_open_invitations(now, scope)
        if one.invited_by_id == inviter_id
        or may_grant(held, HeldRole(Role(one.role), one.area_path, one.role_until))
    ]
