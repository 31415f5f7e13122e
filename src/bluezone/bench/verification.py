"""Benchmark of verification: codes for tokens, tokens for certificates, through the server's views."""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec

from bluezone.bench.registry import Workload, benchmark
from bluezone.bench.scratch_authority import (
    encode_body,
    open_authority,
    plain_certificate,
    plain_database,
    post,
)

__all__ = ["new_code"]

_CODES = 25
_CODE_SECRET = b"made up"


@benchmark(
    "verify",
    unit="codes/s",
    summary="a code for a token, the token for a certificate, by how many codes are stored already",
    sizes=(1_000, 4_000, 16_000),
    quick=(10, 40, 160),
    own_process=True,
)
def verify(size: int, folder: Path) -> Workload:
    open_authority(folder)
    _store_codes(size)
    plain = _PlainVerification(folder / "plain.sqlite3", size)
    codes: list[str] = []

    def issue() -> None:
        codes[:] = [new_code() for _ in range(_CODES)]

    def ask() -> None:
        for code in codes:
            token = post("/api/verify", encode_body({"code": code, "accept": ["confirmed"]}))["token"]
            mac = b64encode(secrets.token_bytes(32)).decode()
            answer = post("/api/certificate", encode_body({"token": token, "ekeyhmac": mac}))
            _is_certificate(answer["certificate"])

    def issue_plain() -> None:
        codes[:] = [plain.issue() for _ in range(_CODES)]

    def by_hand() -> None:
        for code in codes:
            _is_certificate(plain.certify(plain.verify(code), secrets.token_bytes(32)))

    return Workload(
        units=_CODES,
        input=f"{_CODES} codes, two requests each, to a server that holds {size:,} of them, SQLite",
        before=issue,
        run=ask,
        before_baseline=issue_plain,
        baseline=by_hand,
        baseline_units=_CODES,
        baseline_name="by hand: two MACs, one signature, two SQLite transactions",
    )


def new_code() -> str:
    """A code for a positive test of today."""
    from bluezone.authority.access.audit import SYSTEM
    from bluezone.authority.access.scope import EVERYWHERE, Scope
    from bluezone.authority.keys.report_types import ReportTypeName
    from bluezone.authority.keys.rules import HANOI
    from bluezone.authority.keys.services import issue_code

    now = datetime.now(UTC)
    return issue_code(
        report_type=ReportTypeName.CONFIRMED,
        test_date=now.astimezone(HANOI).date(),
        uuid=uuid4(),
        area_path=EVERYWHERE,
        scope=Scope.of([EVERYWHERE]),
        by=SYSTEM,
        now=now,
    ).code


def _store_codes(count: int) -> None:
    """Codes of the last two weeks that were used, and the tokens they became."""
    from bluezone.authority.keys.models import VerificationCode, VerificationToken
    from bluezone.authority.keys.report_types import ReportTypeName

    now, confirmed = datetime.now(UTC), ReportTypeName.CONFIRMED.value
    moments = [now - timedelta(days=14) * row / count for row in range(count)]
    VerificationCode.objects.bulk_create(
        (
            VerificationCode(
                attempt=0,
                code_hmac=secrets.token_bytes(32),
                report_type=confirmed,
                test_date=moment.date(),
                issued_at=moment,
                expires_at=moment + timedelta(minutes=15),
                claimed_at=moment,
                area_path="01/009",
            )
            for moment in moments
        ),
        batch_size=5_000,
    )
    VerificationToken.objects.bulk_create(
        (
            VerificationToken(
                token_hmac=secrets.token_bytes(32),
                report_type=confirmed,
                expires_at=moment + timedelta(days=1),
            )
            for moment in moments
        ),
        batch_size=5_000,
    )


def _is_certificate(text: str) -> None:
    if text.count(".") != 2:
        raise AssertionError(f"no certificate: {text!r}")


class _PlainVerification:
    """The least that has to be done for a code: no framework, no rules, no limits on guessing."""

    def __init__(self, file: Path, codes: int) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._database: sqlite3.Connection = plain_database(
            file,
            (
                "CREATE TABLE codes (digest BLOB PRIMARY KEY, claimed)",
                "CREATE TABLE tokens (digest BLOB PRIMARY KEY, mac)",
            ),
        )
        self._database.execute("BEGIN")
        for table in ("codes", "tokens"):
            self._database.executemany(
                f"INSERT INTO {table} VALUES (?, 1)",  # noqa: S608 - constants
                ((secrets.token_bytes(32),) for _ in range(codes)),
            )
        self._database.execute("COMMIT")

    def issue(self) -> str:
        code = f"{secrets.randbelow(10**12):012d}"
        self._database.execute("INSERT INTO codes VALUES (?, 0)", (_digest(code),))
        return code

    def verify(self, code: str) -> str:
        token = secrets.token_urlsafe(32)
        self._database.execute("BEGIN IMMEDIATE")
        self._change("UPDATE codes SET claimed = 1 WHERE digest = ? AND claimed = 0", _digest(code))
        self._database.execute("INSERT INTO tokens VALUES (?, NULL)", (_digest(token),))
        self._database.execute("COMMIT")
        return token

    def certify(self, token: str, mac: bytes) -> str:
        self._database.execute("BEGIN IMMEDIATE")
        self._change("UPDATE tokens SET mac = ? WHERE digest = ? AND mac IS NULL", mac, _digest(token))
        self._database.execute("COMMIT")
        return plain_certificate(self._key, {"reportType": "confirmed", "tekmac": b64encode(mac).decode()})

    def _change(self, sql: str, *values: bytes) -> None:
        if self._database.execute(sql, values).rowcount != 1:
            raise AssertionError("no such code or token")


def _digest(text: str) -> bytes:
    return hmac.digest(_CODE_SECRET, text.encode(), "sha256")
