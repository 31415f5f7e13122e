"""The writer of boundaries: bring a file in, take it back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bluezone.authority.access.audit import Actor
from bluezone.authority.areas.boundaries import Outline
from bluezone.authority.areas.models import Boundary
from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.services import begin_import, undo_import
from bluezone.errors import Refused

__all__ = ["BOUNDARIES", "BoundariesInUse", "BoundaryOutcome", "import_boundaries", "undo_boundaries"]

BOUNDARIES = "boundaries"
_BATCH = 500


class BoundariesInUse(Refused):
    """Later boundaries took the place of these; they would have to be taken back first."""


@dataclass(frozen=True, slots=True)
class BoundaryOutcome:
    """What an import did."""

    run: uuid.UUID
    added: int
    replaced: int


@transaction.atomic
def import_boundaries(
    outlines: Sequence[Outline], *, file_name: str, data: bytes, by: Actor, now: datetime
) -> BoundaryOutcome:
    """Store the boundaries of areas; those that they replace are kept, in case these are taken back.

    :raises tabular.services.AlreadyImported: this very file is in already.
    """
    run = begin_import(BOUNDARIES, file_name, data, len(outlines), by=by, now=now)
    replaced = 0
    for at in range(0, len(outlines), _BATCH):
        batch = outlines[at : at + _BATCH]
        old = Boundary.objects.filter(area__in=[one.area for one in batch], replaced_in=None)
        replaced += old.update(replaced_in=run)
        Boundary.objects.bulk_create(
            [Boundary(area_id=one.area, polygons=one.polygons, import_run=run) for one in batch]
        )
    return BoundaryOutcome(run.id, len(outlines) - replaced, replaced)


@transaction.atomic
def undo_boundaries(run_id: uuid.UUID, *, by: Actor, now: datetime) -> ImportRun:
    """Take boundaries back; those that they replaced are drawn again.

    :raises tabular.services.ImportNotFound: no such import, or undone already.
    :raises BoundariesInUse: later ones replaced some.
    """
    run = undo_import(BOUNDARIES, run_id, by=by, now=now)
    own = Boundary.objects.filter(import_run=run)
    if later := own.filter(replaced_in__isnull=False).count():
        raise BoundariesInUse(f"later boundaries replaced {later} of these: undo those first")
    own.delete()
    Boundary.objects.filter(replaced_in=run).update(replaced_in=None)
    return run
