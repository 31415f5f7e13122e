"""The studies in a real browser: adoption, thresholds, delays, and on how many draws a figure rests."""

from __future__ import annotations

import re

import pytest

from ..conftest import Tab
from ..sample_replay_report import replay_report
from .conftest import plain, readout


def means(tab: Tab, figure: int, preset: str) -> list[float]:
    """The values of the markers that are drawn for a preset in one chart of adoption."""
    points = tab.page.locator("#adoption .plot-figure").nth(figure).locator(f"[data-preset={preset}] .point")
    return points.evaluate_all("points => points.map((point) => Number(point.dataset.mean))")


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
        "Bluezone", "40 %", "50", "13,6 %", "12,2–15,0 %", "13,6 %", "68,0 %", "61,2–74,8 %",
    ]  # fmt: skip


def test_thresholds_show_where_the_preset_stands(show):
    page = show(replay_report()).page
    tables = page.locator("#thresholds table")
    assert plain(tables.first.locator(".shipped").inner_text()) == "85 %"
    assert plain(tables.nth(1).locator(".shipped").inner_text()) == "68 %"
    rows = [plain(row).split("\t") for row in tables.first.locator("tbody tr").all_inner_texts()]
    # 0,85 + 0,02 a dB - 0,02 a minute beyond 12: at -6 dB and 8 minutes 0,85 - 0,12 + 0,08.
    assert rows[0] == ["−6 dB", "81 %", "77 %", "73 %", "67 %", "57 %"]
    assert tables.nth(1).locator("tbody tr").first.inner_text().split("\t")[1:] == ["–"] * 5
    # At -3 dB and 20 minutes 0,68 + 0,06 + 0,16, of two seeds out of five.
    assert plain(tables.nth(1).locator("tbody tr").nth(1).locator("td").last.inner_text()) == "90 %\n2/5"
    assert page.locator("#thresholds .few").count() == 1
    assert "Số nhỏ như 2/5" in page.locator("#thresholds").inner_text()


def test_delay_costs_days(show):
    tab = show(replay_report())
    slider = tab.page.locator("#delay-level")
    slider.focus()
    tab.page.keyboard.press("ArrowRight")
    # One day late: 0,85 × 0,9; 2,5 days to the warning.
    assert readout(tab, "#delay")["bluezone"][:2] == ["76,5 % 68,9–84,2 %", "2,5 2,0–3,5"]
    labels = tab.page.locator("#delay .plot").first.locator(".axes text").all_text_contents()
    assert labels[-5:] == ["0", "1", "2", "3", "4"]


def test_a_figure_says_on_how_many_draws_it_rests(show):
    tab = show(replay_report())
    slider = tab.page.locator("#adoption-level")
    slider.focus()
    for _ in range(9):
        tab.page.keyboard.press("ArrowLeft")
    rests = "(7 trên 50 lần bốc thăm)"
    assert readout(tab)["bluezone"] == ["0,9 % 0,8–0,9 %", "0,9 %", f"68,0 % 61,2–74,8 % {rests}"]
    assert readout(tab)["bluezone_v2"][2] == "12,0 % 10,8–13,2 %"
    assert f"Độ chính xác 68,0 % {rests}" in plain(slider.get_attribute("aria-valuetext") or "")
    tab.page.locator("#adoption summary").click()
    rows = tab.page.locator("#adoption .numbers tbody tr").all_inner_texts()
    assert rests in plain(rows[1])
    assert "(30 trên 50 lần bốc thăm)" in plain(rows[2])
    assert "lần bốc thăm" not in plain(rows[3])
    # Delays have no draws of who has the app: five seeds.
    for _ in range(4):
        tab.page.locator("#delay-level").press("ArrowRight")
    assert readout(tab, "#delay")["bluezone"][1] == "5,5 5,0–6,5 (3 trên 5 lần bốc thăm)"
    assert readout(tab, "#delay")["bluezone_v2"][1] == "5,5 5,0–6,5"


def test_a_mark_on_few_draws_is_hollow_and_the_legend_says_so(show):
    report = replay_report()
    tab = show(report, "?lang=en")
    chart = tab.page.locator("#adoption .plot-figure").nth(1)
    hollow = chart.locator("[data-preset=bluezone] .point").evaluate_all(
        "points => points.map((point) => point.querySelector('.hollow') !== null)"
    )
    # Ten levels from a tenth on: 7 of 50 draws are under a quarter, 30 are not.
    assert hollow == [True] + [False] * 9
    assert tab.page.locator("#adoption .plot .hollow").count() == 1
    note = tab.page.locator("#adoption .hollow-note")
    assert "Hollow mark: uncertain, as it rests on under a quarter of the draws." in note.inner_text()
    assert note.locator(".hollow").count() == 1
    assert tab.page.locator("#delay .hollow").count() == 0

    for row in report["sweep"]:
        if row["precision"] is not None:
            row["precision"]["of"] = row["seeds"] * row["draws"]
    assert show(report).page.locator("#adoption .hollow, #adoption .hollow-note").count() == 0


@pytest.mark.parametrize(
    ("query", "adoption", "delay"),
    [
        (
            "",
            "thấp nhất đến cao nhất trong 50 lần bốc thăm (5 lần bốc F0 × 10 lần bốc người có ứng dụng)",
            "thấp nhất đến cao nhất trong 5 lần bốc thăm F0",
        ),
        (
            "?lang=en",
            "least to greatest of 50 draws (5 seeds × 10 draws of who has the app)",
            "least to greatest of 5 seeds",
        ),
    ],
)
def test_the_legend_says_over_what_the_band_is(show, query, adoption, delay):
    page = show(replay_report(), query).page
    assert adoption in plain(page.locator("#adoption .notes").inner_text())
    assert delay in plain(page.locator("#delay .notes").inner_text())


def test_below_full_adoption_delays_are_over_the_draws_too(show):
    """A row of delays says no draws; at 40 % the sweep says that there are ten for each seed."""
    report = replay_report()
    report["options"]["adoption"] = 0.4
    for row in report["delays"]:
        for figure in ("sensitivity", "precision", "days_to_warning"):
            row[figure]["of"] = 50
    report["delays"][0]["days_to_warning"]["of"] = 12
    tab = show(report, "?lang=en")
    assert "of 50 draws (5 seeds × 10 draws" in plain(tab.page.locator("#delay .notes").inner_text())
    # 12 of 50 are under a quarter.
    assert readout(tab, "#delay")["bluezone"][1] == "1.5 1.0–2.5 (12 of 50 draws)"
    assert tab.page.locator("#delay .plot .hollow").count() == 1


def test_one_seed_and_one_level(show):
    report = replay_report()
    report["sweep"] = [
        {
            **row,
            "seeds": 1,
            "draws": 1,
            "sensitivity": {"mean": 0.136, "low": 0.136, "high": 0.136, "of": 1},
            "precision": None,
            "reachable": None,
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
