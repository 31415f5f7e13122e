"""What a message says, how many messages the networks make of it, and when it is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bluezone.authority.keys.code_links import long_message_warning
from bluezone.authority.keys.sms.config import SmsSettings
from bluezone.authority.keys.sms.console import Console
from bluezone.authority.keys.sms.interface import SmsSettingRefused
from bluezone.authority.keys.sms.rules import delay_after
from bluezone.authority.keys.sms.text import DEFAULT_TEXT, check_text, compose, message_count
from bluezone.cli import authority

EXPIRES = datetime(2021, 3, 10, 8, 17, tzinfo=UTC)
CODE = "k3v9x2m7q8r4t6wz"


def test_the_usual_text_by_hand() -> None:
    text = compose(
        DEFAULT_TEXT, code=CODE, link=f"https://bluezone.hanoi.gov.vn/v?c={CODE}", expires_at=EXPIRES
    )
    assert text == (
        "Ma Bluezone k3v9x2m7q8r4t6wz, han 15:17 10/03. "
        "Bam https://bluezone.hanoi.gov.vn/v?c=k3v9x2m7q8r4t6wz hoac nhap ma vao ung dung. "
        "Tu nguyen. Khong dua ma cho ai."
    )
    assert text.isascii()
    assert len(text) == 160  # with a name of 21 letters the server still needs one message
    assert message_count(text) == 1
    assert message_count(text + "!") == 2


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("{" * 80, 1),  # braces take two places each
        ("{" * 81, 2),
        ("ế" + "a" * 69, 1),
        ("ế" + "a" * 70, 2),
        ("ế" + "a" * 133, 2),
        ("ế" + "a" * 134, 3),
        ("à" * 160, 1),  # à is in the alphabet of 7 bits, ế is not
        ("😷" * 35, 1),
        ("😷" * 36, 2),
    ],
)
def test_how_many_messages(text: str, count: int) -> None:
    assert message_count(text) == count


def test_a_value_that_looks_like_a_placeholder_stays_as_it_is() -> None:
    assert compose("{code}", code="{link}", link="x", expires_at=EXPIRES) == "{link}"


def test_whoever_starts_a_server_whose_messages_are_two_is_told(
    settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(authority, "prepare_authority", lambda: None)
    monkeypatch.setattr("bluezone.authority.server.serve", lambda *_, **__: None)
    settings.BLUEZONE_SMS = SmsSettings(Console())
    told = []
    # the name of 21 letters that still fits by hand above, and one letter more
    for name in ("bluezone.hanoi.gov.vn", "bluezone.danang.gov.vn"):
        settings.BLUEZONE_BASE_URL = f"https://{name}"
        authority.serve()
        told.append(capsys.readouterr().err)
    assert told[0] == ""
    assert "sent and paid as 2: with this server's link it has 161 characters" in told[1]
    settings.BLUEZONE_SMS = SmsSettings()
    assert long_message_warning() == ""


@pytest.mark.parametrize("text", ["", "Xin chào", "{code} {name}", "{}", "{code}" + "a" * 500])
def test_texts_that_are_refused(text: str) -> None:
    with pytest.raises(SmsSettingRefused, match="BLUEZONE_SMS_TEXT"):
        check_text(text)


def test_a_text_with_diacritics_is_the_operators_choice() -> None:
    assert check_text("Mã báo kết quả: {code}") == "Mã báo kết quả: {code}"


def test_delays_grow_to_ten_minutes() -> None:
    minutes = [delay_after(attempts) / timedelta(minutes=1) for attempts in range(1, 8)]
    assert minutes == [1, 2, 5, 10, 10, 10, 10]
