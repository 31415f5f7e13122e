"""The page on which a resident reads and agrees, and the one on which staff read what apps say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.access.roles import Role
from bluezone.authority.areas.models import Area, Level
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.heartbeats.models import Heartbeat
from bluezone.authority.heartbeats.services import close_days

from .staff_pages import logged_in, text_of

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
TODAY = date(2021, 3, 10)
CLOSED_AT = datetime(2021, 3, 10, 23, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def areas(authority: Path) -> None:
    load_thanh_xuan()


def in_english() -> Client:
    client = Client()
    client.cookies["bluezone_language"] = "en"
    return client


def heartbeats(code: str, count: int, *, tracing: int = 0, platform: str = "android") -> None:
    ward = Area.objects.get(code=code, valid_from__lte=TODAY, valid_until__gt=TODAY)
    first = Heartbeat.objects.count()
    Heartbeat.objects.bulk_create(
        Heartbeat(mark=first + at, day=TODAY, ward=ward, platform=platform, tracing=at < tracing)
        for at in range(count)
    )


@pytest.mark.parametrize("client", [Client(), in_english()], ids=["vi", "en"])
def test_the_page_says_what_the_guide_and_the_specification_say(client: Client) -> None:
    page = text_of(client.get("/heartbeat/"))
    guide = " ".join((ROOT / "docs" / "heartbeat.md").read_text(encoding="utf-8").split())
    wording = (ROOT / "spec" / "heartbeat.md").read_text(encoding="utf-8")
    english = "once a day" in page
    assert english == (client.cookies != {})
    consent = next(
        line[2:]
        for line in wording.splitlines()
        if line.startswith("> I agree" if english else "> Tôi đồng ý")
    )
    assert consent in page
    sentences = (
        ("kept until 06:30 of the next day at the latest", "fewer than 10 heartbeats", "nor logged")
        if english
        else ("giữ chậm nhất đến 06:30 ngày hôm sau", "dưới 10 lần báo", "không được ghi vào nhật ký")
    )
    for sentence in sentences:
        assert sentence in page
        assert sentence in guide


def test_nothing_is_ticked_and_wards_are_those_of_today() -> None:
    html = Client().get("/heartbeat/").content.decode()
    assert "checked" not in html
    assert html.count('<option value="00') == 11
    assert '<optgroup label="Quận Thanh Xuân">' in html
    assert '<option value="00343">Phường Nhân Chính</option>' in html
    assert '<select id="city"' not in html


def test_with_several_cities_one_is_chosen_first() -> None:
    other = Area.objects.create(
        code="79", valid_from=date(2020, 1, 1), level=Level.CITY, name="Thành phố Hồ Chí Minh", path="79"
    )
    Area.objects.create(
        code="26734",
        valid_from=date(2020, 1, 1),
        level=Level.WARD,
        name="Phường 1",
        path="79/26734",
        parent=other,
    )
    client = Client()
    asked = client.get("/heartbeat/").content.decode()
    assert '<option value="79">Thành phố Hồ Chí Minh</option>' in asked
    assert "00343" not in asked
    chosen = client.get("/heartbeat/?city=79").content.decode()
    assert '<option value="26734">Phường 1</option>' in chosen
    assert "00343" not in chosen
    for wrong in ("78", "0\0", "00343"):
        assert client.get("/heartbeat/", {"city": wrong}).status_code == 404


def test_staff_read_counts_of_their_wards_labelled_and_without_small_ones(authority_clock: Any) -> None:
    heartbeats("00343", 1_200, tracing=1_100)
    heartbeats("00349", 12, tracing=9)
    heartbeats("00361", 9, tracing=9)
    close_days(CLOSED_AT)
    authority_clock.set(CLOSED_AT)
    district = logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)
    page = text_of(district.get("/heartbeats/"))
    assert "Không kiểm chứng: đây là những gì ứng dụng tự báo" in page
    assert "Ngày mới nhất đã đếm: 10/03/2021. 2 phường có số, cộng lại 1.212 ứng dụng." in page
    assert "9 phường không có số: không ai báo, hoặc dưới 10." in page
    assert "Phường Nhân Chính 1.200 1.100" in page
    assert "Phường Khương Trung 12 không có số" in page
    assert "Hạ Đình" not in page
    assert "Loại ứng dụng" not in page  # sums of all wards are for those who see all wards
    history = text_of(district.get("/adoption/history/?area=01/009/00343&day=2021-03-10&metric=active-24h"))
    assert "ứng dụng tự báo, không kiểm chứng" in history.lower()

    ward = logged_in(authority_clock, "minh", "01/009/00349", Role.WARD_OFFICER)
    page = text_of(ward.get("/heartbeats/"))
    assert "Phường Khương Trung" in page
    assert "Nhân Chính" not in page
    assert ward.get("/heartbeats/?area=01/009/00343").status_code == 404


def test_by_platform_for_those_who_see_everything(authority_clock: Any) -> None:
    heartbeats("00343", 30)
    heartbeats("00343", 20, platform="web")
    close_days(CLOSED_AT)
    authority_clock.set(CLOSED_AT)
    city = logged_in(authority_clock, "an", "*", Role.CITY_OFFICER)
    assert "Android 30 trình duyệt web 20" in text_of(city.get("/heartbeats/?area=01/009"))


def test_before_the_first_day_and_for_others_there_is_nothing(authority_clock: Any) -> None:
    officer = logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)
    assert "Chưa có ngày nào được đếm." in text_of(officer.get("/heartbeats/"))
    guard = logged_in(authority_clock, "bao", "01/009", Role.GUARD)
    assert guard.get("/heartbeats/").status_code == 403
    assert Client().get("/heartbeats/").status_code == 302
