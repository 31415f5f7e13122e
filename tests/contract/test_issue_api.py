"""The laboratories' API: issue one or ten codes, ask what became of one, take one back."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.contract.laboratory import Laboratory, Outbox, new_key

from bluezone.authority.access.audit import SYSTEM
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.keys import services
from bluezone.authority.keys.models import ApiKey, ApiKind, SmsMessage, VerificationCode
from bluezone.authority.keys.sms.config import SmsSettings

pytestmark = pytest.mark.django_db
TEST = {"testType": "confirmed", "testDate": "2021-03-09", "symptomDate": "2021-03-07", "tzOffset": 420}
ADMIN = ["/api/issue", "/api/batch-issue", "/api/checkcodestatus", "/api/expirecode"]


@pytest.fixture
def laboratory(key_server: Any, authority_clock: Any) -> Laboratory:
    return Laboratory(new_key(authority_clock).text)


@pytest.fixture
def outbox(settings: Any) -> Outbox:
    box = Outbox()
    settings.BLUEZONE_SMS = SmsSettings(box)
    return box


def test_a_code_for_a_test(laboratory: Laboratory, authority_clock: Any) -> None:
    asked = str(uuid.uuid4())
    status, reply = laboratory.post("/api/issue", {**TEST, "uuid": asked, "externalIssuerID": "lab-7"})
    assert status == 200
    code = reply.pop("code")
    # 8:17 UTC and 15 minutes; 1615365120 is `date -d 2021-03-10T08:32:00Z +%s`
    assert reply == {
        "uuid": asked,
        "expiresAt": "Wed, 10 Mar 2021 08:32:00 UTC",
        "expiresAtTimestamp": 1615365120,
    }
    status, verified = laboratory.post("/api/verify", {"code": code})
    assert (status, verified["testtype"], verified["testDate"], verified["symptomDate"]) == (
        200, "confirmed", "2021-03-09", "2021-03-07",
    )  # fmt: skip
    row, key = VerificationCode.objects.get(), ApiKey.objects.get()
    assert (row.area_path, row.api_key_id, row.issued_by_id) == ("01/009", key.pk, None)
    assert AuditEntry.objects.get(action="keys.code-issued").actor == f"api-key:{key.pk}"
    assert key.last_used_on == authority_clock.now().date()


def test_errors_are_told_in_english(laboratory: Laboratory) -> None:
    reply = laboratory.post("/api/issue", {**TEST, "phone": "+12068675309"})[1]
    assert reply["error"].startswith('field "phone" must be a mobile number of Viet Nam')
    reply = laboratory.post("/api/issue", {**TEST, "testDate": "2021-03-11"})[1]
    assert reply["error"].startswith("testDate must be within the last 14 days")


def test_as_clients_of_the_reference_also_write_it(laboratory: Laboratory) -> None:
    assert (
        laboratory.post("/api/issue", {**TEST, "testType": "CONFIRMED", "onlyGenerateSMS": False})[0] == 200
    )
    status, reply = laboratory.post("/api/issue", {**TEST, "onlyGenerateSMS": True})
    assert (status, reply["errorCode"]) == (400, "unparsable_request")
    assert "onlyGenerateSMS" in reply["error"]


def test_the_same_uuid_issues_nothing_more(laboratory: Laboratory) -> None:
    body = {**TEST, "uuid": str(uuid.uuid4())}
    assert laboratory.post("/api/issue", body)[0] == 200
    for again in (body, {**body, "testType": "likely"}, {**body, "phone": "0912345678"}):
        status, reply = laboratory.post("/api/issue", again)
        assert (status, reply["errorCode"]) == (409, "uuid_already_exists")
        assert "code" not in reply
    assert VerificationCode.objects.count() == 1
    assert laboratory.post("/api/issue", TEST)[0] == 200  # the server makes a UUID


def test_with_a_phone_a_message_goes_out(
    laboratory: Laboratory, outbox: Outbox, authority_clock: Any
) -> None:
    status, reply = laboratory.post("/api/issue", {**TEST, "phone": "0912 345 678"})
    assert (status, reply["longExpiresAt"]) == (200, "Thu, 11 Mar 2021 08:17:00 UTC")
    assert reply["longExpiresAtTimestamp"] - reply["expiresAtTimestamp"] == (24 * 60 - 15) * 60
    services.send_due_messages(authority_clock.now())
    [(phone, text)] = outbox.sent
    assert phone == "+84912345678"
    long_code = services.issued_code_of(VerificationCode.objects.get()).long_code
    assert long_code is not None
    assert long_code in text


@pytest.mark.parametrize("phone", ["1", "+1 206 867 5309", 84912345678, "0912 345 678" * 9])
def test_a_phone_that_is_none_issues_nothing(laboratory: Laboratory, outbox: Outbox, phone: Any) -> None:
    status, reply = laboratory.post("/api/issue", {**TEST, "phone": phone})
    assert (status, reply["errorCode"]) == (400, "unparsable_request")
    assert "phone" in reply["error"]
    assert VerificationCode.objects.count() == SmsMessage.objects.count() == 0


def test_without_a_way_to_send_a_phone_issues_nothing(laboratory: Laboratory, settings: Any) -> None:
    settings.BLUEZONE_SMS = SmsSettings()
    assert laboratory.post("/api/issue", {**TEST, "phone": "0912345678"})[0] == 400
    assert VerificationCode.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"testType": "lucky"}, "invalid_test_type"),
        ({"testType": "user-report"}, "invalid_test_type"),
        ({"testType": None}, "invalid_test_type"),
        ({"testDate": "", "symptomDate": ""}, "missing_date"),
        ({"testDate": "2021-03-11", "symptomDate": ""}, "invalid_date"),
        ({"testDate": "2021-02-23"}, "invalid_date"),
        ({"testDate": "09/03/2021"}, "unparsable_request"),
        ({"testDate": "20210309"}, "unparsable_request"),
        ({"testDate": 20210309}, "unparsable_request"),
        ({"symptomDate": "2021-02-30"}, "unparsable_request"),
        ({"uuid": "7"}, "unparsable_request"),
        ({"testdate": "2021-03-09"}, "unparsable_request"),
    ],
)
def test_requests_that_issue_nothing(laboratory: Laboratory, changes: dict[str, Any], code: str) -> None:
    status, reply = laboratory.post("/api/issue", {**TEST, **changes})
    assert (status, reply["errorCode"]) == (400, code)
    assert reply["error_code"] == code
    if code == "unparsable_request":
        assert next(iter(changes)) in reply["error"]
    assert VerificationCode.objects.count() == 0


def test_a_batch_goes_row_by_row(laboratory: Laboratory) -> None:
    rows = [
        TEST,
        {**TEST, "testDate": "", "symptomDate": ""},
        7,
        {**TEST, "testType": "negative", "symptomDate": ""},
    ]
    status, reply = laboratory.post("/api/batch-issue", {"codes": rows})
    assert (status, reply["errorCode"]) == (400, "missing_date")
    assert reply["error"].startswith("Failed to issue 2 codes. Issued 2 codes successfully.")
    assert [row.get("errorCode") for row in reply["codes"]] == [
        None,
        "missing_date",
        "unparsable_request",
        None,
    ]
    assert all("padding" not in row for row in reply["codes"])
    issued = {row["code"] for row in reply["codes"] if "code" in row}
    assert len(issued) == VerificationCode.objects.count() == 2
    status, reply = laboratory.post("/api/batch-issue", {"codes": [TEST] * 10})
    assert (status, len(reply["codes"]), "errorCode" in reply) == (200, 10, False)


def test_a_batch_has_the_status_of_its_first_failure(laboratory: Laboratory) -> None:
    body = {**TEST, "uuid": str(uuid.uuid4())}
    status, reply = laboratory.post("/api/batch-issue", {"codes": [body, body, {}]})
    assert (status, reply["errorCode"]) == (409, "uuid_already_exists")


@pytest.mark.parametrize("codes", [None, {}, "x", [TEST] * 11])
def test_batches_that_are_none(laboratory: Laboratory, codes: Any) -> None:
    status, reply = laboratory.post("/api/batch-issue", {"codes": codes})
    assert (status, reply["errorCode"]) == (400, "unparsable_request")
    assert VerificationCode.objects.count() == 0


def test_a_fault_of_ours_in_one_row_loses_no_other(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = services.issue_for_caller

    def fail_for_likely(caller: Any, **wanted: Any) -> Any:
        if wanted["report_type"] == "likely":
            raise RuntimeError("our own fault")
        return real(caller, **wanted)

    monkeypatch.setattr(services, "issue_for_caller", fail_for_likely)
    status, reply = laboratory.post(
        "/api/batch-issue", {"codes": [TEST, {**TEST, "testType": "likely"}, TEST]}
    )
    assert status == 500
    assert [row.get("errorCode") for row in reply["codes"]] == [None, "internal_server_error", None]
    assert "our own fault" not in json.dumps(reply)


def test_what_became_of_a_code(laboratory: Laboratory) -> None:
    issued = laboratory.post("/api/issue", TEST)[1]
    asked = {"uuid": issued["uuid"]}
    assert laboratory.post("/api/checkcodestatus", asked) == (
        200, {"claimed": False, "expiresAtTimestamp": 1615365120},
    )  # fmt: skip
    laboratory.post("/api/verify", {"code": issued["code"]})
    assert laboratory.post("/api/checkcodestatus", asked)[1]["claimed"] is True
    status, reply = laboratory.post("/api/expirecode", asked)
    assert (status, reply["errorCode"]) == (400, "code_already_claimed")


def test_taking_a_code_back(laboratory: Laboratory, outbox: Outbox, authority_clock: Any) -> None:
    issued = laboratory.post("/api/issue", {**TEST, "phone": "0912345678"})[1]
    authority_clock.advance(timedelta(minutes=1))
    now = int(datetime(2021, 3, 10, 8, 18, tzinfo=UTC).timestamp())
    ends = {"expiresAtTimestamp": now, "longExpiresAtTimestamp": now}
    asked = {"uuid": issued["uuid"]}
    assert laboratory.post("/api/expirecode", asked) == (200, ends)
    authority_clock.advance(timedelta(minutes=1))
    assert laboratory.post("/api/expirecode", asked) == (200, ends)
    assert laboratory.post("/api/checkcodestatus", asked) == (200, {"claimed": False, **ends})
    assert laboratory.post("/api/verify", {"code": issued["code"]})[1]["errorCode"] == "code_invalid"


@pytest.mark.parametrize("path", ["/api/checkcodestatus", "/api/expirecode"])
def test_codes_that_are_not_there(laboratory: Laboratory, authority_clock: Any, path: str) -> None:
    for body in ({}, {"uuid": ""}, {"uuid": "x"}, {"uuid": 7}, {"id": "x"}):
        assert laboratory.post(path, body)[1]["errorCode"] == "unparsable_request"
    status, reply = laboratory.post(path, {"uuid": str(uuid.uuid4())})
    assert (status, reply["errorCode"]) == (404, "code_not_found")
    elsewhere = Laboratory(new_key(authority_clock, area="01/010").text)
    theirs = elsewhere.post("/api/issue", TEST)[1]["uuid"]
    status, reply = laboratory.post(path, {"uuid": theirs})
    assert (status, reply["errorCode"]) == (404, "code_not_found")
    assert elsewhere.post(path, {"uuid": theirs})[0] == 200


@pytest.mark.parametrize("path", ADMIN)
def test_only_admin_keys_that_are_not_revoked_open_these(
    key_server: Any, authority_clock: Any, path: str
) -> None:
    revoked = new_key(authority_clock)
    services.revoke_api_key(revoked.id, by=SYSTEM, now=authority_clock.now())
    keys = [new_key(authority_clock, kind).text for kind in (ApiKind.DEVICE, ApiKind.STATS)]
    replies = [
        Laboratory(key).post(path, TEST)
        for key in (*keys, revoked.text, "", "x", "é".encode().decode("latin-1"))
    ]
    for status, reply in replies:
        assert status == 401
        assert reply == {"error": "unauthorized", "errorCode": "unauthorized", "error_code": "unauthorized"}
    assert Client().post(path, "{}", content_type="application/json").status_code == 401
    assert Client().get(path).status_code == 405
    assert VerificationCode.objects.count() == 0


def test_keys_are_stored_as_hashes_and_last_use_is_a_day(key_server: Any, authority_clock: Any) -> None:
    key = new_key(authority_clock)
    assert len(key.text) >= 43  # 256 bits in base64
    assert key.text not in repr(key)
    assert key.text not in str([*ApiKey.objects.values(), *AuditEntry.objects.values()])
    days = []
    for hours in (0, 8, 1):  # 15:17, 23:17 and 0:17 in Hà Nội
        authority_clock.advance(timedelta(hours=hours))
        services.api_caller(key.text, [ApiKind.ADMIN], authority_clock.now())
        days.append(str(ApiKey.objects.get().last_used_on))
    assert days == ["2021-03-10", "2021-03-10", "2021-03-11"]


def test_making_and_revoking_keys_is_audited_once(key_server: Any, authority_clock: Any) -> None:
    key = new_key(authority_clock)
    for _ in range(2):
        services.revoke_api_key(key.id, by=SYSTEM, now=authority_clock.now())
    actions = AuditEntry.objects.filter(subject=f"api-key:{key.id}").values_list("action", flat=True)
    assert sorted(actions) == ["keys.api-key-created", "keys.api-key-revoked"]
    with pytest.raises(services.ApiKeyRefused, match="no API key"):
        services.revoke_api_key(uuid.uuid4(), by=SYSTEM, now=authority_clock.now())
    for name in ("", "  ", "x" * 201):
        with pytest.raises(services.ApiKeyRefused):
            services.create_api_key(name, ApiKind.ADMIN, "*", by=SYSTEM, now=authority_clock.now())
    with pytest.raises(ValueError, match="area path"):
        services.create_api_key("Lab", ApiKind.ADMIN, "", by=SYSTEM, now=authority_clock.now())


@pytest.mark.parametrize("path", ["/api/verify", "/api/certificate", "/api/user-report", "/api/link-case"])
def test_a_setting_asks_apps_for_a_key(
    key_server: Any, authority_clock: Any, settings: Any, path: str
) -> None:
    body = {"code": "11112222", "token": "x", "ekeyhmac": "x"}
    assert Laboratory("").post(path, body)[0] != 401
    settings.BLUEZONE_DEVICE_API_KEY = True
    assert Laboratory("").post(path, body)[0] == 401
    assert Laboratory(new_key(authority_clock).text).post(path, body)[0] == 401
    assert Laboratory(new_key(authority_clock, ApiKind.DEVICE, "*").text).post(path, body)[0] != 401
