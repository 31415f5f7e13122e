"""A publish request made by ``openssl`` and ``base64`` alone, and what must come of it.

The text under the MAC, sorted by key (``/`` comes before letters)::

    /+7dzLuqmYh3ZlVEMyIRAA==.2691936.144.0,AAECAwQFBgcICQoLDA0ODw==.2692080.144.3,
    EDJUdpi63P4QMlR2mLrc/g==.2691792.100.0

The MAC: ``printf %s TEXT | openssl dgst -sha256 -mac HMAC -macopt hexkey:… -binary | base64``. The
certificate: header and claims by ``base64``, signed by ``openssl dgst -sha256 -sign``, r and s from its DER.
"""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.keys.models import HealthAuthority, HealthAuthorityKey, PublishedKey
from bluezone.authority.keys.tekmac import tekmacs
from bluezone.authority.keys.wire import WireKey

SECRET = b"0123456789abcdef0123456789abcdef"
MAC = "NQqb0J6piqAgNTfihgQCkB5Zf3kgydldB+z3DEkl1OU="
MAC_WITHOUT_RISKS = "fudy11T031+RDgoqsqPLJjN0NHPA+VmhiT9Se0sfS8M="
PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+fFSOLm0RXNErpE+LirkcKWr07Dc
HPBJ6YxWDxY3G7MDU2rPoQVhpW0hdttKMx7G6VlW+yD3Pee2q+I4RClQag==
-----END PUBLIC KEY-----
"""
CERTIFICATE = (
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImdvbGRlbiIsInR5cCI6IkpXVCJ9."
    "eyJpc3MiOiJnb2xkZW4uaXNzdWVyIiwiYXVkIjoia2V5LXNlcnZlciIsImlhdCI6MTYxNTM2NDIyMCwibmJmIjoxNjE1MzY0MjE5"
    "LCJleHAiOjE2MTUzNjUxMjAsInJlcG9ydFR5cGUiOiJjb25maXJtZWQiLCJzeW1wdG9tT25zZXRJbnRlcnZhbCI6MjY5MTY0OCwi"
    "dGVrbWFjIjoiTlFxYjBKNnBpcUFnTlRmaWhnUUNrQjVaZjNrZ3lkbGRCK3ozREVrbDFPVT0ifQ."
    "AifxKOASea1Wm6Toy-eoKPrXGx28SyYk2Cu7_ZZ90Ti2csjQp-lcBLDtc49O-CUzh0d9_kfE96IRKnIS_4BA0g"
)
BODY = (
    b'{"temporaryExposureKeys":['
    b'{"key":"AAECAwQFBgcICQoLDA0ODw==","rollingStartNumber":2692080,"rollingPeriod":144,"transmissionRisk":3},'
    b'{"key":"/+7dzLuqmYh3ZlVEMyIRAA==","rollingStartNumber":2691936,"rollingPeriod":144,"transmissionRisk":0},'
    b'{"key":"EDJUdpi63P4QMlR2mLrc/g==","rollingStartNumber":2691792,"rollingPeriod":100}],'
    b'"healthAuthorityID":"golden","verificationPayload":"' + CERTIFICATE.encode() + b'",'
    b'"hmacKey":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=","traveler":true,"revisionToken":"",'
    b'"padding":"cGFkZGluZw=="}'
)
ISSUED = datetime(2021, 3, 10, 8, 17, tzinfo=UTC)
"""1615364220 s; interval numbers of midnights: 2692224 on 10 March, 2691648 four days before (the onset)."""


def keys(last_risk: int = 0) -> list[WireKey]:
    return [
        WireKey("AAECAwQFBgcICQoLDA0ODw==", 2692080, 144, last_risk),
        WireKey("/+7dzLuqmYh3ZlVEMyIRAA==", 2691936, 144, 0),
        WireKey("EDJUdpi63P4QMlR2mLrc/g==", 2691792, 100, 0),
    ]


@pytest.fixture
def golden(key_server: Path, authority_clock: Any) -> None:
    assert authority_clock.now() == ISSUED
    row = HealthAuthority.objects.create(
        identifier="golden", name="golden", issuer="golden.issuer", audience="key-server", region="VN"
    )
    HealthAuthorityKey.objects.create(
        authority=row, kid="golden", public_key_pem=PUBLIC_KEY, valid_from=ISSUED - timedelta(days=1)
    )


def post(body: bytes = BODY, **headers: str) -> tuple[int, dict[str, Any]]:
    response = Client().post("/v1/publish", body, content_type="application/json", headers=headers)
    return response.status_code, response.json()


@pytest.mark.django_db
def test_what_is_stored(golden: None) -> None:
    status, reply = post()
    assert (status, reply["insertedExposures"]) == (200, 3), reply
    stored = {
        bytes(row.tek).hex(): (
            row.rolling_start,
            row.rolling_period,
            row.transmission_risk,
            row.days_since_onset,
            row.traveler,
            row.report_type,
            row.region,
            row.release_at,
        )
        for row in PublishedKey.objects.all()
    }
    rest = (True, "confirmed", "VN", datetime(2021, 3, 10, 8, tzinfo=UTC))
    assert stored == {
        "000102030405060708090a0b0c0d0e0f": (2692080, 144, 3, 3, *rest),
        "ffeeddccbbaa99887766554433221100": (2691936, 144, 2, 2, *rest),  # 2: back-filled for confirmed
        "1032547698badcfe1032547698badcfe": (2691792, 100, 2, 1, *rest),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"transmissionRisk":3', b'"transmissionRisk":4'),
        (b"2692080", b"2692079"),
        (b'"rollingPeriod":100', b'"rollingPeriod":101'),
        (b"MDEyMzQ1", b"MDEyMzQ2"),
        (b"AAECAwQF", b"AAECAwQE"),
        (b".AifxKOAS", b".AifxKOAT"),
        (b".eyJpc3Mi", b".eyJpc3Ni"),
    ],
)
def test_one_character_else_and_nothing_is_stored(golden: None, old: bytes, new: bytes) -> None:
    assert BODY.count(old) == 1
    status, reply = post(BODY.replace(old, new))
    assert (status, reply["code"]) == (401, "health_authority_verification_certificate_invalid")
    assert not PublishedKey.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        (-26 * 3600, 401),
        (-6, 401),
        (-5, 200),  # five seconds between two servers' clocks are forgiven
        (899, 200),
        (900, 401),  # expired: exp is 15 minutes after
        (26 * 3600, 401),
    ],
)
def test_a_certificate_counts_between_its_times(
    golden: None, authority_clock: Any, seconds: int, status: int
) -> None:
    authority_clock.set(ISSUED + timedelta(seconds=seconds))
    assert post()[0] == status


def test_the_mac_with_and_without_risks() -> None:
    four, three = b64decode(MAC), b64decode(MAC_WITHOUT_RISKS)
    assert tekmacs(keys(last_risk=3), SECRET) == (four,)
    assert three in tekmacs(keys(), SECRET)
    assert len(tekmacs(keys(), SECRET)) == 2


@pytest.mark.django_db
def test_a_body_is_json_to_the_byte(golden: None) -> None:
    """Blanks and the order of names mean nothing; the request is the same one, so nothing new is stored."""
    assert post()[0] == 200
    again = json.dumps(dict(reversed(json.loads(BODY).items())), indent=2).encode()
    status, reply = post(again)
    assert (status, reply["insertedExposures"]) == (200, 3)
    assert PublishedKey.objects.count() == 3
