"""A phone and a health authority written a second time, by hand, from the published protocol."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client

from bluezone.clock import SettableClock

DAY = 144


def _b64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class ForeignAuthority:
    """Signs certificates with nothing but hashes, ECDSA and string joins."""

    identifier: str = "gov.example"
    issuer: str = "gov.example.issuer"
    audience: str = "key-server"
    kid: str = "v1"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def public_pem(self) -> str:
        return (
            self.key.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )

    def jwt(self, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
        head = {"alg": "ES256", "kid": self.kid, "typ": "JWT", **(header or {})}
        signed = f"{_b64url(json.dumps(head).encode())}.{_b64url(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(SHA256())))
        return f"{signed}.{_b64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


@dataclass
class Phone:
    """Keys of a phone and the requests it makes."""

    clock: SettableClock
    authority: ForeignAuthority
    client: Client = field(default_factory=Client)
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @property
    def today(self) -> int:
        """Interval number of the last UTC midnight."""
        return int(self.clock.now().timestamp()) // 86400 * DAY

    def keys(self, days: int = 14, *, first_day_ago: int = 1, **changes: Any) -> list[dict[str, Any]]:
        """One whole-day key for each of the last days, beginning yesterday."""
        return [
            {
                "key": b64encode(secrets.token_bytes(16)).decode(),
                "rollingStartNumber": self.today - DAY * (first_day_ago + at),
                "rollingPeriod": DAY,
                "transmissionRisk": 0,
                **changes,
            }
            for at in range(days)
        ]

    def tekmac(self, keys: list[dict[str, Any]], parts: int = 4) -> bytes:
        lines = []
        for key in sorted(keys, key=lambda one: one["key"]):
            values = [
                key["key"],
                key["rollingStartNumber"],
                key["rollingPeriod"],
                key.get("transmissionRisk", 0),
            ]
            lines.append(".".join(str(value) for value in values[:parts]))
        return hmac.new(self.secret, ",".join(lines).encode(), hashlib.sha256).digest()

    def claims(
        self, keys: list[dict[str, Any]], report_type: str = "confirmed", **changes: Any
    ) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        return {
            "iss": self.authority.issuer,
            "aud": self.authority.audience,
            "iat": now,
            "nbf": now - 1,
            "exp": now + 900,
            "reportType": report_type,
            "tekmac": b64encode(self.tekmac(keys)).decode(),
            **changes,
        }

    def body(
        self, keys: list[dict[str, Any]], report_type: str = "confirmed", **changes: Any
    ) -> dict[str, Any]:
        return {
            "temporaryExposureKeys": keys,
            "healthAuthorityID": self.authority.identifier,
            "verificationPayload": self.authority.jwt(self.claims(keys, report_type)),
            "hmacKey": b64encode(self.secret).decode(),
            "revisionToken": "",
            "padding": b64encode(secrets.token_bytes(1100)).decode(),
            **changes,
        }

    def send(self, body: Any, content_type: str = "application/json") -> tuple[int, dict[str, Any]]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.client.post("/v1/publish", raw, content_type=content_type)
        return response.status_code, response.json()

    def publish(
        self, keys: list[dict[str, Any]], report_type: str = "confirmed", **changes: Any
    ) -> tuple[int, dict[str, Any]]:
        return self.send(self.body(keys, report_type, **changes))


@pytest.fixture
def foreign_authority() -> ForeignAuthority:
    return ForeignAuthority()


@pytest.fixture
def key_server(authority: Path, authority_clock: SettableClock, foreign_authority: ForeignAuthority) -> Path:
    """Tables of a key server that believes itself and one foreign authority; use with ``django_db``."""
    from bluezone.authority.keys import case_api, services, verify_api
    from bluezone.authority.keys.models import HealthAuthority, HealthAuthorityKey
    from bluezone.authority.keys.services.accepted_keys import forget_accepted_keys

    forget_accepted_keys()
    services.add_own_authority(authority_clock.now())
    services.configure_export("VN", min_keys=0)  # without padding, so that all in a file was published
    row = HealthAuthority.objects.create(
        identifier=foreign_authority.identifier,
        name="Example",
        issuer=foreign_authority.issuer,
        audience=foreign_authority.audience,
        region="VN",
    )
    HealthAuthorityKey.objects.create(
        authority=row,
        kid=foreign_authority.kid,
        public_key_pem=foreign_authority.public_pem,
        valid_from=authority_clock.now() - timedelta(days=1),
    )
    for limit in (
        verify_api.VERIFY_LIMIT,
        verify_api.WRONG_CODE_DELAY,
        verify_api.WRONG_CODES,
        verify_api.REPORT_LIMIT,
        case_api.LINK_LIMIT,
    ):
        limit.reset()
    return authority


@pytest.fixture
def phone(key_server: Path, authority_clock: SettableClock, foreign_authority: ForeignAuthority) -> Phone:
    return Phone(authority_clock, foreign_authority)


@pytest.fixture
def other_phone(
    key_server: Path, authority_clock: SettableClock, foreign_authority: ForeignAuthority
) -> Phone:
    return Phone(authority_clock, foreign_authority)
