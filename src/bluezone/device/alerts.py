"""What an alert says to the device's owner: the day, how long, how near, how sure, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bluezone.device.exposure_results import Alert
from bluezone.protocols.risk import Certainty

__all__ = ["AlertText", "Language", "alert_text", "withdrawn_text"]

Language = Literal["vi", "en"]

_NEARNESS: dict[Language, tuple[tuple[int, str], ...]] = {
    "vi": (
        (55, "rất gần: sóng mạnh như khi cách nhau khoảng 1 mét"),
        (63, "gần: sóng như khi cách nhau khoảng 1–2 mét"),
        (73, "cách vài mét: sóng vừa phải"),
        (10_000, "xa hoặc có vật cản: sóng yếu"),
    ),
    "en": (
        (55, "very near: a signal as strong as from about 1 metre"),
        (63, "near: a signal as from about 1–2 metres"),
        (73, "some metres apart: a medium signal"),
        (10_000, "far apart or behind something: a weak signal"),
    ),
}

_CERTAINTY: dict[Language, dict[Certainty, str]] = {
    "vi": {
        Certainty.LIKELY: "Nhiều khả năng đúng: nhiều lần quét liên tiếp đều thấy sóng mạnh.",
        Certainty.POSSIBLE: "Có thể đúng: ít lần quét, hoặc sóng chưa đủ mạnh để chắc hơn.",
    },
    "en": {
        Certainty.LIKELY: "Likely: several scans agree on a strong signal.",
        Certainty.POSSIBLE: "Possible: few scans, or a signal that is not strong enough to be surer.",
    },
}

_LIMITS: dict[Language, str] = {
    "vi": "Sóng Bluetooth không chứng minh được hai người ở gần nhau: tường, túi áo, cơ thể làm sai lệch.",
    "en": "Bluetooth cannot prove that two people were near: walls, pockets and bodies distort it.",
}

_ADVICE: dict[Language, tuple[str, ...]] = {
    "vi": (
        "Đeo khẩu trang và hạn chế gặp người khác, nhất là người già và người có bệnh nền.",
        "Gọi trạm y tế phường để được hướng dẫn xét nghiệm.",
        "Nếu sốt, ho hoặc khó thở, hãy gọi ngay; đừng tự đi lại bằng phương tiện công cộng.",
        "Cảnh báo này chỉ có trên máy của bạn và tự nó không phải là quyết định cách ly.",
    ),
    "en": (
        "Wear a mask and meet few people, above all not the old and the ill.",
        "Call your ward's health station and ask about a test.",
        "With fever, cough or shortness of breath call at once; do not take public transport.",
        "Only this device knows of this alert, and it is not by itself a quarantine order.",
    ),
}


@dataclass(frozen=True, slots=True)
class AlertText:
    """An alert in words; ``lines`` in the order to be shown, ``advice`` as a list."""

    title: str
    lines: tuple[str, ...]
    advice: tuple[str, ...]

    def as_text(self) -> str:
        """All of it for a terminal."""
        return "\n".join((self.title, *self.lines, *(f"- {line}" for line in self.advice)))


def alert_text(alert: Alert, language: Language = "vi") -> AlertText:
    """The words for an alert. The day is a UTC day, which in Vietnam runs from 07:00 to 07:00; it says so."""
    day = alert.day.strftime("%d/%m/%Y")
    minutes = max(1, round(alert.seconds / 60))
    near = _nearness(alert.closest_attenuation, language)
    if language == "vi":
        title = f"Bạn có thể đã ở gần một người mắc bệnh (F0) ngày {day}"
        lines = (
            f"Ngày: {day}, tính từ 07:00 hôm đó đến 07:00 hôm sau, giờ Việt Nam.",
            f"Thời gian: khoảng {minutes} phút trong ngày.",
            f"Lúc gần nhất: {near}.",
            f"Mức chắc chắn: {_CERTAINTY[language][alert.certainty]} {_LIMITS[language]}",
        )
    else:
        title = f"You may have been near a person with the disease (F0) on {day}"
        lines = (
            f"Day: {day}, from 07:00 that day to 07:00 the next, Vietnam time.",
            f"Time: about {minutes} {'minute' if minutes == 1 else 'minutes'} in that day.",
            f"At the nearest: {near}.",
            f"How sure: {_CERTAINTY[language][alert.certainty]} {_LIMITS[language]}",
        )
    return AlertText(title, lines, _ADVICE[language])


def withdrawn_text(alert: Alert, language: Language = "vi") -> str:
    """The words for an alert whose reason was taken back."""
    day = alert.day.strftime("%d/%m/%Y")
    if language == "vi":
        return f"Cảnh báo cho ngày {day} đã được rút lại: cơ quan y tế đã hủy hoặc sửa khóa liên quan."
    return f"The alert for {day} is withdrawn: the authority took back or changed the keys it came from."


def _nearness(attenuation: int | None, language: Language) -> str:
    if attenuation is None:
        return "không đo được" if language == "vi" else "not measured"
    return next(words for limit, words in _NEARNESS[language] if attenuation < limit)
