"""Numbers as the reader writes them: 157.542 and 39,12 %; on English pages 157,542 and 39.12 %."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import get_language

__all__ = ["grouped", "percent", "typed", "written"]

_VIETNAMESE = str.maketrans(",.", ".,")


def grouped(count: int) -> str:
    """157542 → ``157.542``."""
    return _in_language(f"{count:,}")


def typed(count: int) -> str:
    """As it stands in a field: fields read 157.542, and no comma, which would be a decimal one."""
    return str(count) if get_language() == "en" else grouped(count)


def written(number: Decimal | float) -> str:
    """With as many decimals as it has: 1157.50 → ``1.157,50``."""
    return _in_language(f"{number:,f}" if isinstance(number, Decimal) else f"{number:,}")


def percent(number: Decimal | float) -> str:
    """39.12 → ``39,12%``."""
    return written(number) + "%"


def _in_language(english: str) -> str:
    return english if get_language() == "en" else english.translate(_VIETNAMESE)
