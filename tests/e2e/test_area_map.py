"""The map of an area's parts in a real browser, on a telephone and on a desk: every number can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import sin
from typing import Any

import pytest

from .conftest import serving
from .staff import command, log_in, make_user

NAME = "cb.ban.do"
WARDS = (
    "00343", "00346", "00349", "00352", "00355", "00358", "00361", "00364", "00367", "00370", "00373",
)  # fmt: skip
SHEET = """Mã;Ngày;Số cài đặt;Số điện thoại thông minh
009;08/3/2021;157.542;402.706
00343;08/3/2021;20.000;40.000
00346;08/3/2021;1.000;10.000
00349;08/3/2021;3.000;10.000
00352;08/3/2021;7.000;10.000
00355;08/3/2021;9.000;10.000
00358;08/3/2021;4.500;10.000
00361;08/3/2021;5.500;10.000
00364;08/3/2021;6.100;10.000
00367;08/3/2021;2.500;10.000
"""


def corner(column: int, row: int) -> list[float]:
    """Of a bent grid; its last column is narrow, as some wards are."""
    east = (0.0, 0.012, 0.022, 0.036, 0.0366)[column]
    return [105.79 + east + 0.002 * sin(row * 2), 20.98 + row * 0.011 + 0.002 * sin(column * 3)]


def outlines() -> dict[str, Any]:
    features = []
    for at, code in enumerate(WARDS):
        column, row = at % 4, at // 4
        corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1), (column, row)]
        geometry = {"type": "Polygon", "coordinates": [[corner(*one) for one in corners]]}
        features.append({"type": "Feature", "properties": {"code": code}, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("map")
    sheet, geojson = data / "bang.csv", data / "ranh-gioi.geojson"
    sheet.write_text(SHEET, encoding="utf-8")
    geojson.write_text(json.dumps(outlines()), encoding="utf-8")
    with serving(data) as url:
        make_user(data, NAME, "district-officer", "01/009", "Đồ")
        command(data, "area", "boundaries", str(geojson), "--date", "2021-03-08")
        command(data, "adoption", "import", str(sheet))
        yield url


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_the_map_beside_its_table_and_the_areas_of_another_day(open_tab, server, width, dark):
    tab = open_tab(f"{server}/adoption/?area=01/009&day=2021-03-08", width=width, dark=dark)
    page = tab.page
    log_in(tab, NAME)
    page.get_by_role("heading", name="Từng địa bàn").wait_for()
    page.evaluate("async () => { for (const image of document.images) await image.decode(); }")
    drawing = page.locator("img.map")
    assert drawing.evaluate("(image) => image.naturalWidth") > 0
    shown = drawing.bounding_box()["width"]
    assert shown <= width
    assert 13 * shown / 400 >= 9  # letters of 13 units, in pixels
    page.get_by_label("Địa bàn như ngày").fill("2025-01-01")
    page.get_by_role("button", name="Xem theo địa bàn này").click()
    page.get_by_role("cell", name="Không tính được: Phường Thanh Xuân Nam (00370) chưa có số liệu").wait_for()
    page.evaluate("async () => { for (const image of document.images) await image.decode(); }")
    assert tab.too_wide() == []
    tab.picture(f"adoption-map-{width}")
    assert tab.axe() == []
