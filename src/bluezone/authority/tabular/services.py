"""The only writers of imports: begin one, mark one as undone."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime

from django.db import transaction

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.tabular.models import ImportRun
from bluezone.errors import Refused

__all__ = ["AlreadyImported", "ImportNotFound", "begin_import", "undo_import"]


class AlreadyImported(Refused):
    """The very same file is in already; importing it again would only repeat it."""


class ImportNotFound(Refused):
    """There is no such import, or it was undone before."""


@transaction.atomic
def begin_import(kind: str, file_name: str, data: bytes, rows: int, *, by: Actor, now: datetime) -> ImportRun:
    """Note that a file comes in; the caller writes its rows in the same transaction.

    :raises AlreadyImported: this very file did, and was not undone.
    """
    digest = hashlib.sha256(data).digest()
    before = ImportRun.objects.filter(kind=kind, digest=digest, undone_at=None).first()
    if before is not None:
        raise AlreadyImported(f"this file was imported already, as {before.id} ({before.file_name})")
    run = ImportRun.objects.create(
        kind=kind,
        file_name=file_name[-120:],
        digest=digest,
        rows=rows,
        imported_at=now,
        imported_by=by.reference,
    )
    record(by, f"{kind}.imported", f"import:{run.id}", {"rows": rows, "sha256": digest.hex()}, now=now)
    return run


@transaction.atomic
def undo_import(kind: str, run_id: uuid.UUID, *, by: Actor, now: datetime) -> ImportRun:
    """Mark an import as undone; the caller takes its rows back in the same transaction.

    :raises ImportNotFound: no such import of this kind, or undone already.
    """
    run = ImportRun.objects.select_for_update().filter(kind=kind, id=run_id, undone_at=None).first()
    if run is None:
        raise ImportNotFound(f"there is no import {run_id} that could be undone")
    run.undone_at, run.undone_by = now, by.reference
    run.save(update_fields=["undone_at", "undone_by"])
    record(by, f"{kind}.import-undone", f"import:{run.id}", {"rows": run.rows}, now=now)
    return run
