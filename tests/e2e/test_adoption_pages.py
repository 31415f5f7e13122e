"""A district officer's morning in a real browser: bring in the city's sheet, see the figure, drill down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import serving
from .staff import assert_sound, log_in, make_user

NAME = "cb.thuy"
SHEET = """Địa bàn;Ngày;Số cài đặt;Số điện thoại thông minh;Tỷ lệ
Quận Thanh Xuân;01/3/2021;140.000;402.706;34,76%
Quận Thanh Xuân;08/3/2021;157.542;402.706;39,12%
Phường Nhân Chính;08/3/2021;20.000;40.000;50%
Phường Khương Đình;08/3/2021;9.000;30.000;
Phường Hạ Đình;08/3/2021;chưa rõ;10.000;10%
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("adoption")
    with serving(data) as url:
        make_user(data, NAME, "district-officer", "01/009", "Thủy")
        yield url


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_from_the_citys_sheet_to_a_ward(open_tab, server, tmp_path, width, dark):
    sheet = tmp_path / f"Bảng của thành phố {width}.csv"
    sheet.write_text(SHEET.replace("9.000", f"9.{width // 4:03}"), encoding="utf-8")
    tab = open_tab(f"{server}/adoption/import/", width=width, dark=dark)
    page = tab.page
    log_in(tab, NAME)
    page.wait_for_url("**/adoption/import/")
    assert_sound(tab, f"adoption-import-{width}")

    page.get_by_label("Tệp CSV").set_input_files(sheet)
    page.get_by_role("button", name="Xem trước").click()
    page.get_by_role("heading", name="Cần xem").wait_for()
    [fault] = page.locator("section[aria-labelledby=faults] li.fault-error").all_inner_texts()
    assert "“chưa rõ” không phải số nguyên" in fault
    assert_sound(tab, f"adoption-preview-{width}")

    page.get_by_role("button", name="Nhập 4 dòng").click()
    page.get_by_text("Đã nhập 4 dòng").wait_for()
    assert page.get_by_role("button", name="Hoàn tác").count() >= 1

    page.goto(f"{server}/adoption/")
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    assert page.locator(".headline").inner_text() == "157.542/402.706 (đạt 39,12%)"
    chart = page.locator("img.chart")
    assert chart.evaluate("(image) => image.naturalWidth") > 0
    assert chart.bounding_box()["width"] <= width
    with page.expect_download() as handed_out:
        page.get_by_role("button", name="PNG").click()
    assert handed_out.value.suggested_filename == "bieu-do-009-2021-03-08.png"
    png = Path(handed_out.value.path()).read_bytes()
    assert (png[:4], int.from_bytes(png[16:20], "big")) == (b"\x89PNG", 1440)
    assert_sound(tab, f"adoption-{width}")

    page.get_by_role("link", name="Phường Nhân Chính").click()
    page.get_by_role("heading", name="Tỷ lệ cài đặt: Phường Nhân Chính").wait_for()
    assert page.locator(".headline").inner_text() == "20.000/40.000 (đạt 50,00%)"
    page.get_by_role("link", name="Quận Thanh Xuân").click()
    page.get_by_role("heading", name="Tỷ lệ cài đặt: Quận Thanh Xuân").wait_for()
