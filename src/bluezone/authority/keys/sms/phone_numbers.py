"""Vietnamese mobile numbers as people and spreadsheets write them."""

from __future__ import annotations

import re

import phonenumbers
from django.utils.translation import gettext

from bluezone.errors import Refused

__all__ = ["PhoneRefused", "masked_phone", "parse_phone"]

_REGION = "VN"
_COUNTRY_CODE = 84
_LONGEST = 40
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_WRITTEN = re.compile(r"[+(]?\d[\d\s().\-]*")


class PhoneRefused(Refused):
    """Not a number that a message can be sent to; in Vietnamese, without repeating the number."""

    english = "must be a mobile number of Viet Nam, such as 0912 345 678 or +84 912 345 678"


def parse_phone(text: str) -> str:
    """The number in E.164, from ``0912 345 678``, ``+84…``, ``84…`` or ``912345678`` (Excel took the zero).

    Only mobile numbers of Viet Nam: messages to other countries are what toll fraud lives on, and somebody
    with a foreign number can have the code read aloud or printed.

    :raises PhoneRefused: otherwise.
    """
    written = " ".join(text.split())
    if not written:
        raise PhoneRefused(gettext("Hãy nhập số điện thoại."))
    if _SCIENTIFIC.fullmatch(written):
        raise PhoneRefused(
            gettext(
                "Excel đã đổi số điện thoại sang dạng 9,12E+08. Hãy định dạng cột thành Văn bản rồi nhập lại."
            )
        )
    if len(written) > _LONGEST or not _WRITTEN.fullmatch(written):
        raise PhoneRefused(gettext("Số điện thoại chỉ gồm chữ số, ví dụ 0912 345 678 hoặc +84 912 345 678."))
    try:
        number = phonenumbers.parse(written, _REGION)
    except phonenumbers.NumberParseException:
        raise PhoneRefused(gettext("Số điện thoại không đúng. Ví dụ: 0912 345 678.")) from None
    if number.country_code != _COUNTRY_CODE:
        raise PhoneRefused(gettext("Chỉ gửi được SMS tới số di động Việt Nam. Hãy đọc hoặc in mã."))
    if not phonenumbers.is_valid_number(number):
        raise PhoneRefused(gettext("Số điện thoại không đúng: thừa, thiếu chữ số hoặc sai đầu số."))
    kind = phonenumbers.number_type(number)
    if kind not in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE):
        raise PhoneRefused(gettext("Đây không phải số di động nên không nhận được SMS."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def masked_phone(e164: str) -> str:
    """Enough to compare with what was typed: the last three digits."""
    return f"••• {e164[-3:]}"
