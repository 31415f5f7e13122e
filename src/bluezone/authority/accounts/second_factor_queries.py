"""Reads of second factors: who has one, what an app must be told, how many recovery codes are left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bluezone.authority.access.queries import scope_of
from bluezone.authority.access.roles import SECOND_FACTOR_ROLES
from bluezone.authority.access.scope import Scope
from bluezone.authority.accounts.models import RecoveryCode, TotpSecret, User
from bluezone.authority.accounts.totp import open_secret

__all__ = ["SecondFactor", "has_second_factor", "needs_second_factor", "pending_secret", "second_factor_of"]


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """A second factor that is in use."""

    since: datetime
    recovery_codes: int


def has_second_factor(user: User) -> bool:
    """Whether a code is asked for at login."""
    return second_factor_of(user) is not None


def second_factor_of(user: User) -> SecondFactor | None:
    """The second factor of a user, if one is in use."""
    row = TotpSecret.objects.filter(user=user).exclude(confirmed_at=None).first()
    if row is None or row.confirmed_at is None:
        return None
    return SecondFactor(row.confirmed_at, RecoveryCode.objects.filter(user=user, used_at=None).count())


def pending_secret(user: User) -> str | None:
    """The secret that the app must be told, until its first code is typed in."""
    row = TotpSecret.objects.filter(user=user, confirmed_at=None).first()
    return None if row is None else open_secret(bytes(row.sealed), user.pk)


def needs_second_factor(user: User, now: datetime) -> bool:
    """Whether a user's roles see personal data."""
    return scope_of(user, SECOND_FACTOR_ROLES, now) != Scope.nothing()
