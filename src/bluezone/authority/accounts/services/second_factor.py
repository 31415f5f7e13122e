"""The writers of second factors: set up, used at login, renewed, removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from bluezone.authority.access.audit import Actor, record, user_actor
from bluezone.authority.accounts import totp
from bluezone.authority.accounts.models import Passkey, RecoveryCode, TotpSecret, User
from bluezone.authority.accounts.services.account_rows import AccountRefused, end_sessions, locked_user
from bluezone.authority.accounts.services.own_account import locked_with_password

__all__ = [
    "WrongCode",
    "begin_totp",
    "check_code",
    "confirm_totp",
    "forget_recovery_codes",
    "fresh_recovery_codes",
    "remove_second_factor",
    "renew_recovery_codes",
    "reset_second_factor",
    "use_code",
]


class WrongCode(AccountRefused):
    """Not a code of this account, not of now, or used before; which of these is not told."""


@transaction.atomic
def begin_totp(user_id: UUID, password: str, *, now: datetime) -> None:
    """Make a secret for an authenticator app; nothing asks for it before it is confirmed.

    :raises WrongPassword: a browser that was left open must not shut its user out.
    :raises AccountRefused: there is a confirmed one.
    """
    user = locked_with_password(user_id, password)
    if TotpSecret.objects.filter(user=user).exclude(confirmed_at=None).exists():
        raise AccountRefused(f"{user.username} has a second factor")
    sealed = totp.seal_secret(totp.new_secret(), user.pk)
    fresh = {"sealed": sealed, "begun_at": now, "confirmed_at": None, "last_step": 0}
    TotpSecret.objects.update_or_create(user=user, defaults=fresh)


@transaction.atomic
def confirm_totp(user_id: UUID, code: str, *, now: datetime) -> tuple[User, Sequence[str]]:
    """From now on a code is asked for; every session ends, the caller may let the present one go on.

    :returns: the user, and the recovery codes, which are told this once.
    :raises WrongCode: the app does not have the secret, or its clock is wrong.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    row = TotpSecret.objects.filter(user=user, confirmed_at=None).first()
    if row is None or not _takes_totp(row, totp.plain_code(code), now):
        raise WrongCode(f"{user.username}: wrong code")
    TotpSecret.objects.filter(pk=row.pk).update(confirmed_at=now)
    codes = fresh_recovery_codes(user)
    end_sessions(user)
    user.save(update_fields=["session_epoch"])
    record(user_actor(user.pk), "accounts.second-factor-set-up", f"user:{user.pk}", {}, now=now)
    return user, codes


@transaction.atomic
def check_code(user_id: UUID, code: str, *, now: datetime) -> None:
    """Use up a code of the app, or a recovery code.

    :raises WrongCode: see there.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    use_code(user, code, now)


@transaction.atomic
def renew_recovery_codes(user_id: UUID, code: str, *, now: datetime) -> Sequence[str]:
    """Other recovery codes, told this once; the old ones are worth nothing any more.

    :raises WrongCode: see there.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    use_code(user, code, now)
    record(user_actor(user.pk), "accounts.recovery-codes-renewed", f"user:{user.pk}", {}, now=now)
    return fresh_recovery_codes(user)


@transaction.atomic
def remove_second_factor(user_id: UUID, password: str, code: str, *, now: datetime) -> None:
    """Let the app's codes open nothing any more; without a passkey the password alone does again.

    :raises WrongPassword, WrongCode: both are asked for.
    """
    user = locked_with_password(user_id, password)
    use_code(user, code, now)
    TotpSecret.objects.filter(user=user).delete()
    if not Passkey.objects.filter(user=user).exists():
        forget_recovery_codes(user)
    record(user_actor(user.pk), "accounts.second-factor-removed", f"user:{user.pk}", {}, now=now)


@transaction.atomic
def reset_second_factor(username: str, *, by: Actor, now: datetime) -> None:
    """For somebody who lost app, passkeys and recovery codes; whoever is in is out at once.

    :raises AccountRefused: no such user, or nothing to reset.
    """
    user = locked_user(username)
    passkeys = Passkey.objects.filter(user=user)
    if not TotpSecret.objects.filter(user=user).exists() and not passkeys.exists():
        raise AccountRefused(f"{username} has no second factor")
    TotpSecret.objects.filter(user=user).delete()
    passkeys.delete()
    forget_recovery_codes(user)
    end_sessions(user)
    user.save(update_fields=["session_epoch"])
    record(by, "accounts.second-factor-reset", f"user:{user.pk}", {}, now=now)


def use_code(user: User, typed: str, now: datetime) -> None:
    """Use up a code, inside the caller's transaction.

    :raises WrongCode: see there.
    """
    code = totp.plain_code(typed)
    row = TotpSecret.objects.filter(user=user).exclude(confirmed_at=None).first()
    if row is not None and _takes_totp(row, code, now):
        return
    unused = RecoveryCode.objects.filter(
        user=user, code_hash=totp.hash_recovery_code(user.pk, code), used_at=None
    )
    if not unused.update(used_at=now):
        raise WrongCode(f"{user.username}: wrong code")
    record(user_actor(user.pk), "accounts.recovery-code-used", f"user:{user.pk}", {}, now=now)


def _takes_totp(row: TotpSecret, code: str, now: datetime) -> bool:
    secret = totp.open_secret(bytes(row.sealed), row.user_id)
    step = totp.matching_step(secret, code, row.last_step, now)
    if step is None:
        return False
    # one statement decides between two requests with the same code
    return bool(TotpSecret.objects.filter(pk=row.pk, last_step__lt=step).update(last_step=step))


def fresh_recovery_codes(user: User) -> Sequence[str]:
    """Codes in the place of those that there were, told this once."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = [totp.new_recovery_code() for _ in range(totp.RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=totp.hash_recovery_code(user.pk, one)) for one in codes
    )
    return codes


def forget_recovery_codes(user: User) -> None:
    """They open nothing without a second factor that they stand for."""
    RecoveryCode.objects.filter(user=user).delete()
