"""The only writers of grants."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.models import Grant
from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import EVERYWHERE, check_area_path

__all__ = ["grant_role"]


@transaction.atomic
def grant_role(
    user: AbstractBaseUser,
    role: Role,
    area_path: str,
    *,
    by: Actor,
    now: datetime,
    until: datetime | None = None,
) -> Grant:
    """Let a user act in a role in an area (or :data:`EVERYWHERE`) from now on.

    :raises ValueError: if ``area_path`` is neither.
    """
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
    details = {"role": role.value, "area": area_path, "until": until.isoformat() if until else None}
    record(by, "access.role-granted", f"user:{user.pk}", details, now=now)
    return grant
