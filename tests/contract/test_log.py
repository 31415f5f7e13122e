"""The log while every endpoint is used, misused and broken: no code, key, phone, name or address is in it."""

from __future__ import annotations

import io
import json
import logging
import secrets
import uuid
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests.contract.laboratory import Outbox, new_key

from bluezone.authority import health, runtime
from bluezone.authority.access.audit import Actor
from bluezone.authority.access.roles import Role
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts.services import create_user
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.keys import services
from bluezone.authority.keys.models import ApiKind, VerificationCode
from bluezone.authority.keys.sms.config import SmsSettings
from bluezone.authority.log_format import HIDDEN, trace_without_values

pytestmark = pytest.mark.django_db

ADDRESS = "203.0.113.77"
PHONE = "0912345678"
PASSWORD = "rừng-tre-gió-thổi"
NAME = "bs-khong-ten"
CASE = "BN-2021-0042"
MARK = "cái-gì-đó-rất-riêng-4711"
"""Put in every place of a request where anybody could put anything."""

PATH_PARTS = {
    "<uuid:code_uuid>": str(uuid.uuid4()),
    "<uuid:message_uuid>": str(uuid.uuid4()),
    "<uuid:upload>": str(uuid.uuid4()),
    "<uuid:run_id>": str(uuid.uuid4()),
    "<uuid:invitation_id>": str(uuid.uuid4()),
    "<uuid:emergency_id>": str(uuid.uuid4()),
    "<int:class_id>": "4711",
    "<int:passkey_id>": "4711",
    "<returns_day:day>": "2021-03-08",
    "<returns_form:form>": "staff",
    "<str:secret>": MARK,
    "<str:form>": MARK,
    "<slug:name>": MARK.encode().hex(),
    "<slug:key>": MARK.encode().hex(),
    "<str:issuer>": MARK,
    "<str:region>": MARK,
    "<str:name>": MARK,
}


FIELDS = (
    *("code", "token", "ekeyhmac", "phone", "nonce", "uuid", "testType", "testDate", "username", "password"),
    *("caseReference", "withdrawal", "hmacKey", "verificationPayload", "revisionToken", "healthAuthorityID"),
)


class Log:
    """Everything that would go to stderr, at its most talkative."""

    def __init__(self) -> None:
        self.text = io.StringIO()
        self.handler = logging.StreamHandler(self.text)
        self.handler.setFormatter(logging.getLogger("bluezone").handlers[0].formatter)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.getvalue().splitlines()]

    def assert_silent_about(self, *private: str) -> None:
        text = self.text.getvalue()
        escaped = json.loads(json.dumps(text))
        for one in (*private, ADDRESS, PHONE, PHONE[1:], PASSWORD, NAME, CASE, MARK, MARK.encode().hex()):
            assert one
            assert one not in text
            assert one not in escaped


@pytest.fixture
def log() -> Iterator[Log]:
    one = Log()
    loggers = [logging.getLogger(name) for name in ("bluezone", "django", "huey", "waitress")]
    bluezone = loggers[0]
    level = bluezone.level
    bluezone.setLevel(logging.DEBUG)
    for logger in loggers:
        logger.addHandler(one.handler)
    yield one
    for logger in loggers:
        logger.removeHandler(one.handler)
    bluezone.setLevel(level)


@pytest.fixture
def outbox(settings: Any) -> Outbox:
    box = Outbox()
    settings.BLUEZONE_SMS = SmsSettings(box, "{code}")
    settings.BLUEZONE_USER_REPORTS = settings.BLUEZONE_CASE_LINKS = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return box


@pytest.fixture
def client(key_server: Any, authority_clock: Any, outbox: Outbox) -> Client:
    """Of a member of staff who may everything, at an address of its own."""
    load_thanh_xuan()
    cli, now = Actor("cli"), authority_clock.now()
    user = create_user(NAME, PASSWORD, display_name=MARK, by=cli, now=now)
    for role in (Role.EPIDEMIOLOGIST, Role.OPERATOR, Role.DISTRICT_OFFICER):
        grant_role(user, role, "01/009", by=cli, now=now)
    one = Client(raise_request_exception=False, REMOTE_ADDR=ADDRESS, HTTP_USER_AGENT=MARK, HTTP_REFERER=MARK)
    assert one.post("/login/", {"username": NAME, "password": PASSWORD}).status_code == 302
    return one


def every_path() -> list[str]:
    def below(patterns: list[Any], before: str) -> Iterator[str]:
        for one in patterns:
            if isinstance(one, URLResolver):
                yield from below(one.url_patterns, before + str(one.pattern))
            elif isinstance(one, URLPattern):
                yield before + str(one.pattern)

    paths = []
    for route in below(get_resolver().url_patterns, "/"):
        for part, value in PATH_PARTS.items():
            route = route.replace(part, value)
        assert "<" not in route, f"give {route} a value"
        paths.append(route)
    return paths


