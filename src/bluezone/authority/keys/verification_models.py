"""Tables of verification: codes, how they reach people and systems, and what they became."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from bluezone.authority.keys.report_types import REPORT_TYPE_CHOICES

__all__ = [
    "ApiKey",
    "ApiKind",
    "BulkIssue",
    "CaseLink",
    "IssueLimit",
    "SmsMessage",
    "SmsState",
    "UserReport",
    "VerificationCode",
    "VerificationToken",
]


class VerificationCode(models.Model):
    """A one-time code that proves a diagnosis. The code itself is not stored: only its keyed hash."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4)
    attempt = models.PositiveSmallIntegerField()
    code_hmac = models.BinaryField(max_length=32, unique=True)
    report_type = models.CharField(max_length=16, choices=REPORT_TYPE_CHOICES)
    test_date = models.DateField(null=True)
    onset_date = models.DateField(null=True)
    issued_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField(db_index=True)
    claimed_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    area_path = models.CharField(max_length=120, db_index=True)
    long_code_hmac = models.BinaryField(max_length=32, unique=True, null=True)
    """Of a code that a link in a message carries: longer, so it may live longer."""

    long_expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    api_key = models.ForeignKey("ApiKey", models.PROTECT, null=True, related_name="+")


class BulkIssue(models.Model):
    """A file of tests for which codes were issued together; its codes' UUIDs follow from this one's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    area_path = models.CharField(max_length=120)
    rows = models.PositiveIntegerField()
    issued_at = models.DateTimeField(db_index=True)
    downloaded_at = models.DateTimeField(null=True)
    """The list of codes leaves the server once."""


class ApiKind(models.TextChoices):
    """What an API key opens: verifying as an app, issuing as a laboratory's system, reading statistics."""

    DEVICE = "device"
    ADMIN = "admin"
    STATS = "stats"


class ApiKey(models.Model):
    """A key of another system. The key itself is shown once; here is its keyed hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=ApiKind.choices)
    area_path = models.CharField(max_length=120)
    key_hmac = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    last_used_on = models.DateField(null=True)


class SmsState(models.TextChoices):
    """A message's life. Its text is never stored: it is made anew from its code for each try."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class SmsMessage(models.Model):
    """A code on its way to a phone; the number is encrypted, and erased once it is not needed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code = models.ForeignKey(VerificationCode, models.CASCADE, related_name="messages")
    phone_encrypted = models.BinaryField(null=True)
    state = models.CharField(max_length=8, choices=SmsState.choices, default=SmsState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    unclear_tries = models.PositiveSmallIntegerField(default=0)
    """Of the attempts, those after which nobody knows whether the gateway took it."""

    next_try_at = models.DateTimeField(db_index=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)


class UserReport(models.Model):
    """That a phone has reported itself; by keyed hash, so that it is not done again within 90 days."""

    phone_hmac = models.BinaryField(max_length=32, unique=True)
    nonce_hmac = models.BinaryField(max_length=32)
    code = models.ForeignKey(VerificationCode, models.SET_NULL, null=True, related_name="+")
    reported_at = models.DateTimeField(db_index=True)


class IssueLimit(models.Model):
    """For one day somebody has set how many codes may be issued below an area, instead of the usual.

    Rows are added and never changed: the newest one of an area and day holds, those before it are the record
    of what was set and why. The audit log names them by id, since a reason is free text.
    """

    area_path = models.CharField(max_length=120)
    day = models.DateField()
    codes = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["day"], name="limits_of_a_day"),)


class CaseLink(models.Model):
    """An F0's dated consent that these keys belong to their case: the only thing that keeps upload → keys."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case_reference_hmac = models.BinaryField(max_length=32, unique=True)
    keys_encrypted = models.BinaryField()
    wording_version = models.PositiveSmallIntegerField()
    consented_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)


class VerificationToken(models.Model):
    """What a claimed code became: good for certificates over one set of keys.

    Neither a certificate nor the MAC in it is here: whoever also holds the secrets could try out with it
    which published keys belong to a :class:`~.models.PublishMemory`.
    """

    token_hmac = models.BinaryField(max_length=32, unique=True)
    report_type = models.CharField(max_length=16, choices=REPORT_TYPE_CHOICES)
    onset_date = models.DateField(null=True)
    expires_at = models.DateTimeField(db_index=True)
    tekmac_hmac = models.BinaryField(max_length=32, null=True)
    certified_at = models.DateTimeField(null=True)
    """When the certificate that is still valid was first asked for: signed again, it gets the same times."""
