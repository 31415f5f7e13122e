"""Reads of the state that the key server's work is in, for those who watch it; nothing of anybody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q

from bluezone.authority.keys.models import (
    BatchStatus,
    ExportConfig,
    ExportSigner,
    HealthAuthority,
    ImportSource,
    SmsMessage,
    SmsState,
)

__all__ = [
    "ExportState",
    "export_signers",
    "export_states",
    "failing_authorities",
    "failing_sources",
    "message_counts",
    "regions_without_export",
]


@dataclass(frozen=True, slots=True)
class ExportState:
    """How far a region's exports are; a time is ``None`` as long as nothing has happened."""

    region: str
    period: timedelta
    last_window_end: datetime | None
    """Of the window last looked into, whether it had keys or not."""

    newest_end: datetime | None
    """Of the newest batch whose files are out."""

    open_batches: int
    oldest_open_end: datetime | None


def export_states() -> Sequence[ExportState]:
    """Of each region, by its name."""
    is_open = Q(batches__status=BatchStatus.OPEN)
    configs = ExportConfig.objects.annotate(
        newest_end=Max("batches__end_at", filter=Q(batches__status=BatchStatus.PUBLISHED)),
        open_batches=Count("batches", filter=is_open),
        oldest_open_end=Min("batches__end_at", filter=is_open),
    )
    return [
        ExportState(
            region=one.region,
            period=timedelta(seconds=one.period_seconds),
            last_window_end=one.last_window_end,
            newest_end=one.newest_end,
            open_batches=one.open_batches,
            oldest_open_end=one.oldest_open_end,
        )
        for one in configs.order_by("region")
    ]


def regions_without_export(now: datetime) -> Mapping[str, Sequence[str]]:
    """Regions that keys come in for and never leave, with the authorities and sources they come from."""
    exported = ExportConfig.objects.values("region")
    believed = Q(signing_keys__valid_until=None, signing_keys__pk__isnull=False)
    believed |= Q(signing_keys__valid_until__gt=now) | ~Q(jwks_url="")
    authorities = HealthAuthority.objects.filter(believed).exclude(region__in=exported).distinct()
    sources = ImportSource.objects.filter(enabled=True, reexport=True).exclude(region__in=exported)
    found: dict[str, list[str]] = {}
    for region, name in (
        *authorities.order_by("identifier").values_list("region", "identifier"),
        *sources.order_by("name").values_list("region", "name"),
    ):
        found.setdefault(region, []).append(name)
    return found


def message_counts() -> Mapping[str, int]:
    """How many messages are in each state; all go with their codes after some weeks."""
    counts = dict(SmsMessage.objects.values_list("state").annotate(Count("pk")).order_by())
    return {state.value: counts.get(state.value, 0) for state in SmsState}


def failing_authorities() -> int:
    """Of how many health authorities the keys could not be fetched the last time."""
    return HealthAuthority.objects.exclude(jwks_url="").exclude(jwks_error="").count()


def failing_sources() -> int:
    """How many of the followed authorities' exports could not be taken in the last time."""
    return ImportSource.objects.filter(enabled=True).exclude(last_error="").count()


def export_signers(now: datetime) -> Sequence[tuple[str, str]]:
    """Name in the key store and public half (PEM) of each key that exports are signed with now."""
    rows = ExportSigner.objects.filter(Q(valid_until=None) | Q(valid_until__gt=now), valid_from__lte=now)
    return sorted(set(rows.values_list("store_name", "public_key_pem")))
