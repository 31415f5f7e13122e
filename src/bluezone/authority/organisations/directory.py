"""What a sheet's words are looked up in: areas of a scope, and the organisations that are registered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.names import AreasInScope
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.rules import MANAGEMENT_ROOT
from bluezone.authority.tabular.faults import CellRefused, Said
from bluezone.authority.tabular.sheets import Cell
from bluezone.authority.tabular.spelling import plain

__all__ = ["Directory", "FoundArea", "Registered"]


@dataclass(frozen=True, slots=True)
class Registered:
    """An organisation of the registry, as far as an import cares."""

    pk: int
    code: str
    kind: str
    name: str
    area: int
    area_path: str
    path: str


@dataclass(frozen=True, slots=True)
class FoundArea:
    """An area, and a remark on how it was found."""

    pk: int
    name: str
    path: str
    remark: Said | None = None


class Directory:
    """Everything registered at the moment, read once; what a scope may write to."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        # Who holds organisations by management may name the areas that these are in, wherever that is.
        managing = any(one.split("/")[0] == MANAGEMENT_ROOT for one in scope.prefixes)
        self._areas = AreasInScope(Scope.everything() if managing else scope)
        self._paths: dict[int, str] = {}
        fields = ("pk", "code", "kind", "name", "located_in_id", "located_in__path", "path")
        rows = Organisation.objects.filter(withdrawn_at=None).values_list("plain_name", *fields)
        self._by_code: dict[str, Registered] = {}
        self._by_name: dict[str, list[Registered]] = {}
        for plain_name, *values in rows.iterator():
            one = Registered(*values)
            if one.code:
                self._by_code[one.code] = one
            self._by_name.setdefault(plain_name, []).append(one)

    def by_code(self, code: str) -> Registered | None:
        """The organisation that has a code, wherever it is."""
        return self._by_code.get(code)

    def by_name(self, name: str) -> Sequence[Registered]:
        """Those of a name, diacritics aside: of the scope, or if it has none anywhere."""
        found = self._by_name.get(plain(name), [])
        return [one for one in found if self.allows(one.area_path, one.path)] or found

    def allows(self, area_path: str, management_path: str) -> bool:
        """Whether the scope holds an organisation, by its place or by who manages it."""
        return self.scope.allows(area_path) or self.scope.allows(management_path)

    def area(self, code: Cell, name: str, day: date) -> FoundArea:
        """The area of a code, a name or both.

        :raises CellRefused: none or several, or code and name are those of two areas.
        """
        if code is None:
            pk, found = self._areas.by_name(name, day)
            return FoundArea(pk, found, self._path(pk))
        pk, found, remark = self._areas.by_code(code, day)
        if name:
            try:
                agrees = self._areas.by_name(name, day)[0] == pk
            except CellRefused:
                agrees = False
            if not agrees:
                raise CellRefused(
                    f"mã địa bàn là của {found}, tên là “{name}”",
                    f"the area code is that of {found}, the name is “{name}”",
                )
        return FoundArea(pk, found, self._path(pk), remark)

    def _path(self, pk: int) -> str:
        if pk not in self._paths:
            self._paths[pk] = Area.objects.values_list("path", flat=True).get(pk=pk)
        return self._paths[pk]
