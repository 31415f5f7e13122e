"""Reads of schedules and of one organisation's returns, within a scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from bluezone.authority.access.scope import Scope
from bluezone.authority.organisations.history import state_on
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.models import FormerState, Organisation, SchoolClass
from bluezone.authority.organisations.rules import school_year_of
from bluezone.authority.returns.metrics import COUNTS, Form, Survey
from bluezone.authority.returns.models import PupilsReturn, ReturnSchedule, StaffReturn, all_returns
from bluezone.authority.returns.rules import State, state_of
from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.queries import runs_within
from bluezone.authority.tabular.spelling import plain

__all__ = [
    "ClassNames",
    "OwnRound",
    "RoundDays",
    "Saying",
    "classes_owed",
    "counting_returns",
    "governing_schedule",
    "history_of",
    "imports",
    "next_round",
    "overlapping_schedule",
    "owing",
    "own_rounds",
    "returns_of",
    "round_of",
    "schedules",
    "schedules_above",
    "schedules_of",
    "summed",
]


@dataclass(frozen=True, slots=True)
class OwnRound:
    """One round of one organisation: how far its return is, and what it adds up to."""

    form: Form
    day: date
    cutoff: datetime
    owed: int
    """Classes, or 1."""

    returned: int
    last: datetime | None
    """When the last of them first came in."""

    state: State
    counts: Mapping[str, int] | None
    """Sums of what is in; ``None`` where nothing is."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What was once said of an organisation or class and a day."""

    counts: Mapping[str, int]
    entered_at: datetime
    file_name: str
    """Of the import that brought it; empty where it was typed in."""

    ended_at: datetime | None
    corrected: bool


def schedules(scope: Scope) -> QuerySet[ReturnSchedule]:
    """Every schedule of areas in a scope, those in force first."""
    rows = scope.filter(ReturnSchedule.objects.select_related("area"), "area__path")
    return rows.order_by("ended_on", "area__path", "kind", "form", "first_day")


def schedules_of(survey: Survey) -> QuerySet[ReturnSchedule]:
    """Those by which a survey asks or asked, anywhere."""
    rows = ReturnSchedule.objects.filter(kind=survey.kind.value, form=survey.form.value)
    return rows.select_related("area")


def schedules_above(path: str, survey: Survey) -> Sequence[ReturnSchedule]:
    """Those by which a survey asks, or asked, in an area: its own, and those of areas above."""
    codes = path.split("/")
    above = ["/".join(codes[:depth]) for depth in range(1, len(codes) + 1)]
    return list(schedules_of(survey).filter(area__path__in=above).order_by("first_day", "pk"))


def governing_schedule(organisation: Organisation, form: Form, day: date) -> ReturnSchedule | None:
    """The schedule by which an organisation has a round on a day, where it was on that day."""
    found = schedules_above(state_on(organisation, day).located_in.path, _survey(organisation, form))
    return next((one for one in found if one.cadence.has(day)), None)


def overlapping_schedule(path: str, survey: Survey, first_day: date) -> ReturnSchedule | None:
    """One that asks some of the same people on or after a day: nobody is asked twice."""
    going_on = schedules_of(survey).filter(Q(ended_on=None) | Q(ended_on__gt=first_day))
    below = Scope.of([path]).filter(going_on, "area__path").order_by("first_day").first()
    above = (one for one in schedules_above(path, survey) if one.ended_on is None or one.ended_on > first_day)
    return below or next(above, None)


def classes_owed(organisation: Organisation, day: date) -> Sequence[SchoolClass]:
    """The classes of which a school makes its return of a day; none where the registry has none."""
    rows = SchoolClass.objects.filter(school=organisation, withdrawn_at=None, school_year=school_year_of(day))
    return sorted(rows, key=lambda one: (len(one.name), one.name))


