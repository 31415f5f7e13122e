"""Reads of organisations. A scope holds one by the area it is in, or by an organisation that manages it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, OuterRef, QuerySet, Subquery

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.models import Contact, Headcount, Organisation, SchoolClass
from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.queries import runs_within
from bluezone.authority.tabular.spelling import plain

__all__ = [
    "AreaCount",
    "areas_below",
    "classes_of",
    "has_contact",
    "headcounts_of",
    "imports",
    "latest_headcounts",
    "managed_by",
    "organisation_of",
    "organisations",
]


@dataclass(frozen=True, slots=True)
class AreaCount:
    """How many organisations are in an area, anywhere in it."""

    path: str
    name: str
    count: int


def organisations(
    scope: Scope, *, area_path: str = "", words: str = "", kind: Kind | None = None, closed: bool = False
) -> QuerySet[Organisation]:
    """Those of a scope, by name; in an area, of a kind, with all of these words in name or code.

    :param closed: with those that have closed.
    """
    rows = Organisation.objects.filter(withdrawn_at=None).select_related("located_in", "managed_by")
    rows = _within(rows if closed else rows.filter(closed_on=None), scope)
    if area_path:
        rows = Scope.of([area_path]).filter(rows, "located_in__path")
    if kind is not None:
        rows = rows.filter(kind=kind.value)
    for word in plain(words).split():
        rows = rows.filter(plain_name__contains=word) | rows.filter(code__istartswith=word)
    return rows.order_by("plain_name", "pk")


def organisation_of(key: str, scope: Scope) -> Organisation | None:
    """One by its key, closed or not; ``None`` where the scope has no such."""
    return organisations(scope, closed=True).filter(key=key).first()


def managed_by(organisation: Organisation, scope: Scope) -> QuerySet[Organisation]:
    """Those directly below it that have not closed, as far as the scope holds them."""
    return organisations(scope).filter(managed_by=organisation)


def areas_below(area_path: str, scope: Scope) -> Sequence[AreaCount]:
    """The parts of an area (or the highest areas) in which there are organisations of the scope."""
    rows = organisations(scope, area_path=area_path).order_by()
    counts: dict[str, int] = {}
    depth = area_path.count("/") + 2 if area_path else 1
    for path, count in rows.values_list("located_in__path").annotate(count=Count("pk")):
        segments = path.split("/")
        if len(segments) >= depth:
            part = "/".join(segments[:depth])
            counts[part] = counts.get(part, 0) + count
    names = dict(Area.objects.filter(path__in=counts).order_by("valid_from").values_list("path", "name"))
    return [AreaCount(path, names.get(path, path), count) for path, count in sorted(counts.items())]


def headcounts_of(organisation: Organisation, scope: Scope) -> QuerySet[Headcount]:
    """What was counted in the organisation as a whole, newest first; without what was corrected."""
    return _of(Headcount.objects.filter(ended_at=None, school_class=None), organisation, scope).order_by(
        "-as_of", "people"
    )


def classes_of(organisation: Organisation, scope: Scope) -> QuerySet[SchoolClass]:
    """Classes, the newest year first, each with its newest count as ``roll`` and ``roll_as_of``."""
    newest = Headcount.objects.filter(school_class=OuterRef("pk"), ended_at=None, people="pupils").order_by(
        "-as_of"
    )
    rows = SchoolClass.objects.filter(withdrawn_at=None, school=organisation)
    if organisation_of(organisation.key, scope) is None:
        return rows.none()
    return rows.annotate(
        roll=Subquery(newest.values("value")[:1]), roll_as_of=Subquery(newest.values("as_of")[:1])
    ).order_by("-school_year", "name")


def latest_headcounts(
    rows: Sequence[Organisation], scope: Scope, day: date | None = None
) -> Mapping[int, Mapping[str, Headcount]]:
    """For each organisation (by its number in the database) the newest count of each kind of people.

    :param day: up to this day; the rows are then those of ``history.organisations_on`` it.
    """
    wanted = [one.pk for one in rows]
    if day is None:
        held = organisations(scope, closed=True).filter(pk__in=wanted).order_by()
        wanted = list(held.values_list("pk", flat=True))
    counts = Headcount.objects.filter(ended_at=None, school_class=None, organisation__in=wanted)
    counts = (counts if day is None else counts.filter(as_of__lte=day)).order_by("as_of")
    found: dict[int, dict[str, Headcount]] = {}
    for one in counts:
        found.setdefault(one.organisation_id, {})[one.people] = one
    return found


def has_contact(organisation: Organisation, scope: Scope) -> bool:
    """Whether there is somebody to ask; who, is told by ``services.see_contact`` alone."""
    if organisation_of(organisation.key, scope) is None:
        return False
    return Contact.objects.filter(organisation=organisation, erased_at=None).exists()


def imports(scope: Scope) -> Sequence[ImportRun]:
    """The last imports all of whose rows lie in a scope, newest first, those taken back too."""
    rows = Organisation.objects.all()
    inside = _within(rows, scope).order_by().values("pk")
    counts, classes = Headcount.objects.all(), SchoolClass.objects.all()
    contacts = Contact.objects.all()
    return runs_within(
        "organisations",
        rows,
        rows.filter(pk__in=inside),
        (counts, counts.filter(organisation__in=inside)),
        (classes, classes.filter(school__in=inside)),
        (contacts, contacts.filter(organisation__in=inside)),
    )


def _within(rows: QuerySet[Organisation], scope: Scope) -> QuerySet[Organisation]:
    if scope.unlimited:
        return rows
    return scope.filter(rows, "located_in__path") | scope.filter(rows, "path")


def _of(rows: QuerySet[Headcount], organisation: Organisation, scope: Scope) -> QuerySet[Headcount]:
    if organisation_of(organisation.key, scope) is None:
        return rows.none()
    return rows.filter(organisation=organisation)
