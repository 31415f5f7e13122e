"""An authority in a scratch folder, called as a web server calls it; for workloads in a process of their own.

It is on SQLite, and each commit waits for the disk, as in earnest.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bluezone.authority.setup import configure, prepare
from bluezone.device.client import key_mac
from bluezone.protocols.gaen import MAX_ROLLING_PERIOD, TemporaryExposureKey, interval_number

__all__ = [
    "KEYS_OF_A_REPORT",
    "encode_body",
    "open_authority",
    "plain_certificate",
    "plain_database",
    "post",
    "report_keys",
    "store_keys",
]

KEYS_OF_A_REPORT = 14
_ROWS_AT_ONCE = 5_000
_PADDING = 1_536


def open_authority(folder: Path, *, database_url: str = "") -> None:
    """Set one up in ``folder``, on SQLite unless an address is given; once a process."""
    # A log line for each request would be a measurement of the terminal.
    os.environ["BLUEZONE_LOG_LEVEL"] = "WARNING"
    configure(folder / "authority", database_url=database_url)
    prepare()


def post(path: str, body: bytes) -> dict[str, Any]:
    """What the server answers a POST of JSON, through all its layers but the socket.

    :raises AssertionError: if it refuses: nothing is measured then.
    """
    from bluezone.authority.wsgi import application

    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    environ |= {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": BytesIO(body),
    }
    statuses: list[str] = []

    def start(status: str, _headers: object, _error: object = None) -> Any:
        statuses.append(status)

    response = application(environ, start)
    try:
        content = b"".join(response)
    finally:
        if close := getattr(response, "close", None):
            close()
    if not statuses[0].startswith("200 "):
        raise AssertionError(f"POST {path}: {statuses[0]}: {content[:500]!r}")
    answer: dict[str, Any] = json.loads(content)
    return answer


def encode_body(fields: dict[str, Any]) -> bytes:
    """A request body with the padding that devices send."""
    return json.dumps({**fields, "padding": b64encode(secrets.token_bytes(_PADDING)).decode()}).encode()


def report_keys(now: datetime) -> tuple[list[TemporaryExposureKey], bytes, bytes]:
    """Whole-day keys of the last two weeks, the device's secret, and the keys' MAC under it."""
    today = interval_number(now.timestamp()) // MAX_ROLLING_PERIOD
    keys = [
        TemporaryExposureKey(secrets.token_bytes(16), (today - ago) * MAX_ROLLING_PERIOD)
        for ago in range(1, KEYS_OF_A_REPORT + 1)
    ]
    secret = secrets.token_bytes(32)
    return keys, secret, key_mac(keys, secret)


def store_keys(count: int, *, exported: bool) -> None:
    """Put ``count`` published keys into the table, all of which are due, or are exported already."""
    from bluezone.authority.keys.models import (
        BatchStatus,
        ExportBatch,
        ExportConfig,
        HealthAuthority,
        PublishedKey,
    )
    from bluezone.authority.keys.report_types import ReportTypeName

    authority, config = HealthAuthority.objects.get(), ExportConfig.objects.get()
    yesterday = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    first = interval_number(yesterday.timestamp()) // MAX_ROLLING_PERIOD - KEYS_OF_A_REPORT
    batch = None
    if exported:
        batch = ExportBatch.objects.create(
            config=config,
            start_at=yesterday - timedelta(seconds=config.period_seconds),
            end_at=yesterday,
            max_keys_per_file=config.max_keys_per_file,
            status=BatchStatus.PUBLISHED,
        )
    for begin in range(0, count, _ROWS_AT_ONCE):
        PublishedKey.objects.bulk_create(
            PublishedKey(
                tek=secrets.token_bytes(16),
                rolling_start=(first + row % KEYS_OF_A_REPORT) * MAX_ROLLING_PERIOD,
                rolling_period=MAX_ROLLING_PERIOD,
                transmission_risk=2,
                report_type=ReportTypeName.CONFIRMED.value,
                days_since_onset=row % KEYS_OF_A_REPORT - 7,
                authority=authority,
                region=authority.region,
                release_at=yesterday,
                batch=batch,
            )
            for row in range(begin, min(count, begin + _ROWS_AT_ONCE))
        )


def plain_database(file: Path, statements: Iterable[str]) -> sqlite3.Connection:
    """A database for doing the same by hand, as durable as the authority's."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + ";".join(statements))
    return connection


def plain_certificate(key: ec.EllipticCurvePrivateKey, claims: dict[str, Any]) -> str:
    """An ES256 JWT of string joins and one signature."""
    signed = b".".join(_b64url(json.dumps(part).encode()) for part in ({"alg": "ES256", "kid": "1"}, claims))
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(SHA256())))
    return (signed + b"." + _b64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))).decode()


def _b64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
