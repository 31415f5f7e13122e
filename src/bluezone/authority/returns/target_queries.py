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
from bluezone.authority.adoption.standing_words import WORST_FIRST
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
    counts: tuple[int, int] | None
    """Installed, of staff with a smartphone; ``None`` where nothing was returned in sixty days."""

    as_of: date | None
    missing: int | None
    """How many more installs reach it."""

    ahead: Forecast | NoForecast | None
    standing: Standing


def progress_in(
    kind: Kind, area_path: str, day: date, scope: Scope, *, key: str = ""
) -> Sequence[OrganisationProgress]:
    """How those of a kind in an area stand to their targets on a day, the worst first.

    Of each the next target due counts, or else the last that was.
    """
    held = organisations(scope, area_path=area_path, kind=kind)
    if key:
        held = held.filter(key=key)
    targets: dict[int, ReturnTarget] = {}
    rows = ReturnTarget.objects.filter(ended_at=None, organisation__in=held.order_by().values("pk"))
    for target in rows.order_by("due"):
        before = targets.get(target.organisation_id)
        if before is None or before.due < day:
            targets[target.organisation_id] = target
    returned: dict[int, list[tuple[date, int, int]]] = {}
    told = counting_returns(Form.STAFF).filter(
        organisation__in=list(targets), day__range=(day - _HISTORY, day)
    )
    fields = ("organisation", "day", "installed", "with_smartphone")
    for pk, of, installed, phones in told.order_by("day").values_list(*fields):
        returned.setdefault(pk, []).append((of, installed, phones))
    found = [_progress(one, targets[one.pk], returned.get(one.pk, [])) for one in held if one.pk in targets]
    return sorted(
        found,
        key=lambda one: (WORST_FIRST.index(one.standing), -(one.missing or 0), one.organisation.plain_name),
    )


def _progress(
    one: Organisation, target: ReturnTarget, told: Sequence[tuple[date, int, int]]
) -> OrganisationProgress:
    counted = [row for row in told if row[2]]
    if not counted:
        return OrganisationProgress(one, target.percent, target.due, None, None, None, None, Standing.OPEN)
    as_of, *rest = counted[-1]
    counts = (rest[0], rest[1])
    missing = phones_missing(*counts, target.percent)
    ahead = None
    if missing and as_of < target.due:
        points = [
            Point(of, 100 * installed / phones, _DEFINITIONS, "return") for of, installed, phones in counted
        ]
        ahead = forecast(points, target.due, _DEFINITIONS)
    stands = standing(counts, as_of, target.percent, target.due, ahead)
    return OrganisationProgress(one, target.percent, target.due, counts, as_of, missing, ahead, stands)
