"""An officer's first minutes in a real browser: today's work, and a ward found from the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import serving
from .staff import assert_sound, log_in, make_user

NAME = "cb.thuy"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("first-page")
    with serving(data) as url:
        make_user(data, NAME, "city-officer", "01", "Thủy")
        yield url


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_from_todays_work_to_a_ward(open_tab, server, width, dark):
    tab = open_tab(f"{server}/login/", width=width, dark=dark)
    page = tab.page
    log_in(tab, NAME)
    page.get_by_role("heading", name="Việc hôm nay").wait_for()
    work = page.get_by_role("list", name="Việc hôm nay")
    assert "Thành phố Hà Nội chưa báo số cài đặt mới" in work.inner_text()
    assert page.get_by_role("link", name="Nhập số liệu từ bảng").is_visible()
    assert_sound(tab, f"first-page-{width}")

    page.get_by_role("searchbox", name="Địa bàn, đơn vị hoặc trang").focus()
    page.keyboard.type("thanh xuan")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/**")
    found = page.get_by_role("main").get_by_role("listitem")
    assert found.first.inner_text().startswith("Phường Thanh Xuân")
    assert "Quận Thanh Xuân" in found.nth(1).inner_text()
    assert "không còn từ 01/07/2025" in found.nth(1).inner_text()
    assert_sound(tab, f"search-{width}")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the skip link
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Phường Thanh Xuân"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Phường Thanh Xuân", exact=True).wait_for()

    page.goto(f"{server}/search/?q=khong co gi")
    assert_sound(tab, f"search-nothing-{width}")
