"""Emergency access and the audit log in a browser: taken, shown on top of each page, judged, found again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import serving
from .staff import PASSWORD, assert_sound, log_in, make_user


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("watched")


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[str]:
    with serving(data) as url:
        yield url


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)])
def test_from_an_emergency_to_its_judgement_and_its_traces(open_tab, server, data, width, dark):
    officer, auditor = f"lan.{width}", f"kiem.{width}"
    make_user(data, officer, "ward-officer", "01/00367", f"Lan {width}")
    make_user(data, auditor, "auditor", "*", "Kiểm")
    tab = open_tab(f"{server}/emergency/", width=width, dark=dark, forgive="422")
    log_in(tab, officer)
    page = tab.page
    page.get_by_role("button", name="Mở truy cập khẩn cấp").click()
    page.get_by_role("alert").wait_for()
    assert_sound(tab, f"emergency-refused-{width}")
    page.get_by_label("Vai trò").select_option("cán bộ phường, xã")
    page.locator("#id_area").select_option("01/00364")
    page.get_by_label("Trong bao lâu").select_option("2 giờ")
    page.get_by_label("Lý do").fill("Ổ dịch mới ở phường bên, cán bộ phường đang cách ly")
    page.get_by_label("Mật khẩu hiện tại").fill(PASSWORD)
    page.get_by_role("button", name="Mở truy cập khẩn cấp").click()
    page.get_by_text("Đã mở truy cập khẩn cấp.").wait_for()
    page.goto(f"{server}/organisations/")
    notice = page.get_by_role("region", name="Truy cập khẩn cấp")
    notice.wait_for()
    assert_sound(tab, f"emergency-notice-{width}")
    notice.get_by_role("button", name="Kết thúc ngay").click()
    page.get_by_text("Đã kết thúc truy cập khẩn cấp.").wait_for()

    other = open_tab(f"{server}/emergency/review/", width=width, dark=dark)
    log_in(other, auditor)
    other.page.get_by_role("heading", name="Xem xét truy cập khẩn cấp").wait_for()
    assert_sound(other, f"emergency-review-{width}")
    mine = f"Truy cập khẩn cấp của Lan {width}: có lý do chính đáng"
    other.page.get_by_role("button", name=mine).click()
    other.page.get_by_text("Đã ghi kết quả xem xét.").wait_for()

    other.page.get_by_role("link", name="Nhật ký").click()
    other.page.get_by_label("Người").fill(officer)
    other.page.get_by_label("Việc").fill("access.emergency-used")
    other.page.get_by_role("button", name="Tìm", exact=True).last.click()
    other.page.get_by_text("route=organisations/").wait_for()
    assert_sound(other, f"audit-{width}")
    other.page.get_by_role("button", name="English").click()
    other.page.get_by_role("heading", name="Audit log").wait_for()
    assert_sound(other, f"audit-english-{width}")
