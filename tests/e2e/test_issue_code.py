"""A health worker logs in and issues a code, in a real browser on the smallest phone and on a desk."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from .conftest import Tab, serving

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NAME = "bs.hoa"
PASSWORD = "chim se di nang 1981"
PLACE = "01/009"
"""Thanh Xuân district."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("authority")
    with serving(data) as url:
        make_health_worker(data)
        yield url


def make_health_worker(data: Path) -> None:
    """As the person who runs the server would: with the command line."""
    bluezone = Path(sys.executable).with_name("bluezone")
    options = ["--role", "health-worker", "--area", PLACE, "--display-name", "Bác sĩ Hòa", "--password-stdin"]
    subprocess.run(
        [bluezone, "user", "create", NAME, *options],
        input=f"{PASSWORD}\n",
        env={**os.environ, "BLUEZONE_DATA": str(data), "DATABASE_URL": ""},
        text=True,
        check=True,
        timeout=60,
    )


def log_in(tab: Tab, password: str = PASSWORD) -> None:
    tab.page.get_by_label("Tên đăng nhập").fill(NAME)
    tab.page.get_by_label("Mật khẩu").fill(password)
    tab.page.get_by_role("main").get_by_role("button", name="Đăng nhập").click()


def assert_sound(tab: Tab, name: str) -> None:
    assert tab.too_wide() == []
    tab.picture(name)
    assert tab.axe() == []


@pytest.mark.parametrize("width", [360, 1280])
def test_log_in_and_issue_a_code(open_tab, server, width):
    tab = open_tab(f"{server}/codes/", width=width)
    page = tab.page
    assert page.locator("h1").inner_text() == "Đăng nhập"
    assert_sound(tab, f"login-{width}")

    log_in(tab)
    page.wait_for_url("**/codes/")
    assert_sound(tab, f"issue-form-{width}")

    page.get_by_label("Dương tính, đã xét nghiệm khẳng định").check()
    page.get_by_label("Ngày lấy mẫu").fill(datetime.now(HANOI).date().isoformat())
    page.get_by_label("Nơi cấp").select_option(index=1)
    page.get_by_role("button", name="Cấp mã").click()
    page.locator(".one-time-code").wait_for()
    code = page.locator(".one-time-code").inner_text()
    assert re.fullmatch(r"\d{8}", re.sub(r"\D", "", code))
    assert "Dùng được một lần" in page.get_by_role("main").inner_text()
    assert page.locator("tbody tr").first.inner_text().split("\t")[4] == "Bác sĩ Hòa"
    assert_sound(tab, f"issued-{width}")

    page.goto(f"{server}/codes/")
    assert code not in page.content()
    page.get_by_role("button", name=re.compile("Đăng xuất")).click()
    page.goto(f"{server}/codes/")
    assert page.locator("h1").inner_text() == "Đăng nhập"


def test_a_wrong_password_is_refused_without_saying_which_part_was_wrong(open_tab, server):
    tab = open_tab(f"{server}/login/", width=360)
    log_in(tab, "không phải mật khẩu này")
    message = tab.page.locator(".errorlist").inner_text()
    assert message == "Tên đăng nhập hoặc mật khẩu không đúng."
    assert tab.page.get_by_label("Tên đăng nhập").input_value() == NAME
    assert_sound(tab, "login-wrong-360")


def test_a_form_with_nothing_chosen_is_refused_and_says_what_is_missing(open_tab, server):
    tab = open_tab(f"{server}/codes/", width=360, forgive="422 (Unprocessable")
    log_in(tab)
    tab.page.get_by_role("button", name="Cấp mã").click()
    tab.page.locator(".errorlist").first.wait_for()
    assert "Hãy chọn kết quả." in tab.page.get_by_role("main").inner_text()
    assert tab.page.locator(".one-time-code").count() == 0
    assert_sound(tab, "issue-wrong-360")


def test_the_front_page_shows_the_ways_in(open_tab, server):
    tab = open_tab(f"{server}/", width=360)
    assert tab.page.get_by_role("main").get_by_role("link", name="Đăng nhập").is_visible()
    assert tab.page.get_by_role("link", name="Xem ngày mô phỏng").get_attribute("href") == "/demo/"
    assert_sound(tab, "front-360")
