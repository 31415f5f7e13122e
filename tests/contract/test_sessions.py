"""Sessions of staff: what the database holds of them opens nothing, and they end when they should."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.roles import Role
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts.services import create_user
from bluezone.authority.accounts.tasks import clear_old_sessions

pytestmark = pytest.mark.django_db

CLI = Actor("cli")
PASSWORD = "rừng-tre-gió-thổi"


@pytest.fixture
def staff(authority: Path, authority_clock: Any) -> Any:
    user = create_user("an", PASSWORD, by=CLI, now=authority_clock.now())
    grant_role(user, Role.HEALTH_WORKER, "*", by=CLI, now=authority_clock.now())
    return user


def logged_in() -> Client:
    client = Client()
    assert client.post("/login/", {"username": "an", "password": PASSWORD}).status_code == 302
    return client


def is_open(client: Client) -> bool:
    return client.get("/codes/").status_code == 200


def test_a_cookie_stands_nowhere_in_the_database(staff: Any) -> None:
    client = logged_in()
    cookie = client.cookies["sessionid"].value
    assert is_open(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM django_session")
        rows = cursor.fetchall()
    assert len(rows) == 1
    assert cookie not in repr(rows)
    for key, *_ in rows:  # nor does what stands there open anything
        thief = Client()
        thief.cookies["sessionid"] = key
        assert not is_open(thief)


def test_logging_out_and_in_again(staff: Any) -> None:
    client = logged_in()
    copy = Client()
    copy.cookies["sessionid"] = client.cookies["sessionid"].value
    assert is_open(copy)
    client.post("/logout/")
    assert not is_open(copy)
    assert Session.objects.count() == 0
    assert is_open(logged_in())


def test_a_cookie_of_before_the_login_is_not_the_one_after_it(staff: Any) -> None:
    client = Client()
    session = client.session  # a fresh one, saved
    session["planted"] = "yes"
    session.save()
    client.cookies["sessionid"] = planted = session.session_key
    assert client.post("/login/", {"username": "an", "password": PASSWORD}).status_code == 302
    assert client.cookies["sessionid"].value != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert not is_open(thief)
    assert Session.objects.count() == 1


def test_old_sessions_open_nothing_and_are_cleared(staff: Any) -> None:
    client = logged_in()
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_open(client)
    logged_in()
    clear_old_sessions()
    assert Session.objects.count() == 1


def test_two_sessions_are_apart(staff: Any) -> None:
    first, second = logged_in(), logged_in()
    assert Session.objects.count() == 2
    first.post("/logout/")
    assert is_open(second)
