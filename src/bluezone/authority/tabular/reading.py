"""What is said in two languages, in the one that this reader has chosen."""

from __future__ import annotations

from django.utils.translation import get_language

from bluezone.authority.tabular.faults import Said

__all__ = ["in_language"]


def in_language(said: Said) -> str:
    """The sentence for whoever is answered just now; Vietnamese where nobody is."""
    return said.en if get_language() == "en" else said.vi
