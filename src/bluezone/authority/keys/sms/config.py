"""Which way of sending messages the environment asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bluezone.authority.keys.sms.console import Console
from bluezone.authority.keys.sms.http_gateway import HttpGateway
from bluezone.authority.keys.sms.interface import SmsSender, SmsSettingRefused
from bluezone.authority.keys.sms.mail_gateway import MailGateway
from bluezone.authority.keys.sms.text import DEFAULT_TEXT, check_text

__all__ = ["SmsSettings", "sms_settings"]

_DEFAULT_PORTS = {"starttls": "587", "tls": "465", "none": "25"}


@dataclass(frozen=True, slots=True)
class SmsSettings:
    """How messages are sent, and what they say; without a sender, staff are not offered them."""

    sender: SmsSender | None = None
    text: str = DEFAULT_TEXT


def sms_settings(environment: Mapping[str, str], *, public: bool) -> SmsSettings:
    """What the variables ``BLUEZONE_SMS`` and ``BLUEZONE_SMS_…`` say; see docs/operating.md.

    :param public: whether the server has another address than this machine's own.
    :raises SmsSettingRefused: naming the variable.
    """

    def value(name: str, default: str = "") -> str:
        return environment.get(f"BLUEZONE_SMS_{name}") or default

    text = check_text(value("TEXT", DEFAULT_TEXT))
    match environment.get("BLUEZONE_SMS", ""):
        case "":
            return SmsSettings(text=text)
        case "console":
            if public:
                raise SmsSettingRefused(
                    "BLUEZONE_SMS=console writes numbers and codes to the log: development only"
                )
            return SmsSettings(Console(), text)
        case "http":
            headers = _headers(value("HEADERS", "{}"))
            gateway = HttpGateway(
                value("URL"), value("METHOD", "POST").upper(), value("BODY"), headers, value("SUCCESS")
            )
            return SmsSettings(gateway, text)
        case "smtp":
            security = value("SMTP_SECURITY", "starttls")
            mail = MailGateway(
                host=value("SMTP_HOST"),
                port=_port(value("SMTP_PORT", _DEFAULT_PORTS.get(security, "587"))),
                sender=value("SMTP_FROM"),
                recipient=value("SMTP_TO"),
                security=security,
                user=value("SMTP_USER"),
                password=value("SMTP_PASSWORD"),
            )
            return SmsSettings(mail, text)
        case other:
            raise SmsSettingRefused(f"BLUEZONE_SMS is {other!r}, not http, smtp or console")


def _headers(text: str) -> dict[str, str]:
    try:
        headers = json.loads(text)
    except ValueError:
        headers = None
    if not isinstance(headers, dict) or not all(isinstance(one, str) for one in headers.values()):
        raise SmsSettingRefused(
            'BLUEZONE_SMS_HEADERS is not a JSON object like {"Authorization": "Bearer …"}'
        )
    return headers


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise SmsSettingRefused(f"BLUEZONE_SMS_SMTP_PORT is {text!r}, not a port number")
    return int(text)
