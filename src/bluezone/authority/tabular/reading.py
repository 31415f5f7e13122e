"""What is said in two languages, in the one that this reader has chosen."""

from __future__ import annotations

from typing import Protocol

from django.utils.translation import get_language

__all__ = ["Bilingual", "in_language"]


class Bilingual(Protocol):
    """A text in Vietnamese and in English, as ``faults.Said``."""

    @property
    def vi(self) -> str: ...

    @property
    def en(self) -> str: ...


def in_language(said: Bilingual) -> str:
    """The sentence for whoever is answered just now; Vietnamese where nobody is."""
    return said.en if get_language() == "en" else said.vi
