"""Reads of the audit log, for whoever runs the server: it has no areas, so there is no scope to take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bluezone.authority.access.models import AuditEntry

__all__ = ["LoggedEntry", "audit_entries"]


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """Who did what to what; ``seal`` is the link of the chain it is in, if it is sealed yet."""

    recorded_at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, str | int | None]
    seal: int | None


def audit_entries(
    *, action: str = "", actor: str = "", subject: str = "", since: datetime | None = None
) -> Iterator[LoggedEntry]:
    """Entries in the order in which they were written, read as they are asked for.

    :param action: the whole of it, or what it begins with up to a point: ``keys`` or ``keys.code-issued``.
    """
    rows = AuditEntry.objects.select_related("seal").order_by("recorded_at", "pk")
    if action:
        rows = rows.filter(action=action) | rows.filter(action__startswith=f"{action.rstrip('.')}.")
    if actor:
        rows = rows.filter(actor=actor)
    if subject:
        rows = rows.filter(subject=subject)
    if since is not None:
        rows = rows.filter(recorded_at__gte=since)
    for one in rows.iterator():
        seal = None if one.seal is None else one.seal.seq
        yield LoggedEntry(one.recorded_at, one.actor, one.action, one.subject, one.details, seal)
