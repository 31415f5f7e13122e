"""Reads of second factors: who has which, what an app must be told, how many recovery codes are left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bluezone.authority.access.queries import scope_of
from bluezone.authority.access.roles import SECOND_FACTOR_ROLES
from bluezone.authority.access.scope import Scope
from bluezone.authority.accounts.models import Passkey, RecoveryCode, TotpSecret, User
from bluezone.authority.accounts.totp import open_secret

__all__ = [
    "authenticator_app_since",
    "has_second_factor",
    "needs_second_factor",
    "passkeys_of",
    "pending_secret",
    "recovery_codes_left",
]


def has_second_factor(user: User) -> bool:
    """Whether more than the password is asked for at login."""
    return authenticator_app_since(user) is not None or Passkey.objects.filter(user=user).exists()


def authenticator_app_since(user: User) -> datetime | None:
    """Since when a user's app makes codes; ``None`` if none does."""
    row = TotpSecret.objects.filter(user=user).exclude(confirmed_at=None).first()
    return None if row is None else row.confirmed_at


def recovery_codes_left(user: User) -> int:
    """How many codes on paper are good still."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def passkeys_of(user: User) -> Sequence[Passkey]:
    """A user's passkeys, the oldest first."""
    return list(Passkey.objects.filter(user=user).order_by("added_at", "pk"))


def pending_secret(user: User) -> str | None:
    """The secret that the app must be told, until its first code is typed in."""
    row = TotpSecret.objects.filter(user=user, confirmed_at=None).first()
    return None if row is None else open_secret(bytes(row.sealed), user.pk)


def needs_second_factor(user: User, now: datetime) -> bool:
    """Whether a user's roles see personal data."""
    return scope_of(user, SECOND_FACTOR_ROLES, now) != Scope.nothing()
