"""The link that a person gets with a code."""

from __future__ import annotations

from django.conf import settings

from bluezone.authority.keys import code_texts

__all__ = ["in_fours", "link_for_people"]


def link_for_people(code: str) -> str:
    """A web address that opens the app with a code: the one that is set, else a page of this server.

    Not ``ens://`` itself: most programs for messages make no link of it.
    """
    return code_texts.code_web_link(code) or f"{settings.BLUEZONE_BASE_URL}/v?c={code}"


def in_fours(code: str) -> str:
    """A code as it is read and typed; blanks do not count when it is entered."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))
