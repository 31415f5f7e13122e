"""Requests made to break the server or to shut others out: odd text, guesses, faults of our own."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError
from django.test import Client

from bluezone.authority.access.audit import SYSTEM
from bluezone.authority.access.scope import EVERYWHERE, Scope
from bluezone.authority.keys import services, verify_api
from bluezone.authority.keys.models import PublishedKey
from bluezone.authority.keys.report_types import ReportTypeName

pytestmark = pytest.mark.django_db

ATTACKER, RESIDENT, OTHER_ATTACKER = "203.0.113.1", "203.0.113.2", "203.0.113.3"


def post(path: str, body: Any, address: str = RESIDENT) -> tuple[int, dict[str, Any]]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = Client(REMOTE_ADDR=address).post(path, raw, content_type="application/json")
    reply = response.json()
    assert 1024 <= len(b64decode(reply["padding"])) <= 2048
    return response.status_code, reply


def new_code(clock: Any, n: int = 0) -> str:
    return services.issue_code(
        report_type=ReportTypeName.CONFIRMED,
        test_date=clock.now().date(),
        uuid=UUID(int=n),
        area_path=EVERYWHERE,
        scope=Scope.everything(),
        by=SYSTEM,
        now=clock.now(),
    ).code


@pytest.mark.parametrize("kid", ["\ud800", "\0", "é", "", "k" * 65, 7, None, "v1\n"])
def test_odd_key_ids_of_certificates(phone: Any, kid: Any) -> None:
    keys = phone.keys(1)
    certificate = phone.authority.jwt(phone.claims(keys), {"kid": kid})
    status, reply = phone.publish(keys, verificationPayload=certificate)
    assert (status, reply["code"]) == (401, "health_authority_verification_certificate_invalid")


@pytest.mark.parametrize("name", ["\0", "gov.example\0", "a\nb", "\x7f", "g" * 101])
def test_odd_names_of_authorities(phone: Any, name: str) -> None:
    status, reply = phone.publish(phone.keys(1), healthAuthorityID=name)
    assert (status, reply["code"]) == (400, "bad_request")
    assert "healthAuthorityID" in reply["error"]


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_times_that_are_none(phone: Any, claim: str, value: float) -> None:
    keys = phone.keys(1)
    certificate = phone.authority.jwt(phone.claims(keys, **{claim: value}))
    status, reply = phone.publish(keys, verificationPayload=certificate)
    assert (status, reply["code"]) == (401, "health_authority_verification_certificate_invalid")
    assert PublishedKey.objects.count() == 0


def test_two_keys_written_as_one_are_no_key(phone: Any) -> None:
    """The MAC's text is "K1.s.144.0,K2.s.144.0": one key named "K1.s.144.0,K2" would read the same."""
    keys = sorted(phone.keys(2), key=lambda key: key["key"])
    body = phone.body(keys)
    assert phone.send(body)[0] == 200
    first, second = keys
    joined = {**second, "key": f"{first['key']}.{first['rollingStartNumber']}.144.0,{second['key']}"}
    assert phone.tekmac([joined]) == phone.tekmac(keys)
    status, reply = phone.send({**body, "temporaryExposureKeys": [joined]})
    assert (status, reply["code"]) == (400, "bad_request")
    assert "temporaryExposureKeys[0].key" in reply["error"]


def test_of_a_name_that_comes_twice_the_last_counts(phone: Any) -> None:
    raw = json.dumps(phone.body(phone.keys(1))).encode()
    status, _ = phone.send(b'{"healthAuthorityID": "nobody", ' + raw[1:])
    assert status == 200
    raw = json.dumps(phone.body(phone.keys(1))).encode()
    status, reply = phone.send(raw[:-1] + b', "healthAuthorityID": "nobody"}')
    assert (status, reply["code"]) == (401, "unknown_health_authority_id")


