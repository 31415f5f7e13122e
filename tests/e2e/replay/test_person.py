"""One person's day in a real browser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import expect

from ..conftest import Tab
from ..sample_replay_report import replay_report, thousands_of_sightings
from .conftest import plain


def open_table(tab: Tab, rows: int) -> None:
    """The browser says that the details are open a moment after the click; the rows come with that."""
    tab.page.locator("#person summary").click()
    expect(tab.page.locator("#person .numbers tbody tr")).to_have_count(rows)


def test_one_persons_day_adds_up(show):
    tab = show(replay_report())
    person = tab.page.locator("#person")
    text = plain(person.inner_text())
    assert "Người 17 ở trong vòng 2 m quanh F0 3 tổng cộng 20 phút và đã được cảnh báo." in text
    assert "Bluezone: 25,6 phút nguy cơ, chạm ngưỡng 12 phút lúc 09:12. Máy cảnh báo." in text
    open_table(tab, 8)
    rows = [row.split("\t") for row in person.locator(".numbers tbody tr").all_inner_texts()]
    assert rows[0] == ["09:04", "54,0", "51,0", "240", "4,8", "4,8"]
    assert [row[-1] for row in rows] == ["4,8", "8,8", "12,8", "17,6", "21,6", "23,6", "25,6", "25,6"]
    assert rows[-1][0] == "09:32"
    weights = person.locator(".bucket").evaluate_all("all => all.map((one) => Number(one.dataset.weight))")
    assert weights == [1.2, 1, 0.5, 0]
    assert float(person.locator(".sum").get_attribute("data-total") or 0) == pytest.approx(25.6)
    # 09:12 on an axis from 09:00 to 09:32.
    assert person.locator(".reached").get_attribute("cx") == "37.500%"


@pytest.mark.parametrize(
    ("kind", "query", "sentence", "legend"),
    [
        (
            "haslemere", "?lang=en",
            "Person 17 was within 2 m of F0 3 for 20 minutes and was warned.", ["≤ 2 m", "2–5 m"],
        ),
        (
            "sociopatterns", "",
            "Người 17 đối diện với F0 3 tổng cộng 20 phút và đã được cảnh báo.", ["đối diện nhau"],
        ),
        (
            "sociopatterns", "?lang=en",
            "Person 17 was face to face with F0 3 for 20 minutes and was warned.", ["face to face"],
        ),
        (
            "copenhagen", "",
            "Theo dữ liệu, người 17 ở gần F0 3 tổng cộng 20 phút (sóng từ −75 dBm trở lên) "
            "và đã được cảnh báo.",
            ["thu được sóng của nhau"],
        ),
        (
            "copenhagen", "?lang=en",
            "By the record, person 17 was near F0 3 for 20 minutes (−75 dBm or more) and was warned.",
            ["received each other"],
        ),
    ],
)  # fmt: skip
def test_a_day_claims_no_more_than_its_record(show, kind, query, sentence, legend):
    page = show(replay_report(kind), query).page
    text = plain(page.locator("#person").inner_text())
    assert sentence in text
    # Before the two signs of measurements: only what is in that day's record.
    items = [plain(one) for one in page.locator("#person .legend-item").all_inner_texts()]
    assert items[: len(legend)] == legend
    assert len(items) == len(legend) + 2
    assert bool(re.search(r"\b2 m\b", text)) == (kind == "haslemere")


COUNT_STEPS_IN_LABEL = """() => {
  const line = document.querySelector('#person .sum');
  const label = document.querySelector('#person .threshold-label').getBoundingClientRect();
  const points = Array.from({length: 4001}, (_, index) =>
    line.getPointAtLength(line.getTotalLength() * index / 4000).matrixTransform(line.getScreenCTM()));
  const inside = ({x, y}) => label.left < x && x < label.right && label.top < y && y < label.bottom;
  return points.filter(inside).length;
}"""


@pytest.mark.parametrize("query", ["", "?lang=en"])
def test_the_thresholds_label_keeps_clear_of_the_steps(show, query):
    """Reached early, never, late, in the middle, a little later, and so early that it lies near the floor."""
    report = replay_report()
    report["person_days"] = [
        _scored(report["person_days"][0], minutes)
        for minutes in (
            (4.8, 4, 4, 4.8, 4, 2, 2, 0),
            (1, 1, 1, 1, 1, 1, 1, 1),
            (0, 0, 0, 0, 0, 0, 4, 9),
            (0, 1, 1, 11, 0, 0, 0, 0),
            (0, 0, 0, 6, 7, 0, 2, 9),
            (20, 20, 20, 20, 20, 20, 20, 20),
        )
    ]
    page = show(report, query, width=360).page
    crossed = []
    for which in range(6):
        page.locator("#person-day").select_option(str(which))
        crossed.append(page.evaluate(COUNT_STEPS_IN_LABEL))
    assert crossed == [0] * 6


def _scored(day: dict[str, Any], minutes: Sequence[float]) -> dict[str, Any]:
    judged = day["by_preset"][0] | {
        "minutes": list(minutes),
        "score": sum(minutes),
        "warns": sum(minutes) >= 12,
    }
    return day | {"by_preset": [judged]}


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
    open_table(tab, 8)
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


def test_thousands_of_sightings_are_a_few_shapes(show):
    tab = show(thousands_of_sightings(5000), width=360)
    assert tab.page.locator("#person .measured *").count() < 60
    assert "5.000 lần thu" in tab.page.locator("#person").inner_text()
    # 72 times 10/60 of a minute is 12: the 72nd sighting, 71 × 10 s after 07:00.
    assert "chạm ngưỡng 12 phút lúc 07:11" in plain(tab.page.locator(".judgement").inner_text())
    assert tab.page.locator("#person .numbers tbody tr").count() == 0
    open_table(tab, 5000)
    tab.page.locator("#person-preset").select_option("ch-2020-early")
    assert "không có kết quả của bộ quy tắc này" in tab.page.locator("#person").inner_text()
