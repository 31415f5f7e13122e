"""The only writers of accounts."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import datetime

from django.db import IntegrityError, transaction

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.emergency_services import end_emergencies_of
from bluezone.authority.accounts.models import User
from bluezone.authority.accounts.services.account_rows import (
    AccountRefused,
    UsernameTaken,
    check_username,
    end_sessions,
    locked_user,
    named_user,
    take_password,
)

__all__ = [
    "AccountRefused",
    "create_user",
    "disable_user",
    "enable_user",
    "find_user",
    "new_password",
    "set_password",
]


def new_password() -> str:
    """A random password of about 100 bits that can be typed."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))
    return "-".join(groups)


@transaction.atomic
def create_user(username: str, password: str, *, display_name: str = "", by: Actor, now: datetime) -> User:
    """Create an account without any role.

    :raises AccountRefused: if the name is taken or not plain, or the password is weak.
    """
    check_username(username)
    shown = unicodedata.normalize("NFC", display_name.strip()) or username
    user = User(username=username, display_name=shown, created_at=now)
    take_password(user, password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise UsernameTaken(f"user name {username!r} is taken") from None
    record(by, "accounts.user-created", f"user:{user.pk}", {}, now=now)
    return user


def find_user(username: str) -> User:
    """The account of that name.

    :raises AccountRefused: if there is none.
    """
    return named_user(username, User.objects.all())


@transaction.atomic
def disable_user(username: str, *, by: Actor, now: datetime) -> None:
    """Let nobody in by this account; whoever is in is out at once. Safe to repeat, grants stay.

    What was taken in an emergency does not: it would go on when the account is enabled again.

    :raises AccountRefused: if there is none of that name.
    """
    user = locked_user(username)
    if not user.is_active:
        return
    user.is_active = False
    end_sessions(user)
    user.save(update_fields=["is_active", "session_epoch"])
    record(by, "accounts.user-disabled", f"user:{user.pk}", {}, now=now)
    end_emergencies_of(user.pk, by=by, now=now)


@transaction.atomic
def enable_user(username: str, *, by: Actor, now: datetime) -> None:
    """Let the account be used again, with the grants that it still has; safe to repeat.

    :raises AccountRefused: if there is none of that name.
    """
    user = locked_user(username)
    if user.is_active:
        return
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(by, "accounts.user-enabled", f"user:{user.pk}", {}, now=now)


@transaction.atomic
def set_password(username: str, password: str, *, by: Actor, now: datetime) -> None:
    """Give an account another password; whoever came in by the old one is out at once.

    :raises AccountRefused: if there is none of that name, or the password is weak.
    """
    user = locked_user(username)
    take_password(user, password)
    end_sessions(user)
    user.save(update_fields=["password", "session_epoch"])
    record(by, "accounts.password-set", f"user:{user.pk}", {}, now=now)
