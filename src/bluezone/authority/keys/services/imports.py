"""Following other authorities: their new files are fetched, checked, and their keys taken in once.

A file and its keys are written in one transaction that begins with the file's own row: of two runners the
second finds it there, and what a crash interrupts is fetched again. A file that cannot be used stops no
other; the source says what ails it, and the file is tried again.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.keys.export_storage import ExportStorage, export_storage
from bluezone.authority.keys.import_client import HttpExports, ImportFailed, check_source_url
from bluezone.authority.keys.import_rules import ImportedKey, decide_import
from bluezone.authority.keys.models import (
    ExportConfig,
    ImportedFile,
    ImportSource,
    PublishedKey,
    random_row_id,
)
from bluezone.authority.keys.report_types import ReportTypeName, may_revise
from bluezone.authority.keys.services.builder_lock import only_importer
from bluezone.authority.keys.services.mirrors import (
    claim_region,
    copy_file,
    mirrored_lines,
    mirrors_of,
    show_files,
    take_down_old_mirrors,
)
from bluezone.errors import Refused
from bluezone.protocols.export_file import Export, read_export
from bluezone.protocols.export_region import REGION
from bluezone.protocols.export_signature import load_public_keys

__all__ = [
    "ImportRefused",
    "ImportReport",
    "add_source",
    "exportable",
    "run_imports",
    "run_imports_if_idle",
    "stop_source",
]

_log = structlog.get_logger("bluezone.authority.imports")
_ROWS_AT_ONCE = 2_000
_LONGEST_ERROR = 300
_SOURCE_SECONDS = 600.0
"""After which no further file of a source is asked for in a run: others want their turn."""


class ImportRefused(Refused):
    """A source cannot be followed as asked."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one run took from a source: files, new keys, and files that could not be used, with why."""

    source: str
    files: tuple[str, ...]
    keys: int
    failed: tuple[str, ...]


def exportable() -> Q:
    """Which published keys may go into our own exports: ours, and those of sources that may be passed on."""
    passed_on = list(ImportSource.objects.filter(reexport=True).values_list("pk", flat=True))
    return Q(imported_from=None) | Q(imported_from__in=passed_on)  # no join or subquery: updates pay for them


@transaction.atomic
def add_source(
    name: str,
    index_url: str,
    *,
    region: str,
    public_keys_pem: str,
    reexport: bool,
    mirror: bool = False,
    by: Actor,
    now: datetime,
) -> ImportSource:
    """Follow an authority from now on; or again, or otherwise than before.

    :param region: of ours, whose exports its keys join if ``reexport``; with ``mirror`` one that is not
        ours, under which its files are shown.
    :param public_keys_pem: the keys it signs with, one PEM block after the other.
    :raises Refused: an unusable name, address, region or key.
    """
    if not name.strip() or len(name) > 100:
        raise ImportRefused("a source has a name of up to 100 characters")
    check_source_url(index_url)
    if not REGION.fullmatch(region):
        raise ImportRefused(f"region {region!r} is not like VN or VN-HN")
    if reexport and not ExportConfig.objects.filter(region=region).exists():
        raise ImportRefused(f"there are no exports of region {region} that its keys could join")
    if mirror:
        _check_mirror(name, region)
    load_public_keys(public_keys_pem.encode())
    source, created = ImportSource.objects.update_or_create(
        name=name,
        defaults={
            "index_url": index_url,
            "region": region,
            "public_keys_pem": public_keys_pem,
            "reexport": reexport,
            "mirror": mirror,
            "enabled": True,
        },
    )
    details: dict[str, str | int | None] = {
        "url": index_url,
        "region": region,
        "reexport": reexport,
        "mirror": mirror,
    }
    record(by, "keys.import-added" if created else "keys.import-changed", f"import:{name}", details, now=now)
    return source


def _check_mirror(name: str, region: str) -> None:
    if ExportConfig.objects.filter(region=region).exists():
        raise ImportRefused(
            f"region {region} has exports of our own: mirror under another, such as the source's"
        )
    if mirrors_of(region).exclude(name=name).exists():
        raise ImportRefused(f"another source is mirrored as region {region}")


@transaction.atomic
def stop_source(name: str, *, by: Actor, now: datetime) -> None:
    """Follow it no longer; keys that were taken in stay until they are too old, a mirror until the next run.

    :raises ImportRefused: if there is none of that name.
    """
    if not ImportSource.objects.filter(name=name).update(enabled=False):
        raise ImportRefused(f"no source is named {name!r}")
    record(by, "keys.import-stopped", f"import:{name}", {}, now=now)


def run_imports(now: datetime, open_source: Callable[[str], HttpExports]) -> list[ImportReport]:
    """Take in what every source has that is new; safe to run at any time, also twice at once.

    Whatever fails with a source holds up none of the others.

    :param open_source: for an index's address, where its files come from.
    """
    take_down_old_mirrors()
    reports = []
    for source in ImportSource.objects.filter(enabled=True).order_by("name"):
        try:
            with closing(open_source(source.index_url)) as exports:
                reports.append(_follow(source, exports, now))
        except Exception as error:  # noqa: BLE001 # what nobody thought of must not hold up the others
            _log.exception("an import stopped", source=source.name)
            failure = f"stopped by a fault: {type(error).__name__}"
            reports.append(_noted(ImportReport(source.name, (), 0, (failure,)), source, now))
    return reports


def run_imports_if_idle(now: datetime, open_source: Callable[[str], HttpExports]) -> None:
    """Take in what is new unless the run before is still at it: with two, a slow source holds up all work."""
    with only_importer() as alone:
        if alone:
            run_imports(now, open_source)


