"""The text of a message, and how many messages the networks make of it.

The usual text is Vietnamese without diacritics. Its letters are all in the GSM alphabet of 7 bits, so one
message holds 160 of them. A single ế or ơ would turn the whole text into UCS-2 with 70 a message: three
messages at three times the price, which old phones show apart. Banks and authorities in Việt Nam write so for
the same reason, and everybody reads it. Whoever runs the server may set another text, with diacritics too.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from bluezone.authority.keys.sms.interface import SmsSettingRefused

__all__ = ["DEFAULT_TEXT", "check_text", "compose", "message_count"]

DEFAULT_TEXT = (
    "Ma Bluezone {code}, han {expiry}. Bam {link} hoac nhap ma vao ung dung. Tu nguyen. Khong dua ma cho ai."
)
_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_KNOWN = frozenset({"code", "link", "expiry"})
_LONGEST = 480

# GSM 03.38 (3GPP TS 23.038, 6.2.1): the basic table, and what takes two places.
_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")


def check_text(template: str) -> str:
    """The template itself.

    :raises SmsSettingRefused: unknown placeholders, neither code nor link, or far too long.
    """
    names = set(_PLACEHOLDER.findall(template))
    if names - _KNOWN:
        unknown = ", ".join(sorted(names - _KNOWN))
        raise SmsSettingRefused(
            f"BLUEZONE_SMS_TEXT: {{{unknown}}} is not one of {{code}}, {{link}}, {{expiry}}"
        )
    if not names & {"code", "link"}:
        raise SmsSettingRefused("BLUEZONE_SMS_TEXT holds neither {code} nor {link}")
    if len(template) > _LONGEST:
        raise SmsSettingRefused(f"BLUEZONE_SMS_TEXT has {len(template)} characters, at most {_LONGEST}")
    return template


def compose(template: str, *, code: str, link: str, expires_at: datetime) -> str:
    """The text with its values; the expiry in Hà Nội's time, as ``15:32 10/03``."""
    values = {"code": code, "link": link, "expiry": f"{expires_at.astimezone(_HANOI):%H:%M %d/%m}"}
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)


def message_count(text: str) -> int:
    """How many messages a network makes of a text: 160 letters of GSM, else 70; fewer a part once split."""
    if all(one in _GSM_BASIC or one in _GSM_EXTENDED for one in text):
        size, whole, part = len(text) + sum(one in _GSM_EXTENDED for one in text), 160, 153
    else:
        size, whole, part = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if size <= whole else -(-size // part)
