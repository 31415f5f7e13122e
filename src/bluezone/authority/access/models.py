"""Tables of access: grants, the audit entries and the seals that chain them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from bluezone.authority.access.roles import Role

__all__ = ["AREA_PATH_LENGTH", "AuditEntry", "AuditSeal", "EmergencyAccess", "Grant"]

AREA_PATH_LENGTH = 120


class Grant(models.Model):
    """A role that a user holds in an area for a time; revoked by setting its end."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grants")
    role = models.CharField(max_length=32, choices=[(role.value, role.value) for role in Role])
    area_path = models.CharField(max_length=AREA_PATH_LENGTH)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    is_emergency = models.BooleanField(default=False)
    """Taken, not given: see :class:`EmergencyAccess`. Nothing can be granted or taken on its strength."""

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~models.Q(area_path=""), name="grant_names_an_area"),
            models.CheckConstraint(
                condition=models.Q(valid_until=None) | models.Q(valid_until__gte=models.F("valid_from")),
                name="grant_ends_after_it_begins",
            ),
        )


class EmergencyAccess(models.Model):
    """Why somebody took a role beyond their grants for some hours, and what a second person thought of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    grant = models.OneToOneField(Grant, models.PROTECT, related_name="emergency")
    reason = models.CharField(max_length=500)
    planned_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    """When its end was noted; the grant says when it ended."""

    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, db_index=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    is_justified = models.BooleanField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(reviewed_at=None, reviewed_by=None, is_justified=None)
                | models.Q(reviewed_at__isnull=False, reviewed_by__isnull=False, is_justified__isnull=False),
                name="emergency_review_is_whole",
            ),
        )


class AuditSeal(models.Model):
    """One link of the chain: a batch of committed entries, sealed together."""

    seq = models.PositiveBigIntegerField(unique=True)
    previous_head = models.BinaryField(max_length=32)
    head = models.BinaryField(max_length=32)
    count = models.PositiveIntegerField()
    sealed_at = models.DateTimeField()


class AuditEntry(models.Model):
    """Who did what to what, by reference only: erasing a person's data must not break the chain."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    recorded_at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=80)
    action = models.CharField(max_length=80, db_index=True)
    subject = models.CharField(max_length=120, db_index=True)
    details = models.JSONField(default=dict)
    mac = models.BinaryField(max_length=32)
    seal = models.ForeignKey(AuditSeal, models.PROTECT, null=True, related_name="entries")
    position = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["seal", "position"], name="audit_place_in_seal"),)
