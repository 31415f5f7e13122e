"""How text of people is compared and kept: one Unicode form, one blank between words, diacritics aside."""

from __future__ import annotations

import unicodedata

__all__ = ["plain", "tidy"]

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


def tidy(text: str) -> str:
    """The text in NFC, with one blank between words and none around: ``"Hà  Nội "`` → ``"Hà Nội"``."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_INVISIBLE)).split())


def plain(text: str) -> str:
    """For comparing: small letters without diacritics, đ as d; ``"Địa_bàn"`` → ``"dia ban"``."""
    letters = unicodedata.normalize("NFD", tidy(text).lower().replace("đ", "d").replace("_", " "))
    return " ".join("".join(one for one in letters if not unicodedata.combining(one)).split())
