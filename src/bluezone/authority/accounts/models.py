"""Tables of accounts: our own user from the first migration on."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.crypto import salted_hmac

from bluezone.authority.access.models import AREA_PATH_LENGTH
from bluezone.authority.access.roles import Role

__all__ = [
    "Invitation",
    "Passkey",
    "PasskeyChallenge",
    "RecoveryCode",
    "StaffSession",
    "TotpSecret",
    "User",
]


class UserManager(BaseUserManager["User"]):
    """Finds users by name; accounts are created by ``services.create_user`` only."""


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff. What they may do is in their grants (``access``), not here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    username = models.CharField(max_length=60, unique=True)
    display_name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    session_epoch = models.PositiveIntegerField(default=0)
    """Sessions carry it: raising it ends them all, also one that is being made just now."""

    language = models.CharField(max_length=8, blank=True, default="")
    """In which its pages are; empty until its owner has used the switch."""

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.display_name

    def get_session_auth_hash(self) -> str:
        """What a session must carry to be this user's."""
        value = f"{self.session_epoch}:{self.password}"
        return salted_hmac("bluezone.accounts.session", value, algorithm="sha256").hexdigest()


class StaffSession(models.Model):
    """What its user may see of a session; not what opens it, and not from where it is used."""

    row_key = models.CharField(primary_key=True, max_length=40)
    """Where the session's own row is, see ``session_store``."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    epoch = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    browser = models.CharField(max_length=32)


class Invitation(models.Model):
    """A link that lets one person make an account with one role, once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    for_whom = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=32, choices=[(role.value, role.value) for role in Role])
    area_path = models.CharField(max_length=AREA_PATH_LENGTH)
    role_until = models.DateTimeField(null=True)
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    """Whoever made it; nobody for the command line."""

    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~models.Q(area_path=""), name="invitation_names_an_area"),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(withdrawn_at=None),
                name="invitation_is_accepted_or_withdrawn",
            ),
        )


class TotpSecret(models.Model):
    """What an authenticator app shares with this server; sealed, and of use once it is confirmed."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    sealed = models.BinaryField(max_length=128)
    begun_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)
    """The time step of the newest code that was taken: a code that somebody read along opens nothing."""


class RecoveryCode(models.Model):
    """One of the codes on paper for whoever has lost authenticator and passkeys; each is good once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    code_hash = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "code_hash"], name="recovery_code_once"),)


class Passkey(models.Model):
    """The public half of a key pair that a phone, a computer or a stick keeps for a user."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    credential_id = models.BinaryField(max_length=1023, unique=True)
    public_key = models.BinaryField(max_length=4096)
    """In COSE's form. What make of device has the other half is not kept."""

    name = models.CharField(max_length=60)
    added_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    sign_count = models.PositiveBigIntegerField()
    is_backup_eligible = models.BooleanField()
    """Whether it may be copied to other devices of its user; never changes."""

    is_backed_up = models.BooleanField()


class PasskeyChallenge(models.Model):
    """What a browser was asked to sign; whoever deletes the row may take the answer, nobody else after."""

    digest = models.BinaryField(max_length=32, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)
