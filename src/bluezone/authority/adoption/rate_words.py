"""A rate as readers see it; its text in the letter's own form is a rule (``rules.rate_text``)."""

from __future__ import annotations

from django.utils.translation import gettext

from bluezone.authority.adoption.rules import percent_of
from bluezone.authority.formats import numbers

__all__ = ["rate_words"]


def rate_words(numerator: int, denominator: int) -> str:
    """``157.542/402.706 (đạt 39,12%)``; in English ``157,542/402,706 (39.12%)``."""
    counts = f"{numbers.grouped(numerator)}/{numbers.grouped(denominator)}"
    percent = percent_of(numerator, denominator)
    if percent is None:
        return counts
    return gettext("{counts} (đạt {percent})").format(counts=counts, percent=numbers.percent(percent))
