"""What people do to their own account, from its page."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from bluezone.authority.access.audit import record, user_actor
from bluezone.authority.accounts.models import User
from bluezone.authority.accounts.services.account_rows import AccountRefused, end_sessions, take_password

__all__ = ["SamePassword", "WrongPassword", "change_own_password", "choose_language", "sign_out_everywhere"]


class WrongPassword(AccountRefused):
    """The password that is to be replaced was not given."""


class SamePassword(AccountRefused):
    """The new password is the old one."""


def locked_with_password(user_id: UUID, password: str) -> User:
    """The account until the transaction ends, for whoever knows its password and not just its open browser.

    :raises WrongPassword: if it is another.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    if not user.check_password(password):
        raise WrongPassword(f"password of {user.username}: the present one is another")
    return user


@transaction.atomic
def change_own_password(user_id: UUID, old: str, new: str, *, now: datetime) -> User:
    """Replace one's password; every session ends, the caller may let the present one go on.

    :raises WrongPassword: if ``old`` is not the present one.
    :raises SamePassword: if nothing would change.
    :raises WeakPassword: if the new one would be guessed.
    """
    user = locked_with_password(user_id, old)
    if old == new:
        raise SamePassword(f"password of {user.username}: the new one is the old one")
    take_password(user, new)
    end_sessions(user)
    user.save(update_fields=["password", "session_epoch"])
    record(user_actor(user.pk), "accounts.password-changed", f"user:{user.pk}", {}, now=now)
    return user


@transaction.atomic
def sign_out_everywhere(user_id: UUID, *, now: datetime) -> None:
    """End all of one's sessions, the one that asks for it too."""
    user = User.objects.select_for_update().get(pk=user_id)
    end_sessions(user)
    user.save(update_fields=["session_epoch"])
    record(user_actor(user.pk), "accounts.signed-out-everywhere", f"user:{user.pk}", {}, now=now)


@transaction.atomic
def choose_language(user_id: UUID, language: str, *, now: datetime) -> None:
    """Have one's pages in this language from now on, in whichever browser."""
    user = User.objects.select_for_update().get(pk=user_id)
    if user.language == language:
        return
    user.language = language
    user.save(update_fields=["language"])
    chosen = {"language": language}
    record(user_actor(user.pk), "accounts.language-chosen", f"user:{user.pk}", chosen, now=now)
