"""The challenge of a passkey between the page that asks and the one that is answered: in its session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from bluezone.authority.accounts.models import User
from bluezone.authority.accounts.passkey_ceremony import (
    PasskeyRefused,
    creation_options,
    parse_answer,
    request_options,
)
from bluezone.authority.accounts.rules import PasskeySite, passkey_site
from bluezone.authority.accounts.second_factor_queries import passkeys_of
from bluezone.authority.accounts.services.passkeys import Purpose, new_challenge

__all__ = ["answer_of", "ask_alone", "ask_new", "ask_second_step", "site"]

_ASKED = "passkey_challenge"


def site() -> PasskeySite | None:
    """What passkeys are bound to here; ``None`` where there are none."""
    return passkey_site(settings.BLUEZONE_BASE_URL)


def ask_new(request: HttpRequest, user: User, challenge: bytes) -> str:
    """Options for another passkey; empty where there are none."""
    here = site()
    if here is None:
        return ""
    request.session[_ASKED] = challenge.hex()
    known = [bytes(one.credential_id) for one in passkeys_of(user)]
    return creation_options(
        here, challenge, handle=user.pk.bytes, name=user.username, shown=user.display_name, known=known
    )


def ask_second_step(request: HttpRequest, user: User, now: datetime) -> str:
    """Options for a passkey of whoever gave the password; empty for one who has none."""
    here, known = site(), [bytes(one.credential_id) for one in passkeys_of(user)]
    if here is None or not known:
        return ""
    return request_options(here, _asked(request, Purpose.SECOND_STEP, user.pk, now), known=known)


def ask_alone(request: HttpRequest, now: datetime) -> str:
    """Options for any passkey of this site; empty where there are none."""
    here = site()
    if here is None:
        return ""
    return request_options(here, _asked(request, Purpose.ALONE, None, now), known=None)


def answer_of(request: HttpRequest) -> tuple[PasskeySite, bytes, Mapping[str, Any]]:
    """Site, challenge and answer of a form; the session forgets the challenge.

    :raises PasskeyRefused: nothing was asked in this session, or the answer is not readable.
    """
    here, asked = site(), request.session.pop(_ASKED, "")
    if here is None or not asked:
        raise PasskeyRefused("no passkey was asked for")
    return here, bytes.fromhex(asked), parse_answer(request.POST.get("answer", ""))


def _asked(request: HttpRequest, purpose: Purpose, user_id: UUID | None, now: datetime) -> bytes:
    challenge = new_challenge(purpose, user_id, now=now)
    request.session[_ASKED] = challenge.hex()
    return challenge
