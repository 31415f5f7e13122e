"""The only writers of grants."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Greatest

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.emergency_services import end_emergencies_of
from bluezone.authority.access.models import Grant
from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import EVERYWHERE, Scope, check_area_path
from bluezone.errors import Refused

__all__ = ["GrantRefused", "follow_move", "grant_role", "revoke_role"]


class GrantRefused(Refused):
    """A role cannot be granted or revoked as asked."""


@transaction.atomic
def grant_role(
    user: AbstractBaseUser,
    role: Role,
    area_path: str,
    *,
    by: Actor,
    now: datetime,
    until: datetime | None = None,
    located_in: str | None = None,
) -> Grant:
    """Let a user act in a role in an area (or :data:`EVERYWHERE`) from now on.

    :param located_in: where the organisation is that it is for: auditors of that area see it.
    :raises ValueError: if ``area_path`` is neither.
    :raises GrantRefused: if it would end before it begins.
    """
    if until is not None and until <= now:
        raise GrantRefused(f"the grant of {role.value} would have ended already")
    if area_path != EVERYWHERE:
        check_area_path(area_path)
    grant = Grant.objects.create(
        user_id=user.pk,
        role=role.value,
        area_path=area_path,
        valid_from=now,
        valid_until=until,
        granted_by_id=by.user_id,
    )
    ends = until.isoformat() if until else None
    details = {"role": role.value, "area": area_path, "until": ends, **_located(located_in)}
    record(by, "access.role-granted", f"user:{user.pk}", details, now=now)
    return grant


@transaction.atomic
def revoke_role(
    user: AbstractBaseUser,
    role: Role,
    area_path: str,
    *,
    by: Actor,
    now: datetime,
    located_in: str | None = None,
) -> None:
    """End what a user was granted in just this area, at once, and what they took in an emergency.

    :raises GrantRefused: if they do not hold it there, so that a typing error is not taken for done.
    """
    held = Q(valid_until=None) | Q(valid_until__gt=now)
    mine = Grant.objects.filter(
        held, user_id=user.pk, role=role.value, area_path=area_path, is_emergency=False
    )
    ended = mine.update(valid_until=Greatest(F("valid_from"), Value(now, DateTimeField())))
    if not ended:
        raise GrantRefused(f"{user.get_username()} is not {role.value} in {area_path}")
    details = {"role": role.value, "area": area_path, **_located(located_in)}
    record(by, "access.role-revoked", f"user:{user.pk}", details, now=now)
    end_emergencies_of(user.pk, by=by, now=now)


@transaction.atomic
def follow_move(old: str, new: str, *, by: Actor, now: datetime, located_in: str | None = None) -> int:
    """Grants for an organisation, and for those that it manages, go with it to its new path; how many."""
    moved = 0
    for grant in Scope.of([old]).filter(Grant.objects.select_for_update(), "area_path").order_by("pk"):
        before, grant.area_path = grant.area_path, new + grant.area_path.removeprefix(old)
        grant.save(update_fields=["area_path"])
        details = {"role": grant.role, "from": before, "to": grant.area_path, **_located(located_in)}
        record(by, "access.grant-moved", f"user:{grant.user_id}", details, now=now)
        moved += 1
    return moved


def _located(area: str | None) -> dict[str, str | None]:
    return {} if area is None else {"located_in": area}
