"""How a region is exported, changed while it is in use: nothing lost, nothing twice, all of it audited."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.keys import services
from bluezone.protocols.export_file import read_export

pytestmark = pytest.mark.django_db

CLI = Actor("cli")
EIGHT = 1_615_363_200  # 10 March 2021, 08:00 UTC
HOUR = 3600


def audited() -> list[tuple[str, str, dict[str, Any]]]:
    entries = AuditEntry.objects.filter(action="keys.export-configured").order_by("recorded_at", "pk")
    return [(one.actor, one.subject, one.details) for one in entries]


def test_changes_are_audited_with_what_was(key_server: Path) -> None:
    AuditEntry.objects.all().delete()
    services.configure_export("VN-HN", min_keys=500, by=CLI)
    (made,) = audited()
    assert made[:2] == ("cli", "export:VN-HN")
    assert made[2] == {
        "period_seconds": 4 * HOUR,
        "truncation_seconds": HOUR,
        "min_keys": 500,
        "padding_jitter": 100,
        "max_keys_per_file": 500_000,
        "retention_hours": 14 * 24,
        "signing_key_id": "452",
    }
    AuditEntry.objects.all().delete()
    services.configure_export("VN-HN", min_keys=0, period=timedelta(hours=8), retention=None, by=CLI)
    changed = {"period_seconds": 8 * HOUR, "min_keys": 0}
    was = {"period_seconds_before": 4 * HOUR, "min_keys_before": 500}
    assert audited() == [("cli", "export:VN-HN", changed | was)]
    services.configure_export("VN-HN", min_keys=0, by=CLI)  # nothing new
    with pytest.raises(services.ExportRefused):
        services.configure_export("VN-HN", min_keys=1, period=timedelta(hours=5), by=CLI)
    assert len(audited()) == 1


def test_another_period_loses_no_key_and_shows_none_twice(
    phone: Any, authority_clock: Any, key_server: Path
) -> None:
    sent: list[bytes] = []
    lines: list[str] = []

    def at(hours: float) -> None:
        authority_clock.set(datetime.fromtimestamp(EIGHT + hours * HOUR, UTC))
        lines.extend(services.build_exports(authority_clock.now()).built)

    def publish() -> None:
        keys = phone.keys(3)
        assert phone.publish(keys)[0] == 200
        sent.extend(b64decode(key["key"]) for key in keys)

    publish()  # at 08:17, in the window until 12:00
    services.configure_export("VN", period=timedelta(hours=2))
    at(2)
    publish()  # at 10:00, in the window until 12:00
    services.configure_export("VN", period=timedelta(hours=8))
    at(4)
    at(7.9)
    publish()
    at(8)
    assert lines == [
        f"VN/{EIGHT}-{EIGHT + 2 * HOUR}-00001.zip",
        f"VN/{EIGHT}-{EIGHT + 8 * HOUR}-00001.zip",
    ]
    files = [read_export((key_server / "exports" / one).read_bytes(), allow_unsigned=True) for one in lines]
    found = [key.tek.data for file in files for key in file.keys]
    assert len(found) == len(set(found)) == 9
    assert set(found) == set(sent)
