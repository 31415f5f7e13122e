"""The writer of what became of areas: enter what a decree says, take it back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area, Succession
from bluezone.authority.areas.queries import successions
from bluezone.authority.areas.rules import AreaKey
from bluezone.authority.areas.succession_rules import Change, Version, faults_of
from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.services import begin_import, undo_import
from bluezone.errors import Refused

__all__ = [
    "SUCCESSION",
    "SuccessionRefused",
    "add_successions",
    "check_successions",
    "told_successions",
    "undo_successions",
]

SUCCESSION = "succession"


class SuccessionRefused(Refused):
    """What is said contradicts the registry, or itself; the message has all of it."""


def check_successions(changes: Sequence[Change]) -> None:
    """Nothing is written.

    :raises SuccessionRefused: it could not be entered.
    """
    codes = {
        code for change in changes for area in change.areas for code in (area.code, *area.whole, *area.parts)
    }
    rows = Area.objects.filter(code__in=codes).values_list(
        "code", "valid_from", "valid_until", "level", "name"
    )
    versions = [Version(AreaKey(code, day), until, level, name) for code, day, until, level, name in rows]
    links, _ = successions()
    if faults := faults_of(changes, versions, links):
        raise SuccessionRefused("; ".join(faults))


@transaction.atomic
def add_successions(changes: Sequence[Change], *, file_name: str, by: Actor, now: datetime) -> ImportRun:
    """Enter what became of areas; figures are carried by it at once.

    :raises SuccessionRefused: see :func:`check_successions`.
    """
    check_successions(changes)
    # The same decree said again is known already, so the text itself needs to differ from no other's.
    text = json.dumps([_document(one) for one in changes], sort_keys=True)
    count = sum(len(area.whole) + len(area.parts) for change in changes for area in change.areas)
    run = begin_import(SUCCESSION, file_name, text.encode(), count, by=by, now=now)
    for change in changes:
        for area in change.areas:
            successor = Area.objects.get(code=area.code, valid_from=change.day)
            if area.elsewhere and not successor.gained_elsewhere:
                successor.gained_elsewhere, successor.gained_told_in = True, run
                successor.save(update_fields=["gained_elsewhere", "gained_told_in"])
            for whole, codes in ((True, area.whole), (False, area.parts)):
                for predecessor in Area.objects.filter(code__in=codes, valid_until=change.day):
                    Succession.objects.create(
                        predecessor=predecessor, successor=successor, whole=whole, entered_in=run
                    )
    return run


@transaction.atomic
def undo_successions(run_id: uuid.UUID, *, by: Actor, now: datetime) -> ImportRun:
    """Take back what was entered together.

    :raises tabular.services.ImportNotFound: no such entry, or undone already.
    """
    run = undo_import(SUCCESSION, run_id, by=by, now=now)
    Succession.objects.filter(entered_in=run).delete()
    Area.objects.filter(gained_told_in=run).update(gained_elsewhere=False, gained_told_in=None)
    return run


def told_successions(scope: Scope, day: date | None = None) -> Sequence[Succession]:
    """What is told of areas that a scope held or holds, in the order of days."""
    links = Succession.objects.select_related("predecessor", "successor")
    within = scope.filter(links, "predecessor__path") | scope.filter(links, "successor__path")
    if day is not None:
        within = within.filter(successor__valid_from=day)
    return list(within.order_by("successor__valid_from", "predecessor__code", "successor__code"))


def _document(change: Change) -> dict[str, object]:
    return {
        "day": change.day.isoformat(),
        "areas": [[one.code, one.whole, one.parts, one.elsewhere] for one in change.areas],
    }
