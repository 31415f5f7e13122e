"""The only writers of imports: begin one, mark one as undone."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.tabular.models import ImportRun
from bluezone.errors import Refused

__all__ = ["AlreadyImported", "ImportNotFound", "begin_import", "undo_import"]


class AlreadyImported(Refused):
    """The very same rows of a file are in already; importing them again would only repeat them."""


class ImportNotFound(Refused):
    """There is no such import, or it was undone before."""


@transaction.atomic
def begin_import(
    kind: str,
    file_name: str,
    data: bytes,
    rows: int,
    *,
    by: Actor,
    now: datetime,
    taken: Iterable[int] | None = None,
    area: str | None = None,
) -> ImportRun:
    """Note that a file comes in; the caller writes its rows in the same transaction.

    :param taken: the numbers of the rows that come in, where others may be left out: a city's sheet goes to
        all its wards, and none that takes its own rows keeps the others from taking theirs.
    :param area: the path of the one that all of it is in, whose auditors see it.
    :raises AlreadyImported: just these rows of this very file did, and were not undone.
    """
    of_file = hashlib.sha256(data)
    digest = of_file.digest() if taken is None else _digest_of_rows(of_file.digest(), taken)
    same = ImportRun.objects.filter(kind=kind, digest=digest, undone_at=None)
    if (before := same.first()) is not None:
        raise _already(before)
    try:
        with transaction.atomic():
            run = ImportRun.objects.create(
                kind=kind,
                file_name=file_name[-120:],
                digest=digest,
                rows=rows,
                imported_at=now,
                imported_by=by.reference,
            )
    except IntegrityError:  # sent twice at once
        raise _already(same.get()) from None
    details: dict[str, str | int | None] = {"rows": rows, "sha256": of_file.hexdigest(), "area": area}
    record(by, _imported(kind), _subject(run), details, now=now)
    return run


def _already(before: ImportRun) -> AlreadyImported:
    return AlreadyImported(f"this file was imported already, as {before.id} ({before.file_name})")


def _digest_of_rows(of_file: bytes, taken: Iterable[int]) -> bytes:
    return hashlib.sha256(of_file + ",".join(map(str, sorted(taken))).encode()).digest()


@transaction.atomic
def undo_import(kind: str, run_id: uuid.UUID, *, by: Actor, now: datetime) -> ImportRun:
    """Mark an import as undone; the caller takes its rows back in the same transaction.

    :raises ImportNotFound: no such import of this kind, or undone already.
    """
    # No key is changed: whoever corrects a row of it meanwhile does not wait here while they are waited for.
    runs = ImportRun.objects.select_for_update(no_key=True)
    run = runs.filter(kind=kind, id=run_id, undone_at=None).first()
    if run is None:
        raise ImportNotFound(f"there is no import {run_id} that could be undone")
    run.undone_at, run.undone_by = now, by.reference
    run.save(update_fields=["undone_at", "undone_by"])
    begun = AuditEntry.objects.filter(action=_imported(kind), subject=_subject(run)).first()
    area = None if begun is None else begun.details.get("area")
    record(by, f"{kind}.import-undone", _subject(run), {"rows": run.rows, "area": area}, now=now)
    return run


def _imported(kind: str) -> str:
    return f"{kind}.imported"


def _subject(run: ImportRun) -> str:
    return f"import:{run.id}"
