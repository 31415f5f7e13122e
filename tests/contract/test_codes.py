"""Codes, tokens and certificates: issue, verify, certify, and publish with what came out."""

from __future__ import annotations

import json
import uuid
from base64 import b64encode, urlsafe_b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import connections
from django.test import Client

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope
from bluezone.authority.keys import services
from bluezone.authority.keys.models import (
    HealthAuthorityKey,
    PublishedKey,
    PublishMemory,
    VerificationCode,
    VerificationToken,
)
from bluezone.authority.keys.report_types import ReportTypeName

pytestmark = pytest.mark.django_db


def issue(clock: Any, **changes: Any) -> services.IssuedCode:
    wanted: dict[str, Any] = {
        "report_type": ReportTypeName.CONFIRMED,
        "test_date": date(2021, 3, 9),
        "onset_date": date(2021, 3, 7),
        "uuid": uuid.uuid4(),
        "area_path": "01/009/00343",
        "scope": Scope.of(["01/009"]),
        "by": Actor("test"),
        "now": clock.now(),
        **changes,
    }
    return services.issue_code(**wanted)


def post(path: str, body: Any, client: Client | None = None) -> tuple[int, dict[str, Any]]:
    response = (client or Client()).post(path, json.dumps(body), content_type="application/json")
    return response.status_code, response.json()


