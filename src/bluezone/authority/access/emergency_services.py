"""The writers of emergency access: taken, used, ended, judged; each is in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from bluezone.authority.access.audit import SYSTEM, Actor, record, user_actor
from bluezone.authority.access.emergency_queries import running_emergency, taken_role, unjudged_since
from bluezone.authority.access.emergency_rules import (
    OFTEN_WITHIN,
    WhyNot,
    emergency_end,
    may_review,
    plain_reason,
    why_not,
)
from bluezone.authority.access.models import EmergencyAccess, Grant
from bluezone.authority.access.queries import roles_of
from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.access.scope import check_area_path
from bluezone.errors import Refused

__all__ = [
    "EmergencyRefused",
    "NoSuchEmergency",
    "begin_emergency",
    "end_emergencies_of",
    "end_emergency",
    "note_ended_emergencies",
    "note_use",
    "review_emergency",
]


class EmergencyRefused(Refused):
    """Not theirs to take like this; ``why`` is the reason."""

    def __init__(self, why: WhyNot, text: str) -> None:
        super().__init__(text)
        self.why = why


class NoSuchEmergency(Refused):
    """None that runs, or waits to be judged, or is for this person to judge."""


@transaction.atomic
def begin_emergency(
    user: AbstractBaseUser, role: Role, area_path: str, reason: str, duration: timedelta, *, now: datetime
) -> EmergencyAccess:
    """Take a role for some hours; the caller has looked whether there is such an area.

    :raises EmergencyRefused: by the rule.
    """
    check_area_path(area_path)
    locked = get_user_model()._default_manager.select_for_update().get(pk=user.pk)  # one at a time
    held = roles_of(locked, now)
    is_running = running_emergency(user.pk, now) is not None
    unjudged = unjudged_since(user.pk, now - OFTEN_WITHIN)
    wanted = HeldRole(role, area_path, None)
    refusal = why_not(held, wanted, reason, duration, is_running=is_running, unjudged=unjudged)
    if refusal is not None:
        raise EmergencyRefused(refusal, f"emergency access as {role.value} in {area_path}: {refusal.value}")
    until = emergency_end(held, role, area_path, now, duration)
    grant = Grant.objects.create(
        user_id=user.pk,
        role=role.value,
        area_path=area_path,
        valid_from=now,
        valid_until=until,
        granted_by_id=user.pk,
        is_emergency=True,
    )
    made = EmergencyAccess.objects.create(grant=grant, reason=plain_reason(reason), planned_until=until)
    details = {**_details(grant), "until": until.isoformat()}
    record(user_actor(user.pk), "access.emergency-begun", _subject(made), details, now=now)
    return made


@transaction.atomic
def note_use(
    emergency: EmergencyAccess, route: str, method: str, asked: Mapping[str, str], *, now: datetime
) -> None:
    """That a page was asked for while it lasts, before it is answered.

    :param asked: which object or area it was about, by reference.
    """
    details = {**_details(emergency.grant), "route": route, "method": method, **asked}
    record(
        user_actor(emergency.grant.user_id), "access.emergency-used", _subject(emergency), details, now=now
    )


@transaction.atomic
def end_emergency(emergency_id: UUID, *, by: AbstractBaseUser, now: datetime) -> EmergencyAccess:
    """End it before its time: who took it, or who may judge it.

    :raises NoSuchEmergency: it does not run, or is none of theirs.
    """
    found = _locked(emergency_id)
    is_own = found is not None and found.grant.user_id == by.pk
    if found is None or found.ended_at is not None or not _is_running(found.grant, now):
        raise NoSuchEmergency(f"emergency access {emergency_id} does not run")
    if not is_own and not may_review(roles_of(by, now), taken_role(found), is_own=False):
        raise NoSuchEmergency(f"emergency access {emergency_id} is not theirs to end")
    found.ended_by_id = by.pk
    _end(found, user_actor(by.pk), now)
    return found


@transaction.atomic
def end_emergencies_of(user_id: UUID, *, by: Actor, now: datetime) -> None:
    """With a role that is revoked, or an account that is disabled, ends what was taken on its strength."""
    rows = EmergencyAccess.objects.select_for_update(of=("self",)).select_related("grant")
    for one in rows.filter(grant__user_id=user_id, ended_at=None).order_by("pk"):
        if _is_running(one.grant, now):
            one.ended_by_id = by.user_id
            _end(one, by, now)


@transaction.atomic
def note_ended_emergencies(now: datetime) -> None:
    """Record the end of those whose time is over."""
    over = EmergencyAccess.objects.select_for_update(of=("self",)).select_related("grant")
    for one in over.filter(ended_at=None, grant__valid_until__lte=now).order_by("planned_until", "pk"):
        _end(one, SYSTEM, now)


@transaction.atomic
def review_emergency(
    emergency_id: UUID, *, is_justified: bool, by: AbstractBaseUser, now: datetime
) -> EmergencyAccess:
    """Say whether it was right, once it is over.

    :raises NoSuchEmergency: it runs still, was judged, or is not theirs to judge.
    """
    found = _locked(emergency_id)
    if found is None or found.reviewed_at is not None or _is_running(found.grant, now):
        raise NoSuchEmergency(f"emergency access {emergency_id} does not wait to be judged")
    is_own = found.grant.user_id == by.pk
    if not may_review(roles_of(by, now), taken_role(found), is_own=is_own):
        raise NoSuchEmergency(f"emergency access {emergency_id} is not theirs to judge")
    found.reviewed_at, found.reviewed_by_id, found.is_justified = now, by.pk, is_justified
    found.save(update_fields=["reviewed_at", "reviewed_by", "is_justified"])
    details = {**_details(found.grant), "justified": "yes" if is_justified else "no"}
    record(user_actor(by.pk), "access.emergency-reviewed", _subject(found), details, now=now)
    return found


def _end(one: EmergencyAccess, by: Actor, now: datetime) -> None:
    """Let its grant end now, if it has not, and note it."""
    grant = one.grant
    if _is_running(grant, now):
        grant.valid_until = max(grant.valid_from, now)
        grant.save(update_fields=["valid_until"])
    one.ended_at = now
    one.save(update_fields=["ended_at", "ended_by"])
    record(by, "access.emergency-ended", _subject(one), _details(grant), now=now)


def _locked(emergency_id: UUID) -> EmergencyAccess | None:
    rows = EmergencyAccess.objects.select_for_update(of=("self",)).select_related("grant")
    return rows.filter(pk=emergency_id).first()


def _is_running(grant: Grant, now: datetime) -> bool:
    return grant.valid_until is not None and grant.valid_until > now


def _details(grant: Grant) -> dict[str, str | int | None]:
    return {"role": grant.role, "area": grant.area_path}


def _subject(one: EmergencyAccess) -> str:
    return f"emergency:{one.pk}"
