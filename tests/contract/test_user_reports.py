"""Self reports: a code by message, once in 90 days a number, good only with the nonce it was asked with."""

from __future__ import annotations

import secrets
from base64 import b64encode
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.contract.laboratory import Laboratory, Outbox

from bluezone.authority.access.models import AuditEntry
from bluezone.authority.keys import services, verify_api
from bluezone.authority.keys.models import SmsMessage, UserReport, VerificationCode
from bluezone.authority.keys.sms.config import SmsSettings
from bluezone.authority.keys.sms.interface import SmsRefused, SmsUnavailable, SmsUnclear

pytestmark = pytest.mark.django_db
PATH = "/api/user-report"
WRONG = {"error": "verification code invalid", "errorCode": "code_invalid", "error_code": "code_invalid"}


@pytest.fixture
def outbox(settings: Any) -> Outbox:
    box = Outbox()
    settings.BLUEZONE_SMS = SmsSettings(box, "{code}")
    settings.BLUEZONE_USER_REPORTS = True
    return box


@pytest.fixture
def app(key_server: Any, outbox: Outbox) -> Laboratory:
    return Laboratory("")


def report(phone: str = "0912345678", **changes: Any) -> dict[str, Any]:
    nonce = b64encode(secrets.token_bytes(256)).decode()
    return {"phone": phone, "nonce": nonce, "testDate": "2021-03-09", "tzOffset": 420, **changes}


def sent_code(outbox: Outbox, clock: Any) -> str:
    services.send_due_messages(clock.now())
    return outbox.sent[-1][1]


def test_from_self_report_to_token(app: Laboratory, outbox: Outbox, authority_clock: Any) -> None:
    body = report()
    status, reply = app.post(PATH, body)
    assert (status, reply) == (
        200, {"expiresAt": "Wed, 10 Mar 2021 08:32:00 UTC", "expiresAtTimestamp": 1615365120},
    )  # fmt: skip
    code = sent_code(outbox, authority_clock)
    assert outbox.sent[-1][0] == "+84912345678"
    accept = ["confirmed", "user-report"]
    status, verified = app.post("/api/verify", {"code": code, "accept": accept, "nonce": body["nonce"]})
    assert (status, verified["testtype"], verified["testDate"]) == (200, "user-report", "2021-03-09")


def test_the_code_is_worth_nothing_without_its_nonce(
    app: Laboratory, outbox: Outbox, authority_clock: Any
) -> None:
    body = report()
    app.post(PATH, body)
    code = sent_code(outbox, authority_clock)
    others = [b64encode(secrets.token_bytes(256)).decode(), "", "AAAA"]
    for nonce in others:
        assert app.post("/api/verify", {"code": code, "nonce": nonce}) == (400, WRONG)
    assert app.post("/api/verify", {"code": code}) == (400, WRONG)
    assert app.post("/api/verify", {"code": code, "nonce": "!"})[1]["errorCode"] == "unparsable_request"
    # neither is its type told to who has not the nonce
    assert app.post("/api/verify", {"code": code, "accept": ["confirmed"]}) == (400, WRONG)
    assert app.post("/api/verify", {"code": code, "accept": ["confirmed"], "nonce": body["nonce"]})[0] == 412
    url_safe = body["nonce"].replace("+", "-").replace("/", "_")
    assert app.post("/api/verify", {"code": code, "nonce": url_safe})[0] == 200


def test_a_number_gets_one_code_in_90_days_and_the_answer_never_tells(
    app: Laboratory, outbox: Outbox, authority_clock: Any
) -> None:
    first = app.post(PATH, report())
    for phone in ("0912 345 678", "+84912345678", "84912345678"):
        assert app.post(PATH, report(phone)) == first
    assert UserReport.objects.count() == VerificationCode.objects.count() == SmsMessage.objects.count() == 1
    assert AuditEntry.objects.filter(action="keys.self-report").count() == 1
    app.post(PATH, report("0987654321"))
    assert SmsMessage.objects.count() == 2
    authority_clock.advance(timedelta(days=90) - timedelta(seconds=1))
    day = authority_clock.now().date().isoformat()
    app.post(PATH, report(testDate=day))
    assert SmsMessage.objects.count() == 2
    authority_clock.advance(timedelta(seconds=1))
    app.post(PATH, report(testDate=day))
    assert SmsMessage.objects.count() == 3


