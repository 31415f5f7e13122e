"""Reads of accounts: who there is, and what they may do where."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from bluezone.authority.access.queries import roles_held
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.access.scope import Scope
from bluezone.authority.accounts.models import StaffSession, User
from bluezone.authority.accounts.rules import OTHER_BROWSER
from bluezone.authority.accounts.session_store import live_row_keys, row_key

__all__ = ["OwnSession", "StaffAccount", "own_sessions", "staff_accounts"]


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """An account and the roles that it holds."""

    id: uuid.UUID
    username: str
    display_name: str
    is_active: bool
    last_login: datetime | None
    roles: tuple[HeldRole, ...]


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One of one's sessions."""

    browser: str
    started_at: datetime
    seen_at: datetime
    is_this: bool


def own_sessions(user: User, cookie: str) -> list[OwnSession]:
    """The sessions that would open a page now, the one of this cookie first, then as last seen."""
    rows = list(StaffSession.objects.filter(user=user, epoch=user.session_epoch).order_by("-seen_at", "pk"))
    live, this = live_row_keys(one.row_key for one in rows), row_key(cookie)
    shown = [
        OwnSession(
            gettext("khác") if one.browser == OTHER_BROWSER else one.browser,
            one.started_at,
            one.seen_at,
            one.row_key == this,
        )
        for one in rows
        if one.row_key in live
    ]
    return sorted(shown, key=lambda one: not one.is_this)


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