def owing(day: date, cutoff: datetime) -> Q:
    """The classes that owe a return of a round: registered by its cut-off, or later and told all the same.

    Of a school that had no classes then, all of them once it is told class by class: nothing else has their
    pupils any more.
    """
    of_year = Q(withdrawn_at=None, school_year=school_year_of(day))
    by_then = Q(registered_at=None) | Q(registered_at__lte=cutoff)
    told = PupilsReturn.objects.filter(day=day, ended_at=None)
    its_own = told.filter(school_class=OuterRef("pk"))
    any_class = told.filter(organisation=OuterRef("school"), school_class__isnull=False)
    had_classes = SchoolClass.objects.filter(of_year, by_then, school=OuterRef("school"))
    return of_year & (by_then | Exists(its_own) | (Exists(any_class) & ~Exists(had_classes)))


def counting_returns(form: Form, day: date | None = None) -> QuerySet[Any]:
    """Returns that count: the newest of each organisation or class, without classes that were withdrawn."""
    rows = all_returns(form).filter(ended_at=None)
    if day is not None:
        rows = rows.filter(day=day)
    if form is Form.PUPILS:
        rows = rows.filter(Q(school_class=None) | Q(school_class__withdrawn_at=None))
    return rows


class RoundDays:
    """Which days are rounds of organisations, for many of them at a time."""

    def __init__(self) -> None:
        self._by_place: dict[tuple[str, Survey], Sequence[ReturnSchedule]] = {}

    def has(self, area_path: str, survey: Survey, day: date) -> bool:
        """Whether a survey has a round on a day in an area."""
        place = (area_path, survey)
        if place not in self._by_place:
            self._by_place[place] = schedules_above(area_path, survey)
        return any(one.cadence.has(day) for one in self._by_place[place])


class ClassNames:
    """The classes of schools by name without diacritics, for many of them at a time."""

    def __init__(self) -> None:
        self._by_school: dict[tuple[int, int], Mapping[str, int]] = {}

    def of(self, school: int, day: date) -> Mapping[str, int]:
        """The classes of which a school makes its return of a day."""
        year = school_year_of(day)
        if (school, year) not in self._by_school:
            rows = SchoolClass.objects.filter(school=school, withdrawn_at=None, school_year=year)
            self._by_school[school, year] = {plain(name): pk for pk, name in rows.values_list("pk", "name")}
        return self._by_school[school, year]


def own_rounds(organisation: Organisation, form: Form, now: datetime, most: int) -> Sequence[OwnRound]:
    """The last rounds of an organisation up to today, the newest first; its registration is the first."""
    found: dict[date, datetime] = {}
    today = timezone.localtime(now).date()
    for path, since, until in _places(organisation):
        for schedule in schedules_above(path, _survey(organisation, form)):
            for day in schedule.cadence.days(min(today, until - timedelta(1)), most):
                if day >= since:
                    found[day] = schedule.cadence.cutoff_of(day)
    days = sorted(found, reverse=True)[:most]
    sums = _sums_by_day(organisation, form, days)
    owed: Mapping[str, int] = {}
    if form is Form.PUPILS:
        owed = SchoolClass.objects.filter(school=organisation).aggregate(
            **{str(day): Count("pk", filter=owing(day, found[day])) for day in days}
        )
    rounds = []
    for day in days:
        row = sums.get(day)
        if row is None and found[day] < organisation.registered_at:
            continue
        if organisation.closed_on is not None and day >= organisation.closed_on and row is None:
            continue
        rounds.append(round_of(day, found[day], max(1, owed.get(str(day), 1)), row, form, now))
    return rounds


def next_round(organisation: Organisation, form: Form, today: date) -> date | None:
    """The first round after today."""
    found = (
        one.cadence.next_after(today)
        for one in schedules_above(organisation.located_in.path, _survey(organisation, form))
    )
    return min((one for one in found if one is not None), default=None)


