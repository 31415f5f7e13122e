"""``POST /v1/publish``: fields, limits, codes and statuses of the reference server, on both databases."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bluezone.authority.keys import services
from bluezone.authority.keys.models import PublishedKey, PublishMemory
from bluezone.authority.keys.services import report_rows
from bluezone.authority.keys.services.accepted_keys import forget_accepted_keys

pytestmark = pytest.mark.django_db


def test_fourteen_keys_are_stored_for_the_next_export(phone: Any) -> None:
    keys = phone.keys(14)
    status, reply = phone.publish(keys)
    assert status == 200
    assert reply["insertedExposures"] == 14
    assert reply["revisionToken"]
    assert "error" not in reply
    rows = {bytes(row.tek): row for row in PublishedKey.objects.all()}
    assert rows.keys() == {b64decode(key["key"]) for key in keys}
    yesterday = rows[b64decode(keys[0]["key"])]
    assert yesterday.transmission_risk == 2  # back-filled for a confirmed test
    # no onset anywhere: four days ago; yesterday is 3 days after it
    assert yesterday.days_since_onset == 3
    assert yesterday.release_at == datetime(2021, 3, 10, 8, 0, tzinfo=UTC)
    assert yesterday.region == "VN"


def test_replies_carry_1024_to_2048_bytes_of_padding(phone: Any) -> None:
    for body in (phone.body(phone.keys(1)), {"nonsense": 1}):
        _, reply = phone.send(body)
        assert 1024 <= len(b64decode(reply["padding"])) <= 2048


@pytest.mark.parametrize(("report_type", "risk"), [("confirmed", 2), ("likely", 4), ("user-report", 0)])
def test_risk_is_back_filled_by_report_type(phone: Any, report_type: str, risk: int) -> None:
    assert phone.publish(phone.keys(1), report_type)[0] == 200
    row = PublishedKey.objects.get()
    assert (row.report_type, row.transmission_risk) == (report_type, risk)


def test_risk_that_was_sent_is_kept(phone: Any) -> None:
    assert phone.publish(phone.keys(1, transmissionRisk=7))[0] == 200
    assert PublishedKey.objects.get().transmission_risk == 7


def test_three_part_tekmac_is_right_when_every_risk_is_zero(phone: Any) -> None:
    keys = phone.keys(3)
    claims = phone.claims(keys, tekmac=b64encode(phone.tekmac(keys, parts=3)).decode())
    assert phone.publish(keys, verificationPayload=phone.authority.jwt(claims))[0] == 200


def test_three_part_tekmac_is_wrong_when_a_risk_is_not(phone: Any) -> None:
    keys = phone.keys(3, transmissionRisk=1)
    claims = phone.claims(keys, tekmac=b64encode(phone.tekmac(keys, parts=3)).decode())
    status, reply = phone.publish(keys, verificationPayload=phone.authority.jwt(claims))
    assert (status, reply["code"]) == (401, "health_authority_verification_certificate_invalid")


@pytest.mark.parametrize(
    ("changes", "header"),
    [
        ({"iss": "somebody"}, {}),
        ({"aud": "another"}, {}),
        ({"exp": 1_600_000_000}, {}),
        ({"nbf": 1_900_000_000}, {}),
        ({"iat": 1_900_000_000}, {}),
        ({"exp": None}, {}),
        ({"exp": "soon"}, {}),
        ({"tekmac": None}, {}),
        ({"tekmac": "AAAA"}, {}),
        ({"tekmac": b64encode(bytes(32)).decode()}, {}),
        ({"reportType": "totally_not_valid"}, {}),
        ({"symptomOnsetInterval": "x"}, {}),
        ({}, {"kid": "v2"}),
        ({}, {"kid": None}),
        ({}, {"alg": "none"}),
        ({}, {"alg": "HS256"}),
        ({}, {"crit": ["exp"]}),  # RFC 7515, 4.1.11: what must be understood and is not, refuses it
        ({}, {"crit": ["b64"], "b64": True}),
    ],
)
def test_certificates_not_to_be_believed(phone: Any, changes: dict[str, Any], header: dict[str, Any]) -> None:
    keys = phone.keys(2)
    forged = phone.authority.jwt(phone.claims(keys, **changes), header)
    status, reply = phone.publish(keys, verificationPayload=forged)
    assert (status, reply["code"]) == (401, "health_authority_verification_certificate_invalid")
    assert PublishedKey.objects.count() == 0


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c", "....", "e30.e30.e30", "\x00.\x00.\x00"])
def test_what_is_no_jwt_is_no_certificate(phone: Any, text: str) -> None:
    status, reply = phone.publish(phone.keys(1), verificationPayload=text)
    assert (status, reply["code"]) == (401, "health_authority_verification_certificate_invalid")


def test_a_signature_by_another_key_is_refused(phone: Any, foreign_authority: Any) -> None:
    stranger = type(foreign_authority)()
    keys = phone.keys(1)
    status, _ = phone.publish(keys, verificationPayload=stranger.jwt(phone.claims(keys)))
    assert status == 401


def test_a_certificate_over_other_keys_is_refused(phone: Any) -> None:
    certificate = phone.body(phone.keys(3))["verificationPayload"]
    status, _ = phone.publish(phone.keys(3), verificationPayload=certificate)
    assert status == 401


def test_audience_may_be_one_of_a_list(phone: Any) -> None:
    keys = phone.keys(1)
    claims = phone.claims(keys, aud=["else", phone.authority.audience])
    assert phone.publish(keys, verificationPayload=phone.authority.jwt(claims))[0] == 200


def test_unknown_authority_and_authority_without_region(phone: Any, foreign_authority: Any) -> None:
    from bluezone.authority.keys.models import HealthAuthority

    status, reply = phone.publish(phone.keys(1), healthAuthorityID="nobody")
    assert (status, reply["code"]) == (401, "unknown_health_authority_id")
    for region in ("", "ZZ"):  # none, and one without an export: the keys would never go out
        HealthAuthority.objects.filter(identifier=foreign_authority.identifier).update(region=region)
        forget_accepted_keys()
        status, reply = phone.publish(phone.keys(1))
        assert (status, reply["code"]) == (500, "health_authority_missing_region_config")
    services.configure_export("ZZ")
    assert phone.publish(phone.keys(1))[0] == 200


def test_bodies_that_are_not_the_agreed_json(phone: Any) -> None:
    good = json.dumps(phone.body(phone.keys(1))).encode()
    for body, needle in [
        (b" ", "JSON"),
        (b"[]", "object"),
        (b"{", "JSON"),
        (good + b"{}", "Extra data"),
        (b"\xff\xfe", "JSON"),
        (b'{"padding": NaN}', "JSON"),
        (b"[" * 50_000, "JSON"),
        (b'{"regions": ["VN"]}', "regions"),
        (b'{"temporaryExposureKeys": [{"key": "", "colour": 1}]}', "temporaryExposureKeys[0].colour"),
        (b'{"temporaryExposureKeys": [{"rollingPeriod": 1.5}]}', "temporaryExposureKeys[0].rollingPeriod"),
        (b'{"temporaryExposureKeys": [{"rollingPeriod": true}]}', "temporaryExposureKeys[0].rollingPeriod"),
        (b'{"temporaryExposureKeys": [{"rollingStartNumber": 99999999999}]}', "rollingStartNumber"),
        (b'{"temporaryExposureKeys": {}}', "temporaryExposureKeys"),
        (b'{"traveler": "yes"}', "traveler"),
        (b'{"symptomOnsetInterval": "1"}', "symptomOnsetInterval"),
    ]:
        status, reply = phone.send(body)
        assert (status, reply["code"]) == (400, "bad_request"), body[:60]
        assert needle in reply["error"], (body[:60], reply["error"])


def test_body_size_and_content_type(phone: Any) -> None:
    fits = phone.body(phone.keys(1))
    fits["padding"] = ""
    fits["padding"] = "A" * (64_000 - len(json.dumps(fits)))
    assert len(json.dumps(fits)) == 64_000
    assert phone.send(fits)[0] == 200
    status, reply = phone.send({"padding": "A" * 63_987})  # 64,001 bytes
    assert (status, reply["code"]) == (413, "bad_request")
    status, reply = phone.send(phone.body(phone.keys(1)), content_type="text/plain")
    assert (status, reply["code"]) == (415, "bad_request")
    assert phone.client.get("/v1/publish").status_code == 405


def test_unknown_headers_are_ignored(phone: Any) -> None:
    body = json.dumps(phone.body(phone.keys(1)))
    response = phone.client.post(
        "/v1/publish", body, content_type="application/json; charset=utf-8", headers={"X-API-Key": "x"}
    )
    assert response.status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"key": "AAAA"},
        {"key": "not base64!"},
        {"key": b64encode(bytes(17)).decode()},
        {"rollingPeriod": 0},
        {"rollingPeriod": 145},
        {"rollingStartNumber": 2_000},
        {"rollingStartNumber": 2_147_483_000},
        {"rollingStartNumber": -1},
        {"transmissionRisk": 9},
        {"transmissionRisk": -1},
    ],
)
def test_a_bad_key_is_dropped_alone(phone: Any, change: dict[str, Any]) -> None:
    keys = phone.keys(3)
    keys[1] |= change
    status, reply = phone.publish(keys)
    assert (status, reply["code"], reply["insertedExposures"]) == (200, "partial_failure", 2)
    assert "key 1" in reply["error"]
    assert phone.publish([phone.keys(1)[0] | change])[0] == 400  # nothing is left


def test_missing_period_counts_as_zero(phone: Any) -> None:
    keys = phone.keys(2)
    del keys[0]["rollingPeriod"]
    body = phone.body(keys[1:])
    assert phone.send(body)[0] == 200
    claims = phone.claims([keys[0] | {"rollingPeriod": 0}])
    status, reply = phone.send(
        body | {"temporaryExposureKeys": keys[:1], "verificationPayload": phone.authority.jwt(claims)}
    )
    assert (status, reply["code"]) == (400, "bad_request")


def test_age_is_judged_on_the_end_of_a_key(phone: Any) -> None:
    """360 h before 8:17 is 8:17 fifteen days ago, interval number 49 of that day (8:10-8:20)."""
    oldest = phone.today - 15 * 144 + 49
    for start, period, taken in [(oldest - 144, 144, False), (oldest - 143, 144, True)]:
        key = phone.keys(1)[0] | {"rollingStartNumber": start, "rollingPeriod": period}
        onset = phone.today - 10 * 144
        status, _ = phone.publish([key], symptomOnsetInterval=onset)
        assert status == (200 if taken else 400)
    assert PublishedKey.objects.count() == 1


def test_number_of_keys(phone: Any) -> None:
    many = phone.keys(31)
    for at, key in enumerate(many):
        key |= {"rollingStartNumber": phone.today - 144 + at, "rollingPeriod": 1}
    assert phone.publish(many)[0] == 400
    assert phone.publish(many[:30])[1]["insertedExposures"] == 30
    assert phone.publish([])[0] == 400


def test_keys_may_overlap_only_when_they_start_together(phone: Any) -> None:
    start = phone.today - 288
    same = phone.keys(4)
    for period, key in zip((10, 60, 144, 20), same, strict=True):
        key |= {"rollingStartNumber": start, "rollingPeriod": period}
    assert phone.publish(same[:3])[0] == 200
    assert phone.publish(same)[0] == 400  # four
    askew = phone.keys(2)
    askew[0] |= {"rollingStartNumber": start}
    askew[1] |= {"rollingStartNumber": start + 143}
    status, reply = phone.publish(askew)
    assert (status, reply["code"]) == (400, "bad_request")
    assert "overlap" in reply["error"]
    askew[1] |= {"rollingStartNumber": start + 144}
    assert phone.publish(askew)[0] == 200


def test_the_same_key_twice_in_a_request_is_stored_once(phone: Any) -> None:
    key = phone.keys(1)[0]
    status, reply = phone.publish([key, key])
    assert (status, reply["code"], reply["insertedExposures"]) == (200, "partial_failure", 1)


def test_onset_from_request_then_certificate_then_four_days_ago(phone: Any) -> None:
    day = 144
    cases = [
        (phone.today - 2 * day + 30, 0, 1),  # request: two days ago, so yesterday is day 1
        (0, phone.today - 5 * day, 4),
        (phone.today - 2 * day, phone.today - 5 * day, 1),
        (phone.today - 29 * day, phone.today - 5 * day, 4),  # too old to be believed
        (phone.today + day, 0, 3),  # in the future
        (0, 0, 3),
    ]
    for sent, certified, expected in cases:
        keys = phone.keys(1)
        jwt = phone.authority.jwt(phone.claims(keys, symptomOnsetInterval=certified))
        assert phone.publish(keys, symptomOnsetInterval=sent, verificationPayload=jwt)[0] == 200
        tek = b64decode(keys[0]["key"])
        assert PublishedKey.objects.get(tek=tek).days_since_onset == expected


def test_keys_over_fourteen_days_from_onset_are_left_out_with_a_warning(phone: Any) -> None:
    keys = phone.keys(2, first_day_ago=12)  # 12 and 13 days ago
    onset = phone.today - 27 * 144  # so they are 15 and 14 days after onset
    status, reply = phone.publish(keys, symptomOnsetInterval=onset)
    assert (status, reply["insertedExposures"]) == (200, 1)
    assert len(reply["warnings"]) == 1
    assert "code" not in reply
    assert PublishedKey.objects.get().days_since_onset == 14


def test_a_key_still_in_use_waits_until_two_hours_after_it_expires(phone: Any) -> None:
    keys = phone.keys(1, first_day_ago=0)  # today's: ends at midnight UTC; due at 02:00
    odd = phone.keys(1)
    odd[0] |= {"rollingStartNumber": phone.today, "rollingPeriod": 47}  # ended 07:50; due 09:50, so 10:00
    assert phone.publish(keys)[0] == phone.publish(odd)[0] == 200
    due = {bytes(row.tek): row.release_at for row in PublishedKey.objects.all()}
    assert due[b64decode(keys[0]["key"])] == datetime(2021, 3, 11, 2, 0, tzinfo=UTC)
    assert due[b64decode(odd[0]["key"])] == datetime(2021, 3, 10, 10, 0, tzinfo=UTC)


def test_sending_again_answers_the_same_and_changes_nothing(phone: Any, authority_clock: Any) -> None:
    keys = phone.keys(5)
    keys[2] |= {"rollingPeriod": 0}
    body = phone.body(keys)
    first = phone.send(body)
    before = list(PublishedKey.objects.order_by("pk").values())
    authority_clock.advance(timedelta(hours=30))  # the certificate has expired meanwhile
    again = phone.send(body | {"padding": "AAAA", "temporaryExposureKeys": keys[::-1]})
    assert (first[0], first[1]["insertedExposures"], first[1]["code"]) == (200, 4, "partial_failure")
    assert (again[0], again[1]["insertedExposures"], again[1]["code"]) == (200, 4, "partial_failure")
    assert list(PublishedKey.objects.order_by("pk").values()) == before
    assert PublishMemory.objects.count() == 1
    assert again[1]["revisionToken"] != first[1]["revisionToken"]
    # the fresh token is as good as the first one
    status, reply = phone.publish(keys[:2], "confirmed", revisionToken=again[1]["revisionToken"])
    assert status == 200, reply


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"healthAuthorityID": "vn.other"}, "unknown_health_authority_id"),
        ({"hmacKey": "AAAA"}, "health_authority_verification_certificate_invalid"),
        ({"hmacKey": "@@"}, "health_authority_verification_certificate_invalid"),
    ],
)
def test_a_repeat_by_somebody_else_is_judged_like_any_request(
    phone: Any, change: dict[str, Any], code: str
) -> None:
    body = phone.body(phone.keys(2))
    assert phone.send(body)[0] == 200
    status, reply = phone.send(body | change)
    assert (status, reply["code"]) == (401, code)


def test_a_new_request_with_an_expired_certificate_is_refused(phone: Any, authority_clock: Any) -> None:
    body = phone.body(phone.keys(1))
    authority_clock.advance(timedelta(minutes=16))
    assert phone.send(body)[0] == 401


def test_sending_again_gives_no_token_for_keys_that_were_not_taken(phone: Any, other_phone: Any) -> None:
    """Otherwise an F0 could name a stranger's published key, have it left out, and then revoke it."""
    theirs = other_phone.keys(1, first_day_ago=2)
    assert other_phone.publish(theirs, "likely")[0] == 200
    mine = phone.keys(1, first_day_ago=13)
    body = phone.body(mine + theirs, "likely", symptomOnsetInterval=phone.today - 27 * 144)
    assert phone.send(body)[1]["insertedExposures"] == 1  # theirs is too far from the claimed onset
    token = phone.send(body)[1]["revisionToken"]
    status, reply = phone.publish(theirs, "negative", revisionToken=token)
    assert (status, reply["code"]) == (400, "invalid_revision_token")


