"""What every change of an account begins and ends with: its row, its password, the end of its sessions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from bluezone.authority.accounts.models import StaffSession, User
from bluezone.errors import Refused

__all__ = [
    "AccountRefused",
    "BadUsername",
    "UsernameTaken",
    "WeakPassword",
    "check_password",
    "check_username",
    "end_sessions",
    "locked_user",
    "named_user",
    "take_password",
]

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?")


class AccountRefused(Refused):
    """An account cannot be made or changed as asked, or there is none of that name."""


class BadUsername(AccountRefused):
    """A login name that cannot be typed or said plainly."""


class UsernameTaken(AccountRefused):
    """Somebody else has this login name."""


class WeakPassword(AccountRefused):
    """A password that others would guess; ``codes`` are the validators' own names of the reasons."""

    def __init__(self, username: str, error: ValidationError) -> None:
        super().__init__(f"password of {username}: {' '.join(error.messages)}")
        self.codes: Sequence[str] = tuple(one.code or "" for one in error.error_list)


def locked_user(username: str) -> User:
    """The account of that name, nobody else's until the transaction ends.

    :raises AccountRefused: if there is none.
    """
    return named_user(username, User.objects.select_for_update())


def named_user(username: str, users: QuerySet[User]) -> User:
    """The account of that name among these.

    :raises AccountRefused: if there is none.
    """
    user = users.filter(username=username).first()
    if user is None:
        raise AccountRefused(f"there is no user {username!r}")
    return user


def check_username(username: str) -> None:
    """Whether a login name could be taken, if nobody has it.

    :raises BadUsername: it cannot be typed or said plainly.
    """
    if not _NAME.fullmatch(username):
        raise BadUsername(
            f"user name {username!r}: use 1-60 small letters, digits, dots, dashes or underscores"
        )


def check_password(user: User, password: str) -> None:
    """Whether a password could be somebody's.

    :raises WeakPassword: it would be guessed.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(user.username, error) from None


def take_password(user: User, password: str) -> None:
    """Set a password on a row that the caller saves.

    :raises WeakPassword: if it would be guessed.
    """
    check_password(user, password)
    user.set_password(password)


def end_sessions(user: User) -> None:
    """End every session, on a row that the caller saves; also one that is being made just now."""
    user.session_epoch += 1
    StaffSession.objects.filter(user=user).delete()
