"""A resident reads what is sent, agrees, is told that it went, and withdraws; officers read the counts."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from .conftest import serving
from .staff import assert_sound, log_in, make_user


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("heartbeat")
    with serving(data) as url:
        make_user(data, "cb.thuy", "city-officer", "01", "Thủy")
        yield url


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_consent_is_given_sent_once_and_withdrawn(open_tab, server, width, dark):
    tab = open_tab(f"{server}/heartbeat/", width=width, dark=dark)
    page = tab.page
    sent = []
    page.on("request", lambda one: sent.append(one) if one.method == "POST" else None)
    agree = page.get_by_label("Tôi đồng ý để ứng dụng này")
    assert not agree.is_checked()
    page.get_by_label("Phường, xã nơi bạn ở").select_option(index=1)
    page.get_by_role("button", name="Bật gửi mỗi ngày").click()
    assert sent == []  # the browser asks for the tick
    agree.check()
    assert_sound(tab, f"heartbeat-{width}")
    page.get_by_role("button", name="Bật gửi mỗi ngày").click()
    page.get_by_text("đã xong.").wait_for()
    assert "Bạn đã đồng ý ngày" in page.get_by_text("Bạn đã đồng ý ngày").inner_text()
    (one,) = sent
    body = json.loads(one.post_data)
    assert (body["platform"], body["tracing"]) == ("web", False)
    assert "cookie" not in one.headers
    assert_sound(tab, f"heartbeat-given-{width}")

    page.reload()
    page.get_by_text("đã xong.").wait_for()
    assert len(sent) == 1  # once a day
    page.get_by_role("button", name="Rút lại đồng ý").click()
    page.get_by_text("Đã rút lại. Trình duyệt này không gửi gì nữa.").wait_for()
    assert not page.get_by_label("Tôi đồng ý để ứng dụng này").is_checked()
    assert page.evaluate("document.activeElement.id") == "ward"  # not lost with the button
    page.reload()
    page.get_by_role("button", name="Bật gửi mỗi ngày").wait_for()
    assert len(sent) == 1


def test_a_browser_that_does_not_run_the_page_is_told(browser, server):
    for blocks in ({"java_script_enabled": False}, {}):
        with browser.new_context(**blocks) as context:
            page = context.new_page()
            page.route("**/heartbeat.js", lambda route: route.abort())
            page.goto(f"{server}/heartbeat/")
            page.get_by_text("Trình duyệt này không chạy mã của trang").wait_for()
            assert page.get_by_role("button", name="Bật gửi mỗi ngày").count() == 0


def test_officers_find_the_page_of_counts(open_tab, server):
    tab = open_tab(f"{server}/heartbeats/", width=360)
    log_in(tab, "cb.thuy")
    tab.page.get_by_text("Chưa có ngày nào được đếm.").wait_for()
    assert_sound(tab, "heartbeat-counts-360")
