"""How access of staff ends: a role is revoked, an account disabled, a password replaced, each at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.queries import scope_of
from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.access.services import GrantRefused, grant_role, revoke_role
from bluezone.authority.accounts import services
from bluezone.authority.accounts.queries import staff_accounts

pytestmark = pytest.mark.django_db

CLI = Actor("cli")
OLD, NEW = "rừng-tre-gió-thổi", "một-mật-khẩu-khác"
ROLE = Role.HEALTH_WORKER


@pytest.fixture
def now(authority: Path, authority_clock: Any) -> Any:
    return authority_clock.now()


@pytest.fixture
def an(now: Any) -> Any:
    user = services.create_user("an", OLD, by=CLI, now=now)
    grant_role(user, ROLE, "01/009", by=CLI, now=now)
    return user


def logs_in(password: str) -> Client | None:
    client = Client()
    answer = client.post("/login/", {"username": "an", "password": password})
    return client if answer.status_code == 302 else None


def is_open(client: Client) -> bool:
    return client.get("/codes/").status_code == 200


def audited(user: Any) -> list[str]:
    entries = AuditEntry.objects.filter(subject=f"user:{user.pk}").order_by("recorded_at")
    assert {entry.actor for entry in entries} == {"cli"}
    return sorted(entry.action for entry in entries)


def test_a_disabled_account_is_out_at_once_and_old_sessions_never_come_back(an: Any, now: Any) -> None:
    client = logs_in(OLD)
    assert client is not None
    assert is_open(client)
    for _ in range(2):
        services.disable_user("an", by=CLI, now=now)
        assert not is_open(client)
        assert logs_in(OLD) is None
    for _ in range(2):
        services.enable_user("an", by=CLI, now=now)
    assert not is_open(client)
    assert logs_in(OLD) is not None
    assert audited(an) == [
        "access.role-granted",
        "accounts.user-created",
        "accounts.user-disabled",
        "accounts.user-enabled",
    ]


def test_a_session_from_before_stays_out_even_if_nobody_asked_meanwhile(an: Any, now: Any) -> None:
    client = logs_in(OLD)
    assert client is not None
    services.disable_user("an", by=CLI, now=now)
    services.enable_user("an", by=CLI, now=now)
    assert not is_open(client)


def test_a_new_password_ends_what_the_old_one_opened(an: Any, now: Any) -> None:
    client, other = logs_in(OLD), Client()
    someone = services.create_user("bo", OLD, by=CLI, now=now)
    grant_role(someone, ROLE, "01/009", by=CLI, now=now)
    other.force_login(someone)
    assert client is not None
    services.set_password("an", NEW, by=CLI, now=now)
    assert not is_open(client)
    assert logs_in(OLD) is None
    again = logs_in(NEW)
    assert again is not None
    assert is_open(again)
    assert is_open(other)
    services.set_password("an", NEW, by=CLI, now=now)  # the same again ends sessions too
    assert not is_open(again)
    assert audited(an).count("accounts.password-set") == 2
    details = str(AuditEntry.objects.filter(action="accounts.password-set").values_list("details"))
    assert NEW not in details


@pytest.mark.parametrize("password", ["", "short", "123456789012345", "an", "password1234"])
def test_a_weak_password_changes_nothing(an: Any, now: Any, password: str) -> None:
    with pytest.raises(services.AccountRefused, match="password of an"):
        services.set_password("an", password, by=CLI, now=now)
    assert logs_in(OLD) is not None


def test_unknown_names_are_refused(an: Any, now: Any) -> None:
    for change in (
        lambda: services.disable_user("ann", by=CLI, now=now),
        lambda: services.enable_user("ann", by=CLI, now=now),
        lambda: services.set_password("ann", NEW, by=CLI, now=now),
        lambda: services.find_user("ann"),
    ):
        with pytest.raises(services.AccountRefused, match="there is no user 'ann'"):
            change()


def test_a_revoked_role_ends_at_once_and_alone(an: Any, now: Any) -> None:
    client = logs_in(OLD)
    assert client is not None
    grant_role(an, ROLE, "01/001", by=CLI, now=now)
    grant_role(an, ROLE, "01/009", by=CLI, now=now)  # twice: both end
    grant_role(an, Role.GUARD, "01/009", by=CLI, now=now)
    revoke_role(an, ROLE, "01/009", by=CLI, now=now)
    assert scope_of(an, [ROLE], now) == Scope.of(["01/001"])
    assert scope_of(an, [Role.GUARD], now) == Scope.of(["01/009"])
    revoke_role(an, ROLE, "01/001", by=CLI, now=now)
    assert not is_open(client)
    assert audited(an).count("access.role-revoked") == 2


@pytest.mark.parametrize(
    ("role", "area"), [(ROLE, "01"), (ROLE, "01/009/00343"), (ROLE, "*"), (Role.GUARD, "01/009")]
)
def test_what_is_not_held_cannot_be_revoked(an: Any, now: Any, role: Role, area: str) -> None:
    with pytest.raises(GrantRefused, match=f"an is not {role.value} in"):
        revoke_role(an, role, area, by=CLI, now=now)
    assert scope_of(an, [ROLE], now) == Scope.of(["01/009"])
    assert "access.role-revoked" not in audited(an)


def test_a_role_of_the_future_can_be_revoked(an: Any, now: Any) -> None:
    """Granted before the machine's clock was set back."""
    grant_role(an, Role.GUARD, "01", by=CLI, now=now + timedelta(hours=1))
    revoke_role(an, Role.GUARD, "01", by=CLI, now=now)
    assert scope_of(an, [Role.GUARD], now + timedelta(hours=2)) == Scope.nothing()


def test_a_role_may_have_an_end(an: Any, now: Any) -> None:
    grant_role(an, Role.GUARD, "01", by=CLI, now=now, until=now + timedelta(days=1))
    almost = now + timedelta(days=1) - timedelta(seconds=1)
    assert scope_of(an, [Role.GUARD], almost) == Scope.of(["01"])
    assert scope_of(an, [Role.GUARD], now + timedelta(days=1)) == Scope.nothing()
    with pytest.raises(GrantRefused, match="ended already"):
        grant_role(an, Role.GUARD, "01", by=CLI, now=now, until=now)


def test_accounts_are_listed_with_what_they_hold(an: Any, now: Any) -> None:
    bo = services.create_user("bo", OLD, display_name="Bs Bo", by=CLI, now=now)
    grant_role(bo, Role.GUARD, "01/001", by=CLI, now=now)
    revoke_role(bo, Role.GUARD, "01/001", by=CLI, now=now)
    services.disable_user("bo", by=CLI, now=now)
    first, second = staff_accounts(Scope.everything(), now)
    assert (first.username, first.is_active, first.last_login) == ("an", True, None)
    assert [(one.role, one.area_path, one.until) for one in first.roles] == [(ROLE, "01/009", None)]
    assert (second.username, second.display_name, second.is_active, second.roles) == (
        "bo",
        "Bs Bo",
        False,
        (),
    )
    assert [one.username for one in staff_accounts(Scope.of(["01/009"]), now)] == ["an"]
    assert staff_accounts(Scope.of(["01/009/00343"]), now) == []
    assert staff_accounts(Scope.nothing(), now) == []