def misuse(client: Client, key: str) -> None:
    """Every endpoint, with things nobody should send and nobody should log."""
    fields = dict.fromkeys(FIELDS, MARK)
    bodies = [
        fields,
        {"code": MARK},
        {"token": MARK, "ekeyhmac": MARK},
        {"phone": PHONE, "nonce": MARK},
        {MARK: MARK},
    ]
    headers = {"X-API-Key": key, "X-Forwarded-For": ADDRESS, "Authorization": MARK}
    for path in every_path():
        client.get(f"{path}?c={MARK}&week={MARK}&state={MARK}", headers=headers)
        client.post(path, fields, headers=headers)
        for body in bodies:
            client.post(path, json.dumps(body), content_type="application/json", headers=headers)
        client.post(path, MARK, content_type="application/json", headers=headers)
        client.put(path, MARK, content_type=MARK)


def test_a_whole_case(log: Log, client: Client, phone: Any, authority_clock: Any, outbox: Outbox) -> None:
    """The way of a test from the laboratory to the export, everything right."""
    api_key = new_key(authority_clock).text
    form = {
        "report_type": "confirmed",
        "test_date": "2021-03-09",
        "area": "01/009",
        "delivery": "sms",
        "phone": PHONE,
    }
    assert client.post("/codes/", {**form, "uuid": str(uuid.uuid4())}).status_code == 200
    issued = client.post(
        "/api/issue",
        json.dumps({"testType": "confirmed", "testDate": "2021-03-09", "phone": PHONE}),
        content_type="application/json",
        headers={"X-API-Key": api_key},
    ).json()
    nonce = b64encode(secrets.token_bytes(256)).decode()
    report = {"phone": PHONE, "nonce": nonce, "testDate": "2021-03-09"}
    assert (
        client.post("/api/user-report", json.dumps(report), content_type="application/json").status_code
        == 200
    )
    services.send_due_messages(authority_clock.now())

    def send(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = client.post(path, json.dumps(body), content_type="application/json")
        assert answer.status_code == 200, answer.content
        return dict(answer.json())

    token = send("/api/verify", {"code": issued["code"]})["token"]
    keys = phone.keys(14)
    mac = b64encode(phone.tekmac(keys)).decode()
    certificate = send("/api/certificate", {"token": token, "ekeyhmac": mac})["certificate"]
    link = {
        "token": token,
        "temporaryExposureKeys": keys,
        "hmacKey": b64encode(phone.secret).decode(),
        "caseReference": CASE,
        "consentWordingVersion": 1,
    }
    withdrawal = send("/api/link-case", link)["withdrawal"]
    body = phone.body(keys, healthAuthorityID="vn.bluezone", verificationPayload=certificate)
    revision = send("/v1/publish", body)["revisionToken"]
    send("/api/unlink-case", {"withdrawal": withdrawal})
    assert len(outbox.sent) == 3
    codes = [text for _, text in outbox.sent]
    for row in VerificationCode.objects.all():
        one = services.issued_code_of(row)
        codes += [one.code, *([one.long_code] if one.long_code else [])]
    teks = [key["key"] for key in keys]
    log.assert_silent_about(*codes, *teks, token, mac, certificate, revision, withdrawal, nonce, api_key)
    log.assert_silent_about(b64encode(phone.secret).decode())
    assert {line["route"] for line in log.lines() if line["event"] == "request"} >= {"codes/", "v1/publish"}


def test_every_endpoint_misused(log: Log, client: Client, authority_clock: Any) -> None:
    key = new_key(authority_clock).text
    misuse(client, key)
    misuse(Client(raise_request_exception=False, REMOTE_ADDR=ADDRESS, HTTP_USER_AGENT=MARK), "x")
    log.assert_silent_about(key)
    assert len(log.lines()) > 300


def test_every_endpoint_broken(
    log: Log, client: Client, authority_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever our own faults say, and what a database says of a row, does not get out."""
    key = new_key(authority_clock, ApiKind.STATS).text

    def broken() -> None:
        try:
            raise IntegrityError(f"DETAIL: Key (phone)=({PHONE}) already exists at {ADDRESS}")
        except IntegrityError as error:
            raise ValueError(f"invalid literal: {MARK}") from error

    monkeypatch.setattr(runtime, "now", broken)
    misuse(client, key)
    log.assert_silent_about(key)
    faults = [line for line in log.lines() if "exception" in line]
    assert faults
    for fault in faults:  # what happened where can still be told
        assert "ValueError: [hidden]" in fault["exception"]
        assert "IntegrityError: [hidden]" in fault["exception"]
        assert 'raise ValueError(f"invalid literal' in fault["exception"]


def test_texts_of_the_system_are_kept() -> None:
    try:
        try:
            raise OSError(28, "No space left on device", "/srv/bluezone/exports")
        except OSError as error:
            raise RuntimeError(MARK) from error
    except RuntimeError as error:
        text = trace_without_values(error)
    assert "No space left on device: '/srv/bluezone/exports'" in text
    assert text.index(f"RuntimeError: {HIDDEN}") < text.index("OSError: [Errno 28]")
    assert MARK not in text


def test_a_probe_of_a_server_that_is_not_ready_is_no_error(
    key_server: Any, authority_clock: Any, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(raise_request_exception=False)
    assert client.get("/readyz").status_code == 503  # nothing is built yet
    assert {line["level"] for line in log.lines()} == {"info"}

    def fault(_now: object) -> str:
        raise ValueError

    monkeypatch.setattr(health, "_secrets", fault)
    assert client.get("/readyz").status_code == 500
    assert log.lines()[-2]["level"] == "error"
