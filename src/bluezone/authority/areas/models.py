"""Tables of areas."""

from __future__ import annotations

from django.db import models

__all__ = ["Area", "Level"]


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
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    path = models.CharField(max_length=120, db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["code", "valid_from"], name="area_version"),
            models.CheckConstraint(
                condition=models.Q(valid_until=None) | models.Q(valid_until__gt=models.F("valid_from")),
                name="area_ends_after_it_begins",
            ),
        )
