"""How text of people is compared and kept: one Unicode form, one blank between words, diacritics aside."""

from __future__ import annotations

import unicodedata

__all__ = ["formula_safe", "plain", "tidy", "without_guard"]

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def tidy(text: str) -> str:
    """The text in NFC, with one blank between words and none around: ``"Hà  Nội "`` → ``"Hà Nội"``."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_INVISIBLE)).split())


def plain(text: str) -> str:
    """For comparing: small letters without diacritics, đ as d; ``"Địa_bàn"`` → ``"dia ban"``."""
    letters = unicodedata.normalize("NFD", tidy(text).lower().replace("đ", "d").replace("_", " "))
    return " ".join("".join(one for one in letters if not unicodedata.combining(one)).split())


def formula_safe(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet could take it for a formula.

    One more where it has its own: what comes back is the text, whatever it was.
    """
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def without_guard(text: str) -> str:
    """What :func:`formula_safe` put behind an apostrophe, so that our own sheets come in unchanged."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text
