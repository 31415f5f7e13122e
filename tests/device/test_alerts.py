"""The words of an alert: the day, how long, how near, how sure, what to do; and they promise nothing."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date

import pytest

from bluezone.device.alerts import Language, alert_text, withdrawn_text
from bluezone.device.exposure_results import Alert
from bluezone.protocols.risk import Certainty

ALERT = Alert(date(2026, 3, 5), "bluezone", 24.0, 1290, 52, Certainty.LIKELY, 1, 1, None)


def test_vietnamese_comes_first_and_says_everything() -> None:
    text = alert_text(ALERT).as_text()
    assert unicodedata.is_normalized("NFC", text)
    for part in (
        "ngày 05/03/2026",
        "từ 07:00 hôm đó đến 07:00 hôm sau",  # a UTC day
        "khoảng 22 phút",  # 21.5, never in false precision
        "rất gần",
        "Nhiều khả năng",
        "không chứng minh được",
        "trạm y tế",
        "không phải là quyết định cách ly",
    ):
        assert part in text


def test_english_says_the_same() -> None:
    text = alert_text(ALERT, "en").as_text()
    for part in (
        "05/03/2026",
        "from 07:00",
        "about 22 minutes",
        "very near",
        "Likely",
        "cannot prove",
        "test",
    ):
        assert part in text
    assert "not by itself a quarantine order" in text


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    ("attenuation", "vi", "en"),
    [
        (54, "rất gần", "very near"),
        (55, "gần: sóng như khi", "near: a signal as from"),
        (63, "cách vài mét", "some metres apart"),
        (73, "xa hoặc có vật cản", "far apart"),
        (200, "xa hoặc có vật cản", "far apart"),
        (None, "không đo được", "not measured"),
    ],
)
def test_how_near_follows_the_strongest_signal(
    language: Language, attenuation: int | None, vi: str, en: str
) -> None:
    alert = replace(ALERT, closest_attenuation=attenuation)
    assert (vi if language == "vi" else en) in alert_text(alert, language).as_text()


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("certainty", list(Certainty))
def test_nothing_is_ever_called_certain(language: Language, certainty: Certainty) -> None:
    text = alert_text(replace(ALERT, certainty=certainty), language).as_text()
    assert ("không chứng minh được" if language == "vi" else "cannot prove") in text
    assert not any(
        word in text.lower() for word in ("chắc chắn đã", "certainly", "definitely", "bạn đã nhiễm")
    )


def test_short_times_are_a_minute_and_withdrawals_name_the_day() -> None:
    assert "about 1 minute in" in alert_text(replace(ALERT, seconds=3), "en").as_text()
    assert "05/03/2026" in withdrawn_text(ALERT)
    assert "05/03/2026 is withdrawn" in withdrawn_text(ALERT, "en")
