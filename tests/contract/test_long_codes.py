"""Long codes, taking codes back, and what state a code is in."""

from __future__ import annotations

import json
import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope
from bluezone.authority.keys import code_texts, queries, services
from bluezone.authority.keys.issue_rules import CodeState
from bluezone.authority.keys.models import VerificationCode
from bluezone.authority.keys.report_types import ReportTypeName

pytestmark = pytest.mark.django_db
EVERYWHERE = Scope.everything()


def issue(clock: Any, **changes: Any) -> services.IssuedCode:
    wanted: dict[str, Any] = {
        "report_type": ReportTypeName.CONFIRMED,
        "test_date": date(2021, 3, 9),
        "uuid": uuid.uuid4(),
        "area_path": "01/009",
        "scope": EVERYWHERE,
        "by": Actor("test"),
        "now": clock.now(),
        "with_long_code": True,
        **changes,
    }
    return services.issue_code(**wanted)


def verify(code: str | None, address: str = "203.0.113.9") -> tuple[int, dict[str, Any]]:
    response = Client(REMOTE_ADDR=address).post(
        "/api/verify", json.dumps({"code": code}), content_type="application/json"
    )
    reply = response.json()
    reply.pop("padding")
    return response.status_code, reply


def test_a_long_code_lives_a_day_and_looks_like_no_other_letter(
    key_server: Any, authority_clock: Any
) -> None:
    code = issue(authority_clock)
    assert code.long_code is not None
    assert re.fullmatch("[0-9a-hjkmnp-tv-z]{16}", code.long_code)
    assert code.long_expires_at == authority_clock.now() + timedelta(hours=24)
    assert code.expires_at == authority_clock.now() + timedelta(minutes=15)
    assert issue(authority_clock).long_code != code.long_code
    assert issue(authority_clock, with_long_code=False).long_code is None
    authority_clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    assert verify(code.code)[0] == 400
    assert verify(code.long_code)[0] == 200


def test_a_long_code_has_an_end_too(key_server: Any, authority_clock: Any) -> None:
    code = issue(authority_clock)
    authority_clock.advance(timedelta(hours=24))
    assert verify(code.long_code)[1]["errorCode"] == "code_invalid"


@pytest.mark.parametrize("first", ["code", "long_code"])
def test_using_one_form_uses_up_both(key_server: Any, authority_clock: Any, first: str) -> None:
    code = issue(authority_clock)
    assert verify(getattr(code, first))[0] == 200
    assert verify(code.code)[0] == verify(code.long_code)[0] == 400


def test_a_long_code_may_be_typed_as_people_do(key_server: Any, authority_clock: Any) -> None:
    code = issue(authority_clock)
    assert code.long_code is not None
    typed = code.long_code.upper().replace("0", "O").replace("1", "l")
    assert verify(f" {typed[:4]}-{typed[4:8]} {typed[8:]}")[0] == 200


def test_the_database_alone_gives_no_long_code(key_server: Any, authority_clock: Any) -> None:
    code = issue(authority_clock)
    assert code.long_code is not None
    assert code.long_code not in str(list(VerificationCode.objects.values()))
    assert code.long_code not in repr(code)


def test_links(key_server: Any, settings: Any) -> None:
    settings.BLUEZONE_REGION = "VN-HN"
    assert code_texts.code_link("0123456789abcdef") == "ens://v?r=VN-HN&c=0123456789abcdef"
    assert code_texts.code_web_link("x") is None
    settings.BLUEZONE_CODE_LINK = "https://bluezone.example.vn/v?c="
    assert code_texts.code_web_link("0123") == "https://bluezone.example.vn/v?c=0123"


def test_a_setting_lets_short_codes_live_up_to_an_hour(
    key_server: Any, authority_clock: Any, settings: Any
) -> None:
    settings.BLUEZONE_CODE_MINUTES = 60
    assert issue(authority_clock).expires_at == authority_clock.now() + timedelta(hours=1)


def test_a_code_that_was_taken_back_answers_like_a_wrong_one(key_server: Any, authority_clock: Any) -> None:
    code, by = issue(authority_clock), Actor("user:x")
    state = services.revoke_code(code.uuid, scope=EVERYWHERE, by=by, now=authority_clock.now())
    assert state is CodeState.REVOKED
    wrong = verify("zzzzzzzzzzzzzzzz")
    assert verify(code.code) == verify(code.long_code) == wrong
    assert wrong[1]["errorCode"] == "code_invalid"
    services.revoke_code(code.uuid, scope=EVERYWHERE, by=by, now=authority_clock.now())
    entry = AuditEntry.objects.get(action="keys.code-revoked")
    assert (entry.actor, entry.subject) == ("user:x", f"code:{code.uuid}")
    assert issue(authority_clock, uuid=code.uuid).revoked


