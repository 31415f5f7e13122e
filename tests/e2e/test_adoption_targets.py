"""A ward's figures typed in, a target set, and the overview on a screen and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .conftest import SCREENSHOTS, serving
from .staff import assert_sound, command, log_in, make_user

NAME = "cb.thuy"
SHEET = "Địa bàn,Ngày,Số cài đặt,Số điện thoại thông minh\nQuận Thanh Xuân,01/02/2021,100.000,402.706\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("targets")
    with pytest.MonkeyPatch.context() as environment, ExitStack() as stack:
        environment.setenv("BLUEZONE_PUBLIC_ADOPTION", "1")
        url = stack.enter_context(serving(data))
        make_user(data, NAME, "district-officer", "01/009", "Thủy")
        (data / "february.csv").write_text(SHEET, encoding="utf-8")
        command(data, "adoption", "import", str(data / "february.csv"))
        yield url


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_typed_in_corrected_and_held_against_a_target(open_tab, server, width, dark):
    path = "/adoption/enter/?area=01/009/00343&day=2021-03-08"
    tab = open_tab(f"{server}{path}", width=width, dark=dark, forgive="422")
    page = tab.page
    log_in(tab, NAME)
    page.wait_for_url("**/adoption/enter/**")

    page.get_by_label("Đã đăng ký Bluezone:").fill("20,5")
    page.get_by_role("button", name="Ghi số liệu").click()
    page.get_by_text("“20,5” không phải số nguyên").wait_for()
    assert_sound(tab, f"adoption-enter-fault-{width}")
    page.get_by_label("Đã đăng ký Bluezone:").fill(f"20.{width // 4:03}")
    page.get_by_label("Điện thoại thông minh:").fill("40.000")
    page.get_by_role("button", name="Ghi số liệu").click()
    page.get_by_text("Phường Nhân Chính, ngày 08/03/2021").wait_for()
    page.get_by_label("Đã đăng ký Bluezone:").fill(f"21.{width // 4:03}")
    page.get_by_role("button", name="Ghi số liệu").click()
    page.get_by_text("1 đính chính").wait_for()
    assert_sound(tab, f"adoption-enter-{width}")

    page.get_by_role("link", name="Lịch sử: Đã đăng ký Bluezone").click()
    page.get_by_role("heading", name="Lịch sử: Đã đăng ký Bluezone").wait_for()
    assert page.locator("ol.sayings > li").first.inner_text().startswith(f"21.{width // 4:03}")
    assert_sound(tab, f"adoption-history-{width}")

    page.goto(f"{server}/adoption/targets/?area=01/009&day=2021-03-08")
    page.get_by_label("Tỷ lệ cài đặt (%)").fill("62,5")
    page.get_by_label("Đến ngày").fill("2021-03-31")
    page.get_by_label("Đặt cả cho từng địa bàn").check()
    page.get_by_role("button", name="Đặt chỉ tiêu").click()
    page.get_by_text("Đã đặt chỉ tiêu 62,5% đến 31/03/2021").wait_for()
    assert_sound(tab, f"adoption-targets-{width}")

    page.goto(f"{server}/adoption/?area=01/009&day=2021-03-08")
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    assert page.get_by_role("heading", name="Chưa báo số mới").is_visible()
    row = page.locator("section[aria-labelledby=targets] tr", has_text="Phường Nhân Chính").inner_text()
    assert "chưa rõ" in row
    assert f"{25_000 - 21_000 - width // 4:,} máy".replace(",", ".") in row
    assert_sound(tab, f"adoption-overview-{width}")

    page.emulate_media(media="print", color_scheme="light")
    assert page.get_by_role("heading", name="Tỷ lệ cài đặt: Quận Thanh Xuân").is_visible()
    assert page.get_by_text("Tính đến ngày 08/03/2021", exact=True).is_visible()
    assert not page.get_by_role("button", name="Xem").is_visible()
    assert not page.get_by_role("link", name="Excel").is_visible()
    page.pdf(path=SCREENSHOTS / f"adoption-print-{width}.pdf", format="A4")
    page.set_viewport_size({"width": 680, "height": 960})
    tab.picture(f"adoption-print-{width}")


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)])
def test_what_everybody_sees(open_tab, server, width, dark):
    tab = open_tab(f"{server}/adoption/public/?area=01/009", width=width, dark=dark)
    tab.page.get_by_role("heading", name="Tỷ lệ cài đặt Bluezone: Quận Thanh Xuân").wait_for()
    assert tab.page.get_by_text("chưa có số liệu").count() > 1
    assert_sound(tab, f"adoption-public-{width}")
