"""The statistics page in a real browser, on the smallest phone and on a desk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from .conftest import serving
from .staff import assert_sound, log_in, make_user

NAME = "cb.lan"

FILL = """
import sys
from datetime import timedelta
from pathlib import Path
from bluezone.authority import runtime, setup
setup.configure(Path(sys.argv[1]), database_url="", demo=True)
from bluezone.authority.keys.models import StatisticCount
from bluezone.authority.keys.statistics_queries import figures_until

def put(ago, measure, place, count, area="*"):
    day = figures_until(runtime.now()) + timedelta(days=1 - ago)  # 1: the newest day that is told
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
    with serving(data) as url:
        make_user(data, NAME, "district-officer", "01/009", "Lan")
        subprocess.run([sys.executable, "-c", FILL, str(data)], check=True, timeout=60)
        yield url


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_figures_charts_and_weeks(open_tab, server, width, dark):
    tab = open_tab(f"{server}/statistics/", width=width, dark=dark)
    page = tab.page
    log_in(tab, NAME)
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
