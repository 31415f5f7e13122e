"""Padding in files: there, the same for ever, and revised and erased like the keys it stands beside."""

from __future__ import annotations

import secrets
from base64 import b64decode
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.contract.conftest import ForeignAuthority, Phone
from tests.contract.test_imports import INDEX, Neighbour

from bluezone.authority.access.audit import Actor
from bluezone.authority.keys import services
from bluezone.authority.keys.models import BatchStatus, ExportBatch, PublishedKey
from bluezone.clock import SettableClock
from bluezone.protocols.export_file import Export, read_export
from bluezone.protocols.gaen import DiagnosisKey, ReportType, TemporaryExposureKey

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


@pytest.fixture
def neighbour(key_server: Path, authority_clock: SettableClock) -> Neighbour:
    neighbour = Neighbour(authority_clock)
    services.add_source(
        "lao",
        INDEX,
        region="VN",
        public_keys_pem=neighbour.pem,
        reexport=True,
        by=Actor("test"),
        now=authority_clock.now(),
    )
    return neighbour


def foreign_keys(neighbour: Neighbour, people: int, report_type: ReportType) -> list[DiagnosisKey]:
    """Keys of the last three days, of people with the onset that ``phone`` reports: four days ago."""
    return [
        DiagnosisKey(
            TemporaryExposureKey(secrets.token_bytes(16), neighbour.today - 144 * ago, 144),
            report_type,
            4 - ago,
            4 if report_type is ReportType.CONFIRMED_CLINICAL_DIAGNOSIS else 2,
        )
        for _ in range(people)
        for ago in (1, 2, 3)
    ]


def test_keys_of_another_authority_hide_nobody(
    phone: Phone, neighbour: Neighbour, authority_clock: SettableClock, padded: Path
) -> None:
    """They are public where they come from: whoever takes them away must still find a whole batch."""
    theirs = foreign_keys(neighbour, 400, ReportType.CONFIRMED_TEST)
    neighbour.publish("1-2-00001.zip", theirs)
    services.run_imports(authority_clock.now(), neighbour.open)
    mine = phone.keys(3)
    phone.publish(mine)
    services.build_exports(authority_clock.now() + FOUR_HOURS)
    (file,) = files(padded)
    public = {key.tek.data for key in theirs}
    assert len(file.keys) > 2_000
    left = Counter(key.tek.rolling_start for key in file.keys if key.tek.data not in public)
    assert left.keys() == {key["rollingStartNumber"] for key in mine}
    assert left.total() >= 1_000


def test_keys_of_another_authority_alone_need_no_padding(
    neighbour: Neighbour, authority_clock: SettableClock, padded: Path
) -> None:
    theirs = foreign_keys(neighbour, 1, ReportType.CONFIRMED_TEST)
    neighbour.publish("1-2-00001.zip", theirs)
    services.run_imports(authority_clock.now(), neighbour.open)
    services.build_exports(authority_clock.now() + FOUR_HOURS)
    (file,) = files(padded)
    assert len(file.keys) == 3


def test_revisions_of_another_authority_hide_nobody(
    phone: Phone, neighbour: Neighbour, authority_clock: SettableClock, padded: Path
) -> None:
    theirs = foreign_keys(neighbour, 30, ReportType.CONFIRMED_CLINICAL_DIAGNOSIS)
    neighbour.publish("1-2-00001.zip", theirs)
    services.run_imports(authority_clock.now(), neighbour.open)
    mine = phone.keys(3)
    token = phone.publish(mine, "likely")[1]["revisionToken"]
    services.build_exports(authority_clock.now() + FOUR_HOURS)
    confirmed = [replace(key, report_type=ReportType.CONFIRMED_TEST) for key in theirs]
    neighbour.publish("2-3-00001.zip", [], confirmed[:30])
    services.run_imports(authority_clock.now(), neighbour.open)
    authority_clock.advance(FOUR_HOURS)
    services.build_exports(authority_clock.now() + FOUR_HOURS)
    neighbour.publish("3-4-00001.zip", [], confirmed[30:])
    services.run_imports(authority_clock.now(), neighbour.open)
    assert phone.publish(mine, "confirmed", revisionToken=token)[0] == 200
    authority_clock.advance(FOUR_HOURS)
    services.build_exports(authority_clock.now() + FOUR_HOURS)
    _, second, third = files(padded)
    public = {key.tek.data for key in theirs}
    assert [key for key in second.revised_keys if key.tek.data not in public] == []
    left = Counter(key.tek.rolling_start for key in third.revised_keys if key.tek.data not in public)
    # All of our people with this onset are revised, one in all: so every phantom goes along.
    assert left.keys() == {key["rollingStartNumber"] for key in mine}
    assert left.total() == PublishedKey.objects.filter(imported_from=None).count() >= 1_000