def test_memory_is_kept_by_keyed_hash_with_truncated_times(phone: Any) -> None:
    phone.publish(phone.keys(3))
    memory = PublishMemory.objects.get()
    assert len(bytes(memory.request_hmac)) == 32
    assert memory.expires_at == datetime(2021, 3, 24, 8, 0, tzinfo=UTC)
    relations = {field.name for field in PublishMemory._meta.get_fields() if field.is_relation}
    assert relations == set()


def test_rows_have_random_numbers(phone: Any) -> None:
    for _ in range(3):
        phone.publish(phone.keys(14))
    numbers = sorted(PublishedKey.objects.values_list("pk", flat=True))
    assert numbers[0] > 0
    assert min(b - a for a, b in pairwise(numbers)) > 1000  # not consecutive


def test_publishing_takes_few_queries(phone: Any) -> None:
    body = phone.body(phone.keys(14))
    with CaptureQueriesContext(connections["default"]) as queries:
        assert phone.send(body)[0] == 200
    statements = [
        one["sql"] for one in queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))
    ]
    assert len(statements) <= 6, statements


@pytest.mark.django_db(transaction=True)
def test_the_same_request_twice_at_once_is_carried_out_once(phone: Any) -> None:
    body = json.dumps(phone.body(phone.keys(14)))

    def send(_: int) -> tuple[int, int]:
        try:
            response = Client().post("/v1/publish", body, content_type="application/json")
            return response.status_code, response.json()["insertedExposures"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(8)))
    assert answers == [(200, 14)] * 8
    assert PublishedKey.objects.count() == 14


