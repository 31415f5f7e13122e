"""Padding in files: there, the same for ever, and revised and erased like the keys it stands beside."""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bluezone.authority.keys import services
from bluezone.authority.keys.models import BatchStatus, ExportBatch, PublishedKey
from bluezone.protocols.export_file import Export, read_export
from bluezone.protocols.gaen import DiagnosisKey, ReportType

pytestmark = pytest.mark.django_db

FOUR_HOURS = timedelta(hours=4)


def files(data: Path) -> list[Export]:
    lines = (data / "exports/VN/index.txt").read_text().split()
    return [read_export((data / "exports" / line).read_bytes(), allow_unsigned=True) for line in lines]


def shape(key: DiagnosisKey) -> tuple[object, ...]:
    tek = key.tek
    return tek.rolling_start, tek.rolling_period, key.report_type, key.days_since_onset, key.transmission_risk


@pytest.fixture
def padded(key_server: Path) -> Path:
    services.configure_export("VN", min_keys=1_000, padding_jitter=100)
    return key_server


def test_a_small_batch_is_filled_up_with_keys_like_those_in_it(
    phone: Any, authority_clock: Any, padded: Path
) -> None:
    keys = phone.keys(14)
    phone.publish(keys)
    report = services.build_exports(authority_clock.now() + FOUR_HOURS)
    (file,) = files(padded)
    assert 1_000 <= len(file.keys) <= 1_114
    assert report.keys == len(file.keys) == len({key.tek.data for key in file.keys})
    published = {b64decode(key["key"]) for key in keys}
    real = [key for key in file.keys if key.tek.data in published]
    assert len(real) == 14
    counts = Counter(shape(key) for key in file.keys)
    assert set(counts) == {shape(key) for key in real}
    assert len(set(counts.values())) == 1  # one person's keys are among some seventy like them, day for day
    assert PublishedKey.objects.filter(padding=True).count() == len(file.keys) - 14
    places = [at for at, key in enumerate(file.keys) if key.tek.data in published]
    assert places != list(range(places[0], places[0] + 14))


def test_an_empty_window_makes_no_file(authority_clock: Any, padded: Path) -> None:
    services.build_exports(authority_clock.now() + FOUR_HOURS)
    assert files(padded) == []
    assert not PublishedKey.objects.exists()


def test_withdrawn_keys_alone_make_no_padding(phone: Any, authority_clock: Any, padded: Path) -> None:
    keys = phone.keys(2)
    token = phone.publish(keys, "likely")[1]["revisionToken"]
    assert phone.publish(keys, "negative", revisionToken=token)[0] == 200
    services.build_exports(authority_clock.now() + FOUR_HOURS)
    assert files(padded) == []


def test_built_again_the_file_is_the_same(phone: Any, authority_clock: Any, padded: Path) -> None:
    phone.publish(phone.keys(14))
    now = authority_clock.now() + FOUR_HOURS
    (line,) = services.build_exports(now).built
    path = padded / "exports" / line
    before = path.read_bytes()
    path.unlink()
    ExportBatch.objects.update(status=BatchStatus.OPEN)
    services.build_exports(now)
    assert path.read_bytes() == before


def test_phantoms_are_revised_together_with_those_they_look_like(
    phone: Any, other_phone: Any, authority_clock: Any, padded: Path
) -> None:
    mine, others = phone.keys(3), other_phone.keys(3)
    token = phone.publish(mine, "likely")[1]["revisionToken"]
    other_phone.publish(others, "likely")
    services.build_exports(authority_clock.now() + FOUR_HOURS)
    assert phone.publish(mine, "confirmed", revisionToken=token)[0] == 200
    services.build_exports(authority_clock.now() + 2 * FOUR_HOURS)
    first, second = files(padded)
    assert second.keys == ()
    per_day = Counter(key.tek.rolling_start for key in second.revised_keys)
    all_per_day = Counter(key.tek.rolling_start for key in first.keys)
    assert set(per_day) == {key["rollingStartNumber"] for key in mine}
    for day, count in per_day.items():
        phantoms = all_per_day[day] - 2
        assert count == 1 + -(-phantoms // 2)  # one of two people, and half of the phantoms, rounded up
    assert {key.report_type for key in second.revised_keys} == {ReportType.CONFIRMED_TEST}
    assert len({shape(key) for key in second.revised_keys}) == 3
    assert {key.tek.data for key in second.revised_keys} <= {key.tek.data for key in first.keys}


def test_padding_ages_out_like_keys(phone: Any, authority_clock: Any, padded: Path) -> None:
    phone.publish(phone.keys(14))
    services.build_exports(authority_clock.now() + FOUR_HOURS)
    midnight = authority_clock.now().replace(hour=0, minute=0)
    for days in range(1, 15):
        services.delete_expired(midnight + timedelta(days=days, seconds=1))
        left = Counter(PublishedKey.objects.values_list("padding", "rolling_start"))
        real = {start for padding, start in left if not padding}
        assert real == {start for padding, start in left if padding}
        assert len(real) == 14 - max(0, days - 1)


def test_onset_beyond_fourteen_days_never_leaves(phone: Any, authority_clock: Any, padded: Path) -> None:
    phone.publish(phone.keys(3))
    first, second, _ = PublishedKey.objects.order_by("pk")
    PublishedKey.objects.filter(pk=first.pk).update(days_since_onset=15)
    PublishedKey.objects.filter(pk=second.pk).update(days_since_onset=-14)
    services.build_exports(authority_clock.now() + FOUR_HOURS)
    days = {key.tek.data: key.days_since_onset for key in files(padded)[0].keys}
    assert (days[bytes(first.tek)], days[bytes(second.tek)]) == (None, -14)
    assert all(one is None or abs(one) <= 14 for one in days.values())


def test_nothing_goes_out_before_its_expiry_and_two_hours(
    phone: Any, authority_clock: Any, padded: Path
) -> None:
    """Whoever wrote the row with whatever time of release."""
    phone.publish(phone.keys(1))
    now = authority_clock.now() + FOUR_HOURS  # 12:17; the window ends at 12:00
    ten = int(now.replace(hour=10, minute=0).timestamp()) // 600
    PublishedKey.objects.update(rolling_start=ten - 40, rolling_period=41)  # until 10:10
    assert services.build_exports(now).keys == 0
    assert services.build_exports(now + FOUR_HOURS).keys >= 1_000


@pytest.mark.django_db(transaction=True)
def test_a_longer_truncation_window_rounds_what_is_stored(
    phone: Any, authority_clock: Any, padded: Path
) -> None:
    services.configure_export("VN", period=timedelta(hours=8), truncation=timedelta(hours=4))
    authority_clock.advance(timedelta(hours=2))  # 10:17
    services.mix_rows(authority_clock.now())
    phone.publish(phone.keys(2))
    assert {row.release_at.hour for row in PublishedKey.objects.all()} == {10}
    services.mix_rows(authority_clock.now() + timedelta(hours=1))  # 11:17: the window goes on
    assert PublishedKey.objects.filter(mixed=False).exists()
    services.mix_rows(authority_clock.now() + timedelta(hours=2))
    assert {(row.release_at.hour, row.mixed) for row in PublishedKey.objects.all()} == {(8, True)}
