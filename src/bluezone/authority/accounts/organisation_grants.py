"""Grants for an organisation: which one is meant, and where it and all that it manages are."""

from __future__ import annotations

from collections.abc import Collection

from bluezone.authority.access.roles import ORGANISATION_ROLES, Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.queries import organisations
from bluezone.authority.organisations.rules import MANAGEMENT_ROOT
from bluezone.authority.tabular.faults import SaidRefused

__all__ = [
    "OrganisationRefused",
    "check_organisation_role",
    "is_organisation",
    "located_in",
    "named_organisation",
    "places_of",
]


class OrganisationRefused(SaidRefused):
    """There is no such organisation, or not this role for one; ``said`` has both languages."""


def is_organisation(path: str) -> bool:
    """Whether a grant's path is one of management, not of areas."""
    return path.split("/")[0] == MANAGEMENT_ROOT


def named_organisation(code: str, scope: Scope, *, closed: bool = False) -> Organisation:
    """The organisation of an official code, or of the key that its page has in its address.

    :param closed: also one that has closed.
    :raises OrganisationRefused: the scope has none.
    """
    rows, wanted = organisations(scope, closed=closed), code.strip()
    found = None
    if wanted and "\0" not in wanted:
        found = rows.filter(code=wanted).first() or rows.filter(key=wanted).first()
    if found is None:
        raise OrganisationRefused(f"Không có đơn vị mã {code!r}.", f"there is no organisation {code!r}")
    return found


def places_of(path: str) -> Collection[str]:
    """The areas of an organisation and of all that it manages; none where the path is of no organisation."""
    if not is_organisation(path):
        return ()
    below = organisations(Scope.of([path])).order_by()
    if not below.filter(path=path).exists():
        return ()
    return frozenset(below.values_list("located_in__path", flat=True))


def located_in(path: str) -> str | None:
    """The area that the organisation of a path is in, for the audit log; ``None`` for a path of areas."""
    if not is_organisation(path):
        return None
    rows = organisations(Scope.of([path]), closed=True).filter(path=path)
    return rows.values_list("located_in__path", flat=True).first()


def check_organisation_role(role: Role) -> None:
    """That a role can be granted for an organisation.

    :raises OrganisationRefused: officers and health workers work for areas.
    """
    if role not in ORGANISATION_ROLES:
        names = ", ".join(sorted(one.value for one in ORGANISATION_ROLES))
        raise OrganisationRefused(
            "Vai trò này không cấp theo đơn vị, chỉ theo địa bàn.",
            f"{role.value} is not granted for an organisation: only {names} are",
        )
