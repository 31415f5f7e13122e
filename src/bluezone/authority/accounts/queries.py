"""Reads of accounts: who there is, and what they may do where."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from bluezone.authority.access.queries import HeldRole, roles_held
from bluezone.authority.access.scope import Scope
from bluezone.authority.accounts.models import User

__all__ = ["StaffAccount", "staff_accounts"]


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """An account and the roles that it holds."""

    id: uuid.UUID
    username: str
    display_name: str
    is_active: bool
    last_login: datetime | None
    roles: tuple[HeldRole, ...]


def staff_accounts(scope: Scope, now: datetime) -> list[StaffAccount]:
    """Accounts by name with the roles that they hold in the scope; without any only if it is unlimited."""
    roles = roles_held(scope, now)
    users = User.objects.order_by("username")
    return [
        StaffAccount(
            user.pk, user.username, user.display_name, user.is_active, user.last_login, roles.get(user.pk, ())
        )
        for user in (users if scope.unlimited else users.filter(pk__in=roles))
    ]
