"""Batches: which keys go out together, fixed in one transaction with the padding among them."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, Q

from bluezone.authority.keys.models import ExportBatch, ExportConfig, PublishedKey
from bluezone.authority.keys.padding import KeyShape, invent_shapes, share_to_revise
from bluezone.authority.keys.rules import ends_released, floor_to
from bluezone.authority.keys.services.export_rows import expired_by, new_keys, read_rows
from bluezone.authority.keys.services.imports import exportable
from bluezone.protocols.gaen import KEY_BYTES, MAX_ROLLING_PERIOD

__all__ = ["open_batch"]

_CHANCE = secrets.SystemRandom()
_ROWS_AT_ONCE = 500

_OWN = Q(imported_from=None)
"""Those passed on are public where they come from: among them nobody is hidden, and they need no hiding."""

_Group = tuple[int, str, int, int | None, int, bool]
_GROUPED_BY = (
    "batch_id",
    "report_type",
    "rolling_start",
    "days_since_onset",
    "transmission_risk",
    "rolling_period",
)


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
    real = Counter(read_rows(new_keys(batch).filter(_OWN).values_list(*seen)))
    shapes = {KeyShape(*shape): count for shape, count in real.items()}
    ends = ends_released(batch.start_at, batch.end_at)  # a longer truncation stays within the window
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
    changed = PublishedKey.objects.filter(_OWN, revised_batch=batch).exclude(batch=batch)
    origins = set(changed.values_list("batch_id", flat=True))
    phantoms: dict[_Group, list[int]] = defaultdict(list)
    rows = PublishedKey.objects.filter(batch__in=origins, padding=True, revised_report_type=None)
    for pk, *facts in rows.order_by("pk").values_list("pk", *_GROUPED_BY):
        phantoms[_group(*facts)].append(pk)
    if not phantoms:
        return
    revisions: dict[_Group, list[dict[str, object]]] = defaultdict(list)
    after = (
        "revised_report_type",
        "revised_transmission_risk",
        "revised_days_since_onset",
        "revised_release_at",
    )
    for row in changed.order_by("pk").values(*_GROUPED_BY, *after):
        group = _group(*(row[name] for name in _GROUPED_BY))
        revisions[group].append({name: row[name] for name in after})
    not_before = Q(revised_batch=None) | Q(revised_batch=batch)
    real = PublishedKey.objects.filter(_OWN, not_before, batch__in=origins, padding=False)
    before: Counter[_Group] = Counter()
    for *facts, count in real.order_by().values_list(*_GROUPED_BY).annotate(count=Count("pk")):
        before[_group(*facts)] += count
    for group, changes in revisions.items():
        known = phantoms[group]
        for pk in _CHANCE.sample(known, share_to_revise(before[group], len(changes), len(known))):
            PublishedKey.objects.filter(pk=pk).update(**_CHANCE.choice(changes), revised_batch=batch)


def _group(
    batch_id: int, report_type: str, start: int, days_since_onset: int | None, risk: int, period: int
) -> _Group:
    """Who looks alike: of the same kind, as padding filled it up, but for the interval of a cut key's end."""
    return batch_id, report_type, start, days_since_onset, risk, period == MAX_ROLLING_PERIOD
