"""The certificate keys that other key servers fetch: read by hand, and by what they verify."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64decode
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from tests.contract.test_codes import issue, post

from bluezone.authority.keys.models import HealthAuthority, HealthAuthorityKey

pytestmark = pytest.mark.django_db
PATH = "/.well-known/jwks.json"


def number(text: str) -> int:
    data = urlsafe_b64decode(text + "==")
    assert len(data) == 32  # RFC 7518, 6.2.1.2: the full size of a coordinate
    return int.from_bytes(data, "big")


def test_a_certificate_verifies_under_the_key_that_is_published(
    key_server: Any, authority_clock: Any
) -> None:
    token = post("/api/verify", {"code": issue(authority_clock).code})[1]["token"]
    request = {"token": token, "ekeyhmac": b64encode(bytes(32)).decode()}
    certificate = post("/api/certificate", request)[1]["certificate"]
    header = json.loads(urlsafe_b64decode(certificate.split(".")[0] + "=="))
    response = Client().get(PATH)
    assert response["Content-Type"] == "application/json"
    [key] = response.json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert key["kid"] == header["kid"]
    public = ec.EllipticCurvePublicNumbers(number(key["x"]), number(key["y"]), ec.SECP256R1()).public_key()
    signed, _, signature = certificate.rpartition(".")
    raw = urlsafe_b64decode(signature + "==")
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    public.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(SHA256()))


def test_keys_overlap_while_they_are_turned_over(key_server: Any, authority_clock: Any) -> None:
    now = authority_clock.now()
    authority = HealthAuthority.objects.get(identifier="vn.bluezone")
    for kid, begins, ends in (
        ("gone", -30, -1),
        ("ending", -30, 1),
        ("to come", 1, None),
    ):
        public = ec.generate_private_key(ec.SECP256R1()).public_key()
        HealthAuthorityKey.objects.create(
            authority=authority,
            kid=kid,
            public_key_pem=public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
            valid_from=now + timedelta(days=begins),
            valid_until=None if ends is None else now + timedelta(days=ends),
        )
    own = HealthAuthorityKey.objects.get(authority=authority, valid_until=None, valid_from=now).kid
    assert [key["kid"] for key in Client().get(PATH).json()["keys"]] == ["ending", own, "to come"]


def test_only_the_own_issuer_is_here(key_server: Any) -> None:
    client = Client()
    assert client.get("/jwks/vn.bluezone").json() == client.get(PATH).json()
    assert client.get("/jwks/gov.example.issuer").status_code == 404
    assert client.post(PATH).status_code == 405
    assert client.get(PATH)["Cache-Control"] == "public, max-age=300"


def test_before_setup_there_is_none(authority: Any) -> None:
    assert Client().get(PATH).status_code == 404
