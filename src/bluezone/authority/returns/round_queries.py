"""A round as officers see it: who has returned, late or not, who is missing since when, and the totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import parts_on
from bluezone.authority.organisations.history import organisations_on
from bluezone.authority.organisations.models import SchoolClass
from bluezone.authority.organisations.queries import organisations
from bluezone.authority.returns.metrics import COUNTS, Form, Survey
from bluezone.authority.returns.models import ReturnSchedule
from bluezone.authority.returns.queries import (
    OwnRound,
    counting_returns,
    owing,
    round_of,
    schedules_of,
    summed,
)
from bluezone.authority.returns.rules import State, missing_since

__all__ = ["Asked", "Gap", "PartTally", "Round", "Tally", "gaps", "round_days", "round_on"]

_MOST_ROUNDS = 400
_WORST_FIRST = (State.MISSING, State.INCOMPLETE, State.AWAITED, State.LATE, State.ON_TIME)


@dataclass(frozen=True, slots=True)
class Asked:
    """An organisation that a round asks."""

    pk: int
    key: str
    code: str
    name: str
    area_path: str
    area_name: str
    registered_at: datetime
    schedule: ReturnSchedule
    own: OwnRound


@dataclass(frozen=True, slots=True)
class Tally:
    """What some organisations add up to, and how many of them have said something at all."""

    asked: int
    states: Mapping[State, int]
    resting_on: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PartTally:
    """A part of an area; ``None`` for what is in the area and in none of its parts."""

    area: Area | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a survey in an area, or in all that a scope holds."""

    area: Area | None
    survey: Survey
    day: date
    asked: tuple[Asked, ...]
    """The worst first."""

    total: Tally
    parts: tuple[PartTally, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Since which round an organisation is missing, and the day of its last return before."""

    since: date | None
    last_return: date | None


def round_days(survey: Survey, area_path: str, scope: Scope, until: date, most: int) -> Sequence[date]:
    """The last rounds of a survey that ask any organisation in an area, the newest first."""
    rows = organisations(scope, area_path=area_path, kind=survey.kind).order_by()
    paths = set(rows.values_list("located_in__path", flat=True).distinct())
    found: set[date] = set()
    for schedule in schedules_of(survey):
        asking = Scope.of([schedule.area.path])
        if any(asking.allows(path) for path in paths):
            found.update(schedule.cadence.days(until, most))
    return sorted(found, reverse=True)[:most]


def round_on(day: date, survey: Survey, area: Area | None, scope: Scope, now: datetime) -> Round:
    """Everybody whom a round asks, with the totals of the area and of each of its parts.

    Parts are those that the area had on that day. Nothing of another day is in the totals.
    """
    asked = tuple(_asked(day, survey, "" if area is None else area.path, scope, now))
    parts: tuple[PartTally, ...] = ()
    if area is not None:
        parts = tuple(_parts(asked, survey.form, parts_on(area, day, scope)))
    return Round(area, survey, day, asked, _tally(asked, survey.form), parts)


def gaps(asked: Sequence[Asked], survey: Survey, day: date, now: datetime) -> Mapping[int, Gap]:
    """For those of whom nothing is in, by their number in the database: since when."""
    missing = [one for one in asked if one.own.state is State.MISSING]
    before = counting_returns(survey.form)
    before = before.filter(organisation__in=[one.pk for one in missing], day__lt=day)
    last = dict(before.order_by().values_list("organisation").annotate(last=Max("day")))
    schedules = list(schedules_of(survey))
    rounds: dict[str, Sequence[tuple[date, datetime]]] = {}
    found = {}
    for one in missing:
        if one.area_path not in rounds:
            rounds[one.area_path] = _rounds_until(one.area_path, schedules, day)
        passed = [of for of, cutoff in rounds[one.area_path] if cutoff <= now and cutoff >= one.registered_at]
        found[one.pk] = Gap(missing_since(passed, last.get(one.pk)), last.get(one.pk))
    return found


def _asked(day: date, survey: Survey, area_path: str, scope: Scope, now: datetime) -> Iterable[Asked]:
    form = survey.form
    then = organisations_on(day, scope, area_path=area_path, kind=survey.kind)
    asking = _Asking([one for one in schedules_of(survey) if one.cadence.has(day)])
    inside = then.rows.order_by().values("pk")
    told = counting_returns(form, day).filter(organisation__in=inside)
    rows = {row["organisation"]: row for row in summed(told, form, "organisation")}
    classes: Mapping[datetime, Mapping[int, int]] = {}
    if form is Form.PUPILS:
        schools = SchoolClass.objects.filter(school__in=inside).order_by()
        classes = {
            cutoff: dict(schools.filter(owing(day, cutoff)).values_list("school").annotate(count=Count("pk")))
            for cutoff in asking.cutoffs(day)
        }
    fields = ("pk", "key", "code", "name", "located_in__path", "located_in__name", "registered_at")
    found = []
    for pk, key, code, name, path, area_name, registered_at in then.rows.values_list(*fields):
        former = then.former.get(pk)
        if former is not None:
            code, name, path, area_name = (
                former.code,
                former.name,
                former.located_in.path,
                former.located_in.name,
            )
        schedule = asking.of(path)
        if schedule is None:
            continue
        cutoff, row = schedule.cadence.cutoff_of(day), rows.get(pk)
        if row is None and registered_at > cutoff:
            continue  # registered later: it was not asked
        own = round_of(day, cutoff, classes.get(cutoff, {}).get(pk, 1), row, form, now)
        found.append(Asked(pk, key, code, name, path, area_name, registered_at, schedule, own))
    return sorted(found, key=lambda one: _WORST_FIRST.index(one.own.state))


class _Asking:
    """Which schedule asks the organisations of an area: its own, or that of an area above."""

    def __init__(self, schedules: Sequence[ReturnSchedule]) -> None:
        self._by_path = {one.area.path: one for one in schedules}
        self._found: dict[str, ReturnSchedule | None] = {}

    def cutoffs(self, day: date) -> frozenset[datetime]:
        """Of a day that is a round of theirs."""
        return frozenset(one.cadence.cutoff_of(day) for one in self._by_path.values())

    def of(self, path: str) -> ReturnSchedule | None:
        """``None`` where nobody asks."""
        if path not in self._found:
            above = path
            while above and above not in self._by_path:
                above = above.rpartition("/")[0]
            self._found[path] = self._by_path.get(above)
        return self._found[path]


def _rounds_until(
    path: str, schedules: Sequence[ReturnSchedule], until: date
) -> Sequence[tuple[date, datetime]]:
    found: dict[date, datetime] = {}
    for one in schedules:
        if Scope.of([one.area.path]).allows(path):
            for day in one.cadence.days(until, _MOST_ROUNDS):
                found[day] = one.cadence.cutoff_of(day)
    return sorted(found.items(), reverse=True)


def _parts(asked: Sequence[Asked], form: Form, parts: Iterable[Area]) -> Iterable[PartTally]:
    parts = list(parts)
    by_path: dict[str, list[Asked]] = {one.path: [] for one in parts}
    rest: list[Asked] = []
    depth = parts[0].path.count("/") + 1 if parts else 0
    for one in asked:
        found = by_path.get("/".join(one.area_path.split("/")[:depth]))
        (rest if found is None else found).append(one)
    for part in parts:
        if by_path[part.path]:
            yield PartTally(part, _tally(by_path[part.path], form))
    if parts and rest:
        yield PartTally(None, _tally(rest, form))


def _tally(asked: Sequence[Asked], form: Form) -> Tally:
    said = [one.own.counts for one in asked if one.own.counts is not None]
    return Tally(
        len(asked),
        {state: sum(one.own.state is state for one in asked) for state in _WORST_FIRST},
        len(said),
        {name: sum(counts[name] for counts in said) for name in COUNTS[form]},
    )
