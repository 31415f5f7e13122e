"""Tables of areas."""

from __future__ import annotations

from django.db import models

from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.plain_field import PlainField

__all__ = ["Area", "Boundary", "Level", "Succession"]


class Level(models.TextChoices):
    """Where in the hierarchy an area stands."""

    CITY = "city"
    DISTRICT = "district"
    WARD = "ward"
    RESIDENTIAL_GROUP = "residential-group"
    ALLEY = "alley"


class Area(models.Model):
    """One version of an area. Codes are reused under new names, so (code, valid from) is the key."""

    code = models.CharField(max_length=20)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    level = models.CharField(max_length=20, choices=Level.choices)
    name = models.CharField(max_length=120)
    plain_name = PlainField(of="name", max_length=200)
    """The name without diacritics, which is searched."""

    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    """The version of the area above when this one came to be. That may be renamed later; its path stays."""

    path = models.CharField(max_length=120, db_index=True)
    gained_elsewhere = models.BooleanField(default=False)
    """Ground of areas that are not listed here came to it when it came to be."""

    gained_told_in = models.ForeignKey(ImportRun, models.PROTECT, null=True, related_name="+")
    """With which entry that was told, unless the area shipped with it."""

    listed_in = models.ForeignKey(ImportRun, models.PROTECT, null=True, related_name="+")
    """The national list, or the sheet of residential groups, that brought it in."""

    ended_in = models.ForeignKey(ImportRun, models.PROTECT, null=True, related_name="+")
    """The national list that no longer had it as it was."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["code", "valid_from"], name="area_version"),
            models.CheckConstraint(
                condition=models.Q(valid_until=None) | models.Q(valid_until__gt=models.F("valid_from")),
                name="area_ends_after_it_begins",
            ),
        )


class Succession(models.Model):
    """An area that ended, or a part of it, became or joined another."""

    predecessor = models.ForeignKey(Area, models.PROTECT, related_name="became")
    successor = models.ForeignKey(Area, models.PROTECT, related_name="came_from")
    whole = models.BooleanField()
    """All of the predecessor went to this successor."""

    entered_in = models.ForeignKey(ImportRun, models.PROTECT, null=True, related_name="+")
    """With which entry it was told, unless it shipped or came with a list."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["predecessor", "successor"], name="area_succession"),
            models.UniqueConstraint(
                fields=["predecessor"], condition=models.Q(whole=True), name="area_wholly_in_one_successor"
            ),
            models.CheckConstraint(
                condition=~models.Q(predecessor=models.F("successor")), name="area_does_not_succeed_itself"
            ),
        )


class Boundary(models.Model):
    """Where a version of an area lies, simple enough for a screen."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="boundaries")
    polygons = models.JSONField()
    """Polygons of rings, the first around and the others holes, of longitude and latitude (WGS 84)."""

    import_run = models.ForeignKey(ImportRun, models.PROTECT, related_name="+")
    replaced_in = models.ForeignKey(ImportRun, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "boundaries"
        constraints = (
            models.UniqueConstraint(
                fields=["area"], condition=models.Q(replaced_in=None), name="one_current_boundary"
            ),
        )
