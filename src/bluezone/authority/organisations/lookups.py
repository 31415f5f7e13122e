"""What is typed for an area or an organisation, looked up in the registry."""

from __future__ import annotations

from datetime import date

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.names import AreasInScope
from bluezone.authority.areas.queries import areas_on
from bluezone.authority.organisations.directory import areas_offered
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.queries import organisations
from bluezone.authority.organisations.staff import Registrar
from bluezone.authority.tabular.faults import CellRefused
from bluezone.authority.tabular.spelling import plain

__all__ = ["area_named", "manager_named", "organisation_named"]


def area_named(text: str, day: date, registrar: Registrar) -> int:
    """The area of a code or name on a day, by its number in the database.

    :raises CellRefused: none or several.
    """
    offered = areas_offered(registrar.edits)
    found = areas_on(day, offered).filter(code=text).values_list("pk", flat=True).first()
    if found is not None:
        return int(found)
    areas = AreasInScope(offered)
    return areas.by_code(text, day)[0] if text.isascii() and text.isdigit() else areas.by_name(text, day)[0]


def manager_named(text: str, day: date, registrar: Registrar) -> tuple[int | None, str]:
    """Whom an organisation answers to: one of the registry, or where it has none of that name the name alone.

    :raises CellRefused: several have the name.
    """
    if not text:
        return None, ""
    found = organisation_named(text, registrar.edits)
    return (None, text) if found is None else (found.pk, "")


def organisation_named(text: str, scope: Scope) -> Organisation | None:
    """The one of a code, a key or a name, diacritics aside; those of the scope come first.

    :raises CellRefused: several have the name.
    """
    everywhere = organisations(Scope.everything())
    for exact in ({"code": text.upper()}, {"key": text}):
        if (one := everywhere.filter(**exact).first()) is not None and text:
            return one
    named = everywhere.filter(plain_name=plain(text))
    found = list(organisations(scope).filter(plain_name=plain(text))[:2]) or list(named[:2])
    if len(found) > 1:
        count = named.count()
        raise CellRefused(
            f"có {count} đơn vị là “{text}”; hãy ghi mã",
            f"{count} organisations are “{text}”: give the code",
        )
    return found[0] if found else None