def test_what_became_of_codes(key_server: Any, authority_clock: Any) -> None:
    waiting, claimed, revoked, expired = (issue(authority_clock) for _ in range(4))
    short = issue(authority_clock, with_long_code=False)
    verify(claimed.code)
    services.revoke_code(revoked.uuid, scope=EVERYWHERE, by=Actor("x"), now=authority_clock.now())

    def state(code: services.IssuedCode) -> CodeState:
        return queries.code_state(code.uuid, EVERYWHERE, authority_clock.now())

    authority_clock.advance(timedelta(minutes=20))  # the short form is over, the long one is not
    assert [state(one) for one in (waiting, claimed, revoked, short)] == [
        CodeState.WAITING,
        CodeState.CLAIMED,
        CodeState.REVOKED,
        CodeState.EXPIRED,
    ]
    authority_clock.advance(timedelta(hours=24))
    assert state(expired) is CodeState.EXPIRED
    revoke = services.revoke_code(expired.uuid, scope=EVERYWHERE, by=Actor("x"), now=authority_clock.now())
    assert revoke is CodeState.EXPIRED


def test_a_used_code_and_one_of_others_are_not_taken_back(key_server: Any, authority_clock: Any) -> None:
    code = issue(authority_clock)
    for scope in (Scope.of(["01/010"]), Scope.nothing()):
        with pytest.raises(services.CodeRefused) as refused:
            services.revoke_code(code.uuid, scope=scope, by=Actor("x"), now=authority_clock.now())
        assert (refused.value.code, refused.value.status) == ("code_not_found", 404)
        with pytest.raises(services.CodeRefused):
            queries.code_state(code.uuid, scope, authority_clock.now())
    verify(code.code)
    with pytest.raises(services.CodeRefused) as refused:
        services.revoke_code(code.uuid, scope=EVERYWHERE, by=Actor("x"), now=authority_clock.now())
    assert (refused.value.code, refused.value.status) == ("code_already_claimed", 400)
    assert not AuditEntry.objects.filter(action="keys.code-revoked").exists()


def test_the_same_uuid_with_and_without_long_code_are_two_things(
    key_server: Any, authority_clock: Any
) -> None:
    code = issue(authority_clock)
    again = issue(authority_clock, uuid=code.uuid)
    assert again == code
    assert (code.repeated, again.repeated) == (False, True)
    with pytest.raises(services.CodeRefused, match="another test"):
        issue(authority_clock, uuid=code.uuid, with_long_code=False)


def test_wrong_codes_make_a_network_wait_ever_longer_and_long_codes_pass(
    key_server: Any, authority_clock: Any
) -> None:
    """A guesser's neighbours behind the same address still get in by the link of their message."""
    guesser = "198.51.100.1"
    for _ in range(10):
        assert verify("11112222", guesser)[0] == 400

    def told_to_wait() -> int:
        response = Client(REMOTE_ADDR=guesser).post(
            "/api/verify", json.dumps({"code": "11112222"}), content_type="application/json"
        )
        assert (response.status_code, response.json()["errorCode"]) == (429, "too_many_requests")
        return int(response["Retry-After"])

    waits = []
    for _ in range(6):
        waits.append(told_to_wait())
        assert told_to_wait() == waits[-1]  # asking too early costs nothing
        assert verify(issue(authority_clock).long_code, guesser)[0] == 200
        assert verify(issue(authority_clock).code, guesser)[0] == 429
        authority_clock.advance(timedelta(seconds=waits[-1]))
        assert verify("11112222", guesser)[0] == 400
    assert waits == [60, 120, 240, 480, 900, 900]
    authority_clock.advance(timedelta(minutes=15))
    assert verify(issue(authority_clock).code, guesser)[0] == 200


def test_many_tries_at_once_are_one_once_a_network_has_had_to_wait(
    key_server: Any, authority_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one try is looked up, another of its network comes."""
    guesser, real, meanwhile = "198.51.100.1", services.verify_code, []

    def look_up(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(services, "verify_code", real)
        meanwhile.append(verify("11112222", guesser)[0])
        return real(*arguments, **options)

    monkeypatch.setattr(services, "verify_code", look_up)
    assert verify("11112222", guesser)[0] == 400
    for _ in range(8):
        verify("11112222", guesser)
    authority_clock.advance(timedelta(minutes=1))
    monkeypatch.setattr(services, "verify_code", look_up)
    right = issue(authority_clock).code
    assert verify(right, guesser)[0] == 200
    assert meanwhile == [400, 429]
