"""The writers of passkeys: a challenge, a new key, a login with one, another name, its end."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from bluezone.authority.access.audit import record, user_actor
from bluezone.authority.accounts.models import Passkey, PasskeyChallenge, TotpSecret, User
from bluezone.authority.accounts.passkey_ceremony import (
    PasskeyRefused,
    StoredKey,
    UsedKey,
    asserted_id,
    check_assertion,
    check_registration,
)
from bluezone.authority.accounts.rules import (
    CHALLENGE_LIFE,
    MOST_PASSKEYS,
    PasskeySite,
    counter_may_be_its_own,
)
from bluezone.authority.accounts.second_factor_queries import has_second_factor
from bluezone.authority.accounts.services.account_rows import AccountRefused, end_sessions
from bluezone.authority.accounts.services.own_account import locked_with_password
from bluezone.authority.accounts.services.second_factor import (
    forget_recovery_codes,
    fresh_recovery_codes,
    use_code,
)

__all__ = [
    "NoSuchPasskey",
    "Purpose",
    "TooManyPasskeys",
    "add_passkey",
    "begin_adding",
    "forget_old_challenges",
    "log_in_with",
    "new_challenge",
    "remove_passkey",
    "rename_passkey",
]

NAME_LENGTH = 60


class Purpose(StrEnum):
    """What an answer is for; one that was asked for something else is worth nothing."""

    ADD = "add"
    SECOND_STEP = "second-step"
    ALONE = "alone"


class TooManyPasskeys(AccountRefused):
    """Nobody has so many devices."""


class NoSuchPasskey(AccountRefused):
    """Not one of this account's."""


def new_challenge(purpose: Purpose, user_id: UUID | None, *, now: datetime) -> bytes:
    """Random bytes to be signed within minutes, once, for just this.

    :param user_id: ``None`` where it is the answer that tells who it is.
    """
    challenge = secrets.token_bytes(32)
    PasskeyChallenge.objects.create(
        digest=_digest(challenge, purpose, user_id), expires_at=now + CHALLENGE_LIFE
    )
    return challenge


@transaction.atomic
def begin_adding(user_id: UUID, password: str, *, now: datetime) -> bytes:
    """The challenge for a new passkey.

    :raises WrongPassword: a browser that was left open must not get another way in.
    :raises TooManyPasskeys: see there.
    """
    user = locked_with_password(user_id, password)
    _check_number(user)
    return new_challenge(Purpose.ADD, user.pk, now=now)


def add_passkey(
    user_id: UUID, challenge: bytes, answer: Mapping[str, Any], name: str, *, site: PasskeySite, now: datetime
) -> tuple[User, Sequence[str]]:
    """Take a new passkey. If it is the first second factor, every session ends, as when an app is set up.

    :returns: the user, and recovery codes where there were none yet, told this once.
    :raises PasskeyRefused: the answer does not hold, or the key is registered.
    """
    _spend(challenge, Purpose.ADD, user_id, now)
    return _add(user_id, challenge, answer, name, site, now)


@transaction.atomic
def _add(
    user_id: UUID, challenge: bytes, answer: Mapping[str, Any], name: str, site: PasskeySite, now: datetime
) -> tuple[User, Sequence[str]]:
    key = check_registration(site, challenge, answer)
    user = User.objects.select_for_update().get(pk=user_id)
    _check_number(user)
    is_first = not has_second_factor(user)
    try:
        with transaction.atomic():
            made = Passkey.objects.create(
                user=user,
                credential_id=key.credential_id,
                public_key=key.public_key,
                name=_name(name),
                added_at=now,
                sign_count=key.sign_count,
                is_backup_eligible=key.is_backup_eligible,
                is_backed_up=key.is_backed_up,
            )
    except IntegrityError:
        raise PasskeyRefused("this passkey is registered already") from None
    codes: Sequence[str] = ()
    if is_first:
        codes = fresh_recovery_codes(user)
        end_sessions(user)
        user.save(update_fields=["session_epoch"])
    record(user_actor(user.pk), "accounts.passkey-added", f"user:{user.pk}", {"passkey": made.pk}, now=now)
    return user, codes


def log_in_with(
    challenge: bytes, answer: Mapping[str, Any], *, of: UUID | None, site: PasskeySite, now: datetime
) -> User:
    """Who holds the passkey that made an answer.

    :param of: whose password was given; ``None``: the passkey alone opens, if it verified its user.
    :raises PasskeyRefused: the answer does not hold; the challenge is spent all the same.
    """
    _spend(challenge, Purpose.ALONE if of is None else Purpose.SECOND_STEP, of, now)
    user, is_copied = _use(challenge, answer, of, site, now)
    if is_copied:
        raise PasskeyRefused("the passkey's counter went back: there may be a copy of it")
    return user


