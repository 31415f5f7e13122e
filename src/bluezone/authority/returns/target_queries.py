"""Reads of organisations' targets, within a scope: how far each is, and who is behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Exists,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Cast

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

__all__ = ["OrganisationProgress", "progress_of", "targets_in"]

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


def targets_in(
    kind: Kind, area_path: str, day: date, scope: Scope, *, key: str = ""
) -> QuerySet[ReturnTarget]:
    """The targets that count on a day for a kind in an area: of each the next due, else the last that was.

    First of those that missed theirs, then of those furthest from it, those without a return, those that are
    there: by the newest return of sixty days, compared in the database so that a page reads its own alone.
    """
    held = organisations(scope, area_path=area_path, kind=kind)
    if key:
        held = held.filter(key=key)
    targets = ReturnTarget.objects.filter(ended_at=None)
    others = targets.filter(organisation=OuterRef("organisation"))
    sooner = others.filter(due__gte=day, due__lt=OuterRef("due"))
    later = others.filter(due__gt=OuterRef("due"))
    newest = _told(day).filter(organisation=OuterRef("organisation")).order_by("-day")
    share = 100.0 * F("installed") / F("with_smartphone")
    return (
        targets.filter(organisation__in=held.order_by().values("pk"))
        .filter(Q(due__gte=day) & ~Exists(sooner) | Q(due__lt=day) & ~Exists(later))
        .select_related("organisation")
        .annotate(
            as_of=Subquery(newest.values("day")[:1]),
            short=Cast("percent", FloatField()) - Subquery(newest.values(share=share)[:1]),
        )
        .order_by(
            Case(
                When(short=None, then=2),
                When(short__lte=0, then=3),
                When(as_of__gte=F("due"), then=0),
                default=1,
            ),
            F("short").desc(),
            "organisation__plain_name",
            "organisation",
        )
    )


def progress_of(targets: Iterable[ReturnTarget], day: date) -> Sequence[OrganisationProgress]:
    """How those of whom these targets are stand to them on a day, in the same order."""
    targets = list(targets)
    told: dict[int, list[tuple[date, int, int]]] = {}
    rows = _told(day).filter(organisation__in=[one.organisation_id for one in targets]).order_by("day")
    for pk, of, installed, phones in rows.values_list("organisation", "day", "installed", "with_smartphone"):
        told.setdefault(pk, []).append((of, installed, phones))
    return [
        OrganisationProgress(one.organisation, one.percent, one.due, told.get(one.organisation_id, ()))
        for one in targets
    ]


def _told(day: date) -> QuerySet[Any]:
    return counting_returns(Form.STAFF).filter(day__range=(day - _HISTORY, day), with_smartphone__gt=0)
