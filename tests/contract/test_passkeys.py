"""Passkeys: added, used after the password and alone, refused for every reason there is, lost and removed."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.roles import Role
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts import (
    account_views,
    passkey_views,
    second_factor_views,
    services,
    views,
)
from bluezone.authority.accounts.models import Passkey, PasskeyChallenge, User
from bluezone.authority.accounts.passkey_ceremony import PasskeyRefused, parse_answer
from bluezone.authority.accounts.services.second_factor import reset_second_factor
from bluezone.authority.accounts.tasks import clear_old_sessions
from bluezone.authority.areas.services import load_thanh_xuan

from .passkey_device import BACKED_UP, BACKUP_ELIGIBLE, USER_PRESENT, USER_VERIFIED, Device, b64, unb64

pytestmark = pytest.mark.django_db

CLI = Actor("cli")
PASSWORD = "rừng-tre-gió-thổi"
PAGE, ALONE, STEP = "/account/passkeys/", "/login/passkey/", "/login/second-factor/"
HOST = "bluezone.example.vn"
PLACES = (
    *("", "id", "rawId", "type", "response", "clientDataJSON", "authenticatorData"),
    *("attestationObject", "signature", "userHandle"),
)


@pytest.fixture
def an(authority: Path, authority_clock: Any, settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.BLUEZONE_BASE_URL = f"https://{HOST}"
    views.LOGIN_LIMIT.reset()
    account_views.PASSWORD_LIMIT.reset()
    second_factor_views.CODE_DELAY.reset()
    passkey_views.PAGE_LIMIT.reset()
    load_thanh_xuan()
    return made("an", authority_clock)


def made(name: str, clock: Any) -> User:
    user = services.create_user(name, PASSWORD, display_name=f"Bs {name}", by=CLI, now=clock.now())
    grant_role(user, Role.HEALTH_WORKER, "01/009", by=CLI, now=clock.now())
    return user


def give_password(client: Client, name: str = "an") -> Any:
    return client.post("/login/", {"username": name, "password": PASSWORD})


def logged_in(name: str = "an") -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name))
    return client


def options_in(page: Any) -> dict[str, Any]:
    [found] = re.findall(r'data-options="([^"]+)"', page.content.decode())
    return json.loads(unescape(found))


def said(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def begin(client: Client) -> dict[str, Any]:
    return options_in(client.post(f"{PAGE}begin", {"password": PASSWORD}))


def add(client: Client, device: Device, name: str = "điện thoại", **changed: Any) -> Any:
    answer = device.create(begin(client), **changed)
    return client.post(f"{PAGE}add", {"answer": json.dumps(answer), "name": name})


def codes_in(page: Any) -> list[str]:
    return re.findall(r"<li><code>([a-z2-9-]+)</code></li>", page.content.decode())


def answered(client: Client, path: str, device: Device, **changed: Any) -> Any:
    answer = device.get(options_in(client.get(path)), **changed)
    return client.post(path, {"answer": json.dumps(answer)})


def is_open(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def actions() -> list[str]:
    rows = AuditEntry.objects.filter(action__contains="passkey").order_by("recorded_at")
    return list(rows.values_list("action", flat=True))


def test_the_first_one_is_a_second_factor_with_recovery_codes(an: User, authority_clock: Any) -> None:
    here, there, device = logged_in(), logged_in(), Device()
    page = add(here, device, "  Điện thoại của   An ")
    codes = codes_in(page)
    assert (page.status_code, len(set(codes))) == (200, 10)
    assert "Điện thoại của An" in said(page)
    assert is_open(here)
    assert not is_open(there)
    client = Client()
    assert give_password(client)["Location"] == STEP
    assert not is_open(client)
    wanted = options_in(client.get(STEP))["publicKey"]
    assert [one["id"] for one in wanted["allowCredentials"]] == [b64(device.credential_id)]
    assert wanted["rpId"] == HOST
    assert len(unb64(wanted["challenge"])) == 32
    authority_clock.advance(timedelta(minutes=1))
    assert answered(client, STEP, device)["Location"] == "/"
    assert is_open(client)
    assert "dùng gần nhất 15:18 10/03/2021" in said(client.get(PAGE))
    other = Client()
    give_password(other)
    assert other.post(STEP, {"code": codes[0]}).status_code == 302
    assert is_open(other)
    assert actions() == ["accounts.passkey-added"]


def test_the_log_does_not_tell_which_passkey_was_used(an: User) -> None:
    assert not logging.getLogger("fido2.server").isEnabledFor(logging.INFO)


def test_what_is_asked_of_the_browser(an: User) -> None:
    client, first = logged_in(), Device()
    add(client, first)
    asked = begin(client)["publicKey"]
    assert asked["rp"] == {"name": "Bluezone", "id": HOST}
    assert asked["user"] == {"id": b64(an.pk.bytes), "name": "an", "displayName": "Bs an"}
    assert [one["alg"] for one in asked["pubKeyCredParams"]] == [-7, -8, -257]
    assert [one["id"] for one in asked["excludeCredentials"]] == [b64(first.credential_id)]
    assert asked["attestation"] == "none"
    assert asked["authenticatorSelection"]["residentKey"] == "preferred"
    assert asked["timeout"] == 300_000
    alone = options_in(Client().get(ALONE))["publicKey"]
    assert (alone["userVerification"], alone.get("allowCredentials")) == ("required", None)


def test_alone_it_opens_if_it_verified_its_user(an: User, settings: Any, authority_clock: Any) -> None:
    settings.BLUEZONE_REQUIRE_SECOND_FACTOR = True
    device = Device()
    add(logged_in(), device)
    client = Client()
    page = client.get(f"{ALONE}?next=/codes/")
    form = {"answer": json.dumps(device.get(options_in(page))), "next": "/codes/"}
    answer = client.post(ALONE, form)
    assert (answer.status_code, answer["Location"]) == (302, "/codes/")
    assert client.get("/codes/").status_code == 200
    device.flags = USER_PRESENT
    other = Client()
    refused = answered(other, ALONE, device)
    assert refused.status_code == 422
    assert "không mở khóa bằng vân tay" in said(refused)
    assert not is_open(other)
    # after the password a stick without a PIN is enough
    give_password(other)
    assert answered(other, STEP, device).status_code == 302


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "no-such-page"]
)
def test_it_leads_to_no_other_site(an: User, onward: str) -> None:
    device, client = Device(), Client()
    add(logged_in(), device)
    answer = device.get(options_in(client.get(ALONE)))
    assert client.post(ALONE, {"answer": json.dumps(answer), "next": onward})["Location"] == "/"


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://bluezone.example.vn"},
        {"origin": "https://bluezone.example.vn:8443"},
        {"origin": "https://www.bluezone.example.vn"},
        {"origin": "https://bluezone.example.vn.evil.example"},
        {"crossOrigin": True},
        {"type": "webauthn.create"},
        {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
        {"handle": b"somebody else"},
    ],
)
def test_an_answer_for_something_else_opens_nothing(an: User, change: dict[str, Any]) -> None:
    device = Device()
    add(logged_in(), device)
    for path in (ALONE, STEP):
        client = Client()
        give_password(client)
        assert answered(client, path, device, **change).status_code == 422
        assert not is_open(client)


@pytest.mark.parametrize("path", [ALONE, STEP])
def test_another_sites_key_another_key_and_another_users_key_open_nothing(
    an: User, authority_clock: Any, path: str
) -> None:
    made("bo", authority_clock)
    mine, theirs = Device(), Device()
    add(logged_in(), mine)
    add(logged_in("bo"), theirs)
    for device in (
        Device(credential_id=mine.credential_id, key=mine.key, user_handle=an.pk.bytes, rp_id="evil.example"),
        Device(credential_id=mine.credential_id, user_handle=an.pk.bytes),
        Device(user_handle=an.pk.bytes),
        Device(credential_id=mine.credential_id, key=theirs.key, user_handle=an.pk.bytes),
        Device(credential_id=mine.credential_id, key=mine.key, user_handle=an.pk.bytes, flags=USER_VERIFIED),
    ):
        second_factor_views.CODE_DELAY.reset()
        client = Client()
        give_password(client)
        assert answered(client, path, device).status_code == 422
        assert not is_open(client)
    client = Client()
    give_password(client)
    answer = answered(client, path, theirs)
    if path == STEP:  # it is not the one whose password was given
        assert (answer.status_code, is_open(client)) == (422, False)
    else:
        assert "Bs bo" in said(client.get("/account/"))


def test_an_answer_is_good_once_for_its_browser_and_its_purpose(an: User) -> None:
    device = Device()
    add(logged_in(), device)
    first, second = Client(), Client()
    answer = json.dumps(device.get(options_in(first.get(ALONE))))
    second.get(ALONE)
    assert second.post(ALONE, {"answer": answer}).status_code == 422  # another browser was asked
    give_password(first)
    assert first.post(STEP, {"answer": answer}).status_code == 422  # asked for to be used alone
    answer = json.dumps(device.get(options_in(first.get(ALONE))))
    cookie = first.cookies["sessionid"].value
    assert first.post(ALONE, {"answer": answer}).status_code == 302
    thief = Client()
    thief.cookies["sessionid"] = cookie
    assert thief.post(ALONE, {"answer": answer}).status_code == 422


def test_the_same_answer_twice_at_once_opens_once(an: User) -> None:
    """Two requests that both read the session before either wrote it."""
    from bluezone.authority.accounts.passkey_asking import site
    from bluezone.authority.accounts.passkey_ceremony import PasskeyRefused, request_options
    from bluezone.authority.accounts.services import passkeys

    device, now = Device(), an.created_at
    add(logged_in(), device)
    here = site()
    assert here is not None
    challenge = passkeys.new_challenge(passkeys.Purpose.ALONE, None, now=now)
    answer = device.get(json.loads(request_options(here, challenge, known=None)))
    assert passkeys.log_in_with(challenge, answer, of=None, site=here, now=now) == an
    with pytest.raises(PasskeyRefused, match="spent"):
        passkeys.log_in_with(challenge, answer, of=None, site=here, now=now)


def test_a_challenge_lives_five_minutes(an: User, authority_clock: Any) -> None:
    device, client = Device(), Client()
    add(logged_in(), device)
    for seconds, status in ((301, 422), (299, 302)):
        options = options_in(client.get(ALONE))
        authority_clock.advance(timedelta(seconds=seconds))
        answer = json.dumps(device.get(options))
        assert client.post(ALONE, {"answer": answer}).status_code == status
    client.get(ALONE)
    Client().get(ALONE)
    authority_clock.advance(timedelta(minutes=6))
    clear_old_sessions()
    assert PasskeyChallenge.objects.count() == 0


def test_a_counter_that_goes_back_is_a_copy(an: User) -> None:
    device = Device(counter=7)
    add(logged_in(), device)
    for counter, status in ((8, 302), (8, 422), (3, 422), (0, 422), (9, 302)):
        device.counter = counter
        assert answered(Client(), ALONE, device).status_code == status
    suspected = AuditEntry.objects.filter(action="accounts.passkey-copy-suspected")
    passkey = Passkey.objects.get()
    assert [one.details for one in suspected.order_by("pk")].count(
        {"passkey": passkey.pk, "known": 8, "seen": 3}
    ) == 1
    assert suspected.count() == 3
    assert passkey.sign_count == 9


def test_backup_flags(an: User) -> None:
    synced = USER_PRESENT | USER_VERIFIED | BACKUP_ELIGIBLE
    device = Device(flags=synced)
    assert "được đồng bộ" not in said(add(logged_in(), device))
    device.flags = synced | BACKED_UP
    client = Client()
    assert answered(client, ALONE, device).status_code == 302
    assert "được đồng bộ giữa các thiết bị" in said(client.get(PAGE))
    for flags in (synced & ~BACKUP_ELIGIBLE, synced & ~BACKUP_ELIGIBLE | BACKED_UP):
        device.flags = flags
        assert answered(Client(), ALONE, device).status_code == 422
    assert add(client, Device(flags=USER_PRESENT | BACKED_UP)).status_code == 422


@pytest.mark.parametrize(
    ("device", "changed"),
    [
        (Device(rp_id="evil.example"), {}),
        (Device(origin="https://evil.example"), {}),
        (Device(flags=USER_VERIFIED), {}),
        (Device(algorithm=-65535), {}),  # RS1, of SHA-1
        (Device(algorithm=-47), {}),
        (Device(credential_id=b""), {}),
        (Device(credential_id=bytes(1024)), {}),
        (Device(), {"type": "webauthn.get"}),
        (Device(), {"crossOrigin": True}),
        (Device(), {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
    ],
)
def test_a_new_key_of_another_site_or_kind_is_refused(
    an: User, device: Device, changed: dict[str, Any]
) -> None:
    page = add(logged_in(), device, **changed)
    assert (page.status_code, codes_in(page)) == (422, [])
    assert "Passkey không dùng được ở đây" in said(page)
    assert not Passkey.objects.exists()
    assert give_password(Client())["Location"] == "/"


def test_one_key_belongs_to_one_account(an: User, authority_clock: Any) -> None:
    made("bo", authority_clock)
    device = Device()
    add(logged_in(), device)
    assert add(logged_in("bo"), device).status_code == 422
    assert add(logged_in(), Device(credential_id=device.credential_id)).status_code == 422
    assert Passkey.objects.get().user == an


def test_adding_needs_the_password_and_its_own_challenge(an: User, authority_clock: Any) -> None:
    made("bo", authority_clock)
    client, other = logged_in(), logged_in("bo")
    refused = client.post(f"{PAGE}begin", {"password": "falsch"})
    assert (refused.status_code, "Mật khẩu hiện tại không đúng." in said(refused)) == (422, True)
    assert "data-options" not in refused.content.decode()
    answer = json.dumps(Device().create(begin(client)))
    begin(other)
    assert other.post(f"{PAGE}add", {"answer": answer, "name": "x"}).status_code == 422
    assert client.post(f"{PAGE}add", {"answer": answer, "name": "x"}).status_code == 200
    assert client.post(f"{PAGE}add", {"answer": answer, "name": "x"}).status_code == 422
    assert Client().post(f"{PAGE}add", {"answer": answer})["Location"].startswith("/login/")


def test_guessing_passwords_there_is_delayed(an: User) -> None:
    client = logged_in()
    for _ in range(5):
        assert client.post(f"{PAGE}begin", {"password": "falsch"}).status_code == 422
    assert client.post(f"{PAGE}begin", {"password": PASSWORD}).status_code == 429


@pytest.mark.parametrize("text", ['{"rawId": 3000000000}', '{"response": {"signature": [9999999]}}'])
def test_a_number_where_bytes_belong_is_not_made_into_so_many(an: User, text: str) -> None:
    """Without a login: the library makes as many bytes, one short request would take gigabytes."""
    with pytest.raises(PasskeyRefused, match="not readable"):
        parse_answer(text)
    client = Client()
    client.get(ALONE)
    assert client.post(ALONE, {"answer": text}).status_code == 422
    assert parse_answer('{"publicKeyAlgorithm": -257}') == {"publicKeyAlgorithm": -257}


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(
    place=st.sampled_from(PLACES),
    put=st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.lists(st.integers(), max_size=2)
    )
    | st.binary(max_size=60).map(b64)
    | st.just({})
    | st.just("[" * 5_000)
    | st.just(b64(b"\x81" * 3_000)),
)
def test_no_made_up_answer_breaks_the_page(an: User, place: str, put: Any) -> None:
    views.LOGIN_LIMIT.reset()
    passkey_views.PAGE_LIMIT.reset()
    device, client = Device(user_handle=an.pk.bytes), logged_in()
    new = device.create(begin(client))
    alone = Client()
    used = device.get(options_in(alone.get(ALONE)))
    for one in (new, used):
        holder = one if place in one else one["response"]
        if place == "":
            one.clear()
        elif place in holder:
            holder[place] = put
    texts = [json.dumps(new), json.dumps(used)] if place else [str(put), json.dumps(put)]
    assert client.post(f"{PAGE}add", {"answer": texts[0], "name": "x"}).status_code in (200, 422)
    assert alone.post(ALONE, {"answer": texts[-1]}).status_code in (302, 422)
    Passkey.objects.all().delete()


def test_names_and_the_end_of_all_but_the_last(an: User) -> None:
    client, first, second = logged_in(), Device(), Device()
    codes = codes_in(add(client, first, "cái một"))
    assert codes_in(add(client, second, "")) == []  # codes are there already
    one, two = Passkey.objects.order_by("pk")
    assert two.name == "Passkey"
    client.post(f"{PAGE}{two.pk}/rename", {"name": "cái hai"})
    page = client.post(f"{PAGE}{two.pk}/rename", {"name": " "}, follow=True)
    assert "Tên passkey cần từ 1 đến 60 ký tự." in said(page)
    assert list(Passkey.objects.order_by("pk").values_list("name", flat=True)) == ["cái một", "cái hai"]
    assert client.post(f"{PAGE}{one.pk}/remove", {"password": "falsch"}).status_code == 422
    assert client.post(f"{PAGE}{one.pk}/remove", {"password": PASSWORD}).status_code == 302
    assert answered(Client(), ALONE, first).status_code == 422
    # the last one: the password alone would be left
    for code, status in (("", 422), ("aaaaa-aaaaa", 422), (codes[2], 302)):
        form = {"password": PASSWORD, "code": code}
        assert client.post(f"{PAGE}{two.pk}/remove", form).status_code == status
    assert give_password(Client())["Location"] == "/"
    assert actions() == ["accounts.passkey-added"] * 2 + [
        "accounts.passkey-renamed",
        *["accounts.passkey-removed"] * 2,
    ]


def test_nobody_touches_the_passkeys_of_others(an: User, authority_clock: Any) -> None:
    made("bo", authority_clock)
    add(logged_in(), Device(), "của an")
    passkey = Passkey.objects.get()
    other = logged_in("bo")
    other.post(f"{PAGE}{passkey.pk}/rename", {"name": "của bo"})
    assert other.post(f"{PAGE}{passkey.pk}/remove", {"password": PASSWORD}).status_code == 422
    assert Passkey.objects.get().name == "của an"
    assert "của an" not in said(other.get(PAGE))


def test_app_and_passkey_beside_each_other(an: User, authority_clock: Any) -> None:
    from .test_second_factor import code_at, set_up

    client, device = logged_in(), Device()
    secret, codes = set_up(client, authority_clock)
    assert codes_in(add(client, device)) == []
    step = Client()
    give_password(step)
    page = step.get(STEP)
    assert "Hoặc nhập mã" in said(page)
    assert answered(step, STEP, device).status_code == 302
    form = {"password": PASSWORD, "code": code_at(secret, authority_clock.now())}
    assert client.post("/account/second-factor/remove", form).status_code == 302
    assert is_open(client)
    assert "Đang bật bằng passkey. Còn 10 mã dự phòng." in said(client.get("/account/second-factor/"))
    last = Client()
    assert give_password(last)["Location"] == STEP
    assert last.post(STEP, {"code": codes[0]}).status_code == 302


def test_the_command_line_helps_who_lost_everything(an: User, authority_clock: Any) -> None:
    client, device = logged_in(), Device()
    add(client, device)
    reset_second_factor("an", by=CLI, now=authority_clock.now())
    assert not is_open(client)
    assert answered(Client(), ALONE, device).status_code == 422
    assert give_password(Client())["Location"] == "/"


def test_a_disabled_account_stays_shut(an: User, authority_clock: Any) -> None:
    device = Device()
    add(logged_in(), device)
    services.disable_user("an", by=CLI, now=authority_clock.now())
    assert answered(Client(), ALONE, device).status_code == 422


def test_twenty_are_enough(an: User) -> None:
    Passkey.objects.bulk_create(
        Passkey(
            user=an,
            credential_id=bytes([number]),
            public_key=b"x",
            name="x",
            added_at=an.created_at,
            sign_count=0,
            is_backup_eligible=False,
            is_backed_up=False,
        )
        for number in range(20)
    )
    page = logged_in().post(f"{PAGE}begin", {"password": PASSWORD})
    assert (page.status_code, "Tài khoản đã có 20 passkey." in said(page)) == (422, True)


def test_a_server_without_a_name_offers_none(an: User, settings: Any) -> None:
    settings.BLUEZONE_BASE_URL = "http://127.0.0.1:8000"
    assert "passkey" not in said(Client().get("/login/"))
    assert Client().get(ALONE)["Location"] == "/login/"
    client = logged_in()
    assert "cần địa chỉ có tên miền và https" in said(client.get(PAGE))
    assert client.post(f"{PAGE}begin", {"password": PASSWORD})["Location"] == PAGE
    assert client.post(f"{PAGE}add", {"answer": "{}"}).status_code == 422


def test_login_pages_are_limited_and_forged_forms_refused(an: User) -> None:
    for _ in range(60):
        passkey_views.PAGE_LIMIT.allows("127.0.0.1", an.created_at)
    assert Client().get(ALONE).status_code == 429
    forged = Client(enforce_csrf_checks=True)
    assert forged.post(ALONE, {"answer": "{}"}).status_code == 403
    forged.force_login(an)
    assert forged.post(f"{PAGE}begin", {"password": PASSWORD}).status_code == 403
