"""Whether the server is ready: each check right and wrong, and nothing secret in the answer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from bluezone.authority import health
from bluezone.authority.keys import services
from bluezone.authority.keys.models import (
    BatchStatus,
    ExportBatch,
    ExportConfig,
    HealthAuthority,
    ImportSource,
)
from bluezone.authority.secret_files import CODE_KEY, secrets_folder

pytestmark = pytest.mark.django_db

PERIOD = timedelta(hours=4)


@pytest.fixture
def working(authority: Path, authority_clock: Any) -> Path:
    """An authority whose exports have been built; its period is four hours."""
    now = authority_clock.now()
    services.add_own_authority(now)
    services.configure_export("VN", period=PERIOD)
    services.build_exports(now)
    return authority


def ready() -> tuple[int, dict[str, Any]]:
    answer = Client().get("/readyz")
    assert "no-store" in answer["Cache-Control"]
    return answer.status_code, answer.json()


def fault_of(name: str) -> str:
    """The one check that fails, and what it says."""
    status, reply = ready()
    assert (status, reply["status"]) == (503, "not ready")
    assert {check for check, state in reply["checks"].items() if state != "ok"} == {name}
    return str(reply["checks"][name])


def test_all_is_well(working: Path) -> None:
    assert ready() == (
        200,
        {
            "status": "ready",
            "checks": dict.fromkeys(
                ("database", "migrations", "exports", "regions", "secrets", "storage"), "ok"
            ),
        },
    )


def test_exports_may_be_two_periods_late(working: Path, authority_clock: Any) -> None:
    # built at 8:17 UTC: the last window of four hours ended at 8:00
    authority_clock.advance(timedelta(hours=7, minutes=43))  # 16:00
    assert ready()[0] == 200
    authority_clock.advance(timedelta(seconds=1))
    assert fault_of("exports") == "VN: the last window ended at 2021-03-10T08:00+00:00, over 2 periods ago"
    services.build_exports(authority_clock.now())
    assert ready()[0] == 200


def test_files_that_do_not_come_out(working: Path, authority_clock: Any) -> None:
    config = ExportConfig.objects.get()
    ended = authority_clock.now() - timedelta(hours=9)
    batch = ExportBatch.objects.create(
        config=config, start_at=ended - PERIOD, end_at=ended, max_keys_per_file=10, status=BatchStatus.OPEN
    )
    assert (
        fault_of("exports") == "VN: the files of the window that ended at 2021-03-09T23:17+00:00 are not out"
    )
    ExportBatch.objects.filter(pk=batch.pk).update(status=BatchStatus.PUBLISHED)
    assert ready()[0] == 200


def test_no_export_yet(authority: Path, authority_clock: Any) -> None:
    services.add_own_authority(authority_clock.now())
    services.configure_export("VN")
    assert fault_of("exports") == "VN: none built yet"


def test_keys_that_never_go_out_are_told(working: Path, authority_clock: Any) -> None:
    """Nobody else's keys wait for them: the server stays in service."""
    gone = HealthAuthority.objects.create(identifier="gov.gone", issuer="gov.gone", region="YY")
    HealthAuthority.objects.create(identifier="gov.fetched", issuer="gov.fetched", region="ZZ", jwks_url="x")
    for identifier, until in (("gov.lost", None), ("gov.ended", authority_clock.now())):
        row = HealthAuthority.objects.create(identifier=identifier, issuer=identifier, region="ZZ")
        for kid in ("v1", "v2"):
            row.signing_keys.create(
                kid=kid, public_key_pem="", valid_from=authority_clock.now(), valid_until=until
            )
    for name, reexport in (("far", True), ("only shown", False)):
        ImportSource.objects.create(name=name, region="XX", reexport=reexport)
    status, reply = ready()
    assert (status, reply["checks"]["exports"]) == (200, "ok")
    assert set(reply["checks"]["regions"].split("; ")) == {
        "ZZ has no export, so keys of gov.fetched, gov.lost never go out",
        "XX has no export, so keys of far never go out",
    }
    assert gone.region not in reply["checks"]["regions"]


def test_a_clock_that_was_ahead(working: Path, authority_clock: Any) -> None:
    authority_clock.advance(timedelta(hours=-1))
    assert "the clock is or was wrong" in fault_of("exports")


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_secret_that_is_gone(working: Path, damage: Any) -> None:
    secret = (secrets_folder() / CODE_KEY).read_text()
    damage(secrets_folder() / CODE_KEY)
    assert fault_of("secrets") == f"cannot be read: {CODE_KEY}"
    answer = Client().get("/readyz").content.decode()
    assert secret not in answer
    assert str(working) not in answer


def test_a_missing_migration(working: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_no_migration_missing", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_: ["0007_not_there"])
    assert fault_of("migrations") == "1 missing: run `bluezone setup`"


def test_no_database(working: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> str:
        raise OperationalError("could not connect to postgresql://u:password@host")

    monkeypatch.setattr(health, "_database", gone)
    assert fault_of("database") == "no answer from the database"


def test_the_process_answers_whatever_is_wrong(authority: Path) -> None:
    assert fault_of("exports") == "no region has exports: run `bluezone setup`"
    assert Client().get("/healthz").json() == {"status": "ok"}
    assert Client().post("/healthz").status_code == Client().post("/readyz").status_code == 405
