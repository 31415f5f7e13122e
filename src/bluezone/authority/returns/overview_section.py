"""What the overview of adoption shows of returns: counted at work and at school, apart from areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet, Sum

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.rate_words import rate_words
from bluezone.authority.adoption.sections import Section
from bluezone.authority.areas.models import Area
from bluezone.authority.organisations.history import organisations_on
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.returns.metrics import COUNTS, SURVEYS, Form, Survey, rate_of
from bluezone.authority.returns.models import ReturnSchedule
from bluezone.authority.returns.queries import counting_returns, schedules_of
from bluezone.authority.returns.texts import SURVEY_NAMES, VIEWS
from bluezone.authority.tabular.faults import Said

__all__ = ["SurveyTotal", "returns_section", "totals_in"]


@dataclass(frozen=True, slots=True)
class SurveyTotal:
    """What the newest round of a survey in an area adds up to, and on how many organisations it rests."""

    survey: Survey
    day: date
    asked: int
    resting_on: int
    counts: Mapping[str, int]


def totals_in(area: Area, day: date, scope: Scope) -> list[SurveyTotal]:
    """The newest round up to a day of each survey that asks in an area; one that is empty stays empty."""
    found = []
    for survey in SURVEYS.values():
        form = survey.form
        newest, asking = _newest_round(survey, area.path, day)
        if newest is None:
            continue
        then = organisations_on(newest, scope, area_path=area.path, kind=survey.kind).rows.order_by()
        inside = then.values("pk")
        sums: Mapping[str, Any] = (
            counting_returns(form, newest)
            .filter(organisation__in=inside)
            .aggregate(
                resting_on=Count("organisation", distinct=True),
                **{f"sum_{name}": Sum(name, default=0) for name in COUNTS[form]},
            )
        )
        counts = {name: sums[f"sum_{name}"] for name in COUNTS[form]}
        asked = _asked(then, asking, newest, form).count()
        found.append(SurveyTotal(survey, newest, asked, sums["resting_on"], counts))
    return found


def returns_section(area: Area, day: date, scope: Scope) -> Section | None:
    """For the overview; ``None`` where nobody is asked."""
    totals = totals_in(area, day, scope)
    if not totals:
        return None
    views: dict[Form, Said] = {one.survey.form: VIEWS[one.survey.form] for one in totals}
    rows = [
        {
            "kind": SURVEY_NAMES[one.survey],
            "day": one.day,
            "asked": one.asked,
            "resting_on": one.resting_on,
            "rate": rate_words(*rate_of(one.survey.form, one.counts)) if one.resting_on else "",
            "query": urlencode({"area": area.path, "kind": one.survey.code, "day": one.day.isoformat()}),
        }
        for one in totals
    ]
    return Section("returns/overview_section.html", {"rows": rows, "views": list(views.values())})


def _newest_round(survey: Survey, path: str, until: date) -> tuple[date | None, Sequence[ReturnSchedule]]:
    """The day of the newest round, and the schedules that ask on it."""
    near = [
        one
        for one in schedules_of(survey).filter(first_day__lte=until)
        if Scope.of([one.area.path]).allows(path) or Scope.of([path]).allows(one.area.path)
    ]
    newest = max((day for one in near for day in one.cadence.days(until, 1)), default=None)
    return newest, [one for one in near if newest is not None and one.cadence.has(newest)]


def _asked(
    then: QuerySet[Organisation], asking: Sequence[ReturnSchedule], day: date, form: Form
) -> QuerySet[Organisation]:
    """As a round has it: in the area of a schedule, registered by its cut-off or returned all the same."""
    returned = counting_returns(form, day).values("organisation")
    found = then.none()
    for one in asking:
        near = Scope.of([one.area.path]).filter(then, "located_in__path")
        by_then = Q(registered_at__lte=one.cadence.cutoff_of(day)) | Q(pk__in=returned)
        found = found | near.filter(by_then)
    return found
