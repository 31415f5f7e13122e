"""Somebody whose keys another authority published first can publish them here all the same."""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.contract.conftest import Phone
from tests.contract.test_imports import Follow, Neighbour, follow, neighbour, run

from bluezone.authority.keys import services
from bluezone.authority.keys.models import PublishedKey
from bluezone.clock import SettableClock
from bluezone.protocols.export_file import read_export
from bluezone.protocols.gaen import DiagnosisKey, ReportType, TemporaryExposureKey

__all__ = ["follow", "neighbour"]

pytestmark = pytest.mark.django_db


def reported_by_themselves(keys: list[dict[str, Any]]) -> list[DiagnosisKey]:
    return [
        DiagnosisKey(
            TemporaryExposureKey(b64decode(one["key"]), one["rollingStartNumber"], one["rollingPeriod"]),
            ReportType.SELF_REPORT,
            3,
            2,
        )
        for one in keys
    ]


def types_of(exported: list[DiagnosisKey]) -> dict[bytes, ReportType]:
    return {one.tek.data: one.report_type for one in exported}


def built(key_server: Path, now: object) -> list[DiagnosisKey]:
    (line,) = services.build_exports(now).built  # type: ignore[arg-type]
    return list(read_export((key_server / "exports" / line).read_bytes(), allow_unsigned=True).keys)


@pytest.mark.parametrize("reexport", [False, True])
def test_imported_keys_become_our_own(
    neighbour: Neighbour,
    follow: Follow,
    phone: Phone,
    key_server: Path,
    authority_clock: SettableClock,
    *,
    reexport: bool,
) -> None:
    sent = phone.keys(3)
    neighbour.publish("1-2-00001.zip", reported_by_themselves(sent))
    follow(reexport=reexport)
    assert run(neighbour).keys == 3
    unseen = phone.keys(1, first_day_ago=5)
    status, answer = phone.publish(sent + unseen)
    assert (status, answer["insertedExposures"]) == (200, 4)
    for row in PublishedKey.objects.all():
        assert (row.imported_from, row.authority.identifier) == (None, phone.authority.identifier)
        assert (row.report_type, row.region, row.mixed) == ("confirmed", "VN", False)
    exported = built(key_server, authority_clock.now() + timedelta(hours=4))
    assert types_of(exported) == {b64decode(one["key"]): ReportType.CONFIRMED_TEST for one in sent + unseen}


def test_taken_over_once_they_are_revised_like_any(
    neighbour: Neighbour, follow: Follow, phone: Phone, authority_clock: SettableClock
) -> None:
    sent = phone.keys(3)
    neighbour.publish("1-2-00001.zip", reported_by_themselves(sent))
    follow()
    run(neighbour)
    _, answer = phone.publish(sent, "likely")
    status, _ = phone.publish(sent, "confirmed", revisionToken=answer["revisionToken"])
    assert status == 200
    assert set(PublishedKey.objects.values_list("report_type", "revised_report_type")) == {
        ("likely", "confirmed")
    }
    # What the source says of them later changes nothing any more.
    neighbour.publish("2-3-00001.zip", [], revised=reported_by_themselves(sent))
    assert run(neighbour).keys == 0
    assert PublishedKey.objects.filter(imported_from=None).count() == 3


def test_what_our_exports_show_already_stays_the_sources(
    neighbour: Neighbour, follow: Follow, phone: Phone, key_server: Path, authority_clock: SettableClock
) -> None:
    """A second time it would be in two files, and nothing proves that whoever copied it had it first."""
    sent = phone.keys(3)
    neighbour.publish("1-2-00001.zip", reported_by_themselves(sent))
    follow(reexport=True)
    run(neighbour)
    authority_clock.advance(timedelta(hours=4))
    assert len(built(key_server, authority_clock.now())) == 3
    unseen = phone.keys(1, first_day_ago=5)
    status, answer = phone.publish(sent + unseen)
    assert (status, answer["insertedExposures"]) == (200, 1)
    assert len(answer["warnings"]) == 3
    assert PublishedKey.objects.filter(imported_from=None).count() == 1
    status, _ = phone.publish(sent + unseen, revisionToken=answer["revisionToken"])
    assert status == 200
    untouched = PublishedKey.objects.filter(imported_from__isnull=False)
    assert set(untouched.values_list("report_type", "revised_report_type")) == {("user-report", None)}


def test_a_negative_result_takes_nothing_over(neighbour: Neighbour, follow: Follow, phone: Phone) -> None:
    sent = phone.keys(3)
    neighbour.publish("1-2-00001.zip", reported_by_themselves(sent))
    follow()
    run(neighbour)
    status, answer = phone.publish(sent, "negative")
    assert (status, answer.get("insertedExposures", 0), len(answer["warnings"])) == (200, 0, 3)
    assert PublishedKey.objects.filter(imported_from__isnull=False, report_type="user-report").count() == 3
