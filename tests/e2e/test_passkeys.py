"""Passkeys in a browser with a virtual authenticator: made, used after the password and alone, removed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from .conftest import Tab, serving
from .staff import PASSWORD, assert_sound, log_in, make_user


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("passkeys")


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[str]:
    """At a name: browsers make no passkeys for addresses of numbers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://localhost:{port}"
    with patch.dict("os.environ", BLUEZONE_BASE_URL=url), serving(data, port):
        yield url


def give_authenticator(tab: Tab) -> None:
    """A phone's own, that verifies its user and can be asked without a name (WebDriver's virtual one)."""
    session = tab.page.context.new_cdp_session(tab.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_a_passkey_from_its_making_to_its_end(open_tab, server, data, width, dark):
    name = f"khoa.{width}"
    make_user(data, name, "health-worker", "01/009", "Thủy")
    tab = open_tab(f"{server}/account/passkeys/", width=width, dark=dark, forgive="422")
    give_authenticator(tab)
    log_in(tab, name)
    page = tab.page
    page.get_by_label("Mật khẩu hiện tại").fill(PASSWORD)
    page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_label("Tên passkey").fill("điện thoại")
    assert_sound(tab, f"passkey-begun-{width}")
    page.get_by_role("button", name="Tạo passkey").click()
    page.get_by_text("Đã thêm passkey.").wait_for()
    codes = page.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    assert_sound(tab, f"passkey-added-{width}")

    page.get_by_role("button", name="Đăng xuất (Thủy)").click()
    page.goto(f"{server}/codes/")
    log_in(tab, name)
    page.get_by_role("button", name="Dùng passkey").wait_for()
    assert_sound(tab, f"passkey-step-{width}")
    page.get_by_role("button", name="Dùng passkey").click()
    page.wait_for_url("**/codes/")

    page.get_by_role("button", name="Đăng xuất (Thủy)").click()
    page.goto(f"{server}/login/?next=/account/passkeys/")
    page.get_by_role("link", name="Đăng nhập bằng passkey").click()
    page.get_by_role("button", name="Dùng passkey").wait_for()
    assert_sound(tab, f"passkey-alone-{width}")
    page.get_by_role("button", name="Dùng passkey").click()
    page.wait_for_url("**/account/passkeys/")

    page.locator("summary", has_text="Xóa điện thoại").click()
    removal = page.locator("details[open]")
    removal.get_by_label("Mật khẩu hiện tại").fill(PASSWORD)
    removal.get_by_label("Mã dự phòng").fill(codes[0])
    assert_sound(tab, f"passkey-removal-{width}")
    removal.get_by_role("button", name="Xóa passkey").click()
    page.get_by_text("Chưa có passkey nào.").wait_for()
