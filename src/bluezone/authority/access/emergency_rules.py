"""Emergency access: who may take which role where, for how long; who may say whether that was right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from bluezone.authority.access.roles import EMERGENCY_REVIEWERS, EMERGENCY_ROLES, GRANTABLE, Role
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.access.scope import EVERYWHERE, Scope

__all__ = [
    "LONGEST",
    "LONGEST_REASON",
    "MOST_UNJUDGED",
    "OFTEN_WITHIN",
    "SHORTEST_REASON",
    "State",
    "WhyNot",
    "emergency_end",
    "in_reach",
    "may_review",
    "plain_reason",
    "provinces",
    "state",
    "takeable",
    "why_not",
]

LONGEST = timedelta(hours=4)
SHORTEST_REASON = 20
"""Characters: a sentence that somebody else can weigh, not "urgent"."""

LONGEST_REASON = 500

MOST_UNJUDGED = 3
OFTEN_WITHIN = timedelta(days=1)
"""So often within so long without a second person: taken again and again, it would be a role without end."""


class WhyNot(StrEnum):
    """Why emergency access is refused."""

    ROLE = "role"
    """None of the roles that are held lets this one be taken."""

    AREA = "area"
    """Not in a province in which such a role is held, or higher up than that is."""

    HELD = "held"
    """It is theirs anyway."""

    RUNNING = "running"
    """One at a time, so that the page says what is going on."""

    OFTEN = "often"
    """Nobody has judged the last ones."""

    DURATION = "duration"
    REASON = "reason"


class State(StrEnum):
    """Of one that was taken."""

    RUNNING = "running"
    UNREVIEWED = "unreviewed"
    JUSTIFIED = "justified"
    UNJUSTIFIED = "unjustified"


def state(until: datetime | None, is_justified: bool | None, now: datetime) -> State:
    """Whether it lasts, waits for a second person, or what they thought of it."""
    if until is None or until > now:
        return State.RUNNING
    if is_justified is None:
        return State.UNREVIEWED
    return State.JUSTIFIED if is_justified else State.UNJUSTIFIED


def plain_reason(typed: str) -> str:
    """A reason on one line, without what only fills it."""
    return " ".join(typed.replace("\0", " ").split())


def takeable(held: Iterable[HeldRole]) -> frozenset[Role]:
    """The roles that somebody may take somewhere."""
    given = (EMERGENCY_ROLES.get(one.role, frozenset()) for one in held if not one.is_emergency)
    return frozenset().union(*given)


def provinces(held: Iterable[HeldRole]) -> Scope:
    """In which provinces somebody may take a role."""
    return Scope.of(
        one.area_path.split("/")[0] for one in held if not one.is_emergency and one.role in EMERGENCY_ROLES
    )


def in_reach(held: Iterable[HeldRole], area_path: str) -> bool:
    """Whether a role lets its holder take one in an area: of its province, no higher up than its own.

    Who works in a ward takes another ward, not the city.
    """
    depth = area_path.count("/")
    return area_path != EVERYWHERE and any(
        Scope.of([one.area_path.split("/")[0]]).allows(area_path)
        and (one.area_path == EVERYWHERE or depth >= one.area_path.count("/"))
        for one in held
        if not one.is_emergency and one.role in EMERGENCY_ROLES
    )


def why_not(
    held: Sequence[HeldRole],
    wanted: HeldRole,
    reason: str,
    duration: timedelta,
    *,
    is_running: bool,
    unjudged: int = 0,
) -> WhyNot | None:
    """The first reason to refuse; ``None``: it may be taken.

    :param unjudged: how many were taken within :data:`OFTEN_WITHIN` that nobody has judged yet.
    """
    enough = _sufficient(held, wanted.role)
    if not enough:
        return WhyNot.ROLE
    if not in_reach(enough, wanted.area_path):
        return WhyNot.AREA
    mine = Scope.of(one.area_path for one in held if one.role == wanted.role and not one.is_emergency)
    if mine.allows(wanted.area_path):
        return WhyNot.HELD
    if is_running:
        return WhyNot.RUNNING
    if unjudged >= MOST_UNJUDGED:
        return WhyNot.OFTEN
    if not timedelta(0) < duration <= LONGEST:
        return WhyNot.DURATION
    if not SHORTEST_REASON <= len(plain_reason(reason)) <= LONGEST_REASON:
        return WhyNot.REASON
    return None


def emergency_end(
    held: Sequence[HeldRole], role: Role, area_path: str, now: datetime, duration: timedelta
) -> datetime:
    """When it ends: after its time, or with the last of the given roles that it was taken on."""
    planned = now + duration
    ends = [
        planned if one.until is None else min(planned, one.until)
        for one in _sufficient(held, role)
        if in_reach([one], area_path)
    ]
    return max(ends)


def may_review(held: Iterable[HeldRole], taken: HeldRole, *, is_own: bool) -> bool:
    """Whether somebody may end and judge it: another one, who might have granted it, or an auditor."""
    return not is_own and any(
        not one.is_emergency
        and one.role in EMERGENCY_REVIEWERS
        and Scope.of([one.area_path]).allows(taken.area_path)
        and (one.role == Role.AUDITOR or taken.role in GRANTABLE[one.role])
        for one in held
    )


def _sufficient(held: Iterable[HeldRole], role: Role) -> list[HeldRole]:
    return [
        one for one in held if not one.is_emergency and role in EMERGENCY_ROLES.get(one.role, frozenset())
    ]
