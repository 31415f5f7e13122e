"""What the audit log tells on the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from typer.testing import CliRunner

from bluezone.authority.access.audit import Actor, record, seal_audit, user_actor
from bluezone.authority.accounts.services import create_user
from bluezone.cli import audit

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(authority: Path, authority_clock: Any) -> None:
    """At 15:17 in Hà Nội on 10 March 2021 and the hours after; the last two entries are not sealed."""
    for who, what, subject in (
        ("user:a", "keys.code-issued", "code:1"),
        ("user:b", "keys.code-issued", "code:2"),
        ("user:a", "keys.code-issued", "code:3"),
        ("user:a", "keys.code-revoked", "code:1"),
        ("cli", "keysmith.made", "code:1"),
    ):
        with transaction.atomic():
            record(Actor(who), what, subject, {"area": "01/009"}, now=authority_clock.now())
        if subject == "code:3":
            seal_audit(authority_clock.now())
        authority_clock.advance(timedelta(hours=1))


def show(*options: str) -> Any:
    with patch.object(audit, "prepare_authority"):
        return CliRunner().invoke(audit.audit_app, ["show", *options])


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), [1, 2, 3, 1, 1]),
        (("--action", "keys.code-issued"), [1, 2, 3]),
        (("--action", "keys"), [1, 2, 3, 1]),
        (("--action", "keys.code"), []),
        (("--subject", "code:1"), [1, 1, 1]),
        (("--actor", "user:a", "--action", "keys.code-issued"), [1, 3]),
        (("--since", "2021-03-10T17:17"), [3, 1, 1]),
        (("--since", "2021-03-10T10:17:00+00:00"), [3, 1, 1]),
        (("--since", "2021-03-10"), [1, 2, 3, 1, 1]),
        (("--since", "2021-03-11"), []),
    ],
)
def test_entries_are_chosen(log: None, options: tuple[str, ...], found: list[int]) -> None:
    done = show(*options, "--json")
    assert done.exit_code == 0
    entries = json.loads(done.stdout)["entries"]
    assert [one["subject"] for one in entries] == [f"code:{number}" for number in found]


def test_somebody_is_found_by_login_name_and_nobody_by_one_that_is_not(
    log: None, authority_clock: Any
) -> None:
    lan = create_user("lan", "rừng-tre-gió-thổi", by=Actor("cli"), now=authority_clock.now())
    with transaction.atomic():
        record(user_actor(lan.pk), "keys.code-issued", "code:9", {}, now=authority_clock.now())
    entries = json.loads(show("--actor", "lan", "--json").stdout)["entries"]
    assert [one["subject"] for one in entries] == ["code:9"]
    done = show("--actor", "laan")
    assert "there is no user 'laan'" in str(done.exception)


def test_an_entry_says_who_when_and_whether_it_is_sealed(log: None) -> None:
    first, *_, last = json.loads(show("--json").stdout)["entries"]
    assert first == {
        "recorded_at": "2021-03-10T08:17:00+00:00",
        "actor": "user:a",
        "action": "keys.code-issued",
        "subject": "code:1",
        "details": {"area": "01/009"},
        "seal": 1,
    }
    assert last["seal"] is None
    assert "2021-03-10 15:17:00  user:a  keys.code-issued  code:1  area=01/009" in show().stdout


def test_who_issued_how_many(log: None) -> None:
    counted = json.loads(show("--action", "keys.code-issued", "--counts", "--json").stdout)
    assert counted == {
        "counts": [
            {"actor": "user:a", "action": "keys.code-issued", "entries": 2},
            {"actor": "user:b", "action": "keys.code-issued", "entries": 1},
        ]
    }
    assert show("--counts").stdout.splitlines()[0].split() == ["2", "user:a", "keys.code-issued"]


def test_what_cannot_be_a_time_is_refused(log: None) -> None:
    assert show("--since", "hôm qua").exit_code == 2
