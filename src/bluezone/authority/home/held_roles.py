"""Where somebody may act, in words: their roles with the names of the areas and organisations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bluezone.authority.access.scope import Scope
from bluezone.authority.accounts.places import place_names
from bluezone.authority.accounts.texts import ROLE_NAMES
from bluezone.authority.areas.queries import versions_at
from bluezone.authority.todays_work import Person

__all__ = ["RoleShown", "roles_shown"]


@dataclass(frozen=True, slots=True)
class RoleShown:
    """A role that is held."""

    role: str
    place: str
    has_ended: bool
    """The area is no more: whoever granted the role has to grant what came after it."""

    until: datetime | None


def roles_shown(person: Person) -> Sequence[RoleShown]:
    """What a person holds, with the newest name of each place."""
    paths = {one.area_path for one in person.held}
    areas = {area.path: area for area in versions_at(sorted(paths), Scope.of(paths))}
    others = paths - set(areas)
    names = {**{path: area.name for path, area in areas.items()}, **(place_names(others) if others else {})}
    ended = {path for path, area in areas.items() if area.valid_until and area.valid_until <= person.today}
    return [
        RoleShown(str(ROLE_NAMES[one.role]), names[one.area_path], one.area_path in ended, one.until)
        for one in person.held
    ]
