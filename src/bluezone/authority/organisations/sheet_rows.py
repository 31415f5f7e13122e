"""A row of a sheet that can be imported, and where rows that are new stand in the tree of management."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bluezone.authority.organisations.directory import Registered
from bluezone.authority.organisations.kinds import Kind, People
from bluezone.authority.organisations.rules import management_paths
from bluezone.authority.organisations.sealed_contact import ContactPerson

__all__ = ["NOBODY", "Manager", "OrganisationRow", "manager_paths", "new_paths"]


@dataclass(frozen=True, slots=True)
class Manager:
    """Whom an organisation answers to: one of the registry, another row of the sheet, or a name alone."""

    registered: Registered | None = None
    row: int | None = None
    name: str = ""


NOBODY = Manager()


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """A row that can be imported."""

    row: int
    registered: Registered | None
    """The organisation that it is of, if the registry has it."""

    same_as: int | None
    """For a class: the row of its school in this sheet."""

    code: str
    kind: Kind
    name: str
    area: int
    area_name: str
    manager: Manager
    address: str
    contact: ContactPerson | None = field(repr=False)
    as_of: date | None
    counts: Mapping[People, int]
    school_class: tuple[int, str] | None


def manager_paths(rows: Sequence[OrganisationRow]) -> Mapping[int, str]:
    """Where the registered organisations stand that new ones answer to, by their numbers in the database."""
    known = {row.row: row.registered for row in rows if row.registered is not None}
    new = [row.manager for row in rows if row.registered is None and row.school_class is None]
    found = [known.get(manager.row or 0, manager.registered) for manager in new]
    return {one.pk: one.path for one in found if one is not None}


def new_paths(
    rows: Sequence[OrganisationRow], segment: Callable[[OrganisationRow], str]
) -> Mapping[int, str]:
    """Where organisations that are new stand in the tree of management, by their rows.

    :raises ManagementLoop: naming a row.
    """
    new = {row.row: row for row in rows if row.registered is None and row.school_class is None}
    known = {row.row: row.registered for row in rows if row.registered is not None}

    def above(manager: Manager) -> int | str | None:
        registered = known.get(manager.row or 0, manager.registered)
        return manager.row if registered is None else registered.path

    return management_paths(
        {at: segment(row) for at, row in new.items()}, {at: above(row.manager) for at, row in new.items()}
    )
