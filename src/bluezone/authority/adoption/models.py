"""The ledger's tables: facts and targets that are added and superseded, never changed."""

from __future__ import annotations

from django.db import models

from bluezone.authority.adoption.metrics import Metric, Source
from bluezone.authority.areas.models import Area
from bluezone.authority.tabular.models import ImportRun

__all__ = ["Fact", "Target"]


class Fact(models.Model):
    """A count in an area on a day, by one source. A correction is another fact; the old one stays."""

    # Indexes are in Meta: those that the framework makes would not find the newest, nor all that was said.
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", db_index=False)
    metric = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Metric])
    value = models.PositiveBigIntegerField()
    definition = models.CharField(max_length=40)
    """A code of :func:`.metrics.definition_of`."""

    source = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Source])
    as_of = models.DateField()
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=60)
    import_run = models.ForeignKey(ImportRun, models.PROTECT, null=True, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)
    """From when on it does not count: a correction came, or its import was undone."""

    ended_by = models.CharField(max_length=60, default="")
    """Who withdrew it or undid its import; empty where a correction came: its own author tells."""

    superseded_by = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="supersedes", db_index=False
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["area", "metric", "as_of", "source"],
                condition=models.Q(ended_at=None),
                name="one_current_fact",
            ),
        )
        indexes = (
            models.Index(fields=["area", "metric", "as_of"], name="all_said_of_a_figure"),
            models.Index(
                fields=["import_run", "area"],
                condition=models.Q(import_run__isnull=False),
                name="facts_of_an_import",
            ),
            models.Index(
                fields=["superseded_by"],
                condition=models.Q(superseded_by__isnull=False),
                name="fact_superseded_by",
            ),
        )


class Target(models.Model):
    """What share of an area's smartphones is to have the app by a day. Another for that day replaces it."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    due = models.DateField()
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, default="")
    """Who withdrew it; empty where another took its place."""

    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="supersedes")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["area", "due"], condition=models.Q(ended_at=None), name="one_current_target"
            ),
            models.CheckConstraint(
                condition=models.Q(percent__gt=0) & models.Q(percent__lte=100), name="target_is_a_share"
            ),
        )
