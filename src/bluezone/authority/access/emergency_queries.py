"""Reads of emergency access: what runs, and what waits for a second person."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Case, QuerySet, Value, When

from bluezone.authority.access.emergency_rules import State, may_review, state
from bluezone.authority.access.models import AuditEntry, EmergencyAccess
from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.access.scope import Scope

__all__ = [
    "emergencies",
    "own_emergencies",
    "pages_opened",
    "reviewable",
    "running_emergency",
    "state_of",
    "taken_role",
    "unjudged_since",
    "waiting_for_review",
]


def running_emergency(user_id: UUID, now: datetime) -> EmergencyAccess | None:
    """What somebody has taken and holds now."""
    rows = _rows().filter(
        grant__user_id=user_id,
        grant__is_emergency=True,
        grant__valid_from__lte=now,
        grant__valid_until__gt=now,
    )
    return rows.first()


def unjudged_since(user_id: UUID, since: datetime) -> int:
    """How often somebody has taken a role since a moment without that anybody has judged it."""
    rows = EmergencyAccess.objects.filter(grant__user_id=user_id, reviewed_at=None)
    return rows.filter(grant__valid_from__gt=since).count()


def pages_opened(emergencies: Iterable[EmergencyAccess]) -> Mapping[UUID, Mapping[str, int]]:
    """What was asked for while each lasted, the most often first: what whoever judges it goes by."""
    of_subject = {f"emergency:{one.pk}": one.pk for one in emergencies}
    noted = AuditEntry.objects.filter(subject__in=list(of_subject), action="access.emergency-used")
    opened: dict[UUID, Counter[str]] = defaultdict(Counter)
    for subject, details in noted.values_list("subject", "details"):
        opened[of_subject[subject]][_address(details)] += 1
    return {pk: dict(pages.most_common()) for pk, pages in opened.items()}


def _address(details: Mapping[str, object]) -> str:
    """As it was asked for; what is no reference of ours is left out of the log, and here."""
    named = iter(str(details.get("object", "")).split("/"))
    address = re.sub(r"<[^>]+>", lambda _: next(named, "") or "…", str(details["route"]))
    return f"{details['method']} /{address}"


def own_emergencies(user_id: UUID, most: int = 20) -> Sequence[EmergencyAccess]:
    """What somebody has taken, the newest first."""
    return list(_rows().filter(grant__user_id=user_id).order_by("-grant__valid_from", "pk")[:most])


def emergencies(scope: Scope, *, only_unreviewed: bool = False, most: int = 500) -> Sequence[EmergencyAccess]:
    """What was taken in a scope, what nobody has judged first, then the newest."""
    rows = scope.filter(_rows(), "grant__area_path")
    if only_unreviewed:
        rows = rows.filter(reviewed_at=None)
    is_judged = Case(When(reviewed_at=None, then=Value(0)), default=Value(1))
    return list(rows.order_by(is_judged, "-grant__valid_from", "pk")[:most])


def reviewable(held: Sequence[HeldRole], user_id: UUID, scope: Scope) -> Sequence[EmergencyAccess]:
    """Of those in a scope what somebody is told of: what they might end or judge."""
    return [
        one
        for one in emergencies(scope)
        if may_review(held, taken_role(one), is_own=one.grant.user_id == user_id)
    ]


def waiting_for_review(
    held: Sequence[HeldRole], user_id: UUID, scope: Scope, now: datetime
) -> Sequence[EmergencyAccess]:
    """Those that are over, and that somebody could judge, and nobody has."""
    return [
        one
        for one in emergencies(scope, only_unreviewed=True)
        if state_of(one, now) is State.UNREVIEWED
        and may_review(held, taken_role(one), is_own=one.grant.user_id == user_id)
    ]


def state_of(one: EmergencyAccess, now: datetime) -> State:
    """Whether it lasts, and what was thought of it."""
    return state(one.grant.valid_until, one.is_justified, now)


def taken_role(one: EmergencyAccess) -> HeldRole:
    """The role that was taken."""
    return HeldRole(Role(one.grant.role), one.grant.area_path, one.grant.valid_until, is_emergency=True)


def _rows() -> QuerySet[EmergencyAccess]:
    return EmergencyAccess.objects.select_related("grant", "grant__user", "reviewed_by", "ended_by")
