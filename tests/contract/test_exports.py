"""Exports: what is in the files, when, exactly once, whatever happens to the builder."""

from __future__ import annotations

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import connections
from structlog.testing import capture_logs

from bluezone.authority.keys import export_storage, queries, services
from bluezone.authority.keys.models import ExportBatch, ExportConfig
from bluezone.authority.keys.services import exports as export_services
from bluezone.protocols.export_file import Export, read_export
from bluezone.protocols.gaen import ReportType

pytestmark = pytest.mark.django_db

EIGHT = 1_615_363_200  # 10 March 2021, 08:00 UTC
FOUR_HOURS = 4 * 3600


def read(path: Path) -> Export:
    """A file, its signature verified with the key that the server gives to devices."""
    keys = {}
    for one in queries.export_public_keys():
        key = load_pem_public_key(one.pem.encode())
        assert isinstance(key, ec.EllipticCurvePublicKey)
        keys[(one.key_id, one.key_version)] = key
    export = read_export(path.read_bytes(), public_keys=keys)
    assert export.signature == "verified"
    return export


def index(data: Path) -> list[str]:
    text = (data / "exports" / "VN" / "index.txt").read_text()
    return text.split("\n") if text else []


def contents(data: Path) -> list[bytes]:
    """Every key of every listed file, once for each time it is there."""
    return [key.tek.data for line in index(data) for key in read(data / "exports" / line).keys]


def test_a_window_is_exported_when_it_has_ended(phone: Any, authority_clock: Any, key_server: Path) -> None:
    keys = phone.keys(14)
    phone.publish(keys)
    assert services.build_exports(authority_clock.now()).built == ()
    assert index(key_server) == []
    authority_clock.advance(timedelta(hours=3, minutes=43))  # 12:00
    report = services.build_exports(authority_clock.now())
    assert report.built == (f"VN/{EIGHT}-{EIGHT + FOUR_HOURS}-00001.zip",)
    assert index(key_server) == list(report.built)
    export = read(key_server / "exports" / report.built[0])
    assert (export.region, export.start, export.end) == ("VN", EIGHT, EIGHT + FOUR_HOURS)
    assert (export.batch_num, export.batch_size) == (1, 1)
    assert [(one.key_id, one.key_version) for one in export.signers] == [("452", "v1")]
    assert {key.tek.data for key in export.keys} == {b64decode(key["key"]) for key in keys}
    newest = max(export.keys, key=lambda key: key.tek.rolling_start)
    assert (newest.report_type, newest.transmission_risk, newest.days_since_onset) == (
        ReportType.CONFIRMED_TEST, 2, 3,
    )  # fmt: skip
    assert services.build_exports(authority_clock.now()).built == ()


def test_an_empty_window_makes_no_file(key_server: Path, authority_clock: Any) -> None:
    services.build_exports(authority_clock.now())
    assert index(key_server) == []
    assert ExportBatch.objects.count() == 0


def test_todays_key_appears_after_expiry_and_two_hours(
    phone: Any, authority_clock: Any, key_server: Path
) -> None:
    phone.publish(phone.keys(1, first_day_ago=0))  # expires at midnight UTC, due at 02:00
    for hour in range(8, 28):
        authority_clock.set(authority_clock.now().replace(minute=0) + timedelta(hours=1))
        services.build_exports(authority_clock.now())
        assert (len(contents(key_server)) == 1) == (hour + 1 >= 28)  # the window 00:00-04:00


def test_a_key_that_commits_late_is_in_the_next_file(
    phone: Any, authority_clock: Any, key_server: Path
) -> None:
    early, late = phone.body(phone.keys(1)), phone.body(phone.keys(1))
    phone.send(early)
    services.build_exports(authority_clock.now() + timedelta(hours=4))
    phone.send(late)  # its window has been built already
    services.build_exports(authority_clock.now() + timedelta(hours=8))
    assert len(index(key_server)) == 2
    assert sorted(contents(key_server)) == sorted(
        b64decode(body["temporaryExposureKeys"][0]["key"]) for body in (early, late)
    )


def test_keys_of_one_upload_do_not_stand_together(phone: Any, authority_clock: Any, key_server: Path) -> None:
    owner: dict[bytes, int] = {}
    for upload in range(8):
        keys = phone.keys(14)
        phone.publish(keys)
        owner |= {b64decode(key["key"]): upload for key in keys}
    services.build_exports(authority_clock.now() + timedelta(hours=4))
    order = [owner[tek] for tek in contents(key_server)]
    together = sum(a == b for a, b in pairwise(order))
    assert together < 40  # of 111 neighbours, 13 are expected by chance, 104 if uploads stood together


