"""An F0's consent that keys belong to their case: separate, dated, encrypted, withdrawn, and ended."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from tests.contract.laboratory import Laboratory
from tests.contract.test_codes import issue, post

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.keys import services
from bluezone.authority.keys.models import CaseLink, PublishedKey, VerificationToken

pytestmark = pytest.mark.django_db
APP = Laboratory("")


@pytest.fixture(autouse=True)
def links_are_offered(settings: Any) -> None:
    settings.BLUEZONE_CASE_LINKS = True


def certified(phone: Any, clock: Any, days: int = 3) -> tuple[str, list[dict[str, Any]], str]:
    """A token, the keys that a certificate over was asked for with it, and the certificate."""
    token = post("/api/verify", {"code": issue(clock).code})[1]["token"]
    keys = phone.keys(days)
    mac = b64encode(phone.tekmac(keys)).decode()
    certificate = post("/api/certificate", {"token": token, "ekeyhmac": mac})[1]["certificate"]
    return token, keys, certificate


def request(phone: Any, token: str, keys: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    return {
        "token": token,
        "temporaryExposureKeys": keys,
        "hmacKey": b64encode(phone.secret).decode(),
        "caseReference": "BN-2021-0042",
        "consentWordingVersion": 1,
        **changes,
    }


def read(clock: Any, reference: str = "BN-2021-0042") -> Any:
    return services.read_case_link(reference, by=Actor("user:tracer"), now=clock.now())


def test_linked_keys_can_be_read_and_each_reading_is_audited(phone: Any, authority_clock: Any) -> None:
    token, keys, _ = certified(phone, authority_clock)
    status, reply = APP.post("/api/link-case", request(phone, token, keys))
    assert status == 200
    assert reply["expiresAt"] == "Wed, 24 Mar 2021 08:17:00 UTC"
    linked = read(authority_clock, " bn-2021-0042 ")
    wanted = {(b64decode(key["key"]), key["rollingStartNumber"], key["rollingPeriod"]) for key in keys}
    assert {(one.tek, one.rolling_start, one.rolling_period) for one in linked} == wanted
    assert len(linked) == 3
    row = CaseLink.objects.get()
    assert (row.wording_version, row.consented_at) == (1, authority_clock.now())
    actions = AuditEntry.objects.filter(subject=f"case-link:{row.pk}").values_list("action", "actor")
    assert sorted(actions) == [("keys.case-link-read", "user:tracer"), ("keys.case-linked", "system")]
    assert read(authority_clock, "BN-2021-0043") is None


def test_nothing_of_it_is_in_clear_and_the_size_tells_no_number(phone: Any, authority_clock: Any) -> None:
    sizes = set()
    for days, reference in ((1, "BN-0001"), (14, "BN-0002")):
        token, keys, _ = certified(phone, authority_clock, days)
        body = request(phone, token, keys, caseReference=reference)
        assert APP.post("/api/link-case", body)[0] == 200
        row = CaseLink.objects.order_by("-consented_at", "-pk").get(
            case_reference_hmac=services.case_links._reference_hmac(reference)
        )
        sizes.add(len(bytes(row.keys_encrypted)))
        text = str(list(AuditEntry.objects.values())) + str(row.__dict__)
        assert reference not in text
        assert not any(b64decode(key["key"]) in bytes(row.keys_encrypted) for key in keys)
    assert len(sizes) == 1


def test_the_same_again_answers_the_same(phone: Any, authority_clock: Any) -> None:
    token, keys, _ = certified(phone, authority_clock)
    first = APP.post("/api/link-case", request(phone, token, keys))
    authority_clock.advance(timedelta(hours=1))
    again = request(phone, token, keys[::-1], caseReference="bn-2021-0042")
    assert APP.post("/api/link-case", again) == first
    assert CaseLink.objects.count() == AuditEntry.objects.filter(action="keys.case-linked").count() == 1


def test_who_comes_second_with_a_case_cannot_tell_and_keeps_nothing(
    phone: Any, other_phone: Any, authority_clock: Any
) -> None:
    """All that a second one can ask has the same answers for a case that is linked and one that is not."""
    token, keys, _ = certified(phone, authority_clock)
    APP.post("/api/link-case", request(phone, token, keys, caseReference="TAKEN"))
    answers = []
    for reference in ("TAKEN", "FREE"):
        own, own_keys, _ = certified(other_phone, authority_clock)
        link = request(other_phone, own, own_keys, caseReference=reference)
        first = APP.post("/api/link-case", link)
        seen = [first]
        authority_clock.advance(timedelta(hours=1))
        seen.append(APP.post("/api/link-case", link))  # the same again, later
        other_case = {**link, "caseReference": "THIRD"}
        seen.append(APP.post("/api/link-case", other_case))
        if reference == "TAKEN":
            assert len(read(authority_clock, "TAKEN")) == 3
            wanted = {b64decode(key["key"]) for key in keys}
            assert {one.tek for one in read(authority_clock, "TAKEN")} == wanted
        for _ in range(2):
            seen.append(APP.post("/api/unlink-case", {"withdrawal": first[1]["withdrawal"]}))
        seen.append(APP.post("/api/link-case", link))
        seen.append(APP.post("/api/unlink-case", {"withdrawal": first[1]["withdrawal"]}))
        authority_clock.advance(-timedelta(hours=1))
        withdrawals = {one[1]["withdrawal"] for one in seen if "withdrawal" in one[1]}
        assert len(withdrawals) == 1
        answers.append([(status, {**reply, "withdrawal": ""}) for status, reply in seen])
    assert answers[0] == answers[1]
    assert [status for status, _ in answers[0]] == [200, 200, 409, 200, 200, 200, 200]
    assert len(read(authority_clock, "TAKEN")) == 3  # what others withdraw is theirs
    assert CaseLink.objects.count() == 1
    contested = AuditEntry.objects.filter(action="keys.case-link-contested")
    assert {one.subject for one in contested} == {f"case-link:{CaseLink.objects.get().pk}"}


def test_knowing_a_persons_keys_gives_no_hold_on_their_link(phone: Any, authority_clock: Any) -> None:
    """Published keys are known to all, and a code of one's own certifies any keys."""
    token, keys, _ = certified(phone, authority_clock)
    APP.post("/api/link-case", request(phone, token, keys))
    authority_clock.advance(timedelta(hours=1))
    thief = post("/api/verify", {"code": issue(authority_clock).code})[1]["token"]
    mac = b64encode(phone.tekmac(keys)).decode()
    assert post("/api/certificate", {"token": thief, "ekeyhmac": mac})[0] == 200
    reply = APP.post("/api/link-case", request(phone, thief, keys))[1]
    assert reply["expiresAt"] == "Wed, 24 Mar 2021 09:17:00 UTC"  # as of a case that nobody linked
    APP.post("/api/unlink-case", {"withdrawal": reply["withdrawal"]})
    assert len(read(authority_clock)) == 3


