"""The replay in a real browser. Expected values come from the hand-made sample's docstring."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import OpenTab, Tab, serving
from .sample_replay_report import replay_report, thousands_of_sightings, write_replay


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay")


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[str]:
    with serving(data) as url:
        yield url


Show = Callable[..., Tab]


@pytest.fixture
def show(open_tab: OpenTab, server: str, data: Path) -> Show:
    """Puts a report in place and opens its page, drawn."""

    def show_one(report: dict[str, Any], query: str = "", **options: Any) -> Tab:
        write_replay(data, report)
        tab = open_tab(f"{server}/demo/replay/{query}", **options)
        tab.page.wait_for_selector("#method")
        return tab

    return show_one


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def means(tab: Tab, figure: int, preset: str) -> list[float]:
    """The values of the markers that are drawn for a preset in one chart of adoption."""
    points = tab.page.locator("#adoption .plot-figure").nth(figure).locator(f"[data-preset={preset}] .point")
    return points.evaluate_all("points => points.map((point) => Number(point.dataset.mean))")


def readout(tab: Tab, section: str = "#adoption") -> dict[str, list[str]]:
    """The small table of the chosen level: preset, then its cells."""
    rows = tab.page.locator(f"{section} .readout-table tbody tr")
    return {
        row.get_attribute("data-preset") or "": [
            plain(text).replace("\n", " ") for text in row.locator("td").all_inner_texts()
        ]
        for row in rows.all()
    }


def test_headline_names_the_data_and_says_it_in_words(show):
    page = show(replay_report()).page
    assert plain(page.locator("h1").inner_text()) == "Haslemere: 469 người, 3 ngày"
    text = plain(page.locator(".headline").inner_text())
    assert "Haslemere, Anh (Kissler và cộng sự 2018, dự án BBC Pandemic)" in text
    assert "Trong 100 người thật sự tiếp xúc gần, 85 người được cảnh báo (34 trên 40)." in text
    assert "Trong 100 người được cảnh báo, 68 người thật sự tiếp xúc gần (34 trên 50)." in text
    assert "HaslemereProximity.csv: 576 bước thời gian, 1.283 cặp" in text
    figures = page.locator("[data-figure]").evaluate_all(
        "all => Object.fromEntries(all.map((one) => [one.dataset.figure, one.textContent]))"
    )
    assert {name: plain(value) for name, value in figures.items()} == {
        "people": "469",
        "pairs": "1.283",
        "f0": "5",
        "seeds": "5",
        "contacts": "40",
        "warned": "50",
        "sensitivity": "85,0 %",
        "precision": "68,0 %",
    }


def test_another_data_set_is_named_too(show):
    report = replay_report()
    report["source"] = {"kind": "copenhagen", "name": "list.csv.gz", "days": 5, "roles": True}
    page = show(report).page
    assert "Copenhagen Networks Study" in page.locator(".kicker").inner_text()
    assert "list.csv.gz" in page.locator(".headline").inner_text()


def test_curves_and_the_districts_mark_are_those_of_the_report(show):
    tab = show(replay_report())
    # 0,85 p² and 0,95 p² at 0, 10 … 100 %; precision is unknown at 0.
    assert means(tab, 0, "bluezone") == pytest.approx([0.0085 * tenth**2 for tenth in range(11)])
    assert means(tab, 0, "bluezone_v2") == pytest.approx([0.0095 * tenth**2 for tenth in range(11)])
    assert means(tab, 1, "bluezone") == [0.68] * 10
    # A marker's place: half of the people at half the width, 0,2125 up from the bottom of 230 pixels.
    middle = tab.page.locator("#adoption .plot-figure").first.locator("[data-preset=bluezone] .point").nth(5)
    assert middle.get_attribute("x") == "50.000%"
    assert float(middle.get_attribute("y") or 0) == pytest.approx(230 * (1 - 0.2125))
    first = tab.page.locator("#adoption .plot-figure").first
    assert first.locator("[data-preset=bluezone] .band").count() == 1
    assert first.locator(".expected").count() == 1
    # Halfway, 20 of 40 steps along: 0,85 × 0,25 as well.
    expected = first.locator("[data-preset=bluezone] .expected").get_attribute("d") or ""
    x, y = expected.split("L")[20].split(",")
    assert (float(x), float(y)) == (50, pytest.approx(230 * (1 - 0.2125), abs=0.01))
    assert tab.page.locator("#adoption .plot-figure").nth(1).locator(".expected").count() == 0

    page = tab.page
    mark = page.locator("#adoption .mark").first
    assert plain(mark.locator("text").text_content() or "") == "Quận Thanh Xuân 39,12 %"
    # 157542 of 402706
    assert mark.locator("line").get_attribute("x1") == "39.121%"
    assert "157.542 trên 402.706" in page.locator("#adoption .notes").inner_text()


def test_presets_are_switched_off_and_on(show):
    tab = show(replay_report())
    button = tab.page.locator("#adoption .preset-key[data-preset=bluezone_v2]")
    assert button.get_attribute("aria-pressed") == "true"
    assert set(readout(tab)) == {"bluezone", "bluezone_v2"}
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert means(tab, 0, "bluezone_v2") == []
    assert means(tab, 1, "bluezone_v2") == []
    assert len(means(tab, 0, "bluezone")) == 11
    assert set(readout(tab)) == {"bluezone"}
    # One choice for the whole page.
    twin = tab.page.locator("#delay .preset-key[data-preset=bluezone_v2]")
    assert twin.get_attribute("aria-pressed") == "false"
    assert set(readout(tab, "#delay")) == {"bluezone"}
    tab.page.locator("#adoption .preset-key[data-preset=bluezone]").click()
    assert "Chưa chọn bộ quy tắc nào" in tab.page.locator("#adoption .readout-table").inner_text()
    twin.press("Enter")
    assert len(means(tab, 0, "bluezone_v2")) == 11


def test_one_level_is_read_with_the_keyboard(show):
    tab = show(replay_report())
    assert readout(tab)["bluezone"] == ["85,0 % 76,5–93,5 %", "85,0 %", "68,0 % 61,2–74,8 %"]
    slider = tab.page.locator("#adoption-level")
    slider.focus()
    for _ in range(6):
        tab.page.keyboard.press("ArrowLeft")
    # At 40 %: 0,85 × 0,16 = 13,6 %, a tenth of it either way.
    assert readout(tab)["bluezone"] == ["13,6 % 12,2–15,0 %", "13,6 %", "68,0 % 61,2–74,8 %"]
    assert plain(slider.get_attribute("aria-valuetext") or "").startswith(
        "40 %. Bluezone: Độ nhạy 13,6 %, Theo p² 13,6 %, Độ chính xác 68,0 %"
    )
    assert tab.page.locator("#adoption .cursor").first.get_attribute("x1") == "40.000%"
    tab.page.keyboard.press("Home")
    assert readout(tab)["bluezone"] == ["0,0 %", "0,0 %", "–"]


def test_one_level_is_read_by_pointing(show):
    tab = show(replay_report())
    chart = tab.page.locator("#adoption .plot").nth(1)
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    tab.page.mouse.move(box["x"] + 0.48 * box["width"], box["y"] + 60)
    assert readout(tab)["bluezone"][0].startswith("21,3 %")  # 0,85 × 0,25 at 50 %
    assert tab.page.locator("#adoption-level").input_value() == "5"


def test_all_numbers_are_there_without_a_picture(show):
    page = show(replay_report()).page
    page.locator("#adoption summary").click()
    rows = [
        re.split(r"[\t\n]+", plain(row))
        for row in page.locator("#adoption .numbers tbody tr").all_inner_texts()
    ]
    assert len(rows) == 22
    assert [cell.strip() for cell in rows[4]] == [
        "Bluezone", "40 %", "5", "13,6 %", "12,2–15,0 %", "13,6 %", "68,0 %", "61,2–74,8 %",
    ]  # fmt: skip


def test_one_persons_day_adds_up(show):
    tab = show(replay_report())
    person = tab.page.locator("#person")
    text = plain(person.inner_text())
    assert "Người 17 ở trong vòng 2 m quanh F0 3 tổng cộng 20 phút và đã được cảnh báo." in text
    assert "Bluezone: 25,6 phút nguy cơ, chạm ngưỡng 12 phút lúc 09:12. Máy cảnh báo." in text
    person.locator("summary").click()
    rows = [row.split("\t") for row in person.locator(".numbers tbody tr").all_inner_texts()]
    assert rows[0] == ["09:04", "54,0", "51,0", "240", "4,8", "4,8"]
    assert [row[-1] for row in rows] == ["4,8", "8,8", "12,8", "17,6", "21,6", "23,6", "25,6", "25,6"]
    assert rows[-1][0] == "09:32"
    weights = person.locator(".bucket").evaluate_all("all => all.map((one) => Number(one.dataset.weight))")
    assert weights == [1.2, 1, 0.5, 0]
    assert float(person.locator(".sum").get_attribute("data-total") or 0) == pytest.approx(25.6)
    # 09:12 on an axis from 09:00 to 09:32.
    assert person.locator(".reached").get_attribute("cx") == "37.500%"


def test_another_preset_judges_the_same_day_otherwise(show):
    tab = show(replay_report())
    person = tab.page.locator("#person")
    before = person.locator(".sum").get_attribute("d")
    person.locator("#person-preset").select_option("ch-2020-early")
    text = plain(person.inner_text())
    assert "Thụy Sĩ 50/55 dB: 4,0 phút nguy cơ, chưa đến ngưỡng 15 phút. Máy không cảnh báo." in text
    assert person.locator(".bucket").evaluate_all("all => all.map((one) => Number(one.dataset.weight))") == [
        1, 0.5, 0
    ]  # fmt: skip
    assert person.locator(".reached").count() == 0
    assert person.locator(".sum").get_attribute("d") != before
    person.locator("#person-preset").select_option("bluezone_v2")
    assert "chỉ cần thu được một lần, lúc 09:04" in plain(person.inner_text())
    assert person.locator(".bucket").count() == 1
    person.locator("#person-preset").select_option("de-cwa")
    assert "xét suy hao ít nhất" in person.inner_text()
    # The least attenuations count 3,2 six times, then 4 twice: 12,8 after four, 16 after five; 13 are wanted.
    assert "27,2 phút nguy cơ, chạm ngưỡng 13 phút lúc 09:20" in plain(person.inner_text())
    person.locator("#person-preset").select_option("house")
    assert person.locator(".ring").count() == 1
    person.locator("summary").click()
    assert person.locator(".numbers tbody tr").first.inner_text().split("\t")[3] == "58,0"


def test_sightings_are_read_one_by_one(show):
    tab = show(replay_report())
    slider = tab.page.locator("#sighting")
    slider.focus()
    tab.page.keyboard.press("ArrowRight")
    tab.page.keyboard.press("ArrowRight")
    said = plain(tab.page.locator("#person output").inner_text())
    assert said == (
        "Lần 3/8, 09:12: suy hao 58,0 dB (ít nhất 55,0 dB), ứng với 240 giây, tính 4,0 phút; "
        "cộng dồn 12,8 phút."
    )
    assert plain(slider.get_attribute("aria-valuetext") or "") == said
    chart = tab.page.locator("#person .measured")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    tab.page.mouse.click(box["x"] + box["width"] - 2, box["y"] + 50)
    assert plain(tab.page.locator("#person output").inner_text()).startswith("Lần 8/8, 09:32")
    assert slider.input_value() == "7"


def test_a_missed_person_without_a_single_sighting(show):
    tab = show(replay_report())
    person = tab.page.locator("#person")
    person.locator("#person-day").select_option("1")
    text = plain(person.inner_text())
    assert "Người 21 ở trong vòng 2 m quanh F0 3 tổng cộng 30 phút nhưng không được cảnh báo." in text
    assert "không thu được mã của F0 lần nào" in text
    assert "không ghi khoảng cách" in text
    assert person.locator(".truth .together.unknown").count() == 1
    assert person.locator(".measured, .minutes, #sighting").count() == 0
    assert tab.axe() == []


def test_thresholds_show_where_the_preset_stands(show):
    page = show(replay_report()).page
    tables = page.locator("#thresholds table")
    assert plain(tables.first.locator(".shipped").inner_text()) == "85 %"
    assert plain(tables.nth(1).locator(".shipped").inner_text()) == "68 %"
    rows = [plain(row).split("\t") for row in tables.first.locator("tbody tr").all_inner_texts()]
    # 0,85 + 0,02 a dB - 0,02 a minute beyond 12: at -6 dB and 8 minutes 0,85 - 0,12 + 0,08.
    assert rows[0] == ["−6 dB", "81 %", "77 %", "73 %", "67 %", "57 %"]
    assert tables.nth(1).locator("tbody tr").first.inner_text().split("\t")[1:] == ["–"] * 5


def test_delay_costs_days(show):
    tab = show(replay_report())
    slider = tab.page.locator("#delay-level")
    slider.focus()
    tab.page.keyboard.press("ArrowRight")
    # One day late: 0,85 × 0,9; 2,5 days to the warning.
    assert readout(tab, "#delay")["bluezone"][:2] == ["76,5 % 68,9–84,2 %", "2,5 2,0–3,5"]
    labels = tab.page.locator("#delay .plot").first.locator(".axes text").all_text_contents()
    assert labels[-5:] == ["0", "1", "2", "3", "4"]


def test_english_and_the_way_to_the_other_page(show):
    tab = show(replay_report(), "?lang=en")
    page = tab.page
    assert page.evaluate("document.documentElement.lang") == "en"
    text = plain(page.locator(".headline").inner_text())
    assert "Of 100 people who were truly near, 85 are warned (34 of 40)." in text
    assert "1,283 pairs" in text
    assert readout(tab)["bluezone"][0] == "85.0 % 76.5–93.5 %"
    assert "39.12 %" in plain(page.locator("#adoption .mark").first.text_content() or "")
    page.get_by_role("link", name="Simulated day").click()
    page.wait_for_url("**/demo/?lang=en")
    page.get_by_role("link", name="Replay of real contacts").click()
    page.wait_for_url("**/demo/replay/?lang=en")
    page.get_by_role("link", name="Tiếng Việt").click()
    page.wait_for_url("**/demo/replay/?lang=vi")
    page.wait_for_selector("#method")
    assert page.evaluate("document.documentElement.lang") == "vi"


@pytest.mark.parametrize(
    ("width", "dark", "query"),
    [(360, False, ""), (360, True, "?lang=en"), (1280, False, "?lang=en"), (1280, True, "")],
)
def test_fits_and_is_accessible(show, width, dark, query):
    tab = show(replay_report(), query, width=width, dark=dark)
    for summary in tab.page.locator("summary").all():
        summary.click()
    assert tab.too_wide() == []
    tab.picture(f"replay-{width}-{'dark' if dark else 'light'}")
    assert tab.axe() == []
    smallest = tab.page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('main *')]
             .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
             .map((one) => parseFloat(getComputedStyle(one).fontSize)))"""
    )
    assert smallest >= 12
    low = tab.page.locator("main button, main select, main input, main summary").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect()).filter((box) => box.height < 44).length"
    )
    assert low == 0


