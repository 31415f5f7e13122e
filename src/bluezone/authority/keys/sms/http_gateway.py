"""Messages through a gateway's HTTP interface, whose shape the settings describe."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpx
from django.utils.translation import gettext_noop

from bluezone.authority.keys.capped_http import Fault, FetchFailed, ask, open_client
from bluezone.authority.keys.sms.interface import (
    SmsRefused,
    SmsSettingRefused,
    SmsUnavailable,
    SmsUnclear,
)

__all__ = ["LOOPBACK", "HttpGateway"]

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PLACEHOLDER = re.compile(r"\{(phone|phone_digits|text|reference)\}")
_WAIT_SECONDS = 10.0
_DEADLINE_SECONDS = 20.0
_MAX_REPLY_BYTES = 64_000
_REFUSED_FOR_GOOD = frozenset({400, 422})
_PASSED_ON_WITHOUT_AN_ANSWER = 504
_METHODS = frozenset({"GET", "POST", "PUT"})
_PERHAPS_TAKEN = {
    Fault.NO_ANSWER_IN_TIME: gettext_noop("máy chủ SMS không trả lời kịp"),
    Fault.BROKEN_OFF: gettext_noop("máy chủ SMS ngắt kết nối mà không trả lời"),
    Fault.TOO_SLOW: gettext_noop("máy chủ SMS trả lời quá chậm"),
    Fault.NOT_A_FILE: gettext_noop("máy chủ SMS trả lời dạng nén nên không đọc được"),
    Fault.TOO_LARGE: gettext_noop("máy chủ SMS trả lời quá dài"),
}
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class HttpGateway:
    """A gateway; URL and body hold ``{phone}`` or ``{phone_digits}``, ``{text}``, ``{reference}``.

    Values are escaped for where they stand: percent-encoded in the URL and in a form's body, as the inside of
    a string in a JSON body. Redirects are not followed: they would carry number and code to anywhere.

    :raises SmsSettingRefused: a setting that cannot work, or http outside this machine.
    """

    url: str = field(repr=False)
    method: str = "POST"
    body: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    success: str = ""
    """A regular expression that must be found in the reply: many gateways answer 200 to what they refuse."""

    def __post_init__(self) -> None:
        address = urlsplit(self.url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise SmsSettingRefused("BLUEZONE_SMS_URL is not an address like https://sms.example.vn/send")
        if "{" in address.netloc:
            raise SmsSettingRefused("BLUEZONE_SMS_URL has a placeholder in its host name")
        if address.scheme == "http" and address.hostname not in LOOPBACK:
            raise SmsSettingRefused("BLUEZONE_SMS_URL must be https: it carries numbers and codes")
        if self.method not in _METHODS:
            raise SmsSettingRefused(f"BLUEZONE_SMS_METHOD is {self.method!r}, not GET, POST or PUT")
        if self.method == "GET" and self.body:
            raise SmsSettingRefused("BLUEZONE_SMS_BODY is set, but a GET has no body")
        for name, either in {"text": {"text"}, "phone": {"phone", "phone_digits"}}.items():
            if not either & set(_PLACEHOLDER.findall(self.url + self.body)):
                raise SmsSettingRefused(f"neither BLUEZONE_SMS_URL nor BLUEZONE_SMS_BODY holds {{{name}}}")
        self._check_headers_and_body()
        try:
            re.compile(self.success)
        except re.error as error:
            raise SmsSettingRefused(f"BLUEZONE_SMS_SUCCESS is not a regular expression: {error}") from None

    def send(self, phone: str, text: str, *, reference: UUID) -> None:
        """See :class:`~bluezone.authority.keys.sms.interface.SmsSender`."""
        values = _values(phone, text, reference)
        escape = _inside_json if self._content_type() == _JSON else _percent_encoded
        content = _filled(self.body, values, escape).encode() if self.body else None
        headers = {"Content-Type": self._content_type(), **self.headers} if self.body else dict(self.headers)
        url = _filled(self.url, values, _percent_encoded)
        status, reply = _ask(self.method, url, headers, content, read=bool(self.success))
        if status in _REFUSED_FOR_GOOD:
            raise SmsRefused(gettext_noop("máy chủ SMS từ chối tin này (mã {code})").format(code=status))
        if status == _PASSED_ON_WITHOUT_AN_ANSWER:
            raise SmsUnclear(gettext_noop("máy chủ SMS trả lời mã {code}").format(code=status))
        if not 200 <= status < 300:
            raise SmsUnavailable(gettext_noop("máy chủ SMS trả lời mã {code}").format(code=status))
        if self.success and not re.search(self.success, reply):
            raise SmsUnclear(gettext_noop("máy chủ SMS trả lời nhưng không xác nhận đã nhận tin"))

    def _content_type(self) -> str:
        for name, value in self.headers.items():
            if name.lower() == "content-type":
                return value.partition(";")[0].strip().lower()
        return _JSON

    def _check_headers_and_body(self) -> None:
        try:
            httpx.Request("POST", "https://localhost", headers=dict(self.headers))
            for value in self.headers.values():
                if not value.isascii() or not value.isprintable():
                    raise ValueError
        except (ValueError, TypeError, AttributeError):
            raise SmsSettingRefused("BLUEZONE_SMS_HEADERS holds what cannot be a header") from None
        if not self.body:
            return
        if self._content_type() not in (_JSON, _FORM):
            raise SmsSettingRefused(f"BLUEZONE_SMS_HEADERS: Content-Type must be {_JSON} or {_FORM}")
        if self._content_type() == _JSON:
            try:
                json.loads(_filled(self.body, _SAMPLE, _inside_json))
            except ValueError:
                raise SmsSettingRefused(
                    "BLUEZONE_SMS_BODY is not JSON once it is filled: placeholders of texts stand in quotes; "
                    "a form needs its Content-Type"
                ) from None


def _ask(
    method: str, url: str, headers: Mapping[str, str], content: bytes | None, *, read: bool
) -> tuple[int, str]:
    """Status and, with ``read``, the reply to a success."""
    try:
        with open_client(_WAIT_SECONDS) as client:
            answer = ask(
                client,
                url,
                method=method,
                headers=headers,
                content=content,
                read=read,
                most=_MAX_REPLY_BYTES,
                seconds=_DEADLINE_SECONDS,
            )
    except FetchFailed as error:  # its text may hold the address, and so number and message
        if error.fault in _PERHAPS_TAKEN:
            raise SmsUnclear(_PERHAPS_TAKEN[error.fault]) from None
        raise SmsUnavailable(gettext_noop("không kết nối được máy chủ SMS")) from None
    return answer.status, answer.content.decode("utf-8", "replace")


def _values(phone: str, text: str, reference: UUID) -> Mapping[str, str]:
    return {
        "phone": phone,
        "phone_digits": phone.removeprefix("+"),
        "text": text,
        "reference": str(reference),
    }


_SAMPLE = _values("+84912345678", 'Ma "k3v9" \\ han 15:17', UUID(int=0))
"""What a body is tried with before the first message is."""


def _filled(template: str, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    return _PLACEHOLDER.sub(lambda found: escape(values[found[1]]), template)


def _percent_encoded(value: str) -> str:
    return quote(value, safe="")


def _inside_json(value: str) -> str:
    return json.dumps(value)[1:-1]
