"""Noise looks like the real thing and leaves nothing."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest
from django.test import Client
from tests.contract.test_codes import issue, post

from bluezone.authority.keys.models import VerificationCode, VerificationToken

pytestmark = pytest.mark.django_db


def chaff(path: str, body: bytes = b'{"padding": "AAAA"}') -> dict[str, Any]:
    response = Client().post(path, body, content_type="application/json", headers={"X-Chaff": "1"})
    assert response.status_code == 200
    reply: dict[str, Any] = response.json()
    assert 1024 <= len(b64decode(reply.pop("padding"))) <= 2048
    return reply


def sizes(reply: dict[str, Any]) -> dict[str, int]:
    return {name: len(value) for name, value in reply.items() if name != "padding"}


def test_noise_and_the_real_thing_have_the_same_fields_of_the_same_sizes(
    key_server: Any, authority_clock: Any
) -> None:
    verified = post("/api/verify", {"code": issue(authority_clock).code})[1]
    assert sizes(chaff("/api/verify")) == sizes(verified)
    mac = b64encode(bytes(32)).decode()
    certified = post("/api/certificate", {"token": verified["token"], "ekeyhmac": mac})[1]
    assert sizes(chaff("/api/certificate")) == sizes(certified)


def test_noise_leaves_nothing_and_uses_up_nothing(key_server: Any, authority_clock: Any) -> None:
    code = issue(authority_clock).code
    real = json.dumps({"code": code}).encode()
    for body in (real, b"{", b"", b"A" * 64_001):
        token = chaff("/api/verify", body)["token"]
        chaff("/api/certificate", body)
    assert VerificationToken.objects.count() == 0
    assert VerificationCode.objects.get().claimed_at is None
    mac = b64encode(bytes(32)).decode()
    assert post("/api/certificate", {"token": token, "ekeyhmac": mac})[1]["errorCode"] == "token_invalid"
    assert post("/api/verify", {"code": code})[0] == 200


def test_noise_is_no_certificate(key_server: Any, authority_clock: Any, phone: Any) -> None:
    noise = chaff("/api/certificate")["certificate"]
    keys = phone.keys(1)
    status, reply = phone.publish(keys, healthAuthorityID="vn.bluezone", verificationPayload=noise)
    assert (status, reply["code"]) == (401, "health_authority_verification_certificate_invalid")