def test_nothing_to_measure_is_said(show):
    report = replay_report() | {
        "sensitivity": None, "precision": None, "true_contacts": 0, "warned": 0,
        "sweep": [], "thresholds": [], "delays": [], "person_days": [],
    }  # fmt: skip
    tab = show(report, width=360)
    text = plain(tab.page.locator("main").inner_text())
    assert "Không ai thật sự tiếp xúc gần F0, nên không tính được độ nhạy." in text
    assert "Không ai được cảnh báo, nên không tính được độ chính xác." in text
    assert "không có số liệu theo tỷ lệ cài đặt" in text
    assert "không kèm ngày của ai" in text
    assert tab.page.locator("[data-figure=sensitivity]").inner_text() == "–"
    assert tab.page.locator("#thresholds, #delay").count() == 0
    assert tab.too_wide() == []
    assert tab.axe() == []


def test_one_seed_and_one_level(show):
    report = replay_report()
    report["sweep"] = [
        {
            **row,
            "seeds": 1,
            "sensitivity": {"mean": 0.136, "low": 0.136, "high": 0.136},
            "precision": None,
        }
        for row in report["sweep"]
        if row["adoption"] == 0.4
    ]
    tab = show(report)
    assert means(tab, 0, "bluezone") == [0.136]
    assert means(tab, 1, "bluezone") == []
    assert tab.page.locator("#adoption .line:not(line), #adoption .band, #adoption .expected").count() == 0
    assert tab.page.locator("#adoption-level").is_disabled()
    # No full adoption, so no p²; one seed, so no spread.
    assert readout(tab)["bluezone"] == ["13,6 %", "–", "–"]
    notes = tab.page.locator("#adoption .notes").inner_text()
    assert "Không vẽ đường p²" in notes
    assert "Chỉ một lần bốc thăm" in notes


