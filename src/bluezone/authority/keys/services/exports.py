"""Exports: put what may be published into signed files, list them, and take old ones away.

Each step is complete before the next begins, and each can be done again after a crash at any point:
a batch and its keys are fixed in one transaction; its files are written aside and renamed; the batch becomes
published; the index is rewritten from the published batches. Retiring goes the other way: the batch is
retired, the index no longer lists it, its files are deleted. So the index never lists a missing file, and a
key, which points to its one batch, is never exported twice and never forgotten.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.db import transaction

from bluezone.authority.keys.export_names import INDEX, batch_file_names, exports_folder
from bluezone.authority.keys.models import BatchStatus, ExportBatch, ExportConfig, PublishedKey
from bluezone.authority.keys.report_types import EXPORT_TYPE, ReportTypeName
from bluezone.authority.keys.rules import floor_to
from bluezone.authority.keys.services.builder_lock import only_builder
from bluezone.authority.keys.services.imports import exportable
from bluezone.authority.secret_files import EXPORT_SIGNING_KEY, read_private_key
from bluezone.errors import Refused
from bluezone.protocols.export_file import write_export
from bluezone.protocols.export_region import REGION
from bluezone.protocols.export_signature import private_key_signer
from bluezone.protocols.gaen import DiagnosisKey, TemporaryExposureKey

__all__ = ["ExportRefused", "ExportReport", "build_exports", "configure_export"]

DAY = timedelta(hours=24)
SHORTEST_RETENTION = timedelta(days=10)
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a clock may be set back in passing; a batch within it only delays the next."""


_log = structlog.get_logger("bluezone.authority.exports")


class ExportRefused(Refused):
    """An export cannot be configured as asked."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What one run did: index lines of new files, how many keys are in them, lines of removed files."""

    built: tuple[str, ...] = ()
    keys: int = 0
    removed: tuple[str, ...] = ()


@transaction.atomic
def configure_export(
    region: str,
    *,
    period: timedelta = timedelta(hours=4),
    max_keys_per_file: int = 500_000,
    retention: timedelta = timedelta(hours=336),
    signing_key_id: str = "452",
    signing_key_version: str = "v1",
) -> ExportConfig:
    """Set how a region is exported; batches that exist keep what they were made with.

    :param signing_key_id: as phones know it: the mobile country code, 452 for Việt Nam.
    :raises ExportRefused: if the period does not divide a day, or files would go before devices fetch them.
    """
    if not REGION.fullmatch(region):
        raise ExportRefused(f"region {region!r} is not like VN or VN-HN")
    seconds = int(period.total_seconds())
    if seconds < 1 or timedelta(seconds=seconds) != period or DAY % period:
        raise ExportRefused(f"an export period of {period} does not divide 24 hours")
    if retention < SHORTEST_RETENTION:
        raise ExportRefused(f"exports are kept for at least {SHORTEST_RETENTION.days} days")
    if max_keys_per_file < 1:
        raise ExportRefused("an export file holds at least one key")
    config, _ = ExportConfig.objects.update_or_create(
        region=region,
        defaults={
            "period_seconds": seconds,
            "max_keys_per_file": max_keys_per_file,
            "retention_hours": int(retention.total_seconds()) // 3600,
            "signing_key_id": signing_key_id,
            "signing_key_version": signing_key_version,
        },
    )
    return config


def build_exports(now: datetime) -> ExportReport:
    """Bring every region's files and index up to date. Safe to run at any time, also twice at once.

    A region whose newest batch ends in the future is left as it is, and an alarm is logged: the clock was
    ahead then or is behind now, and on a wrong clock files would go out too early or be taken away.
    """
    report = ExportReport()
    with only_builder():
        for config in ExportConfig.objects.order_by("region"):
            one = _build_region(config, now)
            report = ExportReport(
                report.built + one.built, report.keys + one.keys, report.removed + one.removed
            )
    return report


def _build_region(config: ExportConfig, now: datetime) -> ExportReport:
    ahead = config.batches.filter(end_at__gt=now + CLOCK_TOLERANCE).order_by("-end_at").first()
    if ahead is not None:
        _log.error(
            "exports stopped: the newest batch ends in the future, so this clock was or is wrong",
            region=config.region,
            newest_end=ahead.end_at.isoformat(),
            now=now.isoformat(),
        )
        return ExportReport()
    folder = exports_folder() / config.region
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(".*.aside"):
        leftover.unlink()
    _open_batch(config.pk, now)
    built: list[str] = []
    keys = 0
    for batch in config.batches.filter(status=BatchStatus.OPEN).order_by("end_at"):
        names, count = _write_files(config, batch, folder)
        _publish_batch(batch, len(names), count)
        built += [f"{config.region}/{name}" for name in names]
        keys += count
    horizon = now - timedelta(hours=config.retention_hours)
    config.batches.filter(status=BatchStatus.PUBLISHED, end_at__lt=horizon).update(status=BatchStatus.RETIRED)
    _write_index(config, folder)
    removed: list[str] = []
    for batch in config.batches.filter(status=BatchStatus.RETIRED):
        for name in _names(batch):
            (folder / name).unlink(missing_ok=True)
            removed.append(f"{config.region}/{name}")
        config.batches.filter(pk=batch.pk).update(status=BatchStatus.REMOVED)
    if built or removed:
        _log.info("exports", region=config.region, files=len(built), count=keys, removed=len(removed))
    return ExportReport(tuple(built), keys, tuple(removed))


