"""The page of the search: from every page's header to what somebody may see, page by page."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import EVERYWHERE
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.tabular.spelling import plain

from .staff_pages import logged_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(authority: Path, authority_clock: Any) -> Client:
    load_thanh_xuan()
    return logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)


def schools(clock: Any, count: int) -> None:
    ward = Area.objects.get(code="00343", valid_from=date(2021, 2, 1))
    Organisation.objects.bulk_create(
        Organisation(
            key=f"K{at}", code=f"S{at:03}", kind="school", name=f"Trường Số {at:03}",
            plain_name=plain(f"Trường Số {at:03}"), address="", located_in=ward, managed_by_name="",
            path=f"ORG/K{at}", registered_at=clock.now(), registered_by="x",
        )
        for at in range(count)
    )  # fmt: skip


def links(response: Any) -> list[str]:
    main = response.content.decode().split("<main")[1]
    return [unescape(one) for one in re.findall(r'<a[^>]* href="([^"]+)"', main)]


def test_a_ward_is_found_from_any_page_and_leads_to_its_figures(officer: Client) -> None:
    header = officer.get("/account/").content.decode()
    assert re.search(r'<form class="site-search" role="search"[^>]* method="get" action="/search/"', header)
    found = officer.get("/search/", {"q": "thanh xuan trung"})
    assert "Địa bàn (1) Phường Thanh Xuân Trung 00355, Quận Thanh Xuân" in text_of(found)
    area, figures, of_organisations = links(found)
    assert area == "/areas/?area=01%2F009%2F00355&day=2021-03-10"
    assert "Phường Thanh Xuân Trung" in text_of(officer.get(area))
    assert figures == "/adoption/?area=01%2F009%2F00355&day=2021-03-10"
    assert of_organisations == "/organisations/?area=01%2F009%2F00355"
    assert "Tỷ lệ cài đặt: Phường Thanh Xuân Trung" in text_of(officer.get(figures))
    assert 'value="thanh xuan trung"' in found.content.decode()  # in the header, to be changed


def test_a_former_ward_says_so_and_leads_to_its_last_day(officer: Client, authority_clock: Any) -> None:
    authority_clock.advance(timedelta(days=365 * 5))
    found = officer.get("/search/", {"q": "kim giang"})
    text = text_of(found)
    assert "Phường Kim Giang 00373" in text
    assert "không còn từ 01/01/2025" in text
    assert "sau đó: Phường Hạ Đình" in text
    assert "day=2024-12-31" in links(found)[0]
    assert [officer.get(one).status_code for one in links(found)] == [200, 200, 200]


def test_what_is_to_come_says_from_when(officer: Client) -> None:
    city = officer.get("/search/", {"q": "yen hoa"})
    assert "Không tìm thấy gì trong phạm vi" in text_of(city)  # it lies outside of the district


def test_all_of_a_kind_page_by_page(officer: Client, authority_clock: Any) -> None:
    schools(authority_clock, 60)
    first = officer.get("/search/", {"q": "truong so"})
    assert "Đơn vị (60)" in text_of(first)
    assert len([one for one in links(first) if one.startswith("/organisations/K")]) == 6
    [address] = [one for one in links(first) if "in=organisations" in one]
    seen = []
    while address:
        page = officer.get(address)
        seen += [one for one in links(page) if one.startswith("/organisations/K")]
        address = next((one for one in links(page) if f"page={len(seen) // 25 + 1}" in one), "")
    assert seen == [f"/organisations/K{at}/" for at in range(60)]
    assert "Trang 3/3" in text_of(officer.get("/search/?q=truong so&in=organisations&page=99"))
    assert "Trang 1/3" in text_of(officer.get("/search/?q=truong so&in=organisations&page=x"))


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("chi tieu", "/adoption/targets/"),
        ("chỉ tiêu", "/adoption/targets/"),
        ("targets", "/adoption/targets/"),
        ("moi can bo", "/invitations/"),
        ("doi mat khau", "/account/"),
    ],
)
def test_pages_are_found_by_what_people_call_them(officer: Client, words: str, page: str) -> None:
    assert page in links(officer.get("/search/", {"q": words}))


def test_pages_of_others_are_not(officer: Client) -> None:
    assert "/codes/" not in links(officer.get("/search/", {"q": "cap ma"}))
    assert "Không tìm thấy gì" in text_of(officer.get("/search/", {"q": "cap ma"}))


def test_who_reads_neither_figures_nor_organisations_finds_pages_alone(
    officer: Client, authority_clock: Any
) -> None:
    schools(authority_clock, 1)
    guard = logged_in(authority_clock, "guard", EVERYWHERE, Role.GUARD)
    for words in ("thanh xuan", "truong so", "00343"):
        assert "Không tìm thấy gì" in text_of(guard.get("/search/", {"q": words}))
    assert links(guard.get("/search/", {"q": "tai khoan"})) == ["/account/"]
    worker = logged_in(authority_clock, "an", "01/009/00343")
    assert links(worker.get("/search/", {"q": "nhan chinh"})) == [
        "/areas/?area=01%2F009%2F00343&day=2021-03-10",
        "/organisations/?area=01%2F009%2F00343",
    ]  # no figures for health workers


@pytest.mark.parametrize(
    "words", ["\0", "a\0b", "x" * 5000, "<script>alert(1)</script>", "%", "\ud83d\ude00"]
)
def test_whatever_is_typed_is_answered(officer: Client, words: str) -> None:
    page = officer.get("/search/", {"q": words.encode("utf-8", "surrogatepass")})
    assert page.status_code == 200
    assert "<script" not in page.content.decode()


def test_nothing_typed_is_told_what_to_type(officer: Client) -> None:
    for address in ("/search/", "/search/?q=", "/search/?q=%20"):
        assert "có dấu hay không dấu đều được" in text_of(officer.get(address))
    assert officer.get("/search/?q=a&in=people").status_code == 404
    assert officer.post("/search/", {"q": "a"}).status_code == 405
    assert Client().get("/search/?q=a")["Location"].startswith("/login/")


def test_the_search_asks_the_database_little(
    officer: Client, authority_clock: Any, django_assert_max_num_queries: Any
) -> None:
    schools(authority_clock, 30)
    with django_assert_max_num_queries(20):
        assert "Đơn vị (30)" in text_of(officer.get("/search/", {"q": "s"}))


def test_an_english_reader_finds_the_same(officer: Client, authority_clock: Any) -> None:
    authority_clock.advance(timedelta(days=365 * 5))
    schools(authority_clock, 30)
    officer.post("/language", {"language": "en"})
    found = text_of(officer.get("/search/", {"q": "kim giang"}))
    assert "Phường Kim Giang 00373, Quận Thanh Xuân no more since 01/01/2025 became: Phường Hạ Đình" in found
    assert "Organisations (30)" in text_of(officer.get("/search/", {"q": "truong so"}))
    assert "Targets" in text_of(officer.get("/search/", {"q": "chi tieu"}))
