"""The map of areas: numbers where areas are, hatching beside shade, every figure in words."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree.ElementTree import Element

import pytest

from bluezone.charts.choropleth import Region, draw_choropleth

from .drawn_charts import SVG, parse, texts


def box(west: float, south: float, width: float = 1.0, height: float = 1.0) -> list[list[list[float]]]:
    east, north = west + width, south + height
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def regions(root: Element) -> list[Element]:
    return [one for one in root.iter(f"{SVG}path") if one.get("class") == "region"]


def labels(root: Element) -> dict[str, tuple[float, float]]:
    return {
        one.text or "": (float(one.get("x", "")), float(one.get("y", "")))
        for one in root.iter(f"{SVG}text")
        if one.get("class") == "label"
    }


def corners(path: Element) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+),([\d.]+)", path.get("d", ""))]


def test_areas_lie_as_on_the_ground_and_numbers_are_in_them() -> None:
    """Three squares on the equator: the second east of the first, the third north of it."""
    drawn = parse(
        draw_choropleth(
            "t",
            (),
            [
                Region("A", [box(0, 0)], 0.1, "10%"),
                Region("B", [box(1, 0)], 0.5, "50%"),
                Region("C", [box(0, 1)], None, "chưa có số liệu"),
            ],
        )
    )
    at = [corners(one) for one in regions(drawn)]
    middles = [(sum(x for x, _ in one) / 4, sum(y for _, y in one) / 4) for one in at]
    (ax, ay), (bx, by), (cx, cy) = middles
    assert (bx - ax, by - ay) == pytest.approx((160, 0), abs=0.3)  # 320 units for two degrees
    assert (cx - ax, cy - ay) == pytest.approx((0, -160), abs=0.3)
    found = labels(drawn)
    assert list(found) == ["1", "2", "3?"]
    for place, middle in zip(found.values(), middles, strict=True):
        assert place == pytest.approx((middle[0], middle[1] + 4.5), abs=1)
    assert [one.findtext(f"{SVG}title") for one in regions(drawn)] == [
        "A: 10%", "B: 50%", "C: chưa có số liệu",
    ]  # fmt: skip


def test_a_degree_east_is_shorter_in_the_north() -> None:
    """At 60 degrees it is half as long as one north."""
    drawn = parse(draw_choropleth("t", (), [Region("A", [box(0, 59.5)], 0.1, "x")]))
    [path] = regions(drawn)
    xs, ys = zip(*corners(path), strict=True)
    assert (max(ys) - min(ys)) / (max(xs) - min(xs)) == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize(
    ("share", "fill", "key"),
    [
        (0.0, "class-0", "dưới 20 %"),
        (0.1999, "class-0", "dưới 20 %"),
        (0.2, "class-1", "20 đến dưới 40 %"),
        (0.3912, "class-1", "20 đến dưới 40 %"),
        (0.4, "class-2", "40 đến dưới 60 %"),
        (0.8, "class-4", "từ 80 %"),
        (1.3, "class-4", "từ 80 %"),
        (None, "class-none", "chưa có số liệu"),
    ],
)
def test_classes_have_a_hatching_of_their_own(share: float | None, fill: str, key: str) -> None:
    drawn = parse(draw_choropleth("t", (), [Region("A", [box(0, 0)], share, "x")]))
    [path] = regions(drawn)
    assert path.get("fill") == f"url(#{fill})"
    assert [one.text for one in drawn.iter(f"{SVG}text") if one.get("class") == "key"] == [key]
    patterns = {one.get("id"): one for one in drawn.iter(f"{SVG}pattern")}
    drawings = {
        name: (one[1].get("d") or "dots") if len(one) > 1 else "plain" for name, one in patterns.items()
    }
    assert len(set(drawings.values())) == 6  # none differs from another by colour alone


def test_small_areas_have_their_number_at_the_side() -> None:
    small = [Region(f"S{at}", [box(1 + at / 10, 3, 0.05, 0.05)], 0.5, "50%") for at in range(6)]
    small += [Region(f"E{at}", [box(5 + at / 10, 4, 0.05, 0.05)], 0.5, "50%") for at in range(6)]
    drawn = parse(draw_choropleth("t", (), [Region("L", [box(0, 0, 6, 6)], 0.1, "10%"), *small]))
    found = labels(drawn)
    assert len(found) == 13
    sides = [place for label, place in found.items() if label != "1"]
    assert all(x in (20, 380) for x, _ in sides)
    for side in (20, 380):
        ys = sorted(y for x, y in sides if x == side)
        assert len(ys) == 6
        assert all(below - above >= 17.9 for above, below in pairwise(ys))
    assert len([one for one in drawn.iter(f"{SVG}line") if one.get("class") == "leader"]) == 12
    height = float(drawn.get("viewBox", "").split()[3])
    assert all(float(one.get("y", "0")) < height for one in drawn.iter(f"{SVG}text"))


def test_too_many_small_areas_are_drawn_once_more_and_larger() -> None:
    """A city of hundred blocks in the middle of a province: each has its number in the enlarged map."""
    city = [
        Region(f"S{at}", [box(4 + at % 10 / 10, 4 + at // 10 / 10, 0.1, 0.1)], 0.5, "50%")
        for at in range(100)
    ]
    drawn = parse(draw_choropleth("t", (), [Region("L", [box(0, 0, 8, 4)], 0.1, "10%"), *city]))
    assert "Phóng to các địa bàn nhỏ" in texts(drawn)
    overview, enlarged = [one for one in drawn.iter(f"{SVG}g") if one.get("class") == "map"]
    assert list(labels(overview)) == ["1"]
    assert list(labels(enlarged)) == [str(at) for at in range(2, 102)]
    assert not [one for one in drawn.iter(f"{SVG}line") if one.get("class") == "leader"]


def test_every_area_is_in_the_list_those_without_boundary_marked() -> None:
    many = [Region(f"Phường số {at} tên rất dài", [box(at, 0)], at / 40, f"{at}%") for at in range(39)]
    drawn = parse(draw_choropleth("t", (), [*many, Region("Nơi khác", (), 0.3, "30%")]))
    rows = {
        kind: [one.text for one in drawn.iter(f"{SVG}text") if one.get("class") == kind]
        for kind in ("number", "name", "figure")
    }
    assert rows["number"] == [str(at) for at in range(1, 41)]
    assert rows["figure"][-1] == "30%"
    assert rows["name"][-1] == "Nơi khác *"
    assert "* chưa có ranh giới, không có trên bản đồ" in texts(drawn)
    assert "Phường số 7 tên rất dài: 7%." in (drawn.findtext(f"{SVG}desc") or "")


def test_holes_stay_open_and_hostile_names_are_text() -> None:
    ring = [*box(0, 0, 3, 3), *box(1, 1)]
    evil = "<script>&\"'</svg>"
    svg = draw_choropleth(evil, (evil,), [Region(evil, [ring], 0.5, evil)])
    [path] = regions(parse(svg))
    assert path.get("d", "").count("Z") == 2
    assert path.get("fill-rule") == "evenodd"
    assert "<script" not in svg


def test_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="no region has a boundary"):
        draw_choropleth("t", (), [Region("A", (), 0.1, "x")])
