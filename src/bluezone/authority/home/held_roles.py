"""Where somebody may act, in words: their roles with the names of the areas and organisations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from bluezone.authority.access.scope import EVERYWHERE, Scope
from bluezone.authority.accounts.texts import ROLE_NAMES
from bluezone.authority.areas.queries import versions_at
from bluezone.authority.organisations.queries import organisations
from bluezone.authority.organisations.rules import MANAGEMENT_ROOT
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
    managed = {path.rpartition("/")[2]: path for path in paths if path.split("/")[0] == MANAGEMENT_ROOT}
    names: dict[str, tuple[str, bool]] = {EVERYWHERE: (gettext("tất cả địa bàn"), False)}
    scope = Scope.of(paths)
    for area in versions_at(sorted(paths), scope):
        ended = area.valid_until is not None and area.valid_until <= person.today
        names[area.path] = (area.name, ended)
    if managed:
        for one in organisations(scope).filter(key__in=managed):
            names[managed[one.key]] = (one.name, False)
    return [
        RoleShown(str(ROLE_NAMES[one.role]), *names.get(one.area_path, (one.area_path, False)), one.until)
        for one in person.held
    ]