def test_a_case_is_free_again_when_its_link_has_ended(
    phone: Any, other_phone: Any, authority_clock: Any
) -> None:
    token, keys, _ = certified(phone, authority_clock)
    APP.post("/api/link-case", request(phone, token, keys))
    authority_clock.advance(timedelta(days=14))  # nothing was erased yet
    code = issue(authority_clock, test_date=date(2021, 3, 23)).code
    token, keys = post("/api/verify", {"code": code})[1]["token"], other_phone.keys(2)
    mac = b64encode(other_phone.tekmac(keys)).decode()
    assert post("/api/certificate", {"token": token, "ekeyhmac": mac})[0] == 200
    assert APP.post("/api/link-case", request(other_phone, token, keys))[0] == 200
    assert len(read(authority_clock)) == 2


def test_one_code_takes_one_case_and_a_wrong_one_can_be_put_right(phone: Any, authority_clock: Any) -> None:
    token, keys, _ = certified(phone, authority_clock)
    wrong = APP.post("/api/link-case", request(phone, token, keys, caseReference="HN-0001"))[1]
    for other in ("HN-0002", "HN-0003"):
        status, reply = APP.post("/api/link-case", request(phone, token, keys, caseReference=other))
        assert (status, reply["errorCode"]) == (409, "token_already_linked")
        assert read(authority_clock, other) is None
    assert CaseLink.objects.count() == 1
    APP.post("/api/unlink-case", {"withdrawal": wrong["withdrawal"]})
    assert APP.post("/api/link-case", request(phone, token, keys, caseReference="HN-0002"))[0] == 200
    assert read(authority_clock, "HN-0001") is None
    assert len(read(authority_clock, "HN-0002")) == 3
    # what is stored of the token tells nobody which link is its
    stored = VerificationToken.objects.values_list("token_hmac", flat=True)
    assert not any(CaseLink.objects.get().pk.bytes in bytes(one) for one in stored)


def test_one_network_tries_so_many_cases_and_others_still_link(phone: Any, authority_clock: Any) -> None:
    token, keys, _ = certified(phone, authority_clock)
    body = request(phone, token, keys)
    for _ in range(21):
        assert APP.post("/api/link-case", body)[0] == 200  # who may link uses up nothing
    tries = [{**body, "caseReference": f"HN-{n:04}"} for n in range(20)]
    assert [APP.post("/api/link-case", one)[0] for one in [*tries, body]] == [409] * 20 + [429]
    other = Laboratory("")
    other.client.defaults["REMOTE_ADDR"] = "203.0.113.77"
    assert other.post("/api/link-case", body)[0] == 200


def test_publishing_knows_nothing_of_a_link_and_the_other_way_round(phone: Any, authority_clock: Any) -> None:
    token, keys, certificate = certified(phone, authority_clock)
    assert APP.post("/api/link-case", request(phone, token, keys))[0] == 200
    assert PublishedKey.objects.count() == 0
    status, _ = phone.publish(keys, healthAuthorityID="vn.bluezone", verificationPayload=certificate)
    assert status == 200
    with connection.cursor() as cursor:
        relations = connection.introspection.get_relations(cursor, CaseLink._meta.db_table)
    assert not relations
    body = {**phone.body(keys), "caseReference": "BN-2021-0042"}
    assert phone.send(body)[1]["code"] == "bad_request"


