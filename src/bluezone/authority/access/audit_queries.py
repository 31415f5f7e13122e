"""Reads of the audit log: of all of it for whoever runs the server, of their areas for auditors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Q, QuerySet, TextField, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Substr

from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope

__all__ = ["AuditPlace", "AuditSearch", "LoggedEntry", "audit_entries", "audit_page"]

_OF_AREA = "area:"
"""What the subject of an entry begins with that was done to an area."""


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """Who did what to what; ``seal`` is the link of the chain it is in, if it is sealed yet."""

    id: UUID
    recorded_at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, str | int | None]
    seal: int | None


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """What somebody looks for; empty texts and ``None`` look for nothing in particular.

    ``action`` is the whole of it, or what it begins with up to a point: ``keys`` or ``keys.code-issued``.
    ``person`` did it, or it was done to them. ``area`` is a path; what was done below it counts too: an entry
    names an area in its details, or is of one; what is for an organisation says where that is located.
    """

    action: str = ""
    actor: str = ""
    subject: str = ""
    person: str = ""
    area: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditPlace:
    """An entry's place in the order of the log: where a page goes on."""

    recorded_at: datetime
    id: UUID


def audit_entries(search: AuditSearch, scope: Scope) -> Iterator[LoggedEntry]:
    """Entries in the order in which they were written, read as they are asked for."""
    for one in _rows(search, scope).order_by("recorded_at", "pk").iterator():
        yield _logged(one)


def audit_page(
    search: AuditSearch, scope: Scope, *, size: int, before: AuditPlace | None = None
) -> tuple[Sequence[LoggedEntry], bool]:
    """The newest entries, or those before a place; and whether there are still older ones."""
    rows = _rows(search, scope)
    if before is not None:
        rows = rows.filter(
            Q(recorded_at__lt=before.recorded_at) | Q(recorded_at=before.recorded_at, pk__lt=before.id)
        )
    found = [_logged(one) for one in rows.order_by("-recorded_at", "-pk")[: size + 1]]
    return found[:size], len(found) > size


def _rows(search: AuditSearch, scope: Scope) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.select_related("seal")
    if search.action:
        below = f"{search.action.rstrip('.')}."
        rows = rows.filter(Q(action=search.action) | Q(action__startswith=below))
    if search.actor:
        rows = rows.filter(actor=search.actor)
    if search.subject:
        rows = rows.filter(subject=search.subject)
    if search.person:
        rows = rows.filter(Q(actor=search.person) | Q(subject=search.person))
    if search.since is not None:
        rows = rows.filter(recorded_at__gte=search.since)
    if search.until is not None:
        rows = rows.filter(recorded_at__lt=search.until)
    if scope.unlimited and not search.area:
        return rows
    # what names no area concerns all of them: only who is limited by none sees it
    of_area = Case(
        When(subject__startswith=_OF_AREA, then=Substr("subject", len(_OF_AREA) + 1)), default=Value("")
    )
    named = Coalesce(KT("details__located_in"), KT("details__area"), of_area, output_field=TextField())
    rows = rows.annotate(area=named)
    if search.area:
        rows = Scope.of([search.area]).filter(rows, "area")
    return scope.filter(rows, "area")


def _logged(one: AuditEntry) -> LoggedEntry:
    seal = None if one.seal is None else one.seal.seq
    return LoggedEntry(one.pk, one.recorded_at, one.actor, one.action, one.subject, one.details, seal)
