"""Exports: put what may be published into signed files, list them, and take old ones away.

Each step is complete before the next begins, and each can be done again after a crash at any point:
a batch and its keys are fixed in one transaction; its files are written aside and put in place; the batch
becomes published; the index is rewritten from the published batches. Retiring goes the other way: the batch
is retired, the index no longer lists it, its files are deleted. So the index never lists a missing file, and
a key, which points to its one batch, is never exported twice and never forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bluezone.authority.keys.export_storage import (
    ExportStorage,
    StorageUnavailable,
    clear_leftovers,
    export_storage,
)
from bluezone.authority.keys.models import BatchStatus, ExportBatch, ExportConfig
from bluezone.authority.keys.services.builder_lock import only_builder
from bluezone.authority.keys.services.export_batches import open_batch
from bluezone.authority.keys.services.export_files import file_names, write_batch_files, write_index
from bluezone.authority.keys.services.export_signers import signers_in_effect

__all__ = ["ExportReport", "build_exports"]

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a clock may be set back in passing; a batch within it only delays the next."""


_log = structlog.get_logger("bluezone.authority.exports")


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What one run did: index lines of new files, how many keys are in them, lines of removed files."""

    built: tuple[str, ...] = ()
    keys: int = 0
    removed: tuple[str, ...] = ()


def build_exports(now: datetime) -> ExportReport:
    """Bring every region's files and index up to date. Safe to run at any time, also twice at once.

    A region whose newest batch ends in the future is left as it is, and an alarm is logged: the clock was
    ahead then or is behind now, and on a wrong clock files would go out too early or be taken away.

    A region that fails stops no other; the first failure is raised once all have had their turn.
    """
    report = ExportReport()
    first_failure: Exception | None = None
    with only_builder():
        clear_leftovers()
        storage = export_storage()
        for config in ExportConfig.objects.order_by("region"):
            try:
                one = _build_region(config, storage, now)
            except Exception as error:  # noqa: BLE001 - raised below
                _tell_failure(config.region, error)
                first_failure = first_failure or error
                continue
            report = ExportReport(
                report.built + one.built, report.keys + one.keys, report.removed + one.removed
            )
    if first_failure is not None:
        try:
            raise first_failure
        finally:
            del first_failure  # it holds this frame: a cycle, and cursors under it would stay open
    return report


def _tell_failure(region: str, error: Exception) -> None:
    """The way through the code helps with a fault of ours; a storage's own words are enough."""
    outside = isinstance(error, StorageUnavailable)
    reason = {"reason": str(error)} if outside else {"exc_info": error}
    _log.error("exports of a region failed", region=region, **reason)


def _build_region(config: ExportConfig, storage: ExportStorage, now: datetime) -> ExportReport:
    ahead = config.batches.filter(end_at__gt=now + CLOCK_TOLERANCE).order_by("-end_at").first()
    if ahead is not None:
        _log.error(
            "exports stopped: the newest batch ends in the future, so this clock was or is wrong",
            region=config.region,
            newest_end=ahead.end_at.isoformat(),
            now=now.isoformat(),
        )
        return ExportReport()
    signers = signers_in_effect(config, now)
    if not signers:
        _log.error("exports stopped: no signing key is in effect; rotate it", region=config.region)
        return ExportReport()
    open_batch(config.pk, now)
    built: list[str] = []
    keys = 0
    for batch in config.batches.filter(status=BatchStatus.OPEN).order_by("end_at"):
        batch.file_count, batch.key_count = write_batch_files(config, batch, signers, storage)
        _publish_batch(batch)
        built += file_names(batch)
        keys += batch.key_count
    write_index(config, storage)
    # Only now: what a run that died had published, but not listed, would be retired before anybody saw it.
    horizon = now - timedelta(hours=config.retention_hours)
    old = config.batches.filter(status=BatchStatus.PUBLISHED, end_at__lt=horizon)
    if old.update(status=BatchStatus.RETIRED):
        write_index(config, storage)
    removed: list[str] = []
    for batch in config.batches.filter(status=BatchStatus.RETIRED):
        for name in file_names(batch):
            storage.delete(name)
            removed.append(name)
        config.batches.filter(pk=batch.pk).update(status=BatchStatus.REMOVED)
    if built or removed:
        _log.info("exports", region=config.region, files=len(built), count=keys, removed=len(removed))
    return ExportReport(tuple(built), keys, tuple(removed))


def _publish_batch(batch: ExportBatch) -> None:
    ExportBatch.objects.filter(pk=batch.pk, status=BatchStatus.OPEN).update(
        status=BatchStatus.PUBLISHED, file_count=batch.file_count, key_count=batch.key_count
    )
