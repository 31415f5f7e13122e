"""A health worker issues codes and follows them, in a real browser on the smallest phone and on a desk."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from .conftest import Tab, serving
from .staff import assert_sound, log_in, make_user

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NAME = "bs.hoa"
PLACE = "01/009"
"""Thanh Xuân district."""


SEND_MESSAGES = """
import sys
from pathlib import Path
from bluezone.authority import runtime, setup
setup.configure(Path(sys.argv[1]), database_url="", demo=True)
from bluezone.authority.keys.services import send_due_messages
send_due_messages(runtime.now())
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority")


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[str]:
    """It sends messages to a gateway at which nobody listens."""
    with socket.socket() as nobody, pytest.MonkeyPatch.context() as patch:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}/?to={{phone}}&text={{text}}"
        patch.setenv("BLUEZONE_SMS", "http")
        patch.setenv("BLUEZONE_SMS_URL", address)
        with serving(data) as url:
            make_user(data, NAME, "health-worker", PLACE, "Bác sĩ Hòa")
            yield url


def cut_off(page) -> list[str]:
    """Cells of tables that reach beyond their table's frame, or whose text reaches beyond them."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.table-scroll')].flatMap((frame) => {
             const end = frame.getBoundingClientRect().right + 0.5;
             const isCut = (cell) =>
               cell.getBoundingClientRect().right > end || cell.scrollWidth > cell.clientWidth + 1;
             return [...frame.querySelectorAll('td')].filter(isCut).map((cell) => cell.textContent);
           })"""
    )


def fill_in_test(tab: Tab) -> None:
    tab.page.get_by_label("Dương tính, đã xét nghiệm khẳng định").check()
    tab.page.get_by_label("Ngày lấy mẫu").fill(datetime.now(HANOI).date().isoformat())
    tab.page.get_by_label("Nơi cấp").select_option(index=1)


@pytest.mark.parametrize("width", [360, 1280])
def test_log_in_and_issue_a_code(open_tab, server, width):
    tab = open_tab(f"{server}/codes/", width=width)
    page = tab.page
    assert page.locator("h1").inner_text() == "Đăng nhập"
    assert_sound(tab, f"login-{width}")

    log_in(tab, NAME)
    page.wait_for_url("**/codes/")
    assert_sound(tab, f"issue-form-{width}")

    fill_in_test(tab)
    assert page.get_by_label("Số điện thoại di động").is_hidden()
    page.get_by_role("button", name="Cấp mã").click()
    page.locator(".one-time-code").wait_for()
    code = page.locator(".one-time-code").inner_text()
    assert re.fullmatch(r"\d{8}", re.sub(r"\D", "", code))
    assert "Dùng được một lần" in page.get_by_role("main").inner_text()
    assert_sound(tab, f"issued-{width}")

    page.goto(f"{server}/codes/")
    newest = page.locator(".code-list li").first
    assert "Bác sĩ Hòa" in newest.inner_text()
    assert "đang chờ nhập" in newest.inner_text()
    assert_sound(tab, f"codes-today-{width}")

    page.goto(f"{server}/codes/")
    assert code not in page.content()
    page.get_by_role("button", name=re.compile("Đăng xuất")).click()
    page.goto(f"{server}/codes/")
    assert page.locator("h1").inner_text() == "Đăng nhập"


def test_a_wrong_password_is_refused_without_saying_which_part_was_wrong(open_tab, server):
    tab = open_tab(f"{server}/login/", width=360)
    log_in(tab, NAME, "không phải mật khẩu này")
    message = tab.page.locator(".errorlist").inner_text()
    assert message == "Tên đăng nhập hoặc mật khẩu không đúng."
    assert tab.page.get_by_label("Tên đăng nhập").input_value() == NAME
    assert_sound(tab, "login-wrong-360")


@pytest.mark.parametrize("width", [360, 1280])
def test_faults_of_a_form_are_in_sight_and_lead_to_their_fields(open_tab, server, width):
    tab = open_tab(f"{server}/codes/", width=width, height=640, forgive="422 (Unprocessable")
    page = tab.page
    log_in(tab, NAME)
    page.get_by_role("button", name="Cấp mã").click()
    summary = page.get_by_role("alert")
    summary.wait_for()
    assert page.title().startswith("Lỗi: ")
    assert summary.evaluate("element => element === document.activeElement")
    box = summary.bounding_box()
    assert 0 <= box["y"] < 640
    assert "Hãy chọn kết quả." in summary.inner_text()
    assert "Cần ngày lấy mẫu hoặc ngày khởi phát" in summary.inner_text()
    assert page.locator(".one-time-code").count() == 0
    assert_sound(tab, f"issue-wrong-{width}")
    summary.get_by_role("link", name="Cần ngày lấy mẫu").click()
    assert page.get_by_label("Ngày lấy mẫu").evaluate("element => element === document.activeElement")