class Refuses:
    """A gateway that takes no message, for the reason it was told."""

    def __init__(self, failure: Exception) -> None:
        self.failure = failure

    def send(self, phone: str, text: str, *, reference: UUID) -> None:
        raise self.failure


def test_a_number_whose_message_was_not_sent_may_ask_again(
    app: Laboratory, outbox: Outbox, authority_clock: Any, settings: Any
) -> None:
    settings.BLUEZONE_SMS = SmsSettings(Refuses(SmsRefused("422")), "{code}")
    first = app.post(PATH, report())
    services.send_due_messages(authority_clock.now())
    settings.BLUEZONE_SMS = SmsSettings(outbox, "{code}")
    body = report()
    assert app.post(PATH, body) == first
    code = sent_code(outbox, authority_clock)
    assert app.post("/api/verify", {"code": code, "nonce": body["nonce"]})[0] == 200
    app.post(PATH, report())  # now it has had one
    assert VerificationCode.objects.count() == 2


def test_so_may_one_whose_code_ended_while_the_gateway_was_down(
    app: Laboratory, outbox: Outbox, authority_clock: Any, settings: Any
) -> None:
    settings.BLUEZONE_SMS = SmsSettings(Refuses(SmsUnavailable("503")), "{code}")
    app.post(PATH, report())
    services.send_due_messages(authority_clock.now())
    app.post(PATH, report())  # the first is still on its way
    assert SmsMessage.objects.count() == 1
    authority_clock.advance(timedelta(hours=24))
    services.send_due_messages(authority_clock.now())
    app.post(PATH, report())
    assert SmsMessage.objects.count() == 2


def test_one_whose_message_may_have_arrived_waits_a_day_and_its_code_is_good(
    app: Laboratory, outbox: Outbox, authority_clock: Any, settings: Any
) -> None:
    class Unsure(Outbox):
        def send(self, phone: str, text: str, *, reference: UUID) -> None:
            super().send(phone, text, reference=reference)
            raise SmsUnclear("?")

    unsure = Unsure()
    settings.BLUEZONE_SMS = SmsSettings(unsure, "{code}")
    body = report()
    app.post(PATH, body)
    for minutes in (0, 1, 2):
        authority_clock.advance(timedelta(minutes=minutes))
        services.send_due_messages(authority_clock.now())
    assert len(unsure.sent) == 3
    authority_clock.advance(timedelta(hours=23))
    code = unsure.sent[0][1]
    app.post(PATH, report())
    assert SmsMessage.objects.count() == 1
    assert app.post("/api/verify", {"code": code, "nonce": body["nonce"]})[0] == 200
    authority_clock.advance(timedelta(hours=1))
    app.post(PATH, report())
    assert SmsMessage.objects.count() == 2


def test_a_code_that_was_used_before_its_message_was_given_up_is_a_report(
    app: Laboratory, outbox: Outbox, authority_clock: Any, settings: Any
) -> None:
    class Lost(Outbox):
        def send(self, phone: str, text: str, *, reference: UUID) -> None:
            super().send(phone, text, reference=reference)
            raise SmsUnavailable("503")

    lost = Lost()
    settings.BLUEZONE_SMS = SmsSettings(lost, "{code}")
    body = report()
    app.post(PATH, body)
    services.send_due_messages(authority_clock.now())
    assert app.post("/api/verify", {"code": lost.sent[0][1], "nonce": body["nonce"]})[0] == 200
    services.send_due_messages(authority_clock.now())
    app.post(PATH, report())
    assert SmsMessage.objects.count() == 1


