"""Who may grant what: nobody beyond their own areas and time, nobody above their own role."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bluezone.authority.access.roles import GRANTABLE, Role
from bluezone.authority.access.scope import Scope

__all__ = ["HeldRole", "may_grant"]


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role somebody holds now, where, and until when if that is known."""

    role: Role
    area_path: str
    until: datetime | None


def may_grant(held: Iterable[HeldRole], wanted: HeldRole) -> bool:
    """Whether one of the roles held suffices, by itself, to grant the wanted one."""
    return any(
        wanted.role in GRANTABLE.get(one.role, frozenset())
        and Scope.of([one.area_path]).allows(wanted.area_path)
        and (one.until is None or (wanted.until is not None and wanted.until <= one.until))
        for one in held
    )
