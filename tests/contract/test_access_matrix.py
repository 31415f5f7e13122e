"""Every address as every role, inside and outside its area: nothing outside is told or changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from bluezone.authority.access.roles import ORGANISATION_ROLES, Role
from bluezone.authority.accounts import services as accounts
from bluezone.authority.areas.services import load_thanh_xuan

from .staff_addresses import (
    CLI,
    INSIDE,
    MARK,
    OUTSIDE,
    OWN,
    PASSWORD,
    PUBLIC,
    WARDS,
    asks,
    client_of,
    furnish,
    made,
    one,
    send,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def furnished(authority: Path, authority_clock: Any, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    load_thanh_xuan()
    for side in (INSIDE, OUTSIDE):
        furnish(side, authority_clock)


def state() -> Mapping[str, list[Any]]:
    """All that is stored, but for what every request notes: sessions, the audit log, the last login."""
    left_out = {"AuditEntry", "AuditSeal", "Session", "StaffSession", "Permission", "ContentType"}
    found = {}
    for model in apps.get_models():
        if model.__name__ not in left_out:
            columns = [one.attname for one in model._meta.concrete_fields if one.name != "last_login"]
            found[model.__name__] = sorted(map(repr, model._default_manager.values_list(*columns)))
    return found


def names_of(patterns: Collection[URLPattern | URLResolver]) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= names_of(pattern.url_patterns)
        else:
            found.add(pattern.name or str(pattern.pattern))
    return found


def seats() -> list[tuple[Role, str]]:
    """Who is tried: each role for the ward inside, those of organisations also for one that is there."""
    return [
        *((role, "ward") for role in Role),
        *((role, "A" if role is Role.AGENCY_CLERK else "S") for role in sorted(ORGANISATION_ROLES)),
    ]


def body(response: Any) -> str:
    return str(response.content.decode()) if not response.streaming else ""


def told(answer: Any, client: Client) -> str:
    """What an answer says, and what the next page says of it."""
    text = body(answer)
    return text if answer.status_code != 302 else text + body(client.get(answer["Location"]))


def test_every_address_is_in_the_matrix() -> None:
    known = {one.name for one in asks(INSIDE)} | OWN | PUBLIC
    assert {one for one in names_of(get_resolver().url_patterns) if not one.startswith("demo")} == known


def test_who_is_not_logged_in_comes_to_the_login_page() -> None:
    client, before = Client(), state()
    for ask in asks(OUTSIDE):
        for answer in (
            client.get(ask.address, dict(ask.query)),
            client.post(ask.address, dict(ask.sent or {})),
        ):
            assert answer.status_code == 302, ask.name
            assert answer["Location"].startswith("/login/"), ask.name
    assert state() == before


def test_who_holds_no_role_sees_and_changes_nothing(authority_clock: Any) -> None:
    client = client_of(accounts.create_user("khong", PASSWORD, by=CLI, now=authority_clock.now()))
    before = state()
    for side in (INSIDE, OUTSIDE):
        for ask in asks(side):
            for answer in (client.get(ask.address, dict(ask.query)), send(client, ask)):
                is_open = ask.name == "search" or answer.status_code in (302, 405)
                assert is_open or answer.status_code in (403, 404), (ask.name, answer.status_code)
                assert MARK[side] not in body(answer), ask.name
    assert state() == before


def test_outside_nothing_is_told_and_nothing_changes(authority_clock: Any) -> None:
    clients = [(role, seat(role, where, authority_clock)) for role, where in seats()]
    before = state()
    for ask in asks(OUTSIDE):
        for role, client in clients:
            answers = [client.get(ask.address, dict(ask.query))]
            if ask.sent is not None:
                answers.append(send(client, ask))
            for answer in answers:
                assert answer.status_code < 500, (role, ask.name, answer.status_code)
                said = told(answer, client).replace(f"“Công an {MARK[OUTSIDE]}”", "")  # as the sheet had it
                at = said.find(MARK[OUTSIDE])
                assert at < 0, (role, ask.name, said[max(0, at - 300) : at + 300])
        assert state() == before, ask.name


def test_inside_each_role_opens_its_own_pages_alone(authority_clock: Any) -> None:
    clients = [(role, where, seat(role, where, authority_clock)) for role, where in seats()]
    before = state()
    for ask in asks(INSIDE):
        for role, where, client in clients:
            # who works for one of two organisations sees some pages of its clerk's role and not others
            if ask.shows and ask.roles and (where == "ward" or role not in ask.roles):
                status = client.get(ask.address, dict(ask.query)).status_code
                assert status in ((200,) if role in ask.roles else (403, 404)), (role, ask.name, status)
            if ask.sent is not None and role not in ask.roles:
                assert send(client, ask).status_code in (302, 403, 404, 405, 422), (role, ask.name)
        assert state() == before, ask.name


def seat(role: Role, where: str, clock: Any) -> Client:
    path = WARDS[INSIDE] if where == "ward" else one(where, INSIDE).path
    return client_of(made(f"{role.value}-{where.lower()}", role, path, clock.now()))
