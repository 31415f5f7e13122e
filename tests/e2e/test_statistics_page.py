"""The statistics page in a real browser, on the smallest phone and on a desk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Tab, serving

NAME = "cb.lan"
PASSWORD = "song hong chay cham 1984"

FILL = """
import sys
from datetime import timedelta
from pathlib import Path
from bluezone.authority import runtime, setup
setup.configure(Path(sys.argv[1]), database_url="", demo=True)
from bluezone.authority.keys.models import StatisticCount
from bluezone.authority.keys.statistics_rules import hanoi_day

def put(ago, measure, place, count, area="*"):
    day = hanoi_day(runtime.now()) - timedelta(days=ago)
    StatisticCount.objects.create(day=day, area_path=area, measure=measure, bin=place, count=count)

for ago in range(40):
    put(ago, "codes-issued", 1, 1200 + 10 * ago, "01/009/00343")
    put(ago, "codes-issued", 2, 60, "01/009/00346")
    put(ago, "codes-claimed", 1, 5 if ago == 12 else 700, "01/009/00343")
    put(ago, "codes-expired", 1, 540, "01/009/00343")
    put(ago, "codes-revoked", 1, 20, "01/009/00343")
    put(ago, "publishes", 1, 600)
    for age in range(14):
        put(ago, "keys-by-age", age, 600)
    for days in range(10):
        put(ago, "onset-to-upload", days, 60)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("statistics")
    bluezone = Path(sys.executable).with_name("bluezone")
    options = ["--role", "district-officer", "--area", "01/009", "--display-name", "Lan", "--password-stdin"]
    with serving(data) as url:
        subprocess.run(
            [bluezone, "user", "create", NAME, *options],
            input=f"{PASSWORD}\n",
            env={**os.environ, "BLUEZONE_DATA": str(data), "DATABASE_URL": ""},
            text=True,
            check=True,
            timeout=60,
        )
        subprocess.run([sys.executable, "-c", FILL, str(data)], check=True, timeout=60)
        yield url


def assert_sound(tab: Tab, name: str) -> None:
    assert tab.too_wide() == []
    tab.picture(name)
    assert tab.axe() == []


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_figures_charts_and_weeks(open_tab, server, width, dark):
    tab = open_tab(f"{server}/statistics/", width=width, dark=dark)
    page = tab.page
    page.get_by_label("Tên đăng nhập").fill(NAME)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url("**/statistics/")
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    # every chart was drawn: 400 units wide, shown as wide as there is room
    charts = page.locator("img.chart")
    assert charts.count() == 4
    for at in range(4):
        assert charts.nth(at).evaluate("(image) => image.naturalWidth") > 0
        assert charts.nth(at).bounding_box()["width"] <= width
    yesterday = page.locator("tbody tr").first
    assert yesterday.locator("td").all_inner_texts() == [
        "1.270", "700", "540", "20", "600", "8.400", "<10",
    ]  # fmt: skip
    assert page.locator("tbody tr").nth(11).locator("td").nth(1).inner_text() == "<10"
    assert_sound(tab, f"statistics-{width}")

    page.get_by_role("navigation", name="Chọn tuần").get_by_role("link").nth(2).click()
    page.wait_for_url("**/statistics/?week=*")
    assert page.locator("nav.weeks a[aria-current]").count() == 1
    assert_sound(tab, f"statistics-week-{width}")
