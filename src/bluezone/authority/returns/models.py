"""Tables of returns: who is asked when, and counts that are added and superseded, never changed."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from bluezone.authority.areas.models import Area
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.models import Organisation, SchoolClass
from bluezone.authority.returns.metrics import FORMS, Form, Survey
from bluezone.authority.returns.rules import Cadence
from bluezone.authority.tabular.models import ImportRun

__all__ = ["TABLES", "PupilsReturn", "ReturnSchedule", "ReturnTarget", "StaffReturn", "all_returns"]


class ReturnSchedule(models.Model):
    """From when on, how often and until which hour organisations of a kind in an area make returns of a form.

    It is never changed, or those who were on time would be late afterwards: it ends, and another begins.
    """

    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30, choices=[(one.value, one.value) for one in FORMS])
    form = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Form])
    first_day = models.DateField()
    every_days = models.PositiveSmallIntegerField()
    cutoff = models.TimeField()
    """In Hà Nội."""

    ended_on = models.DateField(null=True)
    """No round on this day or later."""

    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(every_days__gte=1), name="rounds_come_again"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("first_day")),
                name="rounds_end_after_they_begin",
            ),
        )

    @property
    def survey(self) -> Survey:
        """Who is asked, and of whom."""
        return Survey(Kind(self.kind), Form(self.form))

    @property
    def cadence(self) -> Cadence:
        """For the rules."""
        return Cadence(self.first_day, self.every_days, self.cutoff, self.ended_on)


class _Return(models.Model):
    """Counts of one organisation or class on the day of a round."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    day = models.DateField()
    first_entered_at = models.DateTimeField()
    """When somebody first said anything for that day: a correction after the cut-off makes nothing late."""

    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=60)
    import_run = models.ForeignKey(ImportRun, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="supersedes")

    class Meta:
        abstract = True


class StaffReturn(_Return):
    """An organisation's return of its staff."""

    staff = models.PositiveIntegerField()
    with_smartphone = models.PositiveIntegerField()
    installed = models.PositiveIntegerField()
    running = models.PositiveIntegerField()
    relatives_guided = models.PositiveIntegerField()

    class Meta:
        indexes = (models.Index(fields=["day"], condition=Q(ended_at=None), name="staff_return_by_day"),)
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "day"], condition=Q(ended_at=None), name="one_staff_return"
            ),
            models.CheckConstraint(
                condition=Q(with_smartphone__lte=F("staff"), installed__lte=F("with_smartphone"))
                & Q(running__lte=F("installed")),
                name="staff_return_can_be",
            ),
        )


class PupilsReturn(_Return):
    """A class's return in counts; of a whole school only where the registry has no classes of it."""

    school_class = models.ForeignKey(SchoolClass, models.PROTECT, null=True, related_name="+")
    roll = models.PositiveIntegerField()
    own_phone = models.PositiveIntegerField()
    shared_phone = models.PositiveIntegerField()
    no_phone = models.PositiveIntegerField()
    installed = models.PositiveIntegerField()
    parents_installed = models.PositiveIntegerField()

    class Meta:
        indexes = (models.Index(fields=["day"], condition=Q(ended_at=None), name="pupils_return_by_day"),)
        constraints = (
            models.UniqueConstraint(
                fields=["school_class", "day"],
                condition=Q(ended_at=None, school_class__isnull=False),
                name="one_class_return",
            ),
            models.UniqueConstraint(
                fields=["organisation", "day"],
                condition=Q(ended_at=None, school_class=None),
                name="one_school_return",
            ),
            models.CheckConstraint(
                condition=Q(roll=F("own_phone") + F("shared_phone") + F("no_phone"))
                & Q(installed__lte=F("own_phone") + F("shared_phone")),
                name="pupils_return_can_be",
            ),
        )


class ReturnTarget(models.Model):
    """What share of an organisation's staff with a smartphone is to have the app by a day."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
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
                fields=["organisation", "due"], condition=Q(ended_at=None), name="one_return_target"
            ),
            models.CheckConstraint(
                condition=Q(percent__gt=0) & Q(percent__lte=100), name="return_target_is_a_share"
            ),
        )


TABLES: dict[Form, type[StaffReturn] | type[PupilsReturn]] = {
    Form.STAFF: StaffReturn,
    Form.PUPILS: PupilsReturn,
}


def all_returns(form: Form) -> models.QuerySet[Any]:
    """All that was ever said, by whom it counts; also what was corrected."""
    return TABLES[form]._default_manager.all()