def _follow(source: ImportSource, exports: HttpExports, now: datetime) -> ImportReport:
    try:
        names = exports.index()
    except ImportFailed as error:
        return _noted(ImportReport(source.name, (), 0, (str(error),)), source, now)
    known = set(source.files.filter(name__in=names).values_list("name", flat=True)) if names else set()
    storage, kept, failed = _mirror_of(source, known)
    done: list[str] = []
    keys = 0
    until = exports.clock() + _SOURCE_SECONDS
    for name in (one for one in names if one not in kept):
        if exports.clock() > until:
            _log.warning("a source is slow; the rest is left for the next run", source=source.name)
            break
        try:
            content = exports.file(name)
            taken = None if name in known else _take_in(source, name, content, now)
            if taken is not None:
                done.append(name)
                keys += taken
            if storage is not None:
                copy_file(source, name, content, storage)
        except Refused as error:
            failed.append(f"{name}: {str(error).removeprefix(f'{name}: ')}")
            continue
        kept.add(name)
    if storage is not None and claim_region(source):
        try:
            show_files(source, [name for name in names if name in kept], storage)
        except ImportFailed as error:
            failed.append(str(error))
    return _noted(ImportReport(source.name, tuple(done), keys, tuple(failed)), source, now)


def _mirror_of(source: ImportSource, known: set[str]) -> tuple[ExportStorage | None, set[str], list[str]]:
    """Where its files are to be copied, which need not be fetched again, and what went wrong.

    What devices are to be warned of comes in also while there is no place for copies.
    """
    if not source.mirror or not claim_region(source):
        return None, set(known), []
    try:
        storage = export_storage()
        shown = {line.rpartition("/")[2] for line in mirrored_lines(source, storage)}
    except ImportFailed as error:
        return None, set(known), [str(error)]
    return storage, {name for name in known if name.rpartition("/")[2] in shown}, []


def _noted(report: ImportReport, source: ImportSource, now: datetime) -> ImportReport:
    """Keep with the source how it went."""
    shown = "; ".join(report.failed)[:_LONGEST_ERROR]
    ImportSource.objects.filter(pk=source.pk).update(last_checked_at=now, last_error=shown)
    if report.failed:
        _log.warning("an import has failures", source=source.name, failed=len(report.failed))
    if report.files:
        _log.info("imported", source=source.name, files=len(report.files), count=report.keys)
    return report


def _take_in(source: ImportSource, name: str, content: bytes, now: datetime) -> int | None:
    """How many keys of a file are new; ``None`` if another runner took it in meanwhile.

    :raises Refused: a file that is damaged, or not signed by the source.
    """
    export = read_export(io.BytesIO(content), public_keys=load_public_keys(source.public_keys_pem.encode()))
    new = decide_import(export.keys, now)
    revised = decide_import(export.revised_keys, now)
    try:
        with transaction.atomic():
            ImportedFile.objects.create(
                source=source,
                name=name,
                sha256=sha256(content).digest(),
                key_count=_count(export),
                imported_at=now,
            )
            inserted = _insert(source, new)
            # A revised key that we never saw before comes in with its revised type.
            inserted += _revise(source, revised)
    except IntegrityError:
        if source.files.filter(name=name).exists():
            return None
        raise
    return inserted


def _insert(source: ImportSource, keys: Sequence[ImportedKey]) -> int:
    """Store keys that nobody has yet: one of our own, or of an earlier source, stays whose it is."""
    before = PublishedKey.objects.filter(imported_from=source).count()
    PublishedKey.objects.bulk_create(
        (_row(source, key) for key in keys), batch_size=_ROWS_AT_ONCE, ignore_conflicts=True
    )
    return PublishedKey.objects.filter(imported_from=source).count() - before


def _revise(source: ImportSource, keys: Sequence[ImportedKey]) -> int:
    by_tek = {key.tek: key for key in keys}
    known: set[bytes] = set()
    for part in _parts(list(by_tek), _ROWS_AT_ONCE):
        for row in PublishedKey.objects.select_for_update().filter(tek__in=part):
            tek = bytes(row.tek)
            known.add(tek)
            key = by_tek[tek]
            ours = row.imported_from_id != source.pk
            same = (row.rolling_start, row.rolling_period) == (key.rolling_start, key.rolling_period)
            if ours or not same or row.revised_report_type is not None:
                continue
            if may_revise(ReportTypeName(row.report_type), key.report_type):
                row.revised_report_type = key.report_type.value
                row.revised_transmission_risk = key.transmission_risk
                row.revised_days_since_onset = key.days_since_onset
                row.revised_release_at = key.release_at
                row.save(
                    update_fields=[
                        "revised_report_type",
                        "revised_transmission_risk",
                        "revised_days_since_onset",
                        "revised_release_at",
                    ]
                )
    unknown = [key for key in keys if key.tek not in known and key.report_type is not ReportTypeName.NEGATIVE]
    return _insert(source, unknown)


def _row(source: ImportSource, key: ImportedKey) -> PublishedKey:
    return PublishedKey(
        id=random_row_id(),
        tek=key.tek,
        rolling_start=key.rolling_start,
        rolling_period=key.rolling_period,
        transmission_risk=key.transmission_risk,
        report_type=key.report_type.value,
        days_since_onset=key.days_since_onset,
        authority=None,
        imported_from=source,
        region=source.region,
        release_at=key.release_at,
        mixed=True,  # they were public before: their order tells nothing
    )


def _count(export: Export) -> int:
    return len(export.keys) + len(export.revised_keys)


def _parts(items: Sequence[bytes], size: int) -> Iterable[Sequence[bytes]]:
    return (items[first : first + size] for first in range(0, len(items), size))