def test_phantoms_are_revised_with_the_risk_they_had(
    key_server: Path, authority_clock: SettableClock, foreign_authority: ForeignAuthority, padded: Path
) -> None:
    """An app that sends risks of its own sends the same again: one that changed would be a phantom."""
    phones = [Phone(authority_clock, foreign_authority) for _ in range(8)]
    sent = [one.keys(2, transmissionRisk=risk) for risk, one in enumerate(phones, 1)]
    answers = [one.publish(keys, "likely")[1] for one, keys in zip(phones, sent, strict=True)]
    services.build_exports(authority_clock.now() + FOUR_HOURS)
    for at in (2, 5):  # with risk 3 and 6
        token = answers[at]["revisionToken"]
        assert phones[at].publish(sent[at], "confirmed", revisionToken=token)[0] == 200
    authority_clock.advance(FOUR_HOURS)
    services.build_exports(authority_clock.now() + FOUR_HOURS)
    first, second = files(padded)
    before = {key.tek.data: key.transmission_risk for key in first.keys}
    assert {key.transmission_risk for key in second.revised_keys} == {3, 6}
    assert all(before[key.tek.data] == key.transmission_risk for key in second.revised_keys)
    alike = Counter((key.tek.rolling_start, key.transmission_risk) for key in second.revised_keys)
    assert len(alike) == 4
    assert min(alike.values()) >= 5


def test_a_key_cut_short_is_revised_with_others_cut_short(
    phone: Phone, authority_clock: SettableClock, padded: Path
) -> None:
    """Its end says when it was uploaded: alone with that among whole keys it would still be told."""
    midnight = authority_clock.now().replace(hour=0, minute=0)
    authority_clock.set(midnight.replace(hour=23, minute=10))
    cut = phone.keys(1, first_day_ago=0, rollingPeriod=139)
    token = phone.publish(cut, "likely")[1]["revisionToken"]
    phone.publish(phone.keys(1, first_day_ago=0), "likely")  # whole, until midnight: out in the same window
    services.build_exports(midnight + timedelta(hours=28))
    authority_clock.set(midnight + timedelta(hours=29))
    assert phone.publish(cut, "confirmed", revisionToken=token)[0] == 200
    services.build_exports(midnight + timedelta(hours=36))
    first, second = files(padded)
    assert {key.tek.rolling_period == 144 for key in first.keys} == {True, False}
    assert len(second.revised_keys) >= 5
    assert all(key.tek.rolling_period < 144 for key in second.revised_keys)


def test_the_jitter_hides_how_many_are_real(
    phone: Phone, authority_clock: SettableClock, key_server: Path
) -> None:
    services.configure_export("VN", min_keys=20, padding_jitter=2_000)
    for _ in range(5):
        phone.publish(phone.keys(1))
        authority_clock.advance(FOUR_HOURS)
        services.build_exports(authority_clock.now())
    sizes = [len(file.keys) for file in files(key_server)]
    assert len(sizes) == 5
    assert all(20 <= size <= 2_020 for size in sizes)
    assert max(sizes) - min(sizes) > 10  # all within ten: once in a billion


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("period", "truncation"), [(4, 1), (8, 4)])
def test_phantoms_end_when_people_do_who_reported_in_the_same_window(
    phone: Phone, authority_clock: SettableClock, key_server: Path, period: int, truncation: int
) -> None:
    """A report every twenty minutes, each with the day's key: phantoms have the same ends in each window."""
    services.configure_export(
        "VN",
        period=timedelta(hours=period),
        truncation=timedelta(hours=truncation),
        min_keys=600,
        padding_jitter=0,
    )
    midnight = authority_clock.now().replace(hour=0, minute=0)
    real = set()
    for step in range(1, 3 * 24):
        authority_clock.set(midnight + timedelta(minutes=20 * step))
        if step % 3 == 0:
            services.mix_rows(authority_clock.now())
            services.build_exports(authority_clock.now())
        (key,) = phone.keys(1, first_day_ago=0, rollingPeriod=2 * step)
        real.add(b64decode(key["key"]))
        assert phone.publish([key])[0] == 200
    for hour in range(24, 37):
        services.mix_rows(midnight + timedelta(hours=hour))
        services.build_exports(midnight + timedelta(hours=hour))
    day = int(midnight.timestamp()) // 600
    seen = set()
    for file in files(key_server):
        ends: dict[bool, set[int]] = {True: set(), False: set()}
        for key in file.keys:
            ends[key.tek.data in real].add(key.tek.rolling_start + key.tek.rolling_period - day)
        windows = [{end // (6 * period) for end in ends[whose]} for whose in (True, False)]
        assert windows[0] == windows[1]
        # Reports come every two intervals, and phantoms take every interval.
        assert abs(min(ends[True]) - min(ends[False])) <= 2
        assert abs(max(ends[True]) - max(ends[False])) <= 2
        seen |= ends[True]
    assert seen == set(range(2, 144, 2))
