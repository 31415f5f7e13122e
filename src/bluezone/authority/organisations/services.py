"""The only writers of organisations: imports, their undoing, contact persons seen and erased."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.queries import shared_area
from bluezone.authority.organisations.headcounts import add_headcounts
from bluezone.authority.organisations.locking import are_where_they_were
from bluezone.authority.organisations.models import Contact, Headcount, Organisation, SchoolClass, new_key
from bluezone.authority.organisations.queries import organisation_of
from bluezone.authority.organisations.sealed_contact import ContactPerson, open_contact, seal_contact
from bluezone.authority.organisations.sheet import Progress
from bluezone.authority.organisations.sheet_rows import OrganisationRow, manager_paths, new_paths
from bluezone.authority.tabular.faults import SheetRefused
from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.services import begin_import, undo_import
from bluezone.authority.tabular.spelling import plain
from bluezone.errors import Refused

__all__ = [
    "KIND",
    "CannotUndo",
    "ImportOutcome",
    "OrganisationNotFound",
    "erase_contact",
    "import_organisations",
    "see_contact",
    "undo_organisations",
]

KIND = "organisations"
_BATCH = 2_000
_CHANGED = (
    "Danh bạ vừa thay đổi. Hãy xem trước tệp lại.",
    "the registry changed meanwhile: read the file again",
)


class CannotUndo(Refused):
    """Something later rests on this import; it would have to be undone first."""


class OrganisationNotFound(Refused):
    """There is no such organisation in the scope."""


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import added."""

    run: uuid.UUID
    organisations: int
    classes: int
    headcounts: int
    contacts: int


def import_organisations(
    rows: Sequence[OrganisationRow],
    *,
    file_name: str,
    data: bytes,
    by: Actor,
    now: datetime,
    progress: Progress | None = None,
) -> ImportOutcome:
    """Register the rows of a sheet, all or none. They were looked up within a scope already.

    :raises tabular.services.AlreadyImported: this very file is in already.
    :raises SheetRefused: the registry changed since the sheet was read.
    """
    try:
        with transaction.atomic():
            return _import(rows, file_name, data, by, now, progress or (lambda *_: None))
    except IntegrityError:
        raise SheetRefused(*_CHANGED) from None


def _import(
    rows: Sequence[OrganisationRow], file_name: str, data: bytes, by: Actor, now: datetime, progress: Progress
) -> ImportOutcome:
    taken, area = [row.row for row in rows], shared_area(row.area for row in rows if row.school_class is None)
    run = begin_import(KIND, file_name, data, len(rows), by=by, now=now, taken=taken, area=area)
    if not are_where_they_were(manager_paths(rows)):
        raise SheetRefused(*_CHANGED)
    created = _create(rows, run, by, now, progress)
    of_row = {
        row.row: created[row.row] if row.registered is None else row.registered.pk
        for row in rows
        if row.school_class is None
    }
    classes, new_classes = _classes(rows, of_row, run)
    headcounts = [
        Headcount(
            organisation_id=_organisation(row, of_row),
            school_class_id=classes.get(row.row),
            people=people.value,
            value=value,
            as_of=row.as_of,
            entered_at=now,
            entered_by=by.reference,
            import_run=run,
        )
        for row in rows
        if row.as_of is not None
        for people, value in row.counts.items()
    ]
    progress("headcounts", 0, len(headcounts))
    added = add_headcounts(headcounts, now)
    contacts = _add_contacts(rows, of_row, run, by, now)
    return ImportOutcome(run.id, len(created), new_classes, added, contacts)


def _organisation(row: OrganisationRow, of_row: Mapping[int, int]) -> int:
    if row.registered is not None:
        return row.registered.pk
    return of_row[row.row if row.same_as is None else row.same_as]


def _create(
    rows: Sequence[OrganisationRow], run: ImportRun, by: Actor, now: datetime, progress: Progress
) -> dict[int, int]:
    """Those that are new, the managing before the managed; their keys in the database by row."""
    keys = {row.row: new_key() for row in rows}
    paths = new_paths(rows, lambda row: keys[row.row])
    known = {row.row: row.registered.pk for row in rows if row.registered is not None}
    created: dict[int, int] = {}
    levels: dict[int, list[OrganisationRow]] = {}
    for row in rows:
        if row.row in paths:
            levels.setdefault(paths[row.row].count("/"), []).append(row)
    for _, level in sorted(levels.items()):
        for start in range(0, len(level), _BATCH):
            part = level[start : start + _BATCH]
            progress("registering", len(created), len(paths))
            made = Organisation.objects.bulk_create(
                Organisation(
                    key=keys[row.row],
                    code=row.code,
                    kind=row.kind.value,
                    name=row.name,
                    plain_name=plain(row.name),
                    address=row.address,
                    located_in_id=row.area,
                    managed_by_id=_manager(row, created, known),
                    managed_by_name=row.manager.name,
                    path=paths[row.row],
                    registered_at=now,
                    registered_by=by.reference,
                    import_run=run,
                )
                for row in part
            )
            created.update((row.row, one.pk) for row, one in zip(part, made, strict=True))
    return created