@pytest.mark.parametrize("width", [360, 1280])
def test_a_lost_answer_leads_to_no_second_code(open_tab, server, width):
    tab = open_tab(f"{server}/codes/", width=width, forgive="net::ERR")
    page = tab.page
    log_in(tab, NAME)
    fill_in_test(tab)
    page.get_by_label("In phiếu").check()

    def lose(route):
        route.fetch()  # the server has issued the code
        route.abort()

    page.route("**/codes/", lose, times=1)
    page.get_by_role("button", name="Cấp mã").click()
    page.wait_for_timeout(1000)
    page.goto(f"{server}/codes/")
    notice = page.get_by_text("chưa nhận được trả lời")
    notice.wait_for()
    before = page.locator(".code-list li").count()
    assert_sound(tab, f"unanswered-{width}")
    page.get_by_role("button", name="Điền lại biểu mẫu đó").click()
    assert page.get_by_label("In phiếu").is_checked()
    page.get_by_role("button", name="Cấp mã").click()
    page.get_by_text("lần này không cấp thêm mã nào").wait_for()
    assert page.locator(".one-time-code.long").is_visible()
    assert_sound(tab, f"issued-again-{width}")
    page.goto(f"{server}/codes/")
    assert page.locator(".code-list li").count() == before
    assert notice.is_hidden()


def test_the_front_page_shows_the_ways_in(open_tab, server):
    tab = open_tab(f"{server}/", width=360)
    assert tab.page.get_by_role("main").get_by_role("link", name="Đăng nhập").is_visible()
    assert tab.page.get_by_role("link", name="Xem ngày mô phỏng").get_attribute("href") == "/demo/"
    assert_sound(tab, "front-360")


@pytest.mark.parametrize("width", [360, 1280])
def test_a_message_that_cannot_be_sent_is_seen_and_the_code_taken_back(open_tab, server, data, width):
    tab = open_tab(f"{server}/codes/", width=width)
    page = tab.page
    log_in(tab, NAME)
    fill_in_test(tab)
    page.get_by_label("Gửi SMS").check()
    phone = page.get_by_label("Số điện thoại di động")
    assert phone.is_visible()
    phone.fill("987 654 321")
    assert_sound(tab, f"issue-sms-{width}")
    page.get_by_role("button", name="Cấp mã").click()
    page.get_by_text("SMS đang được gửi tới số ••• 321").wait_for()
    assert_sound(tab, f"issued-sms-{width}")

    subprocess.run([sys.executable, "-c", SEND_MESSAGES, str(data)], check=True, timeout=60)
    page.get_by_role("link", name="Xem tin đã gửi được chưa").click()
    page.get_by_text("chưa gửi được, sẽ thử lại").wait_for()
    assert "không kết nối được máy chủ SMS" in page.get_by_role("main").inner_text()
    assert "654" not in page.get_by_role("main").inner_text()
    assert_sound(tab, f"code-failed-sms-{width}")
    page.get_by_role("button", name="Thử gửi lại ngay").click()
    page.get_by_text("sẽ được thử gửi lại trong vòng một phút").wait_for()
    page.get_by_label("Số điện thoại di động").fill("0912345679")
    page.get_by_role("button", name="Gửi lại SMS").click()
    page.get_by_text("Tin nhắn đang được gửi").wait_for()
    assert page.locator(".sms").count() == 2

    page.get_by_text("Thu hồi mã này…").click()
    assert_sound(tab, f"code-revoke-{width}")
    page.get_by_role("button", name="Thu hồi mã", exact=True).click()
    page.get_by_text("Đã thu hồi mã.").wait_for()
    assert_sound(tab, f"code-revoked-{width}")
    page.get_by_role("link", name="Mã đã cấp", exact=True).click()
    page.get_by_role("link", name=re.compile("Đã thu hồi")).click()
    assert page.locator(".code-list li").count() >= 1
    assert "đã thu hồi" in page.locator(".code-list li").first.inner_text()
    assert_sound(tab, f"codes-filtered-{width}")


