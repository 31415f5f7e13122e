"""Tables of imports: which file was brought in, by whom, and whether that was undone."""

from __future__ import annotations

import uuid

from django.db import models

__all__ = ["ImportRun"]


class ImportRun(models.Model):
    """One file that was imported. Its rows are in the domain's own tables, which point here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=40)
    """Which domain's, as ``adoption``."""

    file_name = models.CharField(max_length=120)
    digest = models.BinaryField(max_length=32)
    """SHA-256 of the file, and of which rows of it were taken: the same twice is noticed."""

    rows = models.PositiveIntegerField()
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=60)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=60, default="")

    class Meta:
        indexes = (models.Index(fields=["kind", "imported_at"], name="import_by_time"),)
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "digest"], condition=models.Q(undone_at=None), name="import_once"
            ),
        )