def test_thousands_of_sightings_are_a_few_shapes(show):
    tab = show(thousands_of_sightings(5000), width=360)
    assert tab.page.locator("#person .measured *").count() < 60
    assert "5.000 lần thu" in tab.page.locator("#person").inner_text()
    # 72 times 10/60 of a minute is 12: the 72nd sighting, 71 × 10 s after 07:00.
    assert "chạm ngưỡng 12 phút lúc 07:11" in plain(tab.page.locator(".judgement").inner_text())
    assert tab.page.locator("#person .numbers tbody tr").count() == 0
    tab.page.locator("#person summary").click()
    assert tab.page.locator("#person .numbers tbody tr").count() == 5000
    tab.page.locator("#person-preset").select_option("ch-2020-early")
    assert "không có kết quả của bộ quy tắc này" in tab.page.locator("#person").inner_text()


def test_names_never_become_markup(show):
    report = replay_report()
    evil = '<img src="https://stranger.example/x" onerror="document.title=1">'
    report["presets"][4]["title"] = evil
    report["source"]["name"] = evil
    report["person_days"][0]["person"] = evil
    page = show(report).page
    assert evil in page.locator("#method tbody").inner_text()
    assert page.locator("main img").count() == 0


@pytest.mark.parametrize("query", ["", "?lang=en"])
def test_without_a_report_the_page_says_how_to_make_one(open_tab, server, data, query):
    (data / "demo" / "replay.json").unlink(missing_ok=True)
    tab = open_tab(f"{server}/demo/replay/{query}", width=360)
    title = "No replay to look at yet" if query else "Chưa có lần phát lại nào để xem"
    assert tab.page.locator("h1").inner_text() == title
    commands = tab.page.locator("code").all_inner_texts()
    assert commands == [
        f"bluezone replay {'FILE' if query else 'TỆP'} --serve",
        "bluezone demo --replay REPORT.json",
    ]
    assert tab.page.request.get(f"{server}/demo/replay/report.json").status == 404
    assert tab.too_wide() == []
    assert tab.axe() == []


def _without_precision(report: dict[str, Any]) -> None:
    del report["sweep"][3]["precision"]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_without_precision, "report.sweep[3].precision: must be an object"),
        (None, "JSON"),
    ],
)
def test_a_damaged_report_is_named(open_tab, server, data, spoil, reason):
    report = copy.deepcopy(replay_report())
    if spoil is not None:
        spoil(report)
    path = write_replay(data, report)
    if spoil is None:
        path.write_text('{"people": 469, ', encoding="utf-8")
    page = open_tab(f"{server}/demo/replay/").page
    message = page.get_by_role("alert")
    message.wait_for()
    assert "Tệp báo cáo bị hỏng" in message.inner_text()
    assert reason in message.inner_text()
    assert "bluezone replay" in message.inner_text()