@pytest.mark.parametrize("width", [360, 1280])
def test_a_slip_of_paper(open_tab, server, width):
    tab = open_tab(f"{server}/codes/", width=width)
    page = tab.page
    log_in(tab, NAME)
    fill_in_test(tab)
    page.get_by_label("In phiếu").check()
    page.get_by_role("button", name="Cấp mã").click()
    slip = page.locator(".slip")
    slip.wait_for()
    page.get_by_role("button", name="In phiếu").wait_for()  # a script shows it
    code = slip.locator(".one-time-code").inner_text()
    assert re.fullmatch(r"([0-9a-hjkmnp-tv-z]{4} ?){4}", code)
    assert_sound(tab, f"slip-{width}")
    page.emulate_media(media="print")
    visible = page.locator("body").inner_text()
    assert code in visible
    assert "Mã ngắn" not in visible
    assert "Đăng xuất" not in visible
    size = slip.locator(".one-time-code").evaluate(
        "element => parseFloat(getComputedStyle(element).fontSize)"
    )
    assert size == 40  # 30 points
    tab.picture(f"slip-printed-{width}")


@pytest.mark.parametrize("width", [360, 1280])
def test_codes_for_a_file(open_tab, server, width):
    today = datetime.now(HANOI).date()
    table = (
        "Mã mẫu;Kết quả;Ngày lấy mẫu;Số điện thoại\r\n"
        f"{'XN' * 30};dương tính;{today:%d/%m/%Y};912345678\r\n"
        f"XN-2;dương tinh quá;{today:%d/%m/%Y};12\r\n"
        f"XN-3;âm tính;{today.isoformat()};\r\n"
    )
    tab = open_tab(f"{server}/codes/", width=width, forgive="422 (Unprocessable")
    page = tab.page
    log_in(tab, NAME)
    page.get_by_role("link", name="Cấp nhiều mã từ tệp CSV").click()
    page.get_by_label("Nơi cấp").select_option(index=1)
    assert_sound(tab, f"bulk-{width}")
    page.get_by_label("Tệp CSV").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": "Họ tên\nAn\n".encode()}
    )
    page.get_by_role("button", name="Xem trước").click()
    page.get_by_role("alert").get_by_text("không dùng cột “Họ tên”").wait_for()
    assert_sound(tab, f"bulk-refused-{width}")

    page.get_by_label("Tệp CSV").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": table.encode("utf-8-sig")}
    )
    page.get_by_role("button", name="Xem trước").click()
    page.get_by_role("heading", name="Dòng có lỗi").wait_for()
    assert cut_off(page) == []
    assert "Dòng 3, mẫu XN-2" in page.get_by_role("main").inner_text()
    assert_sound(tab, f"bulk-preview-{width}")
    page.get_by_role("button", name="Cấp 2 mã").click()
    page.get_by_role("heading", name="Đã cấp 2 mã").wait_for()
    assert cut_off(page) == []
    assert_sound(tab, f"bulk-issued-{width}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Tải danh sách mã (CSV)").click()
    saved = download.value.path().read_text(encoding="utf-8-sig")
    assert [line.split(";")[3] for line in saved.splitlines()[1::2]] == ["Đã cấp", "Đã cấp"]
    assert "Không cấp" in saved.splitlines()[2]
    with page.expect_download():  # the first may not have arrived
        page.get_by_role("button", name="Tải danh sách mã (CSV)").click()
    page.goto(f"{server}/codes/bulk/")
    file = page.locator(".code-list li").first
    assert "2 mã còn dùng được" in file.inner_text()
    file.get_by_text("Thu hồi cả tệp…").click()
    assert_sound(tab, f"bulk-files-{width}")
    file.get_by_role("button", name="Thu hồi 2 mã").click()
    page.get_by_text("Đã thu hồi 2 mã của tệp.").wait_for()


def test_the_link_of_a_message(open_tab, server):
    tab = open_tab(f"{server}/v?c=k3v9x2m7q8r4t6wz", width=360)
    link = tab.page.get_by_role("link", name="Mở ứng dụng")
    assert link.get_attribute("href") == "ens://v?r=VN&c=k3v9x2m7q8r4t6wz"
    assert_sound(tab, "open-code-360")
