"""Benchmark of publishing: reports of 14 keys through the server's view, into tables that hold many."""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import b64decode, b64encode, urlsafe_b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bluezone.bench.registry import Workload, benchmark
from bluezone.bench.scratch_authority import (
    KEYS_OF_A_REPORT,
    encode_body,
    open_authority,
    plain_database,
    post,
    report_keys,
    store_keys,
)

__all__ = ["signed_report"]

_REPORTS = 25


@benchmark(
    "publish",
    unit="reports/s",
    summary="reports of 14 keys, each checked and committed, by how many keys are stored already",
    sizes=(7_000, 28_000, 112_000),
    quick=(140, 560, 2_240),
    own_process=True,
)
def publish(size: int, folder: Path) -> Workload:
    open_authority(folder)
    store_keys(size, exported=True)
    plain = _PlainKeyServer(folder / "plain.sqlite3", size)
    bodies: list[bytes] = []

    def make_reports() -> None:
        bodies[:] = [signed_report() for _ in range(_REPORTS)]

    def send() -> None:
        for body in bodies:
            _all_taken(post("/v1/publish", body)["insertedExposures"])

    def by_hand() -> None:
        for body in bodies:
            _all_taken(plain.publish(body))

    return Workload(
        units=_REPORTS,
        input=f"{_REPORTS} reports of {KEYS_OF_A_REPORT} keys to a server that holds {size:,}, SQLite",
        before=make_reports,
        run=send,
        before_baseline=make_reports,
        baseline=by_hand,
        baseline_units=_REPORTS,
        baseline_name="by hand: JSON, one signature check, one MAC, one SQLite transaction",
    )


def signed_report() -> bytes:
    """What a device sends, its certificate signed by the authority's own key."""
    from django.conf import settings

    from bluezone.authority.keys.certificates import Claims, sign_certificate
    from bluezone.authority.keys.models import HealthAuthority
    from bluezone.authority.keys.report_types import ReportTypeName
    from bluezone.authority.keys.services.authorities import own_key_id
    from bluezone.authority.secret_files import CERTIFICATE_SIGNING_KEY, read_private_key

    now = datetime.now(UTC)
    keys, secret, mac = report_keys(now)
    authority = HealthAuthority.objects.get(identifier=settings.BLUEZONE_HEALTH_AUTHORITY)
    certificate = sign_certificate(
        Claims(ReportTypeName.CONFIRMED, keys[3].rolling_start, mac),
        issuer=authority.issuer,
        audience=authority.audience,
        key=read_private_key(CERTIFICATE_SIGNING_KEY),
        kid=own_key_id(),
        encoded_tekmac=b64encode(mac).decode(),
        now=now,
    )
    return encode_body(
        {
            "temporaryExposureKeys": [
                {
                    "key": b64encode(key.data).decode(),
                    "rollingStartNumber": key.rolling_start,
                    "rollingPeriod": key.rolling_period,
                    "transmissionRisk": 0,
                }
                for key in keys
            ],
            "healthAuthorityID": authority.identifier,
            "verificationPayload": certificate,
            "hmacKey": b64encode(secret).decode(),
        }
    )


def _all_taken(count: int) -> None:
    if count != KEYS_OF_A_REPORT:
        raise AssertionError(f"{count} of {KEYS_OF_A_REPORT} keys were taken")


class _PlainKeyServer:
    """The least that has to be done for a report: no framework, no rules on keys, no revision."""

    def __init__(self, file: Path, keys: int) -> None:
        from bluezone.authority.secret_files import CERTIFICATE_SIGNING_KEY, read_private_key

        self._public_key = read_private_key(CERTIFICATE_SIGNING_KEY).public_key()
        self._database = plain_database(
            file,
            (
                "CREATE TABLE keys (id INTEGER PRIMARY KEY, tek BLOB UNIQUE, start, period, risk)",
                "CREATE TABLE memory (digest BLOB PRIMARY KEY, inserted)",
            ),
        )
        self._database.execute("BEGIN")
        self._insert([(secrets.token_bytes(16), 2_900_016, 144, 2) for _ in range(keys)])
        self._database.execute("COMMIT")

    def publish(self, body: bytes) -> int:
        request = json.loads(body)
        claims = self._certified(request["verificationPayload"])
        keys = sorted(request["temporaryExposureKeys"], key=lambda key: str(key["key"]))
        text = ",".join(
            f"{key['key']}.{key['rollingStartNumber']}.{key['rollingPeriod']}.{key['transmissionRisk']}"
            for key in keys
        ).encode()
        mac = hmac.digest(b64decode(request["hmacKey"]), text, "sha256")
        if not hmac.compare_digest(mac, b64decode(claims["tekmac"])):
            raise AssertionError("the certificate is for other keys")
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute("INSERT INTO memory VALUES (?, ?)", (mac, len(keys)))
        self._insert(
            [(b64decode(key["key"]), key["rollingStartNumber"], key["rollingPeriod"], 2) for key in keys]
        )
        self._database.execute("COMMIT")
        return len(keys)

    def _certified(self, certificate: str) -> dict[str, Any]:
        signed, _, signature = certificate.rpartition(".")
        raw = _from_b64url(signature)
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        self._public_key.verify(der, signed.encode(), ec.ECDSA(SHA256()))
        claims: dict[str, Any] = json.loads(_from_b64url(signed.partition(".")[2]))
        return claims

    def _insert(self, rows: list[tuple[bytes, int, int, int]]) -> None:
        self._database.executemany(
            "INSERT INTO keys VALUES (?, ?, ?, ?, ?)", ((secrets.randbits(63), *row) for row in rows)
        )


def _from_b64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