def test_numbers_that_take_no_message_count_for_the_days_limit_too(
    app: Laboratory, authority_clock: Any, settings: Any
) -> None:
    settings.BLUEZONE_USER_REPORT_LIMIT = 2
    settings.BLUEZONE_SMS = SmsSettings(Refuses(SmsRefused("422")), "{code}")
    statuses = []
    for _ in range(3):
        statuses.append(app.post(PATH, report())[0])
        services.send_due_messages(authority_clock.now())
    assert statuses == [200, 200, 429]


def test_reports_are_kept_while_they_block_though_their_codes_are_erased(
    app: Laboratory, authority_clock: Any
) -> None:
    app.post(PATH, report())
    for days, left in ((40, 1), (50, 0)):
        authority_clock.advance(timedelta(days=days))
        services.delete_expired(authority_clock.now())
        assert (VerificationCode.objects.count(), UserReport.objects.count()) == (0, left)


def test_no_phone_or_nonce_is_stored_in_clear(app: Laboratory) -> None:
    body = report()
    app.post(PATH, body)
    rows = str([*UserReport.objects.values(), *SmsMessage.objects.values(), *AuditEntry.objects.values()])
    assert "912345678" not in rows
    assert body["nonce"] not in rows


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"phone": ""}, "missing_phone"),
        ({"phone": None}, "missing_phone"),
        ({"phone": 7}, "unparsable_request"),
        ({"phone": "12"}, "unparsable_request"),
        ({"phone": "+12068675309"}, "unparsable_request"),
        ({"nonce": ""}, "missing_nonce"),
        ({"nonce": None}, "missing_nonce"),
        ({"nonce": b64encode(bytes(255)).decode()}, "missing_nonce"),
        ({"nonce": b64encode(bytes(257)).decode()}, "missing_nonce"),
        ({"nonce": "..45"}, "unparsable_request"),
        ({"testDate": ""}, "missing_date"),
        ({"testDate": "2021-03-11"}, "invalid_date"),
        ({"symptomDate": "soon"}, "unparsable_request"),
    ],
)
def test_reports_that_are_none(app: Laboratory, changes: dict[str, Any], code: str) -> None:
    status, reply = app.post(PATH, report(**changes))
    assert (status, reply["errorCode"]) == (400, code)
    assert VerificationCode.objects.count() == UserReport.objects.count() == 0


def test_self_reports_are_off_unless_turned_on(app: Laboratory, settings: Any) -> None:
    settings.BLUEZONE_USER_REPORTS = False
    status, reply = app.post(PATH, report())
    assert (status, reply["errorCode"]) == (400, "unsupported_test_type")
    assert SmsMessage.objects.count() == 0


def test_a_flood_of_self_reports_is_stopped_and_leaves_laboratories_their_codes(
    app: Laboratory, settings: Any, authority_clock: Any
) -> None:
    settings.BLUEZONE_USER_REPORT_LIMIT, settings.BLUEZONE_ISSUE_LIMIT = 2, 1
    phones = [f"09123456{n}" for n in range(70, 73)]
    replies = [app.post(PATH, report(phone)) for phone in phones]
    assert [status for status, _ in replies] == [200, 200, 429]
    assert replies[-1][1]["errorCode"] == "quota_exceeded"
    assert services.day_limit("01/009", authority_clock.now()).issued == 0
    authority_clock.advance(timedelta(hours=9))  # 0:17 of the next day in Hà Nội
    assert app.post(PATH, report(phones[2]))[0] == 200


def test_one_network_reports_so_often_and_others_still_do(app: Laboratory) -> None:
    statuses = [app.post(PATH, {})[0] for _ in range(verify_api.REPORT_LIMIT.limit + 1)]
    assert statuses.count(429) == 1
    other = Laboratory("")
    other.client.defaults["REMOTE_ADDR"] = "203.0.113.77"
    assert other.post(PATH, report())[0] == 200
