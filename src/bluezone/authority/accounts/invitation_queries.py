"""Reads of invitations: those that somebody may see and take back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole, may_grant
from bluezone.authority.access.scope import Scope
from bluezone.authority.accounts.models import Invitation
from bluezone.authority.accounts.organisation_grants import places_of
from bluezone.authority.organisations.rules import MANAGEMENT_ROOT

__all__ = ["all_open_invitations", "grantable_invitations"]


def all_open_invitations(now: datetime, scope: Scope) -> Sequence[Invitation]:
    """Invitations into the scope that nobody has used, the newest first."""
    return _newest_first(scope.filter(_open(now), "area_path"))


def grantable_invitations(
    held: Sequence[HeldRole], inviter_id: UUID, now: datetime, scope: Scope
) -> Sequence[Invitation]:
    """The own ones, and those into the scope to what one may grant oneself; also for organisations in it."""
    rows = _open(now)
    organisations = rows.filter(area_path__startswith=f"{MANAGEMENT_ROOT}/")
    return [
        one
        for one in _newest_first(scope.filter(rows, "area_path") | organisations)
        if one.invited_by_id == inviter_id
        or may_grant(held, HeldRole(Role(one.role), one.area_path, one.role_until), places_of(one.area_path))
    ]


def _open(now: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        Q(role_until=None) | Q(role_until__gt=now), accepted_at=None, withdrawn_at=None, expires_at__gt=now
    )


def _newest_first(rows: QuerySet[Invitation]) -> Sequence[Invitation]:
    return list(rows.select_related("invited_by").order_by("-invited_at", "pk"))
