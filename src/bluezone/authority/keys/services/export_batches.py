"""Batches: which keys go out together, fixed in one transaction with the padding among them."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, Q

from bluezone.authority.keys.models import ExportBatch, ExportConfig, PublishedKey
from bluezone.authority.keys.padding import KeyShape, invent_shapes, onset_day, share_to_revise
from bluezone.authority.keys.rules import floor_to
from bluezone.authority.keys.services.export_rows import expired_by, new_keys, read_rows
from bluezone.authority.keys.services.imports import exportable
from bluezone.protocols.gaen import KEY_BYTES, MAX_ROLLING_PERIOD

__all__ = ["open_batch"]

_CHANCE = secrets.SystemRandom()
_ROWS_AT_ONCE = 500


@transaction.atomic
def open_batch(config_id: int, now: datetime) -> None:
    """Fix the newest whole window's batch: whatever is due and in no batch yet belongs to it."""
    config = ExportConfig.objects.select_for_update().get(pk=config_id)
    period = timedelta(seconds=config.period_seconds)
    end = floor_to(now, period)
    if config.last_window_end == end or config.batches.filter(end_at__gte=end).exists():
        return
    ExportConfig.objects.filter(pk=config.pk).update(last_window_end=end)
    due = PublishedKey.objects.filter(
        exportable(),
        region=config.region,
        batch=None,
        release_at__lt=end,
        rolling_start__lte=expired_by(end) - F("rolling_period"),
    )
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
    PublishedKey.objects.filter(
        region=config.region, batch=batch, revised_report_type__isnull=False, revised_batch=None
    ).update(revised_batch=batch)
    _revise_padding(batch)
    if config.min_keys:
        _add_padding(config, batch)


def _add_padding(config: ExportConfig, batch: ExportBatch) -> None:
    """Keys that nobody has. They are rows like others: an export built again has them again, and they age."""
    seen = ("rolling_start", "rolling_period", "seen_risk", "seen_type", "seen_days", "traveler")
    # Counted here, since GROUP BY would sort half a million rows first.
    real = Counter(read_rows(new_keys(batch).values_list(*seen)))
    shapes = {KeyShape(*shape): count for shape, count in real.items()}
    released = timedelta(seconds=config.truncation_seconds)
    ends = range(expired_by(batch.start_at - released) + 1, expired_by(batch.end_at - released) + 1)
    wanted = config.min_keys + _CHANCE.randint(0, config.padding_jitter)
    PublishedKey.objects.bulk_create(
        (
            PublishedKey(
                tek=secrets.token_bytes(KEY_BYTES),
                **shape._asdict(),
                region=config.region,
                release_at=batch.start_at,
                batch=batch,
                padding=True,
                mixed=True,
            )
            for shape in invent_shapes(shapes, wanted, ends, _CHANCE)
        ),
        batch_size=_ROWS_AT_ONCE,
    )


def _revise_padding(batch: ExportBatch) -> None:
    """Let phantoms of earlier batches be revised together with real keys that they look like."""
    changed = PublishedKey.objects.filter(revised_batch=batch).exclude(batch=batch)
    origins = set(changed.values_list("batch_id", flat=True))
    phantoms: dict[tuple[int, str, int | None, int], list[int]] = defaultdict(list)
    rows = PublishedKey.objects.filter(batch__in=origins, padding=True, revised_report_type=None)
    fields = ("batch_id", "report_type", "rolling_start", "days_since_onset")
    for pk, *facts in rows.order_by("pk").values_list("pk", *fields):
        phantoms[_group(*facts)].append(pk)
    if not phantoms:
        return
    revisions: dict[tuple[int, str, int | None, int], list[dict[str, object]]] = defaultdict(list)
    after = (
        "revised_report_type",
        "revised_transmission_risk",
        "revised_days_since_onset",
        "revised_release_at",
    )
    for row in changed.order_by("pk").values(*fields, *after):
        group = _group(*(row[name] for name in fields))
        revisions[group].append({name: row[name] for name in after})
    not_before = Q(revised_batch=None) | Q(revised_batch=batch)
    real = PublishedKey.objects.filter(not_before, batch__in=origins, padding=False)
    before: Counter[tuple[int, str, int | None, int]] = Counter()
    for *facts, count in real.order_by().values_list(*fields).annotate(count=Count("pk")):
        before[_group(*facts)] += count
    for group, changes in revisions.items():
        known = phantoms[group]
        for pk in _CHANCE.sample(known, share_to_revise(before[group], len(changes), len(known))):
            PublishedKey.objects.filter(pk=pk).update(**_CHANCE.choice(changes), revised_batch=batch)


def _group(
    batch_id: int, report_type: str, rolling_start: int, days_since_onset: int | None
) -> tuple[int, str, int | None, int]:
    day = rolling_start // MAX_ROLLING_PERIOD
    return batch_id, report_type, onset_day(rolling_start, days_since_onset), day