@pytest.mark.parametrize(
    ("path", "service", "field", "code"),
    [
        ("/v1/publish", "publish", "code", "internal_error"),
        ("/api/verify", "verify_code", "errorCode", "internal_server_error"),
        ("/api/certificate", "issue_certificate", "errorCode", "internal_server_error"),
    ],
)
def test_faults_of_our_own_are_told_in_json(
    phone: Any, monkeypatch: pytest.MonkeyPatch, path: str, service: str, field: str, code: str
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("our own fault")

    monkeypatch.setattr(services, service, fail)
    body = {"code": "1", "token": "1", "ekeyhmac": "1"} if service != "publish" else phone.body(phone.keys(1))
    status, reply = post(path, body)
    assert (status, reply[field]) == (500, code)
    assert "fault" not in reply["error"]


@pytest.mark.parametrize("path", ["/v1/publish", "/api/verify", "/api/certificate"])
def test_other_methods_are_refused_in_json(key_server: Any, path: str) -> None:
    response = Client().get(path)
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert len(b64decode(response.json()["padding"])) >= 1024


def test_a_fault_of_ours_uses_up_no_tries(
    key_server: Any, authority_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_api.VERIFY_LIMIT, "limit", 2)

    def fail(*_: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(services, "verify_code", fail)
        assert [post("/api/verify", {"code": "11112222"})[0] for _ in range(4)] == [500] * 4
    assert post("/api/verify", {"code": new_code(authority_clock)})[0] == 200


def test_right_codes_and_malformed_requests_use_up_no_tries(
    key_server: Any, authority_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_api.VERIFY_LIMIT, "limit", 2)
    for n in range(3):
        assert post("/api/verify", {"code": new_code(authority_clock, n)})[0] == 200
        assert post("/api/verify", b"{")[0] == 400
        assert post("/api/verify", {"code": 1})[0] == 400
        assert post("/api/verify", {"code": "11112222", "accept": ["x"]})[0] == 400
        for no_code in ("", "1", "1111222", "111122223", "1111222a", "-"):
            assert post("/api/verify", {"code": no_code})[1]["errorCode"] == "code_invalid"
    expired = new_code(authority_clock, 9)
    authority_clock.advance(timedelta(minutes=15))
    assert post("/api/verify", {"code": expired})[1]["errorCode"] == "code_invalid"
    assert post("/api/verify", {"code": "11112222"})[1]["errorCode"] == "code_invalid"
    assert post("/api/verify", {"code": new_code(authority_clock, 10)})[0] == 429


def test_many_guesses_leave_each_network_fewer_tries_and_shut_nobody_out(
    key_server: Any, authority_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tries(address: str) -> int:
        statuses = [post("/api/verify", {"code": "11112222"}, address)[0] for _ in range(15)]
        return statuses.count(400)

    monkeypatch.setattr(verify_api.WRONG_CODES, "threshold", 10)
    assert tries(ATTACKER) == 10
    assert tries(OTHER_ATTACKER) == 3
    assert post("/api/verify", {"code": new_code(authority_clock)}, ATTACKER)[0] == 429
    assert post("/api/verify", {"code": new_code(authority_clock)}, RESIDENT)[0] == 200


def test_a_48_of_networks_is_no_way_around_the_limits(
    key_server: Any, authority_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3 tries during an alarm, 16 times for a whole /48; who lives elsewhere does not notice."""
    monkeypatch.setattr(verify_api.WRONG_CODES, "threshold", 0)
    wrong = {"code": "11112222"}
    statuses = [post("/api/verify", wrong, f"2001:db8:7:{n * 99:x}::1")[0] for n in range(100)]
    assert statuses == [400] * 48 + [429] * 52
    assert post("/api/verify", {"code": new_code(authority_clock)}, "2001:db8:8::1")[0] == 200


def test_right_codes_make_up_for_wrong_ones_of_their_network(key_server: Any, authority_clock: Any) -> None:
    for n in range(15):
        assert post("/api/verify", {"code": "11112222"})[0] == 400
        assert post("/api/verify", {"code": new_code(authority_clock, n)})[0] == 200
    statuses = [post("/api/verify", {"code": "11112222"})[0] for _ in range(11)]
    assert statuses == [400] * 10 + [429]


def test_mistakes_every_few_hours_keep_nobody_waiting(key_server: Any, authority_clock: Any) -> None:
    for _ in range(20):
        assert post("/api/verify", {"code": "11112222"})[0] == 400
        authority_clock.advance(timedelta(hours=3))
    assert post("/api/verify", {"code": new_code(authority_clock)})[0] == 200


def test_after_a_wait_one_of_many_guesses_at_once_is_made(
    key_server: Any, authority_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them arrive before the first has been judged: what it costs comes too late to stop them."""
    for _ in range(10):
        post("/api/verify", {"code": "11112222"}, ATTACKER)
    authority_clock.advance(timedelta(minutes=1))
    others: list[int] = []
    really = services.verify_code

    def while_others_arrive(*args: Any, **options: Any) -> Any:
        if not others:
            others.append(0)  # they find this one being judged
            others[:] = [post("/api/verify", {"code": "33334444"}, ATTACKER)[0] for _ in range(39)]
        return really(*args, **options)

    monkeypatch.setattr(services, "verify_code", while_others_arrive)
    assert post("/api/verify", {"code": "33334444"}, ATTACKER)[0] == 400
    assert others == [429] * 39
