"""The switch of languages leads back to an address of ours; what somebody has just withdrawn is withdrawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.accounts import invitation_views
from bluezone.authority.accounts.services.invitations import invite, withdraw_invitation
from bluezone.authority.areas.services import load_thanh_xuan

from .staff_addresses import client_of, made

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("/adoption/?day=2021-03-08", "/adoption/?day=2021-03-08"),
        *((one, "/") for one in ("", "no-such-page", "front", "?a=1", "//evil.example", "/\\\\evil.example")),
        *((one, "/") for one in ("https://evil.example", "javascript:alert(1)", "///evil.example")),
    ],
)
def test_the_switch_of_languages_leads_back_or_to_the_first_page(
    authority: Path, back: str, leads_to: str
) -> None:
    answer = Client().post("/language", {"language": "en", "next": back})
    assert (answer.status_code, answer["Location"]) == (302, leads_to)


def test_withdrawing_twice_at_once_is_told(
    authority: Path, authority_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_thanh_xuan()
    now, ward = authority_clock.now(), "01/009/00343"
    client = client_of(made("an", Role.WARD_OFFICER, ward, now))
    invitation, _ = invite(HeldRole(Role.GUARD, ward, None), inviter=None, now=now)
    # the other request has looked before this one has written
    monkeypatch.setattr(invitation_views, "_waiting", lambda inviter: [invitation])
    withdraw_invitation(invitation.pk, by=Actor("cli"), now=now)
    answer = client.post(f"/invitations/{invitation.pk}/withdraw")
    assert answer.status_code == 302
