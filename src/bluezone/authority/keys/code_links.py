"""The link that a person gets with a code, and how long that makes a message."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings

from bluezone.authority.keys import code_texts
from bluezone.authority.keys.sms.text import compose, message_count

__all__ = ["in_fours", "link_for_people", "long_message_warning"]


def link_for_people(code: str) -> str:
    """A web address that opens the app with a code: the one that is set, else a page of this server.

    Not ``ens://`` itself: most programs for messages make no link of it.
    """
    return code_texts.code_web_link(code) or f"{settings.BLUEZONE_BASE_URL}/v?c={code}"


def in_fours(code: str) -> str:
    """A code as it is read and typed; blanks do not count when it is entered."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def long_message_warning() -> str:
    """What the operator should know of the text with this server's link: each part of a message is paid."""
    if settings.BLUEZONE_SMS.sender is None:
        return ""
    code = "0" * code_texts.LONG_CODE_CHARACTERS
    some_day = datetime(2021, 1, 1, tzinfo=UTC)
    text = compose(settings.BLUEZONE_SMS.text, code=code, link=link_for_people(code), expires_at=some_day)
    parts = message_count(text)
    if parts == 1:
        return ""
    return (
        f"each text message is sent and paid as {parts}: with this server's link it has {len(text)} "
        "characters; a shorter BLUEZONE_SMS_TEXT or BLUEZONE_CODE_LINK makes it 1"
    )
