"""The demo day in a real browser. Expected values come from the hand-made sample's docstring."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import OpenTab, Tab, serving
from .sample_report import contact_list_report, scripted_report, write_report


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[str]:
    with serving(data) as url:
        yield url


@pytest.fixture
def show(open_tab: OpenTab, server: str, data: Path) -> Callable[..., Tab]:
    """Puts a report in place and opens its page, drawn."""

    def show_one(report: dict[str, Any], query: str = "", **options: Any) -> Tab:
        write_report(data, report)
        tab = open_tab(f"{server}/demo/{query}", **options)
        tab.page.wait_for_selector(".rows li >> nth=23")
        return tab

    return show_one


def choose(tab: Tab, name: str) -> None:
    tab.page.locator(".row-button", has=tab.page.get_by_text(name, exact=True)).click()


def measured(tab: Tab) -> list[str]:
    return (
        tab.page.locator(".detail .table-scroll", has=tab.page.locator("tfoot"))
        .locator("tbody tr")
        .all_inner_texts()
    )


def test_headline_and_counts(show):
    page = show(scripted_report()).page
    headline = page.locator("h1").inner_text().replace("\u00a0", " ")
    assert headline == (
        "Trong 24 người, Lan được xác nhận dương tính (F0). "
        "6 người thật sự ở gần F0 ít nhất 15 phút trong vòng 2 m."
    )
    counts = {
        name: page.locator(f"[data-count={name}]").inner_text()
        for name in ("people", "f0", "near", "warned", "missed", "false")
    }
    assert counts == {"people": "24", "f0": "1", "near": "6", "warned": "6", "missed": "1", "false": "1"}
    text = page.locator(".headline").inner_text().replace("\u00a0", " ")
    assert "bỏ sót 1, báo nhầm 1" in text
    assert "Tìm ra 5 trong 6 người ở gần (83,33 %)" in text
    assert "204.518 lượt thu sóng" in text
    assert "41,3 giây" in text
    assert "10/03/2021" in text


def test_people_are_listed_f0_first_then_by_time_near(show):
    names = show(scripted_report()).page.locator(".row .name").all_inner_texts()
    assert names[:8] == ["Lan", "Minh", "Hoa", "An", "Tuấn", "Quang", "Bình", "Yến"]
    assert len(names) == 24


def test_choosing_a_person_shows_their_sightings_and_warning(show):
    tab = show(scripted_report())
    choose(tab, "Quang")
    panel = tab.page.locator(".detail")
    assert panel.locator("h2").inner_text().startswith("Quang")
    # 06:45 to 07:15 in steps of four minutes: eight sightings, each counting 4 minutes at 0,8 m.
    rows = measured(tab)
    assert len(rows) == 8
    assert rows[0].split("\t") == ["06:45", "44,1", "240", "1,00", "4,0"]
    assert rows[-1].startswith("07:13")
    assert panel.locator("tfoot td").inner_text() == "32,0"
    assert "Quang đã ở gần một người dương tính khoảng 32 phút" in panel.locator(".phone-alert").inner_text()
    panel.get_by_text("Nguyên văn cảnh báo").click()
    assert panel.get_by_text("gọi trạm y tế phường").is_visible()
    met = panel.locator(".met tbody tr").all_inner_texts()
    assert [row.split("\t")[0].split()[0] for row in met][:2] == ["Mai", "Lan"]
    assert met[1].split("\t")[1:4] == ["30", "30", "0,8 m"]


def test_a_missed_person_has_no_warning_and_says_so(show):
    tab = show(scripted_report())
    choose(tab, "Bình")
    panel = tab.page.locator(".detail").inner_text()
    assert "Bình ở trong vòng 2 m quanh F0 20 phút nhưng không được cảnh báo." in panel
    assert tab.page.locator(".phone-alert").count() == 0
    assert tab.page.locator(".detail tfoot").count() == 0


def test_a_wall_keeps_neighbours_apart(show):
    tab = show(scripted_report())
    choose(tab, "Chi")
    row = tab.page.locator(".met tbody tr", has_text="Lan").inner_text().split("\t")
    # In class at 3,8 m for 3,5 hours; next door at 1,9 m for five more, but behind a wall.
    assert row[1:4] == ["0", "510", "3,8 m"]


def test_keyboard_alone_is_enough(show):
    tab = show(scripted_report())
    page = tab.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.locator(".row-button").first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert page.locator(".detail h2").inner_text().startswith("An")
    assert page.locator(".row-button[aria-pressed=true] .name").all_inner_texts() == ["An"]
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.querySelector('.name').textContent") == "Ý"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.querySelector('.name').textContent") == "Lan"


def test_results_table_tells_the_same_without_colours(show):
    page = show(scripted_report()).page
    rows = [row.split("\t") for row in page.locator(".results tbody tr").all_inner_texts()]
    results = {row[0]: row[2:] for row in rows}
    assert results["Tuấn"] == ["30", "Có", "Có", "32,0", "✓ Báo đúng"]
    assert results["Bình"] == ["20", "Có", "Không", "–", "! Bỏ sót"]
    assert results["Yến"][:3] == ["10", "Không", "Có"]
    assert results["Yến"][4] == "? Báo nhầm"
    assert results["Nam"] == ["0", "Không", "Không", "–", "Không báo"]


def test_matrix_and_events(show):
    page = show(scripted_report()).page
    assert (
        page.locator(".matrix td[title^='Lan – Minh:']").get_attribute("title")
        == "Lan – Minh: 240 phút trong vòng 2 m"
    )
    assert page.locator(".matrix td[title^='Minh – Lan:']").get_attribute("class") == "shade-4"
    assert page.locator(".matrix td[title^='Lan – Yến:']").get_attribute("class") == "shade-2"
    assert page.locator(".events li").first.inner_text().split("\n") == [
        "09:00 11/03/2021",
        "Lan được xác nhận dương tính",
    ]


def test_english(show):
    page = show(scripted_report(), "?lang=en").page
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("h1").inner_text().startswith("Of 24 people, Lan was confirmed positive")
    assert "204,518 Bluetooth receptions" in page.locator(".headline").inner_text()
    page.get_by_role("link", name="Tiếng Việt").click()
    page.wait_for_selector(".rows")
    assert page.evaluate("document.documentElement.lang") == "vi"


@pytest.mark.parametrize(
    ("source", "width", "dark"),
    [
        ("script", 360, False),
        ("script", 1280, False),
        ("script", 1280, True),
        ("contacts", 360, True),
    ],
)
def test_fits_and_is_accessible(show, source, width, dark):
    report = scripted_report() if source == "script" else contact_list_report()
    tab = show(report, width=width, dark=dark, query="" if source == "script" else "?lang=en")
    assert tab.too_wide() == []
    tab.picture(f"demo-{source}-{width}-{'dark' if dark else 'light'}")
    assert tab.axe() == []


def test_on_a_phone_choosing_a_person_brings_the_panel_into_view(show):
    tab = show(scripted_report(), width=360, height=740)
    choose(tab, "Tuấn")
    top = tab.page.locator(".detail-title").bounding_box()
    assert top is not None
    assert 0 <= top["y"] < 740
    assert tab.page.evaluate("document.activeElement.textContent").startswith("Tuấn")


def test_twenty_thousand_contact_rows_are_joined_before_drawing(show):
    report = contact_list_report()
    assert len(report["contacts"]) == 20_000
    page = show(report).page
    # 72 or 73 rows of 20 s a pair, all touching, at one of seven hours: at most seven bars of a kind a row.
    per_row = page.locator(".row .track").evaluate_all(
        "tracks => tracks.map((t) => t.querySelectorAll('rect').length)"
    )
    assert max(per_row) <= 21
    assert min(per_row) >= 1


def test_names_never_become_markup(show):
    report = scripted_report()
    evil = '<img src="https://stranger.example/x" onerror="document.title=1">'
    report["people"][1]["name"] = evil
    report["alerts"][0]["text"] = evil
    page = show(report).page
    assert page.locator(".row .name").nth(1).inner_text() == evil
    assert page.locator("main img").count() == 0


def test_report_is_not_sent_twice(show, server):
    page = show(scripted_report()).page
    first = page.request.get(f"{server}/demo/report.json")
    etag = first.headers["etag"]
    assert first.json()["outcome"]["people"] == 24
    assert page.request.get(f"{server}/demo/report.json", headers={"If-None-Match": etag}).status == 304
    assert page.request.post(f"{server}/demo/report.json").status in (403, 405)


def test_without_a_report_the_page_says_how_to_make_one(open_tab, server, data):
    (data / "demo" / "report.json").unlink(missing_ok=True)
    tab = open_tab(f"{server}/demo/", width=360)
    assert tab.page.locator("h1").inner_text() == "Chưa có ngày nào để xem"
    assert "make demo" in tab.page.locator("pre").first.inner_text()
    assert tab.page.request.get(f"{server}/demo/report.json").status == 404
    assert tab.too_wide() == []
    assert tab.axe() == []
    tab.picture("demo-empty-360")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "JSON"),
        ("{}", "report.source: must be an object"),
        ('{"source": {}, "title": 3}', "report.title: must be"),
    ],
)
def test_a_damaged_report_is_named(open_tab, server, data, content, reason):
    path = write_report(data, {})
    path.write_text(content, encoding="utf-8")
    page = open_tab(f"{server}/demo/").page
    message = page.get_by_role("alert")
    message.wait_for()
    assert "Tệp báo cáo bị hỏng" in message.inner_text()
    assert reason in message.inner_text()


def test_a_missing_page_is_plain_and_kind(open_tab, server):
    tab = open_tab(f"{server}/demo/nowhere", width=360, forgive="404 (Not Found)")
    assert tab.page.locator("h1").inner_text() == "Không tìm thấy trang này"
    assert tab.too_wide() == []
    assert tab.axe() == []