@transaction.atomic
def _use(
    challenge: bytes, answer: Mapping[str, Any], of: UUID | None, site: PasskeySite, now: datetime
) -> tuple[User, bool]:
    owner = Passkey.objects.filter(credential_id=asserted_id(answer)).values_list("pk", "user_id").first()
    if owner is None or (of is not None and owner[1] != of):
        raise PasskeyRefused("the passkey is none of this account")
    user = User.objects.select_for_update().get(pk=owner[1])
    row = Passkey.objects.filter(pk=owner[0]).first()
    if row is None or not user.is_active:
        raise PasskeyRefused("the passkey is none of this account")
    key = StoredKey(bytes(row.credential_id), bytes(row.public_key), user.pk.bytes, row.is_backup_eligible)
    used = check_assertion(site, challenge, answer, key, alone=of is None)
    if not _note_use(row, used, now):
        details = {"passkey": row.pk, "known": row.sign_count, "seen": used.sign_count}
        record(user_actor(user.pk), "accounts.passkey-copy-suspected", f"user:{user.pk}", details, now=now)
        return user, True
    return user, False


def _note_use(row: Passkey, used: UsedKey, now: datetime) -> bool:
    """Note it, unless the counter says that another device has used the same key."""
    if not counter_may_be_its_own(row.sign_count, used.sign_count):
        return False
    # one statement decides between two answers with the same counter, where rows cannot be locked
    unused = Passkey.objects.filter(pk=row.pk, sign_count=row.sign_count)
    return bool(unused.update(sign_count=used.sign_count, is_backed_up=used.is_backed_up, last_used_at=now))


@transaction.atomic
def rename_passkey(user_id: UUID, passkey_id: int, name: str, *, now: datetime) -> None:
    """Call one of one's passkeys something else.

    :raises NoSuchPasskey: see there.
    """
    if not Passkey.objects.filter(pk=passkey_id, user_id=user_id).update(name=_name(name)):
        raise NoSuchPasskey(f"there is no passkey {passkey_id}")
    record(
        user_actor(user_id), "accounts.passkey-renamed", f"user:{user_id}", {"passkey": passkey_id}, now=now
    )


@transaction.atomic
def remove_passkey(user_id: UUID, passkey_id: int, password: str, code: str, *, now: datetime) -> None:
    """Let a passkey open nothing any more.

    :param code: asked for where the password alone would be left.
    :raises WrongPassword, WrongCode: whoever finds a browser open must not make the account easier to open.
    :raises NoSuchPasskey: see there.
    """
    user = locked_with_password(user_id, password)
    if not Passkey.objects.filter(pk=passkey_id, user=user).exists():
        raise NoSuchPasskey(f"there is no passkey {passkey_id}")
    if not _others(user, passkey_id):
        use_code(user, code, now)
        forget_recovery_codes(user)
    Passkey.objects.filter(pk=passkey_id).delete()
    record(
        user_actor(user.pk), "accounts.passkey-removed", f"user:{user.pk}", {"passkey": passkey_id}, now=now
    )


def forget_old_challenges(now: datetime) -> None:
    """Delete what can be answered no more."""
    PasskeyChallenge.objects.filter(expires_at__lt=now).delete()


def _others(user: User, passkey_id: int) -> bool:
    """Whether a second factor is left without this one."""
    return (
        Passkey.objects.filter(user=user).exclude(pk=passkey_id).exists()
        or TotpSecret.objects.filter(user=user).exclude(confirmed_at=None).exists()
    )


def _spend(challenge: bytes, purpose: Purpose, user_id: UUID | None, now: datetime) -> None:
    """Take a challenge once, before its answer is looked at; one statement decides between two requests."""
    digest = _digest(challenge, purpose, user_id)
    taken, _ = PasskeyChallenge.objects.filter(digest=digest, expires_at__gt=now).delete()
    if not taken:
        raise PasskeyRefused("the challenge is spent, too old, or was for something else")


def _digest(challenge: bytes, purpose: Purpose, user_id: UUID | None) -> bytes:
    return hashlib.sha256(f"{purpose.value}|{user_id}|".encode() + challenge).digest()


def _check_number(user: User) -> None:
    if Passkey.objects.filter(user=user).count() >= MOST_PASSKEYS:
        raise TooManyPasskeys(f"{user.username} has {MOST_PASSKEYS} passkeys: remove one first")


def _name(typed: str) -> str:
    return unicodedata.normalize("NFC", " ".join(typed.replace("\0", " ").split()))[:NAME_LENGTH] or "passkey"
