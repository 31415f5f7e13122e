"""An officer in a real browser: move a school to another ward, see where it was, bring in a ward's groups."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import serving
from .staff import assert_sound, log_in, make_user

NAME = "cb.minh"
GROUPS = "Phường;Tổ dân phố;Ngõ\nPhường Thanh Xuân;{n};{n}\n;;{n}1\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("organisation-edits")
    with serving(data) as url:
        make_user(data, NAME, "city-officer", "01", "Minh")
        yield url


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)])
def test_a_school_moves_and_a_ward_names_its_groups(open_tab, server, tmp_path, width, dark):
    tab = open_tab(f"{server}/organisations/new/", width=width, dark=dark, forgive="422")
    page = tab.page
    log_in(tab, NAME)
    page.wait_for_url("**/organisations/new/")
    page.get_by_label("Tên đơn vị").fill(f"Trường {width}")
    page.get_by_label("Loại").select_option("school")
    page.get_by_label("Đóng trên địa bàn").fill("Phường Lạ")
    page.get_by_role("button", name="Thêm").click()
    page.get_by_text("Chưa ghi:").wait_for()
    assert_sound(tab, f"organisation-new-{width}")
    page.get_by_label("Đóng trên địa bàn").fill("Phường Thanh Xuân")
    page.get_by_role("button", name="Thêm").click()
    page.get_by_role("link", name="Sửa hoặc chuyển").click()
    page.get_by_label("Đóng trên địa bàn").fill("00352")
    assert_sound(tab, f"organisation-edit-{width}")
    page.get_by_role("button", name="Ghi").click()
    page.get_by_role("heading", name="Trước đây").wait_for()
    assert_sound(tab, f"organisation-moved-{width}")
    page.get_by_role("link", name="Thêm lớp").click()
    page.get_by_label("Năm học").fill("2025-2026")
    page.get_by_label("Lớp và sĩ số").fill("6A1 42\n6A2")
    page.get_by_role("button", name="Thêm lớp").click()
    page.get_by_text("6A1, năm học 2025-2026").wait_for()

    page.goto(f"{server}/areas/import/")
    sheet = tmp_path / f"to {width}.csv"
    sheet.write_text(GROUPS.format(n=width), encoding="utf-8")
    page.get_by_label("Tệp CSV").set_input_files(sheet)
    page.get_by_role("button", name="Xem trước").click()
    page.get_by_role("button", name="Nhập 2 dòng").click()
    page.get_by_text("1 tổ dân phố mới, 2 ngõ mới").wait_for()
    page.goto(f"{server}/areas/?area=01/00367")
    page.get_by_role("link", name=f"Tổ dân phố {width}").wait_for()
    assert_sound(tab, f"area-{width}")
