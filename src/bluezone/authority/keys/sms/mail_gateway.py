"""Messages through a mail server: an operator's mail-to-SMS address for each number."""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from django.utils.translation import gettext_noop

from bluezone.authority.keys.sms.http_gateway import LOOPBACK
from bluezone.authority.keys.sms.interface import (
    SmsRefused,
    SmsSettingRefused,
    SmsUnavailable,
    SmsUnclear,
)

__all__ = ["MailGateway"]

_TIMEOUT_SECONDS = 10.0
_ADDRESS = re.compile(r"[A-Za-z0-9._%+{}\-]+@[A-Za-z0-9.\-]+")
_PLACEHOLDERS = re.compile(r"\{(phone|phone_digits)\}")


@dataclass(frozen=True, slots=True)
class MailGateway:
    """A mail server that turns mail to ``recipient`` (with ``{phone_digits}`` or ``{phone}``) into a message.

    :raises SmsSettingRefused: a setting that cannot work, or no TLS outside this machine.
    """

    host: str
    port: int
    sender: str
    recipient: str
    security: str = "starttls"
    """``starttls``, ``tls``, or ``none`` for a mail server of this machine."""

    user: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.host:
            raise SmsSettingRefused("BLUEZONE_SMS_SMTP_HOST is missing")
        if self.security not in ("starttls", "tls", "none"):
            raise SmsSettingRefused(
                f"BLUEZONE_SMS_SMTP_SECURITY is {self.security!r}, not starttls, tls or none"
            )
        if self.security == "none" and self.host not in LOOPBACK:
            raise SmsSettingRefused(
                "BLUEZONE_SMS_SMTP_SECURITY: without TLS only to a mail server of this machine"
            )
        if not _ADDRESS.fullmatch(self.sender) or "{" in self.sender:
            raise SmsSettingRefused("BLUEZONE_SMS_SMTP_FROM is not a mail address")
        if not _ADDRESS.fullmatch(self.recipient) or not _PLACEHOLDERS.search(
            self.recipient.partition("@")[0]
        ):
            raise SmsSettingRefused("BLUEZONE_SMS_SMTP_TO is not like {phone_digits}@sms.example.vn")

    def send(self, phone: str, text: str, *, reference: UUID) -> None:
        """See :class:`~bluezone.authority.keys.sms.interface.SmsSender`."""
        values = {"phone": phone, "phone_digits": phone.removeprefix("+")}
        mail = EmailMessage()
        mail["From"] = self.sender
        mail["To"] = _PLACEHOLDERS.sub(lambda found: values[found[1]], self.recipient)
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = f"<{reference}@{self.sender.partition('@')[2]}>"
        mail.set_content(text)
        try:
            server = self._connected()
        except smtplib.SMTPResponseException as error:
            raise SmsUnavailable(
                gettext_noop("máy chủ thư trả lời mã {code}").format(code=error.smtp_code)
            ) from None
        except (smtplib.SMTPException, OSError):
            raise SmsUnavailable(gettext_noop("không kết nối được máy chủ thư")) from None
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code = next((status for status, _ in error.recipients.values()), 0)
            if 500 <= code < 600:
                raise SmsRefused(
                    gettext_noop("máy chủ thư từ chối số này (mã {code})").format(code=code)
                ) from None
            raise SmsUnavailable(
                gettext_noop("máy chủ thư chưa nhận số này (mã {code})").format(code=code)
            ) from None
        except smtplib.SMTPResponseException as error:
            raise SmsUnavailable(
                gettext_noop("máy chủ thư trả lời mã {code}").format(code=error.smtp_code)
            ) from None
        except (smtplib.SMTPException, OSError):
            raise SmsUnclear(gettext_noop("mất kết nối với máy chủ thư khi đang gửi")) from None
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()  # whatever is said to that, the mail has been taken or not
            server.close()

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=_TIMEOUT_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT_SECONDS)
        try:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server
