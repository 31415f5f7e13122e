"""Tables of the key server.

What is stored must not tell which keys one person uploaded together: rows get a random number as their key,
times are truncated, and nothing points from an upload to rows. A database also keeps when and where it wrote
each row: ``services/mixing.py`` takes that away when a window has ended; ``mixed`` says from which rows.

Here are publishing, exports and imports; those of verification stand in ``verification_models.py`` and are
handed on, since the framework looks for all tables here.
"""

from __future__ import annotations

import secrets

from django.db import models

from bluezone.authority.keys.report_types import REPORT_TYPE_CHOICES
from bluezone.authority.keys.verification_models import (
    ApiKey,
    ApiKind,
    BulkIssue,
    CaseLink,
    IssueLimit,
    SmsMessage,
    SmsState,
    UserReport,
    VerificationCode,
    VerificationToken,
)

__all__ = [
    "ApiKey",
    "ApiKind",
    "BatchStatus",
    "BulkIssue",
    "CaseLink",
    "ExportBatch",
    "ExportConfig",
    "ExportSigner",
    "HealthAuthority",
    "HealthAuthorityKey",
    "ImportSource",
    "ImportedFile",
    "IssueLimit",
    "PublishMemory",
    "PublishedKey",
    "RowMixing",
    "SmsMessage",
    "SmsState",
    "StatisticCount",
    "UserReport",
    "VerificationCode",
    "VerificationToken",
    "random_row_id",
    "random_row_ids",
]


def random_row_id() -> int:
    """A random positive 63-bit row number."""
    return secrets.randbits(63) or 1


def random_row_ids(count: int) -> list[int]:
    """Several at once."""
    raw = secrets.token_bytes(8 * count)
    return [int.from_bytes(raw[at : at + 8], "big") >> 1 or 1 for at in range(0, len(raw), 8)]


class HealthAuthority(models.Model):
    """Whoever may vouch for a diagnosis; keys published with its certificates go to one region's export."""

    identifier = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    issuer = models.CharField(max_length=200, unique=True)
    audience = models.CharField(max_length=200)
    region = models.CharField(max_length=16, blank=True)
    jwks_url = models.URLField(max_length=400, blank=True)
    """Where its keys are fetched from, if it does not give them as PEM."""

    jwks_fetched_at = models.DateTimeField(null=True)
    jwks_error = models.CharField(max_length=300, blank=True)
    """Why they could not be fetched the last time; empty: they could."""


class HealthAuthorityKey(models.Model):
    """A public key whose certificates are accepted for a time; several overlap while keys are rotated."""

    authority = models.ForeignKey(HealthAuthority, models.PROTECT, related_name="signing_keys")
    kid = models.CharField(max_length=64)
    public_key_pem = models.TextField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["authority", "kid"], name="authority_key_id"),)


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
    min_keys = models.PositiveIntegerField(default=0)
    """A batch with fewer is padded with keys that nobody has; 0: never."""

    padding_jitter = models.PositiveIntegerField(default=0)
    truncation_seconds = models.PositiveIntegerField(default=3600)
    last_window_end = models.DateTimeField(null=True)
    """Of the window whose keys were last put in a batch, if there were any: it is not looked into again."""


class ExportSigner(models.Model):
    """A key that a region's files are signed with for a time; several overlap while keys are rotated.

    The private key is in a key store under ``store_name``; in the database is only its public half.
    """

    config = models.ForeignKey(ExportConfig, models.PROTECT, related_name="signers")
    store_name = models.CharField(max_length=100)
    key_id = models.CharField(max_length=32)
    key_version = models.CharField(max_length=32)
    public_key_pem = models.TextField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["config", "key_id", "key_version"], name="one_signer_a_version"),
        )


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
    report_type = models.CharField(max_length=16, choices=REPORT_TYPE_CHOICES)
    days_since_onset = models.SmallIntegerField(null=True)
    traveler = models.BooleanField(default=False)
    authority = models.ForeignKey(
        HealthAuthority, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    """Who vouched for it; nobody for padding, and for keys of another authority's exports.

    No constraint of the database: PostgreSQL would lock this one row for each key of everybody.
    """

    region = models.CharField(max_length=16)
    release_at = models.DateTimeField()
    batch = models.ForeignKey(
        ExportBatch, models.PROTECT, null=True, related_name="keys", db_index=False, db_constraint=False
    )
    """Batches are never deleted, so the database need not look for one for each key of half a million."""

    revised_report_type = models.CharField(max_length=16, choices=REPORT_TYPE_CHOICES, null=True)
    revised_transmission_risk = models.PositiveSmallIntegerField(null=True)
    revised_days_since_onset = models.SmallIntegerField(null=True)
    revised_release_at = models.DateTimeField(null=True)
    revised_batch = models.ForeignKey(
        ExportBatch, models.PROTECT, null=True, related_name="revised_keys", db_index=False
    )
    padding = models.BooleanField(default=False)
    """Nobody has it: it was made so that a batch tells less."""

    imported_from = models.ForeignKey(
        "ImportSource", models.PROTECT, null=True, related_name="keys", db_index=False
    )
    mixed = models.BooleanField(default=False)

    class Meta:
        indexes = (
            # None by batch: once a window its keys are looked for in the whole table, which takes a tenth of
            # the time that it took to keep half a million of them in indexes of what waits and what is out.
            models.Index(
                fields=["region", "revised_release_at"],
                condition=models.Q(revised_batch=None, revised_report_type__isnull=False),
                name="revisions_to_export",
            ),
            # Of those that have one: a new key has none of them, and costs nothing here.
            models.Index(
                fields=["revised_batch"],
                condition=models.Q(revised_batch__isnull=False),
                name="revisions_of_a_batch",
            ),
            models.Index(
                fields=["imported_from"],
                condition=models.Q(imported_from__isnull=False),
                name="keys_of_a_source",
            ),
        )


class ImportSource(models.Model):
    """Another authority's exports that this server follows."""

    name = models.CharField(max_length=100, unique=True)
    index_url = models.URLField(max_length=400)
    region = models.CharField(max_length=16)
    """In whose exports its keys go out again, if ``reexport``; else where they are mirrored."""

    public_keys_pem = models.TextField()
    reexport = models.BooleanField(default=False)
    mirror = models.BooleanField(default=False)
    shown_as = models.CharField(max_length=16, blank=True)
    """The region under which files of it lie here now, which are removed when it is mirrored no longer."""

    enabled = models.BooleanField(default=True)
    last_checked_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)


class ImportedFile(models.Model):
    """A file of another authority that is done: it is not fetched again."""

    source = models.ForeignKey(ImportSource, models.CASCADE, related_name="files")
    name = models.CharField(max_length=300)
    sha256 = models.BinaryField(max_length=32)
    key_count = models.PositiveIntegerField()
    imported_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "name"], name="imported_once"),)


class StatisticCount(models.Model):
    """How often something happened on a day, in one bin of a histogram; sums, never single events."""

    day = models.DateField()
    area_path = models.CharField(max_length=120)
    measure = models.CharField(max_length=40)
    bin = models.SmallIntegerField(default=0)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["day", "area_path", "measure", "bin"], name="one_statistic_count"
            ),
        )


class RowMixing(models.Model):
    """How far mixing has come; one row."""

    window_end = models.DateTimeField(null=True)
    traces_left = models.BooleanField(default=False)
    """Rows were mixed, but their former versions may still be in the database's files."""