@transaction.atomic
def _open_batch(config_id: int, now: datetime) -> None:
    """Fix the newest whole window's batch: whatever is due and in no batch yet belongs to it."""
    config = ExportConfig.objects.select_for_update().get(pk=config_id)
    period = timedelta(seconds=config.period_seconds)
    end = floor_to(now, period)
    if config.batches.filter(end_at__gte=end).exists():
        return
    due = PublishedKey.objects.filter(exportable(), region=config.region, batch=None, release_at__lt=end)
    due_revisions = PublishedKey.objects.filter(
        exportable(),
        region=config.region,
        revised_batch=None,
        revised_report_type__isnull=False,
        revised_release_at__lt=end,
    )
    if not due.exists() and not due_revisions.exists():
        return
    batch = ExportBatch.objects.create(
        config=config, start_at=end - period, end_at=end, max_keys_per_file=config.max_keys_per_file
    )
    due.update(batch=batch)
    # A revision waits for its key: both in one batch means that only the revised report is ever shown.
    due_revisions.filter(batch__isnull=False).update(revised_batch=batch)
    PublishedKey.objects.filter(batch=batch, revised_report_type__isnull=False, revised_batch=None).update(
        revised_batch=batch
    )


def _write_files(config: ExportConfig, batch: ExportBatch, folder: Path) -> tuple[list[str], int]:
    """Write every file of a batch; the same batch gives the same bytes, so doing it again is harmless."""
    keys = list(_keys(batch))
    revised = list(_revised_keys(batch))
    size = batch.max_keys_per_file
    count = -(-max(len(keys), len(revised)) // size)
    signer = private_key_signer(
        read_private_key(EXPORT_SIGNING_KEY), config.signing_key_id, config.signing_key_version
    )
    names = batch_file_names(batch.start_at, batch.end_at, count)
    for at, name in enumerate(names):
        content = write_export(
            keys[at * size : (at + 1) * size],
            revised_keys=revised[at * size : (at + 1) * size],
            region=config.region,
            start=batch.start_at,
            end=batch.end_at + timedelta(seconds=at),
            signers=[signer],
        )
        _replace(folder / name, content)
    return names, len(keys) + len(revised)


def _keys(batch: ExportBatch) -> Iterator[DiagnosisKey]:
    """The batch's new keys in random order (the rows' numbers are random), as they were known by then."""
    rows = PublishedKey.objects.filter(batch=batch).order_by("pk")
    for row in rows.iterator(chunk_size=10_000):
        if row.revised_batch_id != batch.pk:
            yield _diagnosis_key(row, row.report_type, row.transmission_risk, row.days_since_onset)
        elif row.revised_report_type != ReportTypeName.NEGATIVE:
            yield _revised_key(row)


def _revised_keys(batch: ExportBatch) -> Iterator[DiagnosisKey]:
    rows = PublishedKey.objects.filter(revised_batch=batch).exclude(batch=batch).order_by("pk")
    for row in rows.iterator(chunk_size=10_000):
        yield _revised_key(row)


def _revised_key(row: PublishedKey) -> DiagnosisKey:
    return _diagnosis_key(
        row, row.revised_report_type or "", row.revised_transmission_risk or 0, row.revised_days_since_onset
    )


def _diagnosis_key(row: PublishedKey, report_type: str, risk: int, days: int | None) -> DiagnosisKey:
    return DiagnosisKey(
        TemporaryExposureKey(bytes(row.tek), row.rolling_start, row.rolling_period),
        EXPORT_TYPE[ReportTypeName(report_type)],
        days,
        risk,
    )


def _publish_batch(batch: ExportBatch, files: int, keys: int) -> None:
    ExportBatch.objects.filter(pk=batch.pk, status=BatchStatus.OPEN).update(
        status=BatchStatus.PUBLISHED, file_count=files, key_count=keys
    )


def _write_index(config: ExportConfig, folder: Path) -> None:
    published = config.batches.filter(status=BatchStatus.PUBLISHED).order_by("end_at")
    lines = [f"{config.region}/{name}" for batch in published for name in _names(batch)]
    content = "\n".join(lines).encode()
    path = folder / INDEX
    if not path.exists() or path.read_bytes() != content:
        _replace(path, content)


def _names(batch: ExportBatch) -> Sequence[str]:
    return batch_file_names(batch.start_at, batch.end_at, batch.file_count)


def _replace(path: Path, content: bytes) -> None:
    """Put a whole file in place at once, safe against a power cut."""
    if path.exists() and path.read_bytes() == content:
        return  # written before a crash; rewriting would only change its time stamp
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.aside")
    with aside.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
