"""How a region is exported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction

from bluezone.authority import runtime
from bluezone.authority.access.audit import SYSTEM, Actor, record
from bluezone.authority.keys.models import ExportConfig
from bluezone.authority.keys.services.export_signers import add_first_signer
from bluezone.authority.keys.services.mirrors import mirrors_of
from bluezone.errors import Refused
from bluezone.protocols.export_region import REGION

__all__ = ["MIN_KEYS", "PADDING_JITTER", "ExportRefused", "configure_export"]

MIN_KEYS, PADDING_JITTER = 1_000, 100
"""Of a new installation, and of the reference server: see ADR 12."""

_DAY = timedelta(hours=24)
_SHORTEST_RETENTION, _LONGEST_RETENTION = timedelta(days=10), timedelta(days=60)
"""Devices that were off for some days still find what they missed; nobody uses keys that are older."""

_MOST_PADDING = 100_000
_AUDITED = (
    "period_seconds",
    "truncation_seconds",
    "min_keys",
    "padding_jitter",
    "max_keys_per_file",
    "retention_hours",
    "signing_key_id",
)


class ExportRefused(Refused):
    """An export cannot be configured as asked."""


@transaction.atomic
def configure_export(
    region: str,
    *,
    period: timedelta | None = None,
    truncation: timedelta | None = None,
    min_keys: int | None = None,
    padding_jitter: int | None = None,
    max_keys_per_file: int | None = None,
    retention: timedelta | None = None,
    signing_key_id: str | None = None,
    by: Actor = SYSTEM,
) -> ExportConfig:
    """Set how a region is exported; what is not given stays, or is the usual for a new region.

    Batches that exist keep what they were made with.

    :param truncation: to how much the time is rounded at which a key came in.
    :param min_keys: batches with fewer are padded; 0: never. Up to ``padding_jitter`` more, by chance.
    :param signing_key_id: as phones know it: the mobile country code, 452 for Việt Nam; of keys made later.
    :raises ExportRefused: if a period does not divide a day, or files would go before devices fetch them, or
        stay long after anybody does.
    """
    if not REGION.fullmatch(region):
        raise ExportRefused(f"region {region!r} is not like VN or VN-HN")
    if mirrored := mirrors_of(region).first():
        raise ExportRefused(
            f"region {region} shows files of {mirrored.name}: mirror them as another, or not at all "
            "(they are gone after the next import run)"
        )
    found = ExportConfig.objects.select_for_update().filter(region=region).first()
    before = _values(found) if found else {}
    config = found or ExportConfig(
        region=region,
        period_seconds=4 * 3600,
        truncation_seconds=3600,
        min_keys=MIN_KEYS,
        padding_jitter=PADDING_JITTER,
        max_keys_per_file=500_000,
        retention_hours=336,
        signing_key_id="452",
        signing_key_version="v1",
    )
    if period is not None:
        config.period_seconds = _whole_part_of_a_day(period, "an export period")
    if truncation is not None:
        config.truncation_seconds = _whole_part_of_a_day(truncation, "a truncation window")
    if config.truncation_seconds % 3600:
        raise ExportRefused("a truncation window is a whole number of hours: less would tell uploads apart")
    if config.period_seconds % config.truncation_seconds:
        raise ExportRefused(
            f"a truncation window of {timedelta(seconds=config.truncation_seconds)} does not divide "
            f"the export period of {timedelta(seconds=config.period_seconds)}"
        )
    if min_keys is not None:
        config.min_keys = _between(min_keys, 0, _MOST_PADDING, "the least number of keys")
    if padding_jitter is not None:
        config.padding_jitter = _between(padding_jitter, 0, _MOST_PADDING, "the padding's jitter")
    if max_keys_per_file is not None:
        config.max_keys_per_file = _between(max_keys_per_file, 1, 1_000_000, "the keys of a file")
    if retention is not None:
        if not _SHORTEST_RETENTION <= retention <= _LONGEST_RETENTION:
            raise ExportRefused(
                f"exports are kept for {_SHORTEST_RETENTION.days} to {_LONGEST_RETENTION.days} days, "
                f"not for {retention.total_seconds() / 86_400:g}"
            )
        config.retention_hours = int(retention.total_seconds()) // 3600
    if signing_key_id is not None:
        if not (signing_key_id.isascii() and signing_key_id.isprintable() and 0 < len(signing_key_id) <= 32):
            raise ExportRefused(f"a signing key's id is like 452, unlike {signing_key_id!r}")
        config.signing_key_id = signing_key_id
    config.save()
    add_first_signer(config)
    if changes := _changes(before, _values(config)):
        record(by, "keys.export-configured", f"export:{region}", changes, now=runtime.now())
    return config


def _values(config: ExportConfig) -> dict[str, str | int]:
    return {name: getattr(config, name) for name in _AUDITED}


def _changes(before: Mapping[str, str | int], after: Mapping[str, str | int]) -> dict[str, str | int]:
    """What is new, and beside it what was: padding that was switched off is seen years later."""
    changed = [name for name, value in after.items() if before.get(name) != value]
    old = {f"{name}_before": before[name] for name in changed if name in before}
    return {name: after[name] for name in changed} | old


def _whole_part_of_a_day(span: timedelta, name: str) -> int:
    seconds = int(span.total_seconds())
    if seconds < 1 or timedelta(seconds=seconds) != span or _DAY % span:
        raise ExportRefused(f"{name} of {span} does not divide 24 hours")
    return seconds


def _between(number: int, least: int, most: int, name: str) -> int:
    if not least <= number <= most:
        raise ExportRefused(f"{name} is {number}, must be {least}-{most}")
    return number