def _manager(row: OrganisationRow, created: Mapping[int, int], known: Mapping[int, int]) -> int | None:
    if row.manager.registered is not None:
        return row.manager.registered.pk
    above = row.manager.row
    return None if above is None else known.get(above) or created[above]


def _classes(
    rows: Sequence[OrganisationRow], of_row: Mapping[int, int], run: ImportRun
) -> tuple[Mapping[int, int], int]:
    """The classes of rows by row, and how many of them are new."""
    wanted = {
        row.row: (_organisation(row, of_row), *row.school_class)
        for row in rows
        if row.school_class is not None
    }
    schools = {school for school, _, _ in wanted.values()}
    current = SchoolClass.objects.filter(withdrawn_at=None, school_id__in=schools)
    known = {(one.school_id, one.school_year, one.name): one.pk for one in current}
    new = [identity for identity in wanted.values() if identity not in known]
    made = SchoolClass.objects.bulk_create(
        (
            SchoolClass(
                school_id=school, school_year=year, name=name, import_run=run, registered_at=run.imported_at
            )
            for school, year, name in new
        ),
        batch_size=_BATCH,
    )
    known.update(zip(new, (one.pk for one in made), strict=True))
    return {row: known[identity] for row, identity in wanted.items()}, len(new)


def _add_contacts(
    rows: Sequence[OrganisationRow], of_row: Mapping[int, int], run: ImportRun, by: Actor, now: datetime
) -> int:
    """Contact persons of organisations that have none; nobody's is replaced by an import."""
    wanted = {_organisation(row, of_row): row.contact for row in rows if row.contact is not None}
    registered = [row.registered.pk for row in rows if row.contact is not None and row.registered is not None]
    have = Contact.objects.filter(erased_at=None, organisation_id__in=registered)
    taken = set(have.values_list("organisation_id", flat=True))
    new = [
        _contact(organisation, person, run, by, now)
        for organisation, person in wanted.items()
        if organisation not in taken
    ]
    Contact.objects.bulk_create(new, batch_size=_BATCH)
    return len(new)


def _contact(organisation: int, person: ContactPerson, run: ImportRun, by: Actor, now: datetime) -> Contact:
    row = uuid.uuid4()
    return Contact(
        id=row,
        organisation_id=organisation,
        sealed=seal_contact(person, row),
        entered_at=now,
        entered_by=by.reference,
        import_run=run,
    )


@transaction.atomic
def undo_organisations(run_id: uuid.UUID, *, by: Actor, now: datetime) -> ImportRun:
    """Take an import back: what it registered is withdrawn, what it superseded counts again.

    :raises tabular.services.ImportNotFound: no such import, or undone already.
    :raises CannotUndo: later imports or edits by hand rest on it.
    """
    run = undo_import(KIND, run_id, by=by, now=now)
    organisations = Organisation.objects.filter(import_run=run)
    classes, headcounts = SchoolClass.objects.filter(import_run=run), Headcount.objects.filter(import_run=run)
    later = (
        organisations.filter(version__gt=0),
        headcounts.filter(superseded_by__isnull=False),
        Organisation.objects.filter(managed_by__in=organisations, withdrawn_at=None).exclude(import_run=run),
        SchoolClass.objects.filter(school__in=organisations, withdrawn_at=None).exclude(import_run=run),
        Headcount.objects.filter(organisation__in=organisations, ended_at=None).exclude(import_run=run),
        Headcount.objects.filter(school_class__in=classes, ended_at=None).exclude(import_run=run),
    )
    if any(one.exists() for one in later):
        raise CannotUndo("later imports or edits by hand rest on this one: undo those first")
    headcounts.update(ended_at=now)
    Headcount.objects.filter(superseded_by__in=headcounts).update(ended_at=None, superseded_by=None)
    classes.update(withdrawn_at=now)
    organisations.update(withdrawn_at=now)
    Contact.objects.filter(import_run=run, erased_at=None).update(erased_at=now, sealed=b"")
    return run


@transaction.atomic
def see_contact(key: str, *, scope: Scope, by: Actor, now: datetime) -> ContactPerson | None:
    """Whom to ask in an organisation; that somebody looked is recorded.

    :raises OrganisationNotFound: not in the scope.
    """
    one = _found(key, scope)
    contact = Contact.objects.filter(organisation=one, erased_at=None).first()
    if contact is None:
        return None
    where = {"area": one.located_in.path}
    record(by, "organisations.contact-seen", f"organisation:{key}", where, now=now)
    return open_contact(bytes(contact.sealed), contact.id)


@transaction.atomic
def erase_contact(key: str, *, scope: Scope, by: Actor, now: datetime) -> bool:
    """Erase whom to ask, as that person may demand; whether there was anybody.

    :raises OrganisationNotFound: not in the scope.
    """
    one = _found(key, scope)
    erased = Contact.objects.filter(organisation=one, erased_at=None).update(erased_at=now, sealed=b"")
    if erased:
        where = {"area": one.located_in.path}
        record(by, "organisations.contact-erased", f"organisation:{key}", where, now=now)
    return bool(erased)


def _found(key: str, scope: Scope) -> Organisation:
    organisation = organisation_of(key, scope)
    if organisation is None:
        raise OrganisationNotFound(f"there is no organisation {key} within your scope")
    return organisation
