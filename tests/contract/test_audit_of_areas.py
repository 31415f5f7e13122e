"""Who audits an area finds all that was seen and changed in it, whichever page that was done on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bluezone.authority.access.audit_queries import AuditSearch, audit_entries
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.access.scope import Scope
from bluezone.authority.access.services import revoke_role
from bluezone.authority.accounts.organisation_grants import located_in
from bluezone.authority.accounts.services.invitations import accept_invitation, invite, withdraw_invitation
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import shared_area
from bluezone.authority.areas.services import load_thanh_xuan

from .staff_addresses import CLI, INSIDE, OUTSIDE, PASSWORD, WARDS, asks, client_of, furnish, made, one, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def furnished(authority: Path, authority_clock: Any, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    load_thanh_xuan()
    for side in (INSIDE, OUTSIDE):
        furnish(side, authority_clock)


def seen_in(path: str) -> set[Any]:
    return {entry.id for entry in audit_entries(AuditSearch(), Scope.of([path]))}


@pytest.mark.parametrize(
    "name",
    [
        *("invitations", "judge-emergency", "areas-import-confirm", "areas-import-undo"),
        *("organisations-import-confirm", "organisation-new", "organisation-contact"),
        *(
            "organisation-contact-erase",
            "organisation-contact-new",
            "organisation-edit",
            "organisation-people",
        ),
        *("organisation-classes", "organisation-close", "adoption-enter", "adoption-withdraw"),
        *("adoption-targets", "adoption-target-withdraw", "adoption-import-confirm", "adoption-import-undo"),
        *("returns-schedules", "returns-schedule-end", "returns-targets", "returns-import-confirm"),
        *("returns-import-undo", "returns-day", "returns-class", "withdraw-invitation"),
    ],
)
def test_what_an_officer_does_is_seen_by_who_audits_the_ward(name: str, authority_clock: Any) -> None:
    client = client_of(made("can-bo", Role.WARD_OFFICER, WARDS[INSIDE], authority_clock.now()))
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    [ask] = [found for found in asks(INSIDE) if found.name == name]
    assert send(client, ask).status_code in (200, 302)
    new = set(AuditEntry.objects.values_list("pk", flat=True)) - before
    assert new
    assert new <= seen_in(WARDS[INSIDE]), AuditEntry.objects.filter(pk__in=new).values("action", "details")
    assert not new & seen_in(WARDS[OUTSIDE])


def test_a_role_for_an_organisation_is_seen_where_that_is(authority_clock: Any) -> None:
    now, agency = authority_clock.now(), one("A", INSIDE)
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    wanted = HeldRole(Role.GUARD, agency.path, None)
    _, secret = invite(wanted, inviter=None, now=now)
    guard = accept_invitation(secret, "gac", PASSWORD, "", now=now)
    revoke_role(guard, Role.GUARD, agency.path, by=CLI, now=now, located_in=located_in(agency.path))
    unused, _ = invite(wanted, inviter=None, now=now)
    withdraw_invitation(unused.pk, by=CLI, now=now)
    new = AuditEntry.objects.exclude(pk__in=before).exclude(action="accounts.user-created")
    assert {entry.action for entry in new} == {
        "accounts.invited",
        "accounts.invitation-accepted",
        "accounts.invitation-withdrawn",
        "access.role-granted",
        "access.role-revoked",
    }
    assert {entry.pk for entry in new} <= seen_in(WARDS[INSIDE])
    assert not {entry.pk for entry in new} & seen_in(WARDS[OUTSIDE])


def test_the_smallest_area_that_holds_all() -> None:
    keys = {ward.path: ward.pk for ward in Area.objects.order_by("-valid_from")}
    inside, outside, district = keys[WARDS[INSIDE]], keys[WARDS[OUTSIDE]], keys["01/009"]
    assert shared_area([inside]) == WARDS[INSIDE]
    assert shared_area([inside, outside]) == "01/009"
    assert shared_area([inside, district]) == "01/009"
    assert shared_area([]) is None
