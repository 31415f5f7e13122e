"""A form that is sent twice at once, as by a second click, breaks no page and does what it does once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.roles import Role
from bluezone.authority.access.services import grant_role
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations.models import Organisation

from .staff_addresses import CLI, INSIDE, WARDS, Ask, asks, client_of, furnish, made, send

ENDS = ("undo", "close", "reopen", "erase", "withdraw", "end", "revoke")
"""Of forms after which others have nothing to change any more."""

TWICE_IS_TWO = frozenset(
    {
        "organisation-contact",
        "invitations",
        "adoption-enter",
        "returns-day",
        "returns-class",
        "returns-targets",
    }
)
"""A look is one each time, as is an invitation for nobody yet; of figures the log says: unchanged."""


@pytest.mark.django_db(transaction=True)
def test_no_form_breaks_and_each_counts_once(authority: Path, authority_clock: Any, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    load_thanh_xuan()
    furnish(INSIDE, authority_clock)
    now = authority_clock.now()
    officer = made("can-bo", Role.WARD_OFFICER, WARDS[INSIDE], now)
    for role in (Role.EPIDEMIOLOGIST, Role.AUDITOR, Role.OPERATOR):
        grant_role(officer, role, WARDS[INSIDE], by=CLI, now=now)
    clients = [client_of(officer), client_of(officer)]
    for client in clients:
        client.raise_request_exception = False
    forms = [one for one in asks(INSIDE) if one.sent is not None]
    for ask in sorted(forms, key=lambda one: one.name.endswith(ENDS)):
        name, sent = ask.name, dict(ask.sent or {})
        if "version" in sent:
            sent["version"] = Organisation.objects.get(key=ask.arguments["key"]).version
        before = set(AuditEntry.objects.values_list("pk", flat=True))
        together, barrier = [_copy(ask, sent), _copy(ask, sent)], Barrier(2)

        def post(at: int, together: list[Ask] = together, barrier: Barrier = barrier) -> int:
            try:
                barrier.wait(10)
                return int(send(clients[at], together[at]).status_code)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            statuses = list(pool.map(post, range(2)))
        assert max(statuses) < 500, (name, statuses)
        new = AuditEntry.objects.exclude(pk__in=before).exclude(action__startswith="keys.")
        counts = Counter(new.values_list("action", "subject"))
        if name not in TWICE_IS_TWO:
            assert not [one for one, count in counts.items() if count > 1], (name, counts)


def _copy(ask: Ask, sent: dict[str, Any]) -> Ask:
    """The same form, with a file of its own."""
    own = dict(sent)
    for name, value in sent.items():
        if isinstance(value, SimpleUploadedFile):
            value.seek(0)
            own[name] = SimpleUploadedFile("a.csv", value.read(), "text/csv")
    return replace(ask, sent=own)