def test_a_database_failure_is_a_500(phone: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr("bluezone.authority.keys.services.publishing.write_report", fail)
    status, reply = phone.publish(phone.keys(1))
    assert (status, reply["code"]) == (500, "internal_error")
    assert "disk" not in reply["error"]


@pytest.mark.django_db(transaction=True)
def test_the_same_key_in_many_requests_at_once_is_stored_once(phone: Any) -> None:
    """One request wins; the others name a key that is there already, and have no token for it."""
    shared = phone.keys(1)[0]
    bodies = [phone.body([shared, *phone.keys(2, first_day_ago=3 * at + 2)]) for at in range(4)]

    def send(body: dict[str, Any]) -> tuple[int, str]:
        try:
            response = Client().post("/v1/publish", json.dumps(body), content_type="application/json")
            return response.status_code, response.json().get("code", "")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(send, bodies))
    assert answers == [(200, ""), *[(400, "missing_revision_token")] * 3]
    assert PublishedKey.objects.count() == 3
    assert PublishMemory.objects.count() == 1


def test_the_raw_statements_fill_every_column_that_needs_a_value(key_server: Path) -> None:
    """A column that is added without a default of the database would break publishing alone."""
    for model, named in (
        (PublishedKey, report_rows.KEY_COLUMNS),
        (PublishMemory, report_rows.MEMORY_COLUMNS),
    ):
        needed = {field.column for field in model._meta.concrete_fields if not field.null}
        constant = {"padding", "mixed"} & {field.column for field in model._meta.concrete_fields}
        assert needed <= {*named, *constant}


