"""Phone numbers as people and spreadsheets write them."""

from __future__ import annotations

import pytest

from bluezone.authority.keys.sms.phone_numbers import PhoneRefused, masked_phone, parse_phone


@pytest.mark.parametrize(
    "written",
    [
        "0912345678",
        "0912 345 678",
        "0912.345.678",
        "(091) 234-5678",
        "+84912345678",
        "+84 912 345 678",
        "84912345678",
        "0084912345678",
        "912345678",  # Excel took the zero
        " 0912\u00a0345\u00a0678 ",
        "０９１２３４５６７８",
    ],
)
def test_one_number_in_every_form(written: str) -> None:
    assert parse_phone(written) == "+84912345678"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "Hãy nhập"),
        ("   ", "Hãy nhập"),
        ("không có", "chỉ gồm chữ số"),
        ("0912345678; 0912345679", "chỉ gồm chữ số"),
        ("0912345678 ext 5", "chỉ gồm chữ số"),
        ("+", "chỉ gồm chữ số"),
        ("0" * 60, "chỉ gồm chữ số"),
        ("9.12E+08", "Excel"),
        ("9,12345678E+8", "Excel"),
        ("091234567", "không đúng"),
        ("09123456789", "không đúng"),
        ("01681234567", "không đúng"),  # eleven digits, until 2018
        ("0212345678", "không đúng"),
        ("024 3825 2525", "không phải số di động"),
        ("+1 202 555 0123", "Việt Nam"),
        ("+86 139 1099 8888", "Việt Nam"),
        ("1900 1234", "không"),
        ("113", "không"),
    ],
)
def test_numbers_that_get_no_message(written: str, reason: str) -> None:
    with pytest.raises(PhoneRefused, match=reason) as refused:
        parse_phone(written)
    digits = "".join(one for one in written if one.isdigit())
    assert not digits or digits not in str(refused.value)


def test_a_masked_number_gives_three_digits() -> None:
    assert masked_phone("+84912345678") == "••• 678"
