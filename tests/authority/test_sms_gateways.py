"""Ways of sending, against servers of this machine: what goes over the wire, what failures become."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from bluezone.authority.keys.sms import http_gateway
from bluezone.authority.keys.sms.config import sms_settings
from bluezone.authority.keys.sms.console import Console
from bluezone.authority.keys.sms.http_gateway import HttpGateway
from bluezone.authority.keys.sms.interface import (
    SmsRefused,
    SmsSettingRefused,
    SmsUnavailable,
    SmsUnclear,
)
from bluezone.authority.keys.sms.mail_gateway import MailGateway
from bluezone.authority.keys.sms.text import DEFAULT_TEXT

PHONE = "+84912345678"
TEXT = 'Ma "k3v9", han 15:17 & 10/03 {text}'
REFERENCE = uuid.UUID("11111111-2222-4333-8444-555555555555")


class Gateway(BaseHTTPRequestHandler):
    """Notes what it is sent and answers what it was told to."""

    seen: ClassVar[list[dict[str, Any]]]
    status: ClassVar[int] = 200
    reply: ClassVar[bytes] = b""
    headers_out: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append({"line": self.requestline, "headers": dict(self.headers), "body": body})
        self.send_response(self.status)
        for name, value in self.headers_out.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.reply)))
        self.end_headers()
        self.wfile.write(self.reply)

    do_POST = do_PUT = do_GET

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def gateway(
    status: int = 200, reply: bytes = b"", **headers: str
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    handler = type("Told", (Gateway,), {"seen": [], "status": status, "reply": reply, "headers_out": headers})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler.seen  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_json_in_the_body() -> None:
    with gateway() as (url, seen):
        HttpGateway(
            f"{url}/send?ref={{reference}}",
            body='{"to": "{phone_digits}", "content": "{text}", "brand": "BLUEZONE"}',
            headers={"Authorization": "Bearer abc"},
        ).send(PHONE, TEXT, reference=REFERENCE)
    (request,) = seen
    assert request["line"] == f"POST /send?ref={REFERENCE} HTTP/1.1"
    assert request["headers"]["Authorization"] == "Bearer abc"
    assert request["headers"]["Content-Type"] == "application/json"
    assert json.loads(request["body"]) == {"to": "84912345678", "content": TEXT, "brand": "BLUEZONE"}


def test_a_form_in_the_body_and_values_in_the_address() -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with gateway() as (url, seen):
        HttpGateway(url + "/s", body="to={phone}&m={text}", headers=form).send(
            PHONE, TEXT, reference=REFERENCE
        )
        HttpGateway(url + "/s?to={phone}&m={text}", method="GET").send(PHONE, "Mã số", reference=REFERENCE)
    escaped = "Ma%20%22k3v9%22%2C%20han%2015%3A17%20%26%2010%2F03%20%7Btext%7D"
    assert seen[0]["body"].decode() == f"to=%2B84912345678&m={escaped}"
    assert seen[1]["line"] == "GET /s?to=%2B84912345678&m=M%C3%A3%20s%E1%BB%91 HTTP/1.1"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, SmsRefused),
        (422, SmsRefused),
        (401, SmsUnavailable),
        (404, SmsUnavailable),
        (429, SmsUnavailable),
        (500, SmsUnavailable),
        (503, SmsUnavailable),
        (504, SmsUnclear),
    ],
)
def test_what_the_gateway_says(status: int, kind: type[Exception]) -> None:
    with gateway(status, b"no: +84912345678 k3v9") as (url, _):
        sender = HttpGateway(url + "?p={phone}&t={text}")
        with pytest.raises(kind, match=str(status)) as failure:
            sender.send(PHONE, TEXT, reference=REFERENCE)
    assert type(failure.value) is kind
    assert "912345678" not in str(failure.value)
    assert "k3v9" not in str(failure.value)


def test_redirects_are_not_followed() -> None:
    with gateway() as (elsewhere, taken), gateway(307, Location=elsewhere) as (url, _):
        with pytest.raises(SmsUnavailable, match="307"):
            HttpGateway(url + "?p={phone}&t={text}").send(PHONE, TEXT, reference=REFERENCE)
        assert taken == []


def test_where_a_redirect_would_lead_stops_no_other_message() -> None:
    with gateway(302, Location="https://xn--/") as (url, _), pytest.raises(SmsUnavailable):
        HttpGateway(url + "?p={phone}&t={text}").send(PHONE, TEXT, reference=REFERENCE)


def test_a_200_that_says_no_is_a_failure() -> None:
    success = r'"CodeResult"\s*:\s*"100"'
    for reply, taken in [(b'{"CodeResult": "100"}', True), (b'{"CodeResult":"103"}', False), (b"", False)]:
        with gateway(200, reply) as (url, _):
            sender = HttpGateway(url + "?p={phone}&t={text}", success=success)
            if taken:
                sender.send(PHONE, TEXT, reference=REFERENCE)
            else:
                with pytest.raises(SmsUnclear, match="không xác nhận"):
                    sender.send(PHONE, TEXT, reference=REFERENCE)


def test_an_endless_reply_and_no_reply() -> None:
    with gateway(200, b"x" * 100_000) as (url, _):
        taken = HttpGateway(url + "?p={phone}&t={text}")
        taken.send(PHONE, TEXT, reference=REFERENCE)  # a 200 says all, what else is said is not read
        with pytest.raises(SmsUnclear, match="quá dài"):
            replace(taken, success="x").send(PHONE, TEXT, reference=REFERENCE)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/?p={{phone}}&t={{text}}"
    with pytest.raises(SmsUnavailable, match="không kết nối được") as failure:
        HttpGateway(url).send(PHONE, TEXT, reference=REFERENCE)
    assert not isinstance(failure.value, SmsUnclear)


class HangsUp(socketserver.BaseRequestHandler):
    """Reads a request and closes."""

    def handle(self) -> None:
        self.request.recv(65536)


def test_a_gateway_that_takes_a_message_and_hangs_up_or_falls_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), HangsUp) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/?p={{phone}}&t={{text}}"
        with pytest.raises(SmsUnclear, match="ngắt kết nối"):
            HttpGateway(url).send(PHONE, TEXT, reference=REFERENCE)
        thread.join()
    monkeypatch.setattr(http_gateway, "_WAIT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:  # connects, and nobody answers
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/?p={{phone}}&t={{text}}"
        with pytest.raises(SmsUnclear, match="không trả lời kịp"):
            HttpGateway(url).send(PHONE, TEXT, reference=REFERENCE)


class MailServer(socketserver.StreamRequestHandler):
    """As much SMTP as a client needs; answers RCPT as it was told to."""

    letters: ClassVar[list[bytes]]
    recipients: ClassVar[list[str]]
    rcpt: ClassVar[bytes] = b"250 ok"
    quit: ClassVar[bytes] = b"221 bye"
    taken: ClassVar[bytes] = b"250 ok"

    def handle(self) -> None:
        self.wfile.write(b"220 hello\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go\r\n")
                letter = b""
                while not letter.endswith(b"\r\n.\r\n"):
                    letter += self.rfile.readline()
                self.letters.append(letter)
                if not self.taken:
                    return
                self.wfile.write(self.taken + b"\r\n")
            elif verb == b"RCPT":
                self.recipients.append(line.decode().strip())
                self.wfile.write(self.rcpt + b"\r\n")
            elif verb == b"QUIT":
                self.wfile.write(self.quit + b"\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


@contextmanager
def mail_server(**answers: bytes) -> Iterator[tuple[int, type[MailServer]]]:
    handler = type("Told", (MailServer,), {"letters": [], "recipients": [], **answers})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1], handler
        finally:
            server.shutdown()
            thread.join()


def mail_gateway(port: int) -> MailGateway:
    return MailGateway(
        "127.0.0.1", port, "bluezone@ward.example.vn", "{phone_digits}@sms.example.vn", security="none"
    )


def test_a_message_by_mail() -> None:
    with mail_server() as (port, server):
        mail_gateway(port).send(PHONE, "Ma k3v9", reference=REFERENCE)
    (letter,) = server.letters
    assert server.recipients[0].upper() == "RCPT TO:<84912345678@SMS.EXAMPLE.VN>"
    head, _, body = letter.decode().partition("\r\n\r\n")
    assert f"Message-ID: <{REFERENCE}@ward.example.vn>" in head
    assert body == "Ma k3v9\r\n.\r\n"
    # RFC 5322, 3.6: a letter without the date it was written is none
    written = parsedate_to_datetime(head.partition("Date: ")[2].partition("\r\n")[0])
    assert abs(datetime.now(UTC) - written) < timedelta(minutes=5)


def test_what_a_mail_server_says_to_quit_changes_nothing() -> None:
    with mail_server(quit=b"421 too busy") as (port, server):
        mail_gateway(port).send(PHONE, "Ma k3v9", reference=REFERENCE)
    assert len(server.letters) == 1


def test_a_mail_server_that_takes_a_letter_and_hangs_up() -> None:
    with mail_server(taken=b"") as (port, _), pytest.raises(SmsUnclear, match="mất kết nối"):
        mail_gateway(port).send(PHONE, TEXT, reference=REFERENCE)
    with mail_server(taken=b"451 later") as (port, _), pytest.raises(SmsUnavailable, match="451") as failure:
        mail_gateway(port).send(PHONE, TEXT, reference=REFERENCE)
    assert not isinstance(failure.value, SmsUnclear)


@pytest.mark.parametrize(
    ("answer", "kind"), [(b"550 no such number", SmsRefused), (b"451 later", SmsUnavailable)]
)
def test_what_the_mail_server_says(answer: bytes, kind: type[Exception]) -> None:
    with mail_server(rcpt=answer) as (port, _), pytest.raises(kind, match=answer[:3].decode()) as failure:
        mail_gateway(port).send(PHONE, TEXT, reference=REFERENCE)
    assert "912345678" not in str(failure.value)


def test_no_mail_server() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SmsUnavailable, match="không kết nối được"):
        mail_gateway(port).send(PHONE, TEXT, reference=REFERENCE)


HTTP = {
    "BLUEZONE_SMS": "http",
    "BLUEZONE_SMS_URL": "https://sms.example.vn/send",
    "BLUEZONE_SMS_BODY": '{"to": "{phone}", "text": "{text}"}',
}
SMTP = {
    "BLUEZONE_SMS": "smtp",
    "BLUEZONE_SMS_SMTP_HOST": "mail.example.vn",
    "BLUEZONE_SMS_SMTP_FROM": "bluezone@ward.example.vn",
    "BLUEZONE_SMS_SMTP_TO": "{phone_digits}@sms.example.vn",
}


def test_settings() -> None:
    assert sms_settings({}, public=True).sender is None
    assert sms_settings({}, public=True).text == DEFAULT_TEXT
    assert isinstance(sms_settings({"BLUEZONE_SMS": "console"}, public=False).sender, Console)
    assert isinstance(sms_settings(HTTP, public=True).sender, HttpGateway)
    number = {**HTTP, "BLUEZONE_SMS_BODY": '{"to": {phone_digits}, "text": "{text}"}'}
    assert isinstance(sms_settings(number, public=True).sender, HttpGateway)
    mail = sms_settings({**SMTP, "BLUEZONE_SMS_SMTP_SECURITY": "tls"}, public=True).sender
    assert isinstance(mail, MailGateway)
    assert mail.port == 465


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"BLUEZONE_SMS": "pigeon"}, "BLUEZONE_SMS is 'pigeon'"),
        ({"BLUEZONE_SMS": "console"}, "development only"),
        ({"BLUEZONE_SMS": "http"}, "BLUEZONE_SMS_URL"),
        ({**HTTP, "BLUEZONE_SMS_URL": "http://sms.example.vn/"}, "must be https"),
        ({**HTTP, "BLUEZONE_SMS_URL": "ftp://sms.example.vn/"}, "BLUEZONE_SMS_URL"),
        ({**HTTP, "BLUEZONE_SMS_URL": "https://{phone}.example.vn/"}, "host name"),
        ({**HTTP, "BLUEZONE_SMS_METHOD": "DELETE"}, "BLUEZONE_SMS_METHOD"),
        ({**HTTP, "BLUEZONE_SMS_METHOD": "get"}, "a GET has no body"),
        ({**HTTP, "BLUEZONE_SMS_BODY": '{"to": "{phone}"}'}, "{text}"),
        ({**HTTP, "BLUEZONE_SMS_BODY": '{"text": "{text}"}'}, "{phone}"),
        ({**HTTP, "BLUEZONE_SMS_BODY": "to={phone}&text={text}"}, "not JSON"),
        ({**HTTP, "BLUEZONE_SMS_BODY": '{"to": "{phone}", "text": {text}}'}, "not JSON"),
        ({**HTTP, "BLUEZONE_SMS_BODY": '{"to": {phone}, "text": "{text}"}'}, "not JSON"),
        ({**HTTP, "BLUEZONE_SMS_BODY": '{"id": {reference}, "a": "{phone}{text}"}'}, "not JSON"),
        ({**HTTP, "BLUEZONE_SMS_HEADERS": "Authorization: x"}, "BLUEZONE_SMS_HEADERS"),
        ({**HTTP, "BLUEZONE_SMS_HEADERS": '{"A": 1}'}, "BLUEZONE_SMS_HEADERS"),
        ({**HTTP, "BLUEZONE_SMS_HEADERS": '{"A": "a\\r\\nB: b"}'}, "BLUEZONE_SMS_HEADERS"),
        ({**HTTP, "BLUEZONE_SMS_HEADERS": '{"Content-Type": "text/xml"}'}, "Content-Type"),
        ({**HTTP, "BLUEZONE_SMS_SUCCESS": "("}, "BLUEZONE_SMS_SUCCESS"),
        ({**HTTP, "BLUEZONE_SMS_TEXT": "Xin chào"}, "BLUEZONE_SMS_TEXT"),
        ({"BLUEZONE_SMS": "smtp"}, "BLUEZONE_SMS_SMTP_HOST"),
        ({**SMTP, "BLUEZONE_SMS_SMTP_TO": "sms@example.vn"}, "BLUEZONE_SMS_SMTP_TO"),
        ({**SMTP, "BLUEZONE_SMS_SMTP_FROM": "bluezone"}, "BLUEZONE_SMS_SMTP_FROM"),
        ({**SMTP, "BLUEZONE_SMS_SMTP_SECURITY": "none"}, "without TLS"),
        ({**SMTP, "BLUEZONE_SMS_SMTP_SECURITY": "ssl"}, "BLUEZONE_SMS_SMTP_SECURITY"),
        ({**SMTP, "BLUEZONE_SMS_SMTP_PORT": "99999"}, "BLUEZONE_SMS_SMTP_PORT"),
    ],
)
def test_settings_that_are_refused(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SmsSettingRefused) as refused:
        sms_settings(environment, public=True)
    assert named in str(refused.value)


def test_secrets_of_the_settings_are_not_shown() -> None:
    shown = repr(
        [
            HttpGateway("https://sms.example.vn/?key=hunter2&p={phone}&t={text}", headers={"X": "hunter2"}),
            MailGateway("mail.example.vn", 587, "a@b.vn", "{phone}@c.vn", user="u", password="hunter2"),
        ]
    )
    assert "hunter2" not in shown


def test_the_console_prints(capsys: pytest.CaptureFixture[str]) -> None:
    Console().send(PHONE, "Ma k3v9", reference=REFERENCE)
    assert capsys.readouterr().err == f"SMS {REFERENCE} to {PHONE}: Ma k3v9\n"