class TestChaff:
    """Noise is handled as what it imitates, and leaves nothing."""

    def send(self, phone: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        response = phone.client.post(
            "/v1/publish", body, content_type="application/json", headers={"X-Chaff": "1"}
        )
        return response.status_code, response.json()

    @pytest.mark.parametrize("shape", ["real", "forged", "empty", "no json", "binary", "too large"])
    def test_it_is_answered_like_a_publish_and_nothing_is_stored(self, phone: Any, shape: str) -> None:
        body = {
            "real": json.dumps(phone.body(phone.keys(14))).encode(),
            "forged": json.dumps(phone.body(phone.keys(14), verificationPayload="a.b.c")).encode(),
            "empty": b"",
            "no json": b"{",
            "binary": bytes(range(256)),
            "too large": b"a" * 70_000,
        }[shape]
        status, reply = self.send(phone, body)
        real_status, real = phone.publish(phone.keys(14))
        assert status == real_status == 200
        assert reply.keys() == real.keys()
        assert reply["insertedExposures"] == real["insertedExposures"] == 14
        assert len(reply["revisionToken"]) == len(real["revisionToken"])
        assert 1024 <= len(b64decode(reply["padding"])) <= 2048
        assert PublishedKey.objects.count() == 14
        assert PublishMemory.objects.count() == 1

    def test_it_has_as_many_keys_as_were_sent(self, phone: Any) -> None:
        _, reply = self.send(phone, json.dumps(phone.body(phone.keys(3))).encode())
        assert reply["insertedExposures"] == 3
        _, reply = self.send(phone, json.dumps(phone.body(phone.keys(1) * 40)).encode())
        assert reply["insertedExposures"] == 30

    def test_its_token_revises_nothing(self, phone: Any) -> None:
        keys = phone.keys(1)
        assert phone.publish(keys, "likely")[0] == 200
        _, reply = self.send(phone, json.dumps(phone.body(keys)).encode())
        status, answer = phone.publish(keys, "negative", revisionToken=reply["revisionToken"])
        assert (status, answer["code"]) == (400, "invalid_revision_token")

    def test_it_writes_as_a_publish_does(self, phone: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        written: list[tuple[int, bool]] = []

        def write(report: Any, *, keep: bool = True) -> None:
            written.append((len(report.keys), keep))

        monkeypatch.setattr("bluezone.authority.keys.services.publishing.write_report", write)
        phone.publish(phone.keys(14))
        self.send(phone, json.dumps(phone.body(phone.keys(14))).encode())
        assert written == [(14, True), (14, False)]

    @pytest.mark.django_db(transaction=True)
    def test_it_is_taken_back_outside_a_transaction_too(self, phone: Any) -> None:
        assert self.send(phone, b"{}")[0] == 200
        assert not PublishedKey.objects.exists()
        assert phone.publish(phone.keys(2))[0] == 200
        assert PublishedKey.objects.count() == 2


class TestRevision:
    """A second publish of the same keys changes their report type, with the token of the first."""

    def test_likely_becomes_confirmed_once(self, phone: Any) -> None:
        keys = phone.keys(2)
        token = phone.publish(keys, "likely")[1]["revisionToken"]
        status, reply = phone.publish(keys, "confirmed", revisionToken=token)
        assert status == 200, reply
        row = PublishedKey.objects.first()
        assert row is not None
        assert (row.report_type, row.revised_report_type) == ("likely", "confirmed")
        assert (row.transmission_risk, row.revised_transmission_risk) == (4, 2)
        status, reply = phone.publish(keys, "negative", revisionToken=reply["revisionToken"])
        assert (status, reply["code"]) == (400, "key_already_revised")

    def test_more_keys_come_along(self, phone: Any) -> None:
        keys = phone.keys(2)
        token = phone.publish(keys[:1], "likely")[1]["revisionToken"]
        status, reply = phone.publish(keys, "confirmed", revisionToken=token)
        assert (status, reply["insertedExposures"]) == (200, 1)

    @pytest.mark.parametrize("token", ["", "AAAA", "not a token", b64encode(bytes(200)).decode()])
    def test_without_a_token_of_ours_nothing_is_revised(self, phone: Any, token: str) -> None:
        keys = phone.keys(1)
        phone.publish(keys, "likely")
        status, reply = phone.publish(keys, "confirmed", revisionToken=token)
        code = "invalid_revision_token" if token else "missing_revision_token"
        assert (status, reply["code"]) == (400, code)
        assert PublishedKey.objects.get().revised_report_type is None

    def test_an_altered_token_is_invalid(self, phone: Any) -> None:
        keys = phone.keys(1)
        token = bytearray(b64decode(phone.publish(keys, "likely")[1]["revisionToken"]))
        token[-1] ^= 1
        status, reply = phone.publish(keys, "confirmed", revisionToken=b64encode(token).decode())
        assert (status, reply["code"]) == (400, "invalid_revision_token")

    def test_a_token_for_other_keys_is_invalid(self, phone: Any, other_phone: Any) -> None:
        keys = phone.keys(1)
        phone.publish(keys, "likely")
        token = other_phone.publish(other_phone.keys(1), "likely")[1]["revisionToken"]
        status, reply = phone.publish(keys, "confirmed", revisionToken=token)
        assert (status, reply["code"]) == (400, "invalid_revision_token")

    def test_another_shape_of_the_same_key_is_invalid(self, phone: Any) -> None:
        keys = phone.keys(1)
        token = phone.publish(keys, "likely")[1]["revisionToken"]
        status, reply = phone.publish([keys[0] | {"rollingPeriod": 143}], "confirmed", revisionToken=token)
        assert (status, reply["code"]) == (400, "invalid_revision_token")

    @pytest.mark.parametrize(
        ("before", "after", "allowed"),
        [
            ("likely", "confirmed", True),
            ("likely", "negative", True),
            ("user-report", "likely", True),
            ("user-report", "confirmed", True),
            ("user-report", "negative", True),
            ("confirmed", "likely", False),
            ("confirmed", "negative", False),
            ("likely", "user-report", False),
        ],
    )
    def test_transitions(self, phone: Any, before: str, after: str, allowed: bool) -> None:
        keys = phone.keys(1)
        token = phone.publish(keys, before)[1]["revisionToken"]
        status, reply = phone.publish(keys, after, revisionToken=token)
        if allowed:
            assert status == 200, reply
        else:
            assert (status, reply["code"]) == (400, "invalid_report_type_transition")

    def test_tokens_hide_how_many_keys_there_are(self, phone: Any) -> None:
        one = phone.publish(phone.keys(1))[1]["revisionToken"]
        many = phone.publish(phone.keys(14))[1]["revisionToken"]
        assert len(one) == len(many)

    def test_a_negative_result_alone_publishes_nobodys_keys(self, phone: Any) -> None:
        status, reply = phone.publish(phone.keys(2), "negative")
        assert status == 200
        assert "insertedExposures" not in reply
        assert len(reply["warnings"]) == 2
        assert PublishedKey.objects.count() == 0
