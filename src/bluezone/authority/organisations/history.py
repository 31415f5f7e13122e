"""What organisations were on an earlier day: their names, where they were, whom they answered to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from bluezone.authority.access.scope import Scope
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.models import FormerState, Organisation
from bluezone.authority.organisations.queries import organisation_of, organisations
from bluezone.authority.organisations.rules import MANAGEMENT_ROOT
from bluezone.authority.tabular.spelling import plain

__all__ = ["StateOn", "changes_of", "former_states", "organisations_on", "state_on"]

StateOn = Organisation | FormerState
"""What an organisation is or was; both have name, kind, place and manager."""


def former_states(day: date) -> Mapping[int, FormerState]:
    """Of the organisations that changed after a day, by their numbers in the database: as they were on it."""
    newest_first = _changed_after(day).select_related("located_in", "managed_by").order_by("-until", "-pk")
    return {row.organisation_id: row for row in newest_first}


def _changed_after(day: date) -> QuerySet[FormerState]:
    return FormerState.objects.filter(until__gt=day, organisation__withdrawn_at=None)


def state_on(organisation: Organisation, day: date) -> StateOn:
    """An organisation as it was on a day; whoever may see it may see that."""
    rows = FormerState.objects.filter(organisation=organisation, until__gt=day)
    then = rows.select_related("located_in", "managed_by").order_by("until", "pk").first()
    return organisation if then is None else then


def changes_of(organisation: Organisation, scope: Scope) -> Sequence[FormerState]:
    """All that it was before, the last change first; mistakes that were mended among them."""
    if organisation_of(organisation.key, scope) is None:
        return []
    rows = FormerState.objects.filter(organisation=organisation)
    return list(rows.select_related("located_in", "managed_by").order_by("-pk"))


@dataclass(frozen=True, slots=True)
class OrganisationsOn:
    """Organisations of a day, and what those that changed since were then."""

    rows: QuerySet[Organisation]
    former: Mapping[int, FormerState]

    def state(self, one: Organisation) -> StateOn:
        """What it was on the day."""
        return self.former.get(one.pk, one)


def organisations_on(
    day: date, scope: Scope, *, area_path: str = "", words: str = "", kind: Kind | None = None
) -> OrganisationsOn:
    """Those that existed on a day, where they then were: a scope holds them by their place of that day.

    When an organisation was founded nobody registers, so those that had not closed count as existing.
    """
    former = former_states(day)
    held = _held_then(former, scope)
    wanted = plain(words).split()
    changed = [
        pk
        for pk, one in former.items()
        if (held is None or pk in held or scope.allows(one.located_in.path))
        and (not area_path or Scope.of([area_path]).allows(one.located_in.path))
        and (kind is None or one.kind == kind)
        and all(word in plain(one.name) or plain(one.code).startswith(word) for word in wanted)
    ]
    present = organisations(
        scope if held is None else Scope.everything(), words=words, kind=kind, closed=True
    )
    if area_path:
        present = Scope.of([area_path]).filter(present, "located_in__path")
    if held is not None:
        present = scope.filter(present, "located_in__path") | present.filter(pk__in=held)
    rows = present.exclude(pk__in=_changed_after(day).values("organisation")) | organisations(
        Scope.everything(), closed=True
    ).filter(pk__in=changed)
    open_then = rows.filter(closed_on=None) | rows.filter(closed_on__gt=day)
    return OrganisationsOn(open_then.order_by("plain_name", "pk"), former)


def _held_then(former: Mapping[int, FormerState], scope: Scope) -> frozenset[int] | None:
    """Those that a scope held on the day by who managed them; ``None`` where it has no limit."""
    if scope.unlimited:
        return None
    if not any(one.split("/")[0] == MANAGEMENT_ROOT for one in scope.prefixes):
        return frozenset()
    rows = Organisation.objects.filter(withdrawn_at=None).values_list("pk", "path", "managed_by")
    above: dict[int, int | None] = {}
    tops: set[int] = set()
    for pk, path, manager in rows.iterator():
        above[pk] = former[pk].managed_by_id if pk in former else manager
        if path in scope.prefixes:
            tops.add(pk)
    return frozenset(pk for pk in above if not tops.isdisjoint(_chain(pk, above)))


def _chain(pk: int, above: Mapping[int, int | None]) -> Sequence[int]:
    chain: list[int] = []
    at: int | None = pk
    while at is not None and at not in chain:
        chain.append(at)
        at = above.get(at)
    return chain
