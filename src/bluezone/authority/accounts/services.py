"""The only writer of accounts."""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.accounts.models import User
from bluezone.errors import Refused

__all__ = ["AccountRefused", "create_user", "new_password"]

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?")


class AccountRefused(Refused):
    """The account cannot be created as asked."""


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
    if not _NAME.fullmatch(username):
        raise AccountRefused(
            f"user name {username!r}: use 1-60 small letters, digits, dots, dashes or underscores"
        )
    shown = unicodedata.normalize("NFC", display_name.strip()) or username
    user = User(username=username, display_name=shown, created_at=now)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise AccountRefused(f"password of {username}: {' '.join(error.messages)}") from None
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise AccountRefused(f"user name {username!r} is taken") from None
    record(by, "accounts.user-created", f"user:{user.pk}", {}, now=now)
    return user
