"""Reads of organisations' targets, within a scope: how far each is, and who is behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.rules import (
    Forecast,
    NoForecast,
    Point,
    Standing,
    forecast,
    phones_missing,
    standing,
)
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.queries import organisations
from bluezone.authority.returns.metrics import Form
from bluezone.authority.returns.models import ReturnTarget
from bluezone.authority.returns.queries import counting_returns

__all__ = ["OrganisationProgress", "progress_in"]

_HISTORY = timedelta(days=60)
_DEFINITIONS = ("return-installed", "return-smartphones")
"""Returns have counted the same from the beginning; another way of counting would be others."""


@dataclass(frozen=True, slots=True)
class OrganisationProgress:
    """An organisation, its target, and how far its newest return is, with that one's own day."""

    organisation: Organisation
    percent: Decimal
    due: date
    told: Sequence[tuple[date, int, int]]
    """Days with installed and staff with a smartphone, of sixty days."""

    @property
    def counts(self) -> tuple[int, int] | None:
        """The newest of them; ``None`` where nothing was returned."""
        return self.told[-1][1:] if self.told else None

    @property
    def as_of(self) -> date | None:
        """The newest one's day."""
        return self.told[-1][0] if self.told else None

    @property
    def missing(self) -> int | None:
        """How many more installs reach it."""
        return None if self.counts is None else phones_missing(*self.counts, self.percent)

    @property
    def ahead(self) -> Forecast | NoForecast | None:
        """Where the trend leads; only before the day, where it is not reached."""
        if not self.missing or self.as_of is None or self.as_of >= self.due:
            return None
        points = [
            Point(of, 100 * installed / phones, _DEFINITIONS, "return") for of, installed, phones in self.told
        ]
        return forecast(points, self.due, _DEFINITIONS)

    @property
    def standing(self) -> Standing:
        """How it stands to its target."""
        if self.counts is None or self.as_of is None:
            return Standing.OPEN
        return standing(self.counts, self.as_of, self.percent, self.due, self.ahead)


def progress_in(
    kind: Kind, area_path: str, day: date, scope: Scope, *, key: str = ""
) -> Sequence[OrganisationProgress]:
    """How those of a kind in an area stand to their targets on a day.

    First those that missed theirs, then those furthest from it, those without a return, those that are there.
    Of each the next target due counts, or else the last that was. Trends are drawn for who is looked at.
    """
    held = organisations(scope, area_path=area_path, kind=kind)
    if key:
        held = held.filter(key=key)
    inside = held.order_by().values("pk")
    targets: dict[int, ReturnTarget] = {}
    for target in ReturnTarget.objects.filter(ended_at=None, organisation__in=inside).order_by("due"):
        before = targets.get(target.organisation_id)
        if before is None or before.due < day:
            targets[target.organisation_id] = target
    told: dict[int, list[tuple[date, int, int]]] = {}
    rows = counting_returns(Form.STAFF).filter(
        organisation__in=inside, day__range=(day - _HISTORY, day), with_smartphone__gt=0
    )
    fields = ("organisation", "day", "installed", "with_smartphone")
    for pk, of, installed, phones in rows.order_by("day").values_list(*fields):
        told.setdefault(pk, []).append((of, installed, phones))
    found = [
        OrganisationProgress(one, targets[one.pk].percent, targets[one.pk].due, told.get(one.pk, ()))
        for one in held
        if one.pk in targets
    ]
    return sorted(found, key=_worst_first)


def _worst_first(one: OrganisationProgress) -> tuple[int, Decimal]:
    if one.counts is None:
        return 2, Decimal(0)
    installed, phones = one.counts
    points = one.percent - Decimal(100 * installed) / phones
    if points <= 0:
        return 3, -points
    missed = one.as_of is not None and one.as_of >= one.due
    return 0 if missed else 1, -points
