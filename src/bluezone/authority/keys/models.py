"""Tables of the key server.

What is stored must not tell which keys one person uploaded together: rows get a random number as their key,
times are truncated, and nothing points from an upload to rows. A database also keeps when and where it wrote
each row: ``services/mixing.py`` takes that away when a window has ended; ``mixed`` says from which rows.
"""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.db import models

from bluezone.authority.keys.report_types import ReportTypeName

__all__ = [
    "BatchStatus",
    "ExportBatch",
    "ExportConfig",
    "HealthAuthority",
    "HealthAuthorityKey",
    "PublishMemory",
    "PublishedKey",
    "RowMixing",
    "VerificationCode",
    "VerificationToken",
    "random_row_id",
]


def random_row_id() -> int:
    """A random positive 63-bit row number."""
    return secrets.randbits(63) or 1


_REPORT_TYPES = [(one.value, one.name.lower()) for one in ReportTypeName]


class HealthAuthority(models.Model):
    """Whoever may vouch for a diagnosis; keys published with its certificates go to one region's export."""

    identifier = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    issuer = models.CharField(max_length=200, unique=True)
    audience = models.CharField(max_length=200)
    region = models.CharField(max_length=16, blank=True)


class HealthAuthorityKey(models.Model):
    """A public key whose certificates are accepted for a time; several overlap while keys are rotated."""

    authority = models.ForeignKey(HealthAuthority, models.PROTECT, related_name="signing_keys")
    kid = models.CharField(max_length=64)
    public_key_pem = models.TextField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["authority", "kid"], name="authority_key_id"),)


class VerificationCode(models.Model):
    """A one-time code that proves a diagnosis. The code itself is not stored: only its keyed hash."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4)
    attempt = models.PositiveSmallIntegerField()
    code_hmac = models.BinaryField(max_length=32, unique=True)
    report_type = models.CharField(max_length=16, choices=_REPORT_TYPES)
    test_date = models.DateField(null=True)
    onset_date = models.DateField(null=True)
    issued_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField(db_index=True)
    claimed_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    area_path = models.CharField(max_length=120, db_index=True)


class VerificationToken(models.Model):
    """What a claimed code became: good for certificates over one set of keys.

    Neither a certificate nor the MAC in it is here: whoever also holds the secrets could try out with it
    which published keys belong to a :class:`PublishMemory`.
    """

    token_hmac = models.BinaryField(max_length=32, unique=True)
    report_type = models.CharField(max_length=16, choices=_REPORT_TYPES)
    onset_date = models.DateField(null=True)
    expires_at = models.DateTimeField(db_index=True)
    tekmac_hmac = models.BinaryField(max_length=32, null=True)
    certified_at = models.DateTimeField(null=True)
    """When the certificate that is still valid was first asked for: signed again, it gets the same times."""


class PublishMemory(models.Model):
    """That a publish request was carried out, so that sending it again answers the same and changes nothing.

    It knows the request only by a keyed hash and points to no row of :class:`PublishedKey`.
    """

    id = models.BigAutoField(primary_key=True, default=random_row_id)
    request_hmac = models.BinaryField(max_length=32, unique=True)
    inserted = models.PositiveSmallIntegerField()
    refused = models.PositiveSmallIntegerField()
    left_out = models.PositiveSmallIntegerField()
    accepted = models.BigIntegerField()
    """Bit n: the n-th key of the request, sorted, was taken. The keys themselves are not here."""

    expires_at = models.DateTimeField(db_index=True)
    mixed = models.BooleanField(default=False)


class ExportConfig(models.Model):
    """How a region's keys are exported."""

    region = models.CharField(max_length=16, unique=True)
    period_seconds = models.PositiveIntegerField()
    max_keys_per_file = models.PositiveIntegerField()
    retention_hours = models.PositiveIntegerField()
    signing_key_id = models.CharField(max_length=32)
    signing_key_version = models.CharField(max_length=32)


class BatchStatus(models.TextChoices):
    """A batch's life: its files are written while open, listed while published, gone when removed."""

    OPEN = "open"
    PUBLISHED = "published"
    RETIRED = "retired"
    REMOVED = "removed"


class ExportBatch(models.Model):
    """One window of one region's export; its keys point to it, so each key is exported exactly once."""

    config = models.ForeignKey(ExportConfig, models.PROTECT, related_name="batches")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=BatchStatus.choices, default=BatchStatus.OPEN)
    max_keys_per_file = models.PositiveIntegerField()
    file_count = models.PositiveIntegerField(default=0)
    key_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["config", "end_at"], name="one_batch_per_window"),)


class PublishedKey(models.Model):
    """A diagnosis key, and how its report was revised if it was."""

    id = models.BigAutoField(primary_key=True, default=random_row_id)
    tek = models.BinaryField(max_length=16, unique=True)
    rolling_start = models.PositiveBigIntegerField()
    rolling_period = models.PositiveSmallIntegerField()
    transmission_risk = models.PositiveSmallIntegerField()
    report_type = models.CharField(max_length=16, choices=_REPORT_TYPES)
    days_since_onset = models.SmallIntegerField(null=True)
    traveler = models.BooleanField(default=False)
    authority = models.ForeignKey(HealthAuthority, models.PROTECT, related_name="+")
    region = models.CharField(max_length=16)
    release_at = models.DateTimeField()
    batch = models.ForeignKey(ExportBatch, models.PROTECT, null=True, related_name="keys")
    revised_report_type = models.CharField(max_length=16, choices=_REPORT_TYPES, null=True)
    revised_transmission_risk = models.PositiveSmallIntegerField(null=True)
    revised_days_since_onset = models.SmallIntegerField(null=True)
    revised_release_at = models.DateTimeField(null=True)
    revised_batch = models.ForeignKey(ExportBatch, models.PROTECT, null=True, related_name="revised_keys")
    mixed = models.BooleanField(default=False)

    class Meta:
        indexes = (
            models.Index(
                fields=["region", "release_at"], condition=models.Q(batch=None), name="keys_to_export"
            ),
            models.Index(
                fields=["region", "revised_release_at"],
                condition=models.Q(revised_batch=None, revised_report_type__isnull=False),
                name="revisions_to_export",
            ),
        )


class RowMixing(models.Model):
    """How far mixing has come; one row."""

    window_end = models.DateTimeField(null=True)
    traces_left = models.BooleanField(default=False)
    """Rows were mixed, but their former versions may still be in the database's files."""