def returns_of(
    organisation: Organisation, form: Form, day: date, scope: Scope
) -> Sequence[StaffReturn | PupilsReturn]:
    """What counts of an organisation on a day: one return, or one for each class that made it."""
    if not _holds(scope, organisation):
        return []
    return list(counting_returns(form, day).filter(organisation=organisation))


def history_of(
    organisation: Organisation, form: Form, school_class: int | None, day: date, scope: Scope
) -> Sequence[Saying]:
    """All that was ever said of one return, the newest first; nothing outside the scope."""
    if not _holds(scope, organisation):
        return []
    rows = all_returns(form).filter(organisation=organisation, day=day)
    if form is Form.PUPILS:
        rows = rows.filter(school_class=school_class)
    return [
        Saying(
            {name: getattr(one, name) for name in COUNTS[form]},
            one.entered_at,
            "" if one.import_run is None else one.import_run.file_name,
            one.ended_at,
            one.superseded_by_id is not None,
        )
        for one in rows.select_related("import_run").order_by("-entered_at", "-pk")
    ]


def imports(scope: Scope) -> Sequence[ImportRun]:
    """The last imports all of whose rows lie in a scope, newest first, those taken back too."""
    tables = []
    for form in Form:
        rows = all_returns(form).filter(import_run__isnull=False)
        tables.append((rows, _inside(rows, scope)))
    (first, inside), *more = tables
    return runs_within("returns", first, inside, *more)


def _inside(rows: QuerySet[Any], scope: Scope) -> QuerySet[Any]:
    if scope.unlimited:
        return rows
    return scope.filter(rows, "organisation__located_in__path") | scope.filter(rows, "organisation__path")


def _places(organisation: Organisation) -> Iterable[tuple[str, date, date]]:
    """Where an organisation was, from when until when; it may have moved."""
    since = date.min
    moved = FormerState.objects.filter(organisation=organisation, until__isnull=False)
    for one in moved.select_related("located_in").order_by("until", "pk"):
        if one.until is not None and one.until > since:
            yield one.located_in.path, since, one.until
            since = one.until
    yield organisation.located_in.path, since, date.max


def _survey(organisation: Organisation, form: Form) -> Survey:
    return Survey(Kind(organisation.kind), form)


def _holds(scope: Scope, organisation: Organisation) -> bool:
    return scope.allows(organisation.located_in.path) or scope.allows(organisation.path)


def _sums_by_day(
    organisation: Organisation, form: Form, days: Iterable[date]
) -> Mapping[date, Mapping[str, Any]]:
    rows = counting_returns(form).filter(organisation=organisation, day__in=list(days))
    return {row["day"]: row for row in summed(rows, form, "day")}


def summed(rows: QuerySet[Any], form: Form, by: str) -> Iterable[Mapping[str, Any]]:
    """Sums of returns by a field, with how many they are, when the last came, and of whole schools."""
    whole = Q(school_class=None) if form is Form.PUPILS else Q()
    found: Iterable[Mapping[str, Any]] = (
        rows.order_by()
        .values(by)
        .annotate(
            returned=Count("pk"),
            whole=Count("pk", filter=whole) if form is Form.PUPILS else Count("pk"),
            last=Max("first_entered_at"),
            **{f"sum_{name}": Sum(name) for name in COUNTS[form]},
        )
    )
    return found


def round_of(
    day: date, cutoff: datetime, owed: int, row: Mapping[str, Any] | None, form: Form, now: datetime
) -> OwnRound:
    """How an organisation stands to a round, from its row of :func:`summed`."""
    if row is None:
        return OwnRound(form, day, cutoff, owed, 0, None, state_of(owed, 0, None, cutoff, now), None)
    # A whole school that made its return while it had no classes owes no more of that day.
    owed = 1 if row["whole"] else owed
    state = state_of(owed, row["returned"], row["last"], cutoff, now)
    counts = {name: row[f"sum_{name}"] for name in COUNTS[form]}
    return OwnRound(form, day, cutoff, owed, row["returned"], row["last"], state, counts)
