"""Tables of organisations. What was imported and undone stays, as withdrawn."""

from __future__ import annotations

import secrets
import uuid

from django.db import models

from bluezone.authority.access.models import AREA_PATH_LENGTH
from bluezone.authority.areas.models import Area
from bluezone.authority.organisations.kinds import Kind, People
from bluezone.authority.tabular.models import ImportRun

__all__ = ["Contact", "FormerState", "Headcount", "Organisation", "SchoolClass", "new_key"]

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KEY_LENGTH = 10


def new_key() -> str:
    """A random name of 50 bits, for addresses and paths of management: what it names may be renamed."""
    return "".join(secrets.choice(_LETTERS) for _ in range(KEY_LENGTH))


class Organisation(models.Model):
    """Whom it answers to and where it is are two things: a ministry's university is in a ward."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True, default=new_key)
    code = models.CharField(max_length=20)
    """Its code in official lists (an enterprise's tax code); empty where it has none."""

    kind = models.CharField(max_length=30, choices=[(one.value, one.value) for one in Kind])
    name = models.CharField(max_length=200)
    plain_name = models.CharField(max_length=200)
    """The name without diacritics, which is searched."""

    address = models.CharField(max_length=200)
    located_in = models.ForeignKey(Area, models.PROTECT, related_name="+")
    managed_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="manages")
    managed_by_name = models.CharField(max_length=200)
    """Whom it answers to, where the registry does not have that one."""

    path = models.CharField(max_length=AREA_PATH_LENGTH, db_index=True)
    """``ORG/KEY/KEY``: the managing organisations, the highest first, and itself."""

    closed_on = models.DateField(null=True)
    """The first day on which there is no such organisation any more."""

    continued_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="continues")
    """What it was merged into when it closed."""

    version = models.PositiveIntegerField(default=0)
    """Counts edits by hand: who edits an older version than the present is told."""

    registered_at = models.DateTimeField()
    registered_by = models.CharField(max_length=60)
    import_run = models.ForeignKey(ImportRun, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["code"],
                condition=models.Q(withdrawn_at=None) & ~models.Q(code=""),
                name="organisation_code",
            ),
            models.UniqueConstraint(
                fields=["plain_name", "kind", "located_in"],
                condition=models.Q(withdrawn_at=None, code=""),
                name="organisation_without_code",
            ),
            models.CheckConstraint(
                condition=models.Q(managed_by=None) | models.Q(managed_by_name=""),
                name="organisation_has_one_manager",
            ),
            models.CheckConstraint(
                condition=models.Q(continued_by=None) | models.Q(closed_on__isnull=False),
                name="organisation_is_continued_when_closed",
            ),
        )


class FormerState(models.Model):
    """What an organisation was before it was edited, so that figures of then are told where it then was."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="former")
    until = models.DateField(null=True)
    """The first day on which it was no longer so; ``None``: it never was, a mistake was mended."""

    code = models.CharField(max_length=20)
    kind = models.CharField(max_length=30)
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=200)
    located_in = models.ForeignKey(Area, models.PROTECT, related_name="+")
    managed_by = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    managed_by_name = models.CharField(max_length=200)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=60)

    class Meta:
        indexes = (models.Index(fields=["organisation", "until"], name="former_state_of_a_day"),)


class SchoolClass(models.Model):
    """A class of a school in one school year."""

    school = models.ForeignKey(Organisation, models.PROTECT, related_name="classes")
    school_year = models.PositiveSmallIntegerField()
    """The year in which it begins."""

    name = models.CharField(max_length=30)
    registered_at = models.DateTimeField(null=True)
    """Nothing was asked of it before. Empty where that was not kept: as if it had been there all along."""

    import_run = models.ForeignKey(ImportRun, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["school", "school_year", "name"],
                condition=models.Q(withdrawn_at=None),
                name="class_of_a_year",
            ),
        )


class Headcount(models.Model):
    """How many people on a day. Another count of that day is another row; the old one stays."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="headcounts")
    school_class = models.ForeignKey(SchoolClass, models.PROTECT, null=True, related_name="headcounts")
    people = models.CharField(max_length=20, choices=[(one.value, one.value) for one in People])
    value = models.PositiveBigIntegerField()
    as_of = models.DateField()
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=60)
    import_run = models.ForeignKey(ImportRun, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="supersedes")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "people", "as_of"],
                condition=models.Q(ended_at=None, school_class=None),
                name="one_current_headcount",
            ),
            models.UniqueConstraint(
                fields=["school_class", "people", "as_of"],
                condition=models.Q(ended_at=None, school_class__isnull=False),
                name="one_current_class_headcount",
            ),
        )


class Contact(models.Model):
    """Whom to ask in an organisation: encrypted, and once erased only that there was somebody."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="contacts")
    sealed = models.BinaryField()
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=60)
    import_run = models.ForeignKey(ImportRun, models.PROTECT, null=True, related_name="+")
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organisation"], condition=models.Q(erased_at=None), name="one_contact"
            ),
            models.CheckConstraint(
                condition=models.Q(erased_at=None) | models.Q(sealed=b""), name="erased_contact_is_empty"
            ),
        )
