"""One's own account in a real browser: the sessions, another password, out everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from .conftest import serving
from .staff import PASSWORD, assert_sound, log_in, make_user

NEXT = "mua xuan nho nho 2021"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("accounts")


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[str]:
    with serving(data) as url:
        yield url


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_another_password_and_out_everywhere(open_tab, server, data, width, dark):
    name = f"thuy.{width}"
    make_user(data, name, "health-worker", "01/009", "Thủy")
    other = open_tab(f"{server}/account/")
    log_in(other, name)
    tab = open_tab(f"{server}/account/", width=width, dark=dark, forgive="422")
    log_in(tab, name)
    page = tab.page
    page.get_by_role("heading", name="Tài khoản của tôi").wait_for()
    assert page.get_by_text("Trình duyệt Chrome").count() == 2
    assert page.get_by_text("trình duyệt này", exact=True).count() == 1
    assert_sound(tab, f"account-{width}")

    page.get_by_label("Mật khẩu hiện tại").fill(PASSWORD)
    page.locator("#id_new").fill("ngắn")
    page.get_by_label("Nhập lại mật khẩu mới").fill("ngắn")
    page.get_by_role("button", name="Đổi mật khẩu").click()
    page.get_by_role("alert").wait_for()
    assert "cần ít nhất 12 ký tự" in page.get_by_role("alert").inner_text()
    assert_sound(tab, f"account-refused-{width}")

    page.get_by_label("Mật khẩu hiện tại").fill(PASSWORD)
    page.locator("#id_new").fill(NEXT)
    page.get_by_label("Nhập lại mật khẩu mới").fill(NEXT)
    page.get_by_role("button", name="Đổi mật khẩu").click()
    page.get_by_text("Đã đổi mật khẩu.").wait_for()
    assert page.get_by_text("Trình duyệt Chrome").count() == 1
    other.page.reload()
    other.page.get_by_role("heading", name="Đăng nhập").wait_for()

    page.get_by_role("button", name="Đăng xuất khỏi mọi nơi").click()
    page.get_by_text("Đã đăng xuất khỏi mọi trình duyệt.").wait_for()
    log_in(tab, name, NEXT)
    page.get_by_role("button", name="Đăng xuất (Thủy)").wait_for()


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)])
def test_an_officer_invites_and_the_invited_person_comes_in(open_tab, server, data, width, dark):
    name = f"lanh.dao.{width}"
    make_user(data, name, "district-officer", "01/009", "Thủy")
    tab = open_tab(f"{server}/invitations/", width=width, dark=dark, forgive="422")
    log_in(tab, name)
    page = tab.page
    page.get_by_label("Họ tên người được mời").fill(f"Trần Thị Bình {width}")
    page.get_by_label("Vai trò").select_option("nhân viên y tế")
    page.locator("#id_area").select_option("Phường Nhân Chính")
    page.get_by_role("button", name="Tạo liên kết mời").click()
    link = page.get_by_label("Gửi liên kết này cho đúng người").input_value()
    assert_sound(tab, f"invitations-{width}")

    path = link.removeprefix("http://127.0.0.1:8000")
    invited = open_tab(f"{server}{path}", width=width, dark=dark, forgive="4")
    assert invited.page.get_by_label("Họ tên").input_value() == f"Trần Thị Bình {width}"
    assert_sound(invited, f"accept-{width}")
    invited.page.get_by_label("Tên đăng nhập").fill("Bình")
    invited.page.locator("#id_new").fill(NEXT)
    invited.page.get_by_label("Nhập lại mật khẩu mới").fill(NEXT)
    invited.page.get_by_role("button", name="Tạo tài khoản").click()
    assert "chữ thường không dấu" in invited.page.get_by_role("alert").inner_text()
    invited.page.get_by_label("Tên đăng nhập").fill(f"binh.{width}")
    invited.page.locator("#id_new").fill(NEXT)
    invited.page.get_by_label("Nhập lại mật khẩu mới").fill(NEXT)
    invited.page.get_by_role("button", name="Tạo tài khoản").click()
    invited.page.get_by_text("Đã tạo tài khoản.").wait_for()
    log_in(invited, f"binh.{width}", NEXT)
    invited.page.get_by_role("button", name=f"Đăng xuất (Trần Thị Bình {width})").wait_for()
    invited.page.goto(f"{server}{path}")
    invited.page.get_by_role("heading", name="Lời mời không dùng được").wait_for()
    assert_sound(invited, f"invitation-closed-{width}")


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_a_second_factor_from_its_setting_up_to_the_next_login(open_tab, server, data, width, dark):
    name = f"hai.lop.{width}"
    make_user(data, name, "health-worker", "01/009", "Thủy")
    tab = open_tab(f"{server}/account/", width=width, dark=dark, forgive="422")
    log_in(tab, name)
    page = tab.page
    page.get_by_role("link", name="Chưa bật: bật bằng ứng dụng xác thực").click()
    page.get_by_label("Mật khẩu hiện tại").fill(PASSWORD)
    page.get_by_role("button", name="Hiện mã QR").click()
    qr = page.get_by_role("img", name="Mã QR cho ứng dụng xác thực")
    qr.wait_for()
    assert qr.evaluate("(image) => image.complete && image.naturalWidth") > 0
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    assert_sound(tab, f"second-factor-begun-{width}")
    page.get_by_label("Mã xác thực").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Bật xác thực hai lớp").click()
    page.get_by_role("heading", name="Mã dự phòng", exact=True).wait_for()
    recovery = page.locator(".recovery-codes code").all_inner_texts()
    assert len(recovery) == 10
    assert_sound(tab, f"second-factor-on-{width}")

    page.get_by_role("button", name="Đăng xuất").click()
    page.goto(f"{server}/codes/")
    log_in(tab, name)
    page.get_by_role("heading", name="Xác thực hai lớp").wait_for()
    assert_sound(tab, f"second-step-{width}")
    page.get_by_label("Mã xác thực").fill("000 000")
    page.get_by_role("button", name="Tiếp tục").click()
    assert "Mã không đúng" in page.get_by_role("alert").inner_text()
    page.get_by_label("Mã xác thực").fill(recovery[0])
    page.get_by_role("button", name="Tiếp tục").click()
    page.wait_for_url("**/codes/")