def test_over_the_limit_a_batch_is_split_into_files_with_distinct_ends(
    phone: Any, authority_clock: Any, key_server: Path
) -> None:
    services.configure_export("VN", max_keys_per_file=10)
    phone.publish(phone.keys(14))
    phone.publish(phone.keys(11))
    services.build_exports(authority_clock.now() + timedelta(hours=4))
    assert index(key_server) == [f"VN/{EIGHT}-{EIGHT + FOUR_HOURS + at}-00001.zip" for at in range(3)]
    files = [read(key_server / "exports" / line) for line in index(key_server)]
    assert [file.end for file in files] == [EIGHT + FOUR_HOURS + at for at in range(3)]
    assert [len(file.keys) for file in files] == [10, 10, 5]
    assert len(set(contents(key_server))) == 25


class TestRevisedKeys:
    """What devices learn when a report type changes."""

    def test_after_the_export_it_comes_as_a_revised_key(
        self, phone: Any, authority_clock: Any, key_server: Path
    ) -> None:
        keys = phone.keys(2)
        token = phone.publish(keys, "likely")[1]["revisionToken"]
        services.build_exports(authority_clock.now() + timedelta(hours=4))
        assert phone.publish(keys, "negative", revisionToken=token)[0] == 200
        services.build_exports(authority_clock.now() + timedelta(hours=8))
        first, second = (read(key_server / "exports" / line) for line in index(key_server))
        assert {key.report_type for key in first.keys} == {ReportType.CONFIRMED_CLINICAL_DIAGNOSIS}
        assert second.keys == ()
        assert {key.report_type for key in second.revised_keys} == {ReportType.REVOKED}
        assert {key.tek.data for key in second.revised_keys} == {key.tek.data for key in first.keys}

    def test_before_the_export_only_the_new_type_is_shown(
        self, phone: Any, authority_clock: Any, key_server: Path
    ) -> None:
        keys = phone.keys(1)
        token = phone.publish(keys, "likely")[1]["revisionToken"]
        phone.publish(keys, "confirmed", revisionToken=token)
        services.build_exports(authority_clock.now() + timedelta(hours=4))
        (only,) = (read(key_server / "exports" / line) for line in index(key_server))
        assert [key.report_type for key in only.keys] == [ReportType.CONFIRMED_TEST]
        assert only.revised_keys == ()
        services.build_exports(authority_clock.now() + timedelta(hours=8))
        assert len(index(key_server)) == 1

    def test_withdrawn_before_the_export_it_never_appears(
        self, phone: Any, authority_clock: Any, key_server: Path
    ) -> None:
        keys = phone.keys(1)
        token = phone.publish(keys, "likely")[1]["revisionToken"]
        phone.publish(keys, "negative", revisionToken=token)
        services.build_exports(authority_clock.now() + timedelta(hours=4))
        assert index(key_server) == []


@pytest.mark.parametrize(
    ("module", "step"),
    [
        (export_services, "write_batch_files"),
        (export_services, "_publish_batch"),
        (export_services, "write_index"),
        (export_storage, "put_in_place"),
        (export_storage, "write_aside"),
    ],
)
def test_a_builder_that_fails_at_any_step_is_made_good(
    phone: Any,
    authority_clock: Any,
    key_server: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    step: str,
) -> None:
    services.configure_export("VN", max_keys_per_file=5)
    phone.publish(phone.keys(14))
    now = authority_clock.now() + timedelta(hours=4)
    original = getattr(module, step)
    for allowed in range(5):
        calls = iter(range(100))

        def fail(*args: Any, calls: Any = calls, allowed: int = allowed) -> Any:
            if next(calls) >= allowed:
                raise OSError("no space left")
            return original(*args)

        monkeypatch.setattr(module, step, fail)
        try:
            services.build_exports(now)
        except OSError:
            listed = index(key_server) if (key_server / "exports/VN/index.txt").exists() else []
            assert all((key_server / "exports" / line).exists() for line in listed)
        monkeypatch.setattr(module, step, original)
    services.build_exports(now)
    assert len(contents(key_server)) == len(set(contents(key_server))) == 14


