"""Benchmark of building an export: published keys from the database into a signed file with its index."""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from os import fsync
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from bluezone.bench.registry import Workload, benchmark
from bluezone.bench.scratch_authority import open_authority, store_keys
from bluezone.protocols import export_pb2 as pb

__all__: list[str] = []

_WINDOW = timedelta(hours=4)
_HEADER = b"EK Export v1    "
_NEVER_PADDED = 1_200
"""So many keys are enough without padding; that they are is still looked into, and measured."""


@benchmark(
    "export-build",
    unit="keys/s",
    summary="keys that are due, from the database into a signed file, index included",
    sizes=(20_000, 100_000, 500_000),
    quick=(50, 200, 800),
    own_process=True,
)
def export_build(size: int, folder: Path) -> Workload:
    open_authority(folder)
    from django.conf import settings
    from django.db import transaction

    from bluezone.authority.keys.services import build_exports, configure_export
    from bluezone.authority.secret_files import EXPORT_SIGNING_KEY, read_private_key

    if size < _NEVER_PADDED:
        configure_export(settings.BLUEZONE_REGION, min_keys=0)  # only what is due is counted
    with transaction.atomic():
        store_keys(size, exported=False)
    now, key = datetime.now(UTC), read_private_key(EXPORT_SIGNING_KEY)
    database = Path(settings.DATABASES["default"]["NAME"])
    windows = (now + number * _WINDOW for number in count())

    def build() -> None:
        _all_out(size, build_exports(next(windows)).keys)

    return Workload(
        input=f"{size:,} keys of {size // 14:,} reports, SQLite",
        before=_take_back,
        run=build,
        before_baseline=_take_back,
        baseline=lambda: _all_out(size, _plain_build(database, folder / "plain.zip", key, now)),
        baseline_units=size,
        baseline_name="by hand: one SELECT, one protobuf message, one signature, one zip",
    )


def _take_back() -> None:
    """Make every key due again, for the next window."""
    from bluezone.authority.keys.models import ExportBatch, ExportConfig, PublishedKey

    PublishedKey.objects.update(batch=None)
    ExportBatch.objects.all().delete()
    ExportConfig.objects.update(last_window_end=None)


def _all_out(wanted: int, out: int) -> None:
    if out != wanted:
        raise AssertionError(f"{out} of {wanted} keys went out")


def _plain_build(database: Path, file: Path, key: ec.EllipticCurvePrivateKey, now: datetime) -> int:
    """The same file without a framework, batches, or rules on which keys go out; returns its keys."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT tek, rolling_start, rolling_period, transmission_risk, days_since_onset"
            " FROM keys_publishedkey WHERE batch_id IS NULL ORDER BY id"
        ).fetchall()
    info = pb.SignatureInfo(
        key_version="v1",
        key_id="452",
        signature_algorithm="1.2.840.10045.4.3.2",
    )
    message = pb.KeyExport(
        start_timestamp=int((now - timedelta(hours=4)).timestamp()),
        end_timestamp=int(now.timestamp()),
        region="VN",
        batch_num=1,
        batch_size=1,
        signature_infos=[info],
    )
    for tek, start, period, risk, days in rows:
        message.keys.add(
            key_data=tek,
            transmission_risk_level=risk,
            rolling_start_interval_number=start,
            rolling_period=period,
            report_type=pb.CONFIRMED_TEST,
            days_since_onset=days,
        )
    export = _HEADER + message.SerializeToString()
    signature = key.sign(export, ec.ECDSA(SHA256()))
    signatures = pb.SignatureList(
        signatures=[pb.Signature(signature_info=info, batch_num=1, batch_size=1, signature=signature)]
    )
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.bin", export)
        archive.writestr("export.sig", signatures.SerializeToString())
    with file.open("wb") as target:
        target.write(out.getvalue())
        fsync(target.fileno())
    return len(rows)
