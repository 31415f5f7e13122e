"""An officer in a real browser: bring in the list of organisations, find a school, see whom to ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import serving
from .staff import assert_sound, log_in, make_user

NAME = "cb.hanh"
SHEET = """\
Mã;Tên đơn vị;Loại;Trực thuộc;Mã địa bàn;Người liên hệ;Điện thoại;Ngày;Số cán bộ;Sĩ số;Năm học;Lớp
PGD{n};Phòng Giáo dục và Đào tạo {n};Cơ quan;UBND quận;01;Nguyễn Thị Lan;912345678;08/3/2021;12;;;
S{n};Trường THCS Nhân Chính {n};Trường học;Phòng Giáo dục và Đào tạo {n};01;;;08/3/2021;60;1.100;;
S{n};Trường THCS Nhân Chính {n};;;;;;08/3/2021;;42;2020-2021;6A1
X{n};Câu lạc bộ {n};Câu lạc bộ;;01;;;;;;;
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("organisations")
    with serving(data) as url:
        make_user(data, NAME, "city-officer", "01", "Hạnh")
        yield url


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_from_a_clerks_sheet_to_whom_to_ask(open_tab, server, tmp_path, width, dark):
    sheet = tmp_path / f"Danh bạ {width}.csv"
    sheet.write_text(SHEET.format(n=width), encoding="utf-8")
    tab = open_tab(f"{server}/organisations/import/", width=width, dark=dark)
    page = tab.page
    log_in(tab, NAME)
    page.wait_for_url("**/organisations/import/")
    assert_sound(tab, f"organisations-import-{width}")

    page.get_by_label("Tệp CSV").set_input_files(sheet)
    page.get_by_role("button", name="Xem trước").click()
    page.get_by_role("heading", name="Cần xem").wait_for()
    faults = page.locator("section[aria-labelledby=faults] li").all_inner_texts()
    assert [one.split(":")[0] for one in faults] == [
        "Dòng 2, Điện thoại (lưu ý)",
        "Dòng 2, Trực thuộc (lưu ý)",
        "Dòng 5, Loại (lỗi, không nhập)",
    ]
    assert_sound(tab, f"organisations-preview-{width}")
    page.get_by_role("button", name="Nhập 3 dòng").click()
    page.get_by_text("Đã nhập 3 dòng: 2 đơn vị mới, 1 lớp mới").wait_for()

    page.goto(f"{server}/organisations/")
    page.get_by_role("link", name="Thành phố Hà Nội").click()
    page.get_by_label("Tên hoặc mã").fill(f"nhan chinh {width}")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="1 đơn vị").wait_for()
    assert_sound(tab, f"organisations-{width}")
    page.get_by_role("link", name=f"Trường THCS Nhân Chính {width}").click()
    page.get_by_text("6A1, năm học 2020-2021").wait_for()
    assert_sound(tab, f"organisation-school-{width}")

    page.get_by_role("link", name=f"Phòng Giáo dục và Đào tạo {width}").click()
    assert page.get_by_text("Nguyễn Thị Lan").count() == 0
    page.get_by_role("button", name="Xem người liên hệ").click()
    page.get_by_text("Nguyễn Thị Lan").wait_for()
    assert_sound(tab, f"organisation-contact-{width}")
    page.get_by_text("Xóa theo yêu cầu").click()
    page.get_by_role("button", name="Xóa người liên hệ").click()
    page.get_by_text("Đã xóa người liên hệ.").wait_for()
