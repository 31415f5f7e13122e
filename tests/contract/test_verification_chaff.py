"""Noise looks like the real thing and leaves nothing."""

from __future__ import annotations

import json
import re
import sys
from base64 import b64decode, b64encode
from dataclasses import dataclass
from types import FrameType
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
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


@dataclass(frozen=True)
class Work:
    """What answering a request cost, as far as a network could measure it."""

    read: tuple[str, ...]
    """Tables, in order."""
    written: frozenset[str]
    has_transaction: bool
    ecdsa: tuple[str, ...]
    """Signatures made and checked."""


def work(path: str, body: dict[str, Any], **headers: str) -> tuple[Work, dict[str, Any]]:
    ecdsa: list[str] = []

    def note(_frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and called.__name__ in ("sign", "verify"):
            ecdsa.append(called.__name__)

    with CaptureQueriesContext(connection) as queries:
        sys.setprofile(note)
        try:
            response = Client().post(path, json.dumps(body), content_type="application/json", headers=headers)
        finally:
            sys.setprofile(None)
    assert response.status_code == 200, response.content
    statements = [query["sql"].replace('"', "") for query in queries.captured_queries]
    read = [match[1] for one in statements if (match := re.match(r"SELECT .*? FROM (\w+)", one))]
    written = [match[1] for one in statements if (match := re.match(r"(?:INSERT INTO|UPDATE) (\w+)", one))]
    transaction = any(one.startswith("SAVEPOINT") for one in statements)
    return Work(tuple(read), frozenset(written), transaction, tuple(ecdsa)), response.json()


def test_noise_costs_the_same_work_as_the_real_thing(
    key_server: Any, phone: Any, authority_clock: Any
) -> None:
    """Reads, a transaction that writes, signatures: else the time of an answer tells which it was."""
    real, noise = {}, {}
    for _ in range(2):  # the first time fills what is remembered between requests
        code = {"code": issue(authority_clock).code}
        real["verify"], reply = work("/api/verify", code)
        noise["verify"], _ = work("/api/verify", code, **{"X-Chaff": "1"})
        token = {"token": reply["token"], "ekeyhmac": b64encode(bytes(32)).decode()}
        real["certificate"], _ = work("/api/certificate", token)
        noise["certificate"], _ = work("/api/certificate", token, **{"X-Chaff": "1"})
        keys = phone.body(phone.keys(3))
        real["publish"], _ = work("/v1/publish", keys)
        noise["publish"], _ = work("/v1/publish", keys, **{"X-Chaff": "1"})
    assert (real["verify"].read, real["verify"].ecdsa) == (("keys_verificationcode",), ())
    assert (real["certificate"].read, real["certificate"].ecdsa) == (("keys_verificationtoken",), ("sign",))
    assert real["publish"].ecdsa == ("verify",)
    for name, wanted in real.items():
        did = noise[name]
        assert (did.read, did.ecdsa) == (wanted.read, wanted.ecdsa), name
        assert did.has_transaction, name
        assert did.written <= wanted.written, name
        assert bool(did.written) == bool(wanted.written), name  # not seen where the driver writes by itself