def test_old_files_leave_the_index_and_then_the_folder(
    phone: Any, authority_clock: Any, key_server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.publish(phone.keys(1))
    authority_clock.advance(timedelta(hours=4))
    services.build_exports(authority_clock.now())
    (line,) = index(key_server)
    authority_clock.set(authority_clock.now().replace(hour=12, minute=0) + timedelta(hours=336))
    services.build_exports(authority_clock.now())
    assert index(key_server) == [line]
    authority_clock.advance(timedelta(seconds=1))
    seen: list[list[str]] = []
    unlink = Path.unlink

    def watch(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".zip":
            seen.append(index(key_server))
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", watch)
    report = services.build_exports(authority_clock.now())
    assert report.removed == (line,)
    assert seen == [[]]  # not listed any more when it is deleted
    assert not (key_server / "exports" / line).exists()


def test_what_was_published_but_not_listed_before_a_crash_is_listed_before_it_is_retired(
    phone: Any, authority_clock: Any, key_server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.publish(phone.keys(1))
    authority_clock.advance(timedelta(hours=4))

    def fail(*_: Any) -> None:
        raise OSError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(export_services, "write_index", fail)
        with pytest.raises(OSError, match="killed"):
            services.build_exports(authority_clock.now())
    authority_clock.advance(timedelta(days=20))  # nobody started it again for so long
    listed: list[list[str]] = []
    write_index = export_services.write_index

    def watch(*arguments: Any) -> None:
        write_index(*arguments)
        listed.append(index(key_server))

    monkeypatch.setattr(export_services, "write_index", watch)
    services.build_exports(authority_clock.now())
    assert listed == [[f"VN/{EIGHT}-{EIGHT + FOUR_HOURS}-00001.zip"], []]


def test_a_clock_that_was_ahead_stops_exports_with_an_alarm(
    phone: Any, authority_clock: Any, key_server: Path
) -> None:
    phone.publish(phone.keys(1))
    now = authority_clock.now()
    services.build_exports(now + timedelta(days=2))  # 12 March 8:17: the batch ends at 8:00
    (ahead,) = index(key_server)
    late = phone.keys(1)
    phone.publish(late)
    for hours in (4, 47):
        with capture_logs() as lines:
            assert services.build_exports(now + timedelta(hours=hours)) == services.ExportReport()
        (line,) = lines
        assert line["log_level"] == "error"
        assert "exports stopped" in line["event"]
        assert (line["region"], line["newest_end"]) == ("VN", "2021-03-12T08:00:00+00:00")
        assert index(key_server) == [ahead]
    with capture_logs() as lines:
        services.build_exports(now + timedelta(hours=52))  # 12 March 12:17
    assert [line["log_level"] for line in lines] == ["info"]
    assert b64decode(late[0]["key"]) in contents(key_server)


def test_a_clock_set_back_by_seconds_is_no_alarm(phone: Any, authority_clock: Any, key_server: Path) -> None:
    phone.publish(phone.keys(1))
    noon = authority_clock.now().replace(hour=12, minute=0)
    services.build_exports(noon)
    with capture_logs() as lines:
        services.build_exports(noon - timedelta(seconds=2))
    assert lines == []


@pytest.mark.parametrize(
    ("region", "changes"),
    [
        ("vn", {}),
        ("../VN", {}),
        ("VN", {"period": timedelta(hours=5)}),
        ("VN", {"period": timedelta(hours=48)}),
        ("VN", {"period": timedelta(0)}),
        ("VN", {"period": timedelta(milliseconds=1500)}),
        ("VN", {"retention": timedelta(days=9)}),
        ("VN", {"retention": timedelta(days=60, hours=1)}),
        ("VN", {"retention": timedelta(days=999_999)}),
        ("VN", {"max_keys_per_file": 0}),
    ],
)
def test_configurations_that_are_refused(key_server: Path, region: str, changes: dict[str, Any]) -> None:
    with pytest.raises(services.ExportRefused):
        services.configure_export(region, **changes)


def test_a_region_that_fails_stops_no_other(phone: Any, authority_clock: Any, key_server: Path) -> None:
    phone.publish(phone.keys(14))
    services.configure_export("AA")
    ExportConfig.objects.filter(region="AA").update(retention_hours=24_000_000)  # before the year 1
    authority_clock.advance(timedelta(hours=4))
    with capture_logs() as lines, pytest.raises(OverflowError):
        services.build_exports(authority_clock.now())
    assert index(key_server) == [f"VN/{EIGHT}-{EIGHT + FOUR_HOURS}-00001.zip"]
    failed = [line for line in lines if line["log_level"] == "error"]
    assert [(line["event"], line["region"]) for line in failed] == [("exports of a region failed", "AA")]


@pytest.mark.django_db(transaction=True)
def test_two_builders_at_once_build_once(phone: Any, authority_clock: Any, key_server: Path) -> None:
    for _ in range(5):
        phone.publish(phone.keys(14))
    now = authority_clock.now() + timedelta(hours=4)

    def build(_: int) -> tuple[str, ...]:
        try:
            return services.build_exports(now).built
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        built = [one for one in pool.map(build, range(4)) if one]
    assert built == [(f"VN/{EIGHT}-{EIGHT + FOUR_HOURS}-00001.zip",)]
    assert len(contents(key_server)) == len(set(contents(key_server))) == 70