def test_a_link_ends_after_14_days_and_is_erased(phone: Any, authority_clock: Any) -> None:
    token, keys, _ = certified(phone, authority_clock)
    APP.post("/api/link-case", request(phone, token, keys))
    authority_clock.advance(timedelta(days=14) - timedelta(seconds=1))
    services.delete_expired(authority_clock.now())
    assert read(authority_clock)
    authority_clock.advance(timedelta(seconds=1))
    assert read(authority_clock) is None
    services.delete_expired(authority_clock.now())
    assert CaseLink.objects.count() == 0


def test_withdrawing_is_one_request_and_may_be_repeated(phone: Any, authority_clock: Any) -> None:
    token, keys, _ = certified(phone, authority_clock)
    withdrawal = APP.post("/api/link-case", request(phone, token, keys))[1]["withdrawal"]
    for wrong in ("", "x", withdrawal[:-1], withdrawal[:-1] + ("0" if withdrawal[-1] != "0" else "1")):
        status, reply = APP.post("/api/unlink-case", {"withdrawal": wrong})
        assert (status, reply["errorCode"]) == (400, "withdrawal_invalid")
    assert read(authority_clock)
    authority_clock.advance(timedelta(days=3))  # long after the token
    for _ in range(2):
        assert APP.post("/api/unlink-case", {"withdrawal": withdrawal}) == (200, {})
    assert CaseLink.objects.count() == 0
    assert AuditEntry.objects.filter(action="keys.case-link-withdrawn").count() == 1


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"consentWordingVersion": 2}, 400, "unknown_consent_wording"),
        ({"consentWordingVersion": None}, 400, "unparsable_request"),
        ({"consentWordingVersion": True}, 400, "unparsable_request"),
        ({"consentWordingVersion": "1"}, 400, "unparsable_request"),
        ({"token": "x"}, 400, "token_invalid"),
        ({"hmacKey": b64encode(bytes(32)).decode()}, 400, "token_invalid"),
        ({"hmacKey": "!"}, 400, "unparsable_request"),
        ({"temporaryExposureKeys": []}, 400, "token_invalid"),
        ({"temporaryExposureKeys": None}, 400, "unparsable_request"),
        ({"temporaryExposureKeys": [7]}, 400, "unparsable_request"),
        ({"caseReference": "x"}, 400, "case_reference_invalid"),
        ({"caseReference": "x" * 65}, 400, "case_reference_invalid"),
        ({"caseReference": "a\tb\x00c"}, 400, "case_reference_invalid"),
        ({"consent": True}, 400, "unparsable_request"),
    ],
)
def test_requests_that_link_nothing(
    phone: Any, authority_clock: Any, changes: dict[str, Any], status: int, code: str
) -> None:
    token, keys, _ = certified(phone, authority_clock)
    got, reply = APP.post("/api/link-case", {**request(phone, token, keys), **changes})
    assert (got, reply["errorCode"]) == (status, code)
    assert CaseLink.objects.count() == 0


def test_a_token_without_a_certificate_or_past_its_time_links_nothing(
    phone: Any, authority_clock: Any
) -> None:
    token = post("/api/verify", {"code": issue(authority_clock).code})[1]["token"]
    keys = phone.keys(2)
    assert APP.post("/api/link-case", request(phone, token, keys))[1]["errorCode"] == "token_invalid"
    token, keys, _ = certified(phone, authority_clock)
    authority_clock.advance(timedelta(hours=24))
    assert APP.post("/api/link-case", request(phone, token, keys))[1]["errorCode"] == "token_expired"


def test_keys_that_were_not_certified_are_not_linked(phone: Any, authority_clock: Any) -> None:
    token, keys, _ = certified(phone, authority_clock)
    for wrong in (keys[:2], [*keys, *phone.keys(1)], [{**keys[0], "rollingPeriod": 143}, *keys[1:]]):
        assert APP.post("/api/link-case", request(phone, token, wrong))[1]["errorCode"] == "token_invalid"
    odd = [{**keys[0], "rollingPeriod": 145}]
    token = post("/api/verify", {"code": issue(authority_clock, test_date=date(2021, 3, 9)).code})[1]["token"]
    post("/api/certificate", {"token": token, "ekeyhmac": b64encode(phone.tekmac(odd)).decode()})
    assert APP.post("/api/link-case", request(phone, token, odd))[1]["errorCode"] == "unparsable_request"


def test_links_are_off_unless_turned_on(phone: Any, authority_clock: Any, settings: Any) -> None:
    settings.BLUEZONE_CASE_LINKS = False
    token, keys, _ = certified(phone, authority_clock)
    status, reply = APP.post("/api/link-case", request(phone, token, keys))
    assert (status, reply["errorCode"]) == (404, "case_links_disabled")
    assert CaseLink.objects.count() == 0
