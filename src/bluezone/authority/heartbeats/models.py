"""Tables of heartbeats: those of days that are still open, and what remains of days that are closed."""

from __future__ import annotations

from django.db import models

from bluezone.authority.areas.models import Area
from bluezone.authority.heartbeats.row_key import RowKey
from bluezone.protocols.heartbeat import Platform

__all__ = ["ClosedDay", "Heartbeat", "PlatformCount"]

_PLATFORMS = [(one.value, one.value) for one in Platform]


class Heartbeat(models.Model):
    """One install's word for one day; gone when the day is closed.

    No time and no address. Rows lie in the order of their random marks on SQLite, so nothing there tells in
    which order they came.
    """

    mark = RowKey(primary_key=True)
    """See :func:`.rules.mark_of`."""

    day = models.DateField()
    ward = models.ForeignKey(Area, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    """Without a constraint: on PostgreSQL each row would lock its ward for a moment."""

    platform = models.CharField(max_length=10, choices=_PLATFORMS)
    tracing = models.BooleanField()


class ClosedDay(models.Model):
    """A day of which there are only counts; those by ward are in the ledger."""

    day = models.DateField(primary_key=True)
    closed_at = models.DateTimeField()
    wards_told = models.PositiveIntegerField()
    wards_withheld = models.PositiveIntegerField()


class PlatformCount(models.Model):
    """How many apps of a platform ran on a closed day, in all wards that are told."""

    day = models.ForeignKey(ClosedDay, models.PROTECT, related_name="platforms")
    platform = models.CharField(max_length=10, choices=_PLATFORMS)
    active = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["day", "platform"], name="platform_once_a_day"),)
