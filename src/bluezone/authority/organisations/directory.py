"""What a sheet's words are looked up in: areas of a scope, and the organisations that are registered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import Value
from django.db.models.functions import Coalesce

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.names import AreasInScope
from bluezone.authority.organisations.models import FormerState, Organisation
from bluezone.authority.organisations.rules import MANAGEMENT_ROOT
from bluezone.authority.tabular.faults import CellRefused, Said
from bluezone.authority.tabular.sheets import Cell
from bluezone.authority.tabular.spelling import plain

__all__ = ["Directory", "FoundArea", "Registered", "Then", "areas_offered"]


class Then(NamedTuple):
    """What an organisation was on a day, as far as an import cares."""

    name: str
    kind: str
    area: int
    area_path: str
    area_name: str


@dataclass(frozen=True, slots=True)
class Registered:
    """An organisation of the registry, as far as an import cares."""

    pk: int
    key: str
    code: str
    kind: str
    name: str
    address: str
    area: int
    area_path: str
    area_name: str
    path: str
    manager: int | None
    manager_name: str
    manager_code: str
    closed_on: date | None

    @property
    def now(self) -> Then:
        """What it is."""
        return Then(self.name, self.kind, self.area, self.area_path, self.area_name)


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
        self._areas = AreasInScope(areas_offered(scope))
        self._paths: dict[int, str] = {}
        self._by_code: dict[str, Registered] = {}
        self._by_key: dict[str, Registered] = {}
        self._by_name: dict[str, list[Registered]] = {}
        self._by_former_name: dict[str, list[Registered]] = {}
        by_pk: dict[int, Registered] = {}
        for plain_name, one in _registered():
            by_pk[one.pk] = self._by_key[one.key] = one
            if one.code:
                self._by_code[one.code] = one
            self._by_name.setdefault(plain_name, []).append(one)
        self._former: dict[int, list[tuple[date, Then]]] = {}
        for pk, until, then in _former():
            if pk in by_pk:
                self._former.setdefault(pk, []).append((until, then))
                self._by_former_name.setdefault(plain(then.name), []).append(by_pk[pk])

    def by_key(self, key: str) -> Registered | None:
        """The organisation that the registry itself names so."""
        return self._by_key.get(key)

    def then(self, one: Registered, day: date) -> Then:
        """What an organisation was on a day."""
        former = self._former.get(one.pk, ())
        return next((then for until, then in former if until > day), one.now)

    def was_named(self, one: Registered, name: str) -> bool:
        """Whether an organisation had a name before it was renamed."""
        return any(plain(then.name) == plain(name) for _, then in self._former.get(one.pk, ()))

    def by_name_then(self, name: str, kind: str | None, area: int, day: date) -> Sequence[Registered]:
        """Those that had a name, a kind and a place on a day."""
        wanted = plain(name)
        named = [*self._by_name.get(wanted, ()), *self._by_former_name.get(wanted, ())]
        found = {one.pk: one for one in named if _is(self.then(one, day), wanted, kind, area)}
        return list(found.values())

    def by_code(self, code: str) -> Registered | None:
        """The organisation that has a code, wherever it is."""
        return self._by_code.get(code)

    def by_name(self, name: str) -> Sequence[Registered]:
        """Those of a name, diacritics aside: of the scope, or if it has none anywhere."""
        named = self._by_name.get(plain(name), [])
        found = [one for one in named if one.closed_on is None] or named
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


def _registered() -> Iterator[tuple[str, Registered]]:
    """Those of the registry, each behind its name for comparing."""
    fields = ("pk", "key", "code", "kind", "name", "address", "located_in_id", "located_in__path",
              "located_in__name", "path", "managed_by_id", "manager_name", "manager_code",
              "closed_on")  # fmt: skip
    rows = Organisation.objects.filter(withdrawn_at=None).annotate(
        manager_name=Coalesce("managed_by__name", "managed_by_name"),
        manager_code=Coalesce("managed_by__code", Value("")),
    )
    for plain_name, *values in rows.values_list("plain_name", *fields).iterator():
        yield plain_name, Registered(*values)


def _former() -> Iterator[tuple[int, date, Then]]:
    """What they were before, the oldest first."""
    rows = FormerState.objects.filter(until__isnull=False, organisation__withdrawn_at=None)
    fields = ("name", "kind", "located_in_id", "located_in__path", "located_in__name")
    for pk, until, *values in rows.order_by("until", "pk").values_list("organisation_id", "until", *fields):
        yield pk, until, Then(*values)


def _is(then: Then, plain_name: str, kind: str | None, area: int) -> bool:
    return (plain(then.name), then.kind, then.area) == (plain_name, kind, area)


def areas_offered(scope: Scope) -> Scope:
    """The areas that somebody may name: who holds organisations by management may name any."""
    managing = any(one.split("/")[0] == MANAGEMENT_ROOT for one in scope.prefixes)
    return Scope.everything() if managing else scope
