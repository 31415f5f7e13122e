"""A clerk's day in a real browser: an agency's return, a school class by class; the officer's round."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import serving
from .staff import assert_sound, log_in

Server = tuple[str, str]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Its address, and the day of the newest round, whose cut-off has passed at any hour."""
    with serving(tmp_path) as url:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("make_returns.py")), str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
        )
        yield url, json.loads(done.stdout)


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_from_the_clerks_return_to_the_officers_round(open_tab, server, width, dark):
    url, day = server
    shown = "/".join(reversed(day.split("-")))
    tab = open_tab(f"{url}/returns/", width=width, dark=dark, forgive="422")
    page = tab.page
    log_in(tab, "cq.an")
    page.get_by_role("heading", name="UBND phường Thanh Xuân").wait_for()
    assert page.get_by_role("heading", name="Công an").count() == 0
    assert_sound(tab, f"returns-own-{width}")

    page.get_by_role("link", name=f"Ghi kỳ {shown}").click()
    for name, count in (
        ("Số cán bộ, nhân viên", "120"),
        ("Có điện thoại thông minh", "110"),
        ("Đã cài Bluezone", "111"),
        ("Đang bật Bluezone", "80"),
        ("Người thân đã hướng dẫn cài", "1.150"),
    ):
        page.get_by_label(name).fill(count)
    page.get_by_role("button", name="Ghi báo cáo").click()
    page.get_by_text("111 lớn hơn số người có điện thoại thông minh 110.").wait_for()
    assert page.get_by_label("Đã cài Bluezone").get_attribute("aria-invalid") == "true"
    assert_sound(tab, f"returns-refused-{width}")
    page.get_by_label("Đã cài Bluezone").fill("96")
    page.keyboard.press("Enter")
    page.get_by_text("Đã ghi báo cáo của UBND phường Thanh Xuân").wait_for()
    assert_sound(tab, f"returns-filled-{width}")

    school = open_tab(f"{url}/returns/", width=width, dark=dark)
    log_in(school, "th.binh")
    school.page.get_by_role("link", name=f"Ghi kỳ {shown}").click()
    for name in ("6A1", "6A2"):
        if name == "6A1":
            school.page.get_by_role("link", name=name).click()
        school.page.get_by_role("heading", name=f"Lớp {name}").wait_for()
        for label, count in (
            ("Sĩ số", "42"),
            ("Có điện thoại riêng", "20"),
            ("Dùng chung điện thoại gia đình", "15"),
            ("Không có điện thoại", "7"),
            ("Đã cài Bluezone", "30"),
            ("Phụ huynh đã cài", "60"),
        ):
            school.page.get_by_label(f"{label}:", exact=True).fill(count)
        school.page.get_by_role("button", name="Ghi báo cáo").click()
    school.page.get_by_text("2/2 lớp đã báo").first.wait_for()
    assert_sound(school, f"returns-school-{width}")

    officer = open_tab(f"{url}/returns/", width=width, dark=dark)
    log_in(officer, "cb.quyen")
    officer.page.get_by_text("96/110 (đạt 87,27%)").first.wait_for()
    assert_sound(officer, f"returns-round-{width}")
    officer.page.get_by_label("Loại đơn vị").select_option("school")
    officer.page.get_by_role("button", name="Xem").click()
    officer.page.get_by_text("60/70 (đạt 85,71%)").first.wait_for()
    officer.page.get_by_role("link", name="Phường Thanh Xuân").click()
    officer.page.get_by_role("link", name="Trường THCS Nhân Chính").click()
    officer.page.get_by_role("link", name="6A1").click()
    officer.page.get_by_role("heading", name="Lớp 6A1").wait_for()
    officer.page.goto(f"{url}/returns/targets/")
    officer.page.get_by_label("Tỷ lệ cài đặt").fill("90")
    officer.page.get_by_label("Đến ngày:", exact=True).fill("2099-12-31")
    officer.page.get_by_role("button", name="Đặt chỉ tiêu").click()
    officer.page.get_by_text("Đã đặt chỉ tiêu 90% đến 31/12/2099 cho 2 đơn vị.").wait_for()
    assert_sound(officer, f"returns-targets-{width}")
    officer.page.goto(f"{url}/returns/schedules/")
    assert_sound(officer, f"returns-schedules-{width}")