def decode(certificate: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Check an ES256 JWT by hand against the key that the table names, and give header and claims."""
    parts = [urlsafe_b64decode(part + "==") for part in certificate.split(".")]
    header, claims = json.loads(parts[0]), json.loads(parts[1])
    pem = HealthAuthorityKey.objects.get(kid=header["kid"]).public_key_pem
    key = load_pem_public_key(pem.encode())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    r, s = int.from_bytes(parts[2][:32], "big"), int.from_bytes(parts[2][32:], "big")
    signed = certificate.rsplit(".", 1)[0].encode()
    key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
    return header, claims


def test_from_code_to_published_keys(phone: Any, authority_clock: Any) -> None:
    code = issue(authority_clock)
    assert len(code.code) == 8
    assert code.code.isdigit()
    status, verified = post("/api/verify", {"code": code.code, "accept": ["confirmed"], "padding": "AAAA"})
    assert status == 200
    assert (verified["testtype"], verified["testDate"], verified["symptomDate"]) == (
        "confirmed", "2021-03-09", "2021-03-07",
    )  # fmt: skip
    keys = phone.keys(14)
    ekeyhmac = b64encode(phone.tekmac(keys)).decode()
    status, certified = post("/api/certificate", {"token": verified["token"], "ekeyhmac": ekeyhmac})
    assert status == 200
    header, claims = decode(certified["certificate"])
    now = int(authority_clock.now().timestamp())
    assert header["alg"] == "ES256"
    assert claims == {
        "iss": "vn.bluezone",
        "aud": "bluezone-key-server",
        "iat": now - 5,
        "nbf": now - 5,
        "exp": now + 900,
        "reportType": "confirmed",
        "symptomOnsetInterval": 18_693 * 144,  # 7 March 2021 is day 18,693 since the epoch
        "tekmac": ekeyhmac,
    }
    status, reply = phone.publish(
        keys, healthAuthorityID="vn.bluezone", verificationPayload=certified["certificate"]
    )
    assert (status, reply["insertedExposures"]) == (200, 14)
    days = sorted(PublishedKey.objects.values_list("days_since_onset", flat=True))
    assert days == list(range(-11, 3))  # yesterday, 9 March, is 2 days after onset


def test_a_code_works_once_and_every_other_answer_is_the_same(key_server: Any, authority_clock: Any) -> None:
    used, expired = issue(authority_clock), issue(authority_clock)
    assert post("/api/verify", {"code": used.code})[0] == 200
    answers = [post("/api/verify", {"code": used.code})]
    authority_clock.advance(timedelta(minutes=15))
    answers.append(post("/api/verify", {"code": expired.code}))
    answers.append(post("/api/verify", {"code": "00000000" if expired.code != "00000000" else "00000001"}))
    answers.append(post("/api/verify", {"code": ""}))
    for status, reply in answers:
        reply.pop("padding")
        assert status == 400
        assert reply == {
            "error": "verification code invalid",
            "errorCode": "code_invalid",
            "error_code": "code_invalid",
        }


def test_a_code_may_be_typed_in_groups(key_server: Any, authority_clock: Any) -> None:
    code = issue(authority_clock)
    assert post("/api/verify", {"code": f" {code.code[:4]}-{code.code[4:6]} {code.code[6:]}"})[0] == 200


def test_a_code_of_a_type_the_client_does_not_know_is_not_used_up(
    key_server: Any, authority_clock: Any
) -> None:
    code = issue(authority_clock, report_type=ReportTypeName.LIKELY, onset_date=None)
    status, reply = post("/api/verify", {"code": code.code, "accept": ["confirmed"]})
    assert (status, reply["errorCode"]) == (412, "unsupported_test_type")
    status, reply = post("/api/verify", {"code": code.code, "accept": ["lucky"]})
    assert (status, reply["errorCode"]) == (400, "invalid_test_type")
    assert post("/api/verify", {"code": code.code, "accept": ["likely"]})[0] == 200


@pytest.mark.parametrize(
    ("accept", "taken"),  # the table of the reference's TestGetAcceptedTestTypes, spelling too
    [
        ([], {"confirmed", "likely", "negative"}),
        (["CONFIRMED"], {"confirmed"}),
        (["Likely"], {"confirmed", "likely"}),
        (["negative"], {"confirmed", "likely", "negative"}),
        (["User-Report"], {"confirmed"}),
        (["likely", "user-report"], {"confirmed", "likely"}),
    ],
)
def test_what_a_client_accepts(
    key_server: Any, authority_clock: Any, accept: list[str], taken: set[str]
) -> None:
    statuses = {}
    for kind in (ReportTypeName.CONFIRMED, ReportTypeName.LIKELY, ReportTypeName.NEGATIVE):
        code = issue(authority_clock, report_type=kind, onset_date=None)
        statuses[kind.value] = post("/api/verify", {"code": code.code, "accept": accept})[0]
    assert statuses == {kind: 200 if kind in taken else 412 for kind in statuses}


def test_a_date_that_there_is_not_is_left_out(key_server: Any, authority_clock: Any) -> None:
    code = issue(authority_clock, onset_date=None)
    reply = post("/api/verify", {"code": code.code})[1]
    assert set(reply) == {"testtype", "testDate", "token", "padding"}
    code = issue(authority_clock, test_date=None)
    assert set(post("/api/verify", {"code": code.code})[1]) == {"testtype", "symptomDate", "token", "padding"}


def test_the_same_uuid_gives_the_same_code(key_server: Any, authority_clock: Any) -> None:
    request = uuid.uuid4()
    first = issue(authority_clock, uuid=request)
    authority_clock.advance(timedelta(minutes=3))
    again = issue(authority_clock, uuid=request)
    assert again == first
    assert VerificationCode.objects.count() == 1
    assert AuditEntry.objects.filter(action="keys.code-issued").count() == 1
    with pytest.raises(services.CodeRefused, match="another test"):
        issue(authority_clock, uuid=request, test_date=date(2021, 3, 8))
    assert issue(authority_clock).code != first.code


def test_no_code_token_or_key_is_in_the_database_in_clear(phone: Any, authority_clock: Any) -> None:
    code = issue(authority_clock)
    token = post("/api/verify", {"code": code.code})[1]["token"]
    rows = [
        *VerificationCode.objects.values(),
        *VerificationToken.objects.values(),
        *AuditEntry.objects.values(),
    ]
    assert code.code not in str(rows)
    assert token not in str(rows)


@pytest.mark.parametrize(
    "changes",
    [
        {"area_path": "01/010"},
        {"area_path": "*"},
        {"scope": Scope.nothing()},
        {"report_type": ReportTypeName.USER_REPORT},
        {"test_date": date(2021, 3, 11)},
        {"test_date": date(2021, 2, 23)},
        {"onset_date": date(2021, 2, 9)},
        {"onset_date": date(2021, 3, 11)},
        {"test_date": None, "onset_date": None},
        {"report_type": ReportTypeName.NEGATIVE},
    ],
)
def test_codes_that_are_not_issued(key_server: Any, authority_clock: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(services.CodeRefused):
        issue(authority_clock, **changes)
    assert (
        VerificationCode.objects.count() == AuditEntry.objects.filter(action="keys.code-issued").count() == 0
    )


def test_dates_are_those_of_hanoi(key_server: Any, authority_clock: Any) -> None:
    authority_clock.advance(timedelta(hours=9))  # 17:17 UTC is already 11 March in Hà Nội
    assert issue(authority_clock, test_date=date(2021, 3, 11))


def test_an_onset_today_counts_as_today_before_it_has_begun_in_utc(phone: Any, authority_clock: Any) -> None:
    """At 1:00 on 11 March in Hà Nội it is 18:00 on 10 March UTC: day 0 is 10 March, the day of the key."""
    authority_clock.set(datetime(2021, 3, 10, 18, 0, tzinfo=UTC))
    code = issue(authority_clock, test_date=None, onset_date=date(2021, 3, 11))
    token = post("/api/verify", {"code": code.code})[1]["token"]
    keys = phone.keys(2, first_day_ago=0)
    ekeyhmac = b64encode(phone.tekmac(keys)).decode()
    certificate = post("/api/certificate", {"token": token, "ekeyhmac": ekeyhmac})[1]["certificate"]
    assert decode(certificate)[1]["symptomOnsetInterval"] == 18_697 * 144  # 11 March
    status, _ = phone.publish(
        keys, healthAuthorityID="vn.bluezone", verificationPayload=certificate, symptomOnsetInterval=0
    )
    assert status == 200
    assert sorted(PublishedKey.objects.values_list("days_since_onset", flat=True)) == [-1, 0]


def test_certificate_again_says_the_same_and_for_no_other_keys(phone: Any, authority_clock: Any) -> None:
    token = post("/api/verify", {"code": issue(authority_clock).code})[1]["token"]
    ekeyhmac = b64encode(bytes(range(32))).decode()
    first = post("/api/certificate", {"token": token, "ekeyhmac": ekeyhmac})
    authority_clock.advance(timedelta(minutes=10))
    again = post("/api/certificate", {"token": token, "ekeyhmac": ekeyhmac})
    assert decode(first[1]["certificate"]) == decode(again[1]["certificate"])
    other = post("/api/certificate", {"token": token, "ekeyhmac": b64encode(bytes(32)).decode()})
    assert (other[0], other[1]["errorCode"]) == (400, "token_invalid")
    authority_clock.advance(timedelta(minutes=10))
    later = post("/api/certificate", {"token": token, "ekeyhmac": ekeyhmac})
    claims = decode(first[1]["certificate"])[1]
    moved = {name: claims[name] + 20 * 60 for name in ("iat", "nbf", "exp")}
    assert decode(later[1]["certificate"])[1] == claims | moved
    assert claims["tekmac"] == ekeyhmac
    authority_clock.advance(timedelta(hours=24))
    late = post("/api/certificate", {"token": token, "ekeyhmac": ekeyhmac})
    assert (late[0], late[1]["errorCode"]) == (400, "token_expired")


def test_publishing_again_under_a_certificate_asked_for_again_changes_nothing(
    phone: Any, authority_clock: Any
) -> None:
    token = post("/api/verify", {"code": issue(authority_clock).code})[1]["token"]
    keys = phone.keys(3)
    request = {"token": token, "ekeyhmac": b64encode(phone.tekmac(keys)).decode()}
    for _ in range(2):
        certificate = post("/api/certificate", request)[1]["certificate"]
        authority_clock.advance(timedelta(minutes=5))
        status, reply = phone.publish(keys, healthAuthorityID="vn.bluezone", verificationPayload=certificate)
        assert (status, reply["insertedExposures"]) == (200, 3)
    assert PublishedKey.objects.count() == 3
    assert PublishMemory.objects.count() == 1


def test_what_is_stored_and_the_secrets_do_not_give_the_certificate(phone: Any, authority_clock: Any) -> None:
    """It names the request memory: whoever had it could try out which keys were sent together."""
    token = post("/api/verify", {"code": issue(authority_clock).code})[1]["token"]
    tekmac = phone.tekmac(phone.keys(3))
    request = {"token": token, "ekeyhmac": b64encode(tekmac).decode()}
    certificate = post("/api/certificate", request)[1]["certificate"]
    stored = list(VerificationToken.objects.get().__dict__.values())
    assert not {bytes(one) for one in stored if isinstance(one, bytes | memoryview)} & {tekmac}
    signature = certificate.rpartition(".")[2]
    for part in (signature, request["ekeyhmac"], tekmac.hex(), token):
        assert part not in str(stored)


@pytest.mark.parametrize(
    ("ekeyhmac", "code"), [("", "hmac_invalid"), ("AAAA", "hmac_invalid"), ("!", "hmac_invalid")]
)
def test_a_mac_that_is_none_does_not_use_up_the_token(
    key_server: Any, authority_clock: Any, ekeyhmac: str, code: str
) -> None:
    token = post("/api/verify", {"code": issue(authority_clock).code})[1]["token"]
    status, reply = post("/api/certificate", {"token": token, "ekeyhmac": ekeyhmac})
    assert (status, reply["errorCode"]) == (400, code)
    good = b64encode(bytes(32)).decode()
    assert post("/api/certificate", {"token": token, "ekeyhmac": good})[0] == 200


def test_unknown_token(key_server: Any) -> None:
    status, reply = post("/api/certificate", {"token": "x", "ekeyhmac": b64encode(bytes(32)).decode()})
    assert (status, reply["errorCode"]) == (400, "token_invalid")


@pytest.mark.parametrize("path", ["/api/verify", "/api/certificate"])
def test_bodies_of_the_verification_api(key_server: Any, path: str) -> None:
    for body in ([], {}, {"code": 1, "token": 1}, "text"):
        assert post(path, body)[0] == 400
    client = Client()
    assert client.post(path, "{", content_type="application/json").status_code == 400
    assert client.post(path, "a=b", content_type="application/x-www-form-urlencoded").status_code == 415
    assert client.post(path, "A" * 64_001, content_type="application/json").status_code == 413
    assert client.get(path).status_code == 405


def test_guessing_from_one_address_is_slowed_and_others_are_not(
    key_server: Any, authority_clock: Any
) -> None:
    attacker, resident = Client(REMOTE_ADDR="10.0.0.1"), Client(REMOTE_ADDR="10.0.0.2")
    for _ in range(10):
        assert post("/api/verify", {"code": "11112222"}, attacker)[0] == 400
    status, reply = post("/api/verify", {"code": "11112222"}, attacker)
    assert (status, reply["errorCode"]) == (429, "too_many_requests")
    assert post("/api/verify", {"code": issue(authority_clock).code}, resident)[0] == 200
    authority_clock.advance(timedelta(minutes=1))
    assert post("/api/verify", {"code": issue(authority_clock).code}, attacker)[0] == 200


def test_expired_things_are_erased(phone: Any, authority_clock: Any) -> None:
    code = issue(authority_clock)
    post("/api/verify", {"code": code.code})
    phone.publish(phone.keys(1))
    services.build_exports(authority_clock.now() + timedelta(hours=4))
    for days in (1, 16):
        authority_clock.advance(timedelta(days=days))
        services.delete_expired(authority_clock.now())
        if days == 1:
            assert VerificationToken.objects.count() == 0
            assert VerificationCode.objects.count() == PublishedKey.objects.filter(padding=False).count() == 1
    assert VerificationCode.objects.count() == PublishedKey.objects.count() == 0


def test_keys_that_no_file_holds_yet_are_not_erased(phone: Any, authority_clock: Any) -> None:
    phone.publish(phone.keys(1))
    services.delete_expired(authority_clock.now() + timedelta(days=30))
    assert PublishedKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_code_entered_on_two_phones_at_once_gives_one_token(
    key_server: Any, authority_clock: Any
) -> None:
    code = issue(authority_clock)

    def enter(_: int) -> int:
        try:
            return post("/api/verify", {"code": code.code})[0]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(enter, range(6)))
    assert statuses == [200, 400, 400, 400, 400, 400]


@pytest.mark.django_db(transaction=True)
def test_issuing_twice_at_once_gives_one_code(key_server: Any, authority_clock: Any) -> None:
    request = uuid.uuid4()

    def ask(_: int) -> str:
        try:
            return issue(authority_clock, uuid=request).code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(6)))) == 1
    assert (
        VerificationCode.objects.count() == AuditEntry.objects.filter(action="keys.code-issued").count() == 1
    )


@pytest.mark.django_db(transaction=True)
def test_one_token_used_for_two_sets_of_keys_at_once_certifies_one(
    key_server: Any, authority_clock: Any
) -> None:
    token = post("/api/verify", {"code": issue(authority_clock).code})[1]["token"]
    macs = [b64encode(bytes([at % 2]) * 32).decode() for at in range(8)]

    def ask(ekeyhmac: str) -> str:
        try:
            return str(post("/api/certificate", {"token": token, "ekeyhmac": ekeyhmac})[1].get("certificate"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        certificates = [one for one in pool.map(ask, macs) if one != "None"]
    claims = [decode(one)[1] for one in certificates]
    assert len(claims) == 4
    assert all(one == claims[0] for one in claims)
