"""Who may grant what: nobody beyond their own areas and time, nobody above their own role."""

from __future__ import annotations

from collections.abc import Collection, Iterable
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
    is_emergency: bool = False
    """Taken for some hours, not given by anybody."""


def may_grant(held: Iterable[HeldRole], wanted: HeldRole, places: Collection[str] = ()) -> bool:
    """Whether one of the roles held suffices, by itself, to grant the wanted one.

    :param places: where an organisation and all that it manages are: a role for it reaches there, so that
        whoever grants it must hold them all.
    """
    return any(
        not one.is_emergency
        and wanted.role in GRANTABLE.get(one.role, frozenset())
        and _reaches(Scope.of([one.area_path]), wanted.area_path, places)
        and (one.until is None or (wanted.until is not None and wanted.until <= one.until))
        for one in held
    )


def _reaches(scope: Scope, path: str, places: Collection[str]) -> bool:
    return scope.allows(path) or (bool(places) and all(scope.allows(one) for one in places))
