"""The parts of an area on a map by their rate: the table's twin, for those who know the place by sight."""

from __future__ import annotations

from django.utils.translation import gettext

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.queries import Overview
from bluezone.authority.areas.queries import any_boundary, boundaries_of
from bluezone.authority.formats import numbers
from bluezone.charts.choropleth import MapWords, Region, draw_choropleth

__all__ = ["draw_area_map", "has_map"]


def has_map(shown: Overview, scope: Scope) -> bool:
    """Whether it is known where any part lies."""
    return any_boundary([one.area for one in shown.parts], scope)


def draw_area_map(shown: Overview, scope: Scope) -> str | None:
    """The map as SVG; ``None`` where no part has a boundary."""
    known = boundaries_of([one.area for one in shown.parts], scope)
    if not known:
        return None
    regions = []
    for part in shown.parts:
        percent = None if part.rate is None else part.rate.percent
        share = None if percent is None else float(percent) / 100
        none = gettext("chưa tính được tỷ lệ") if part.alone else gettext("chưa có số liệu")
        text = none if percent is None else numbers.percent(percent)
        regions.append(Region(part.area.name, known.get(part.area.pk, ()), share, text))
    notes = [
        gettext(
            "Cài đặt trên điện thoại thông minh. Số trên bản đồ là số trong danh sách; “?”: chưa có số liệu."
        )
    ]
    title = gettext("Tỷ lệ cài đặt: {name}, {day}")
    return draw_choropleth(
        title.format(name=shown.area.name, day=f"{shown.day:%d/%m/%Y}"), notes, regions, _words()
    )


def _words() -> MapWords:
    return MapWords(
        classes=(
            gettext("dưới 20 %"),
            gettext("20 đến dưới 40 %"),
            gettext("40 đến dưới 60 %"),
            gettext("60 đến dưới 80 %"),
            gettext("từ 80 %"),
        ),
        none=gettext("chưa có số liệu"),
        enlarged=gettext("Phóng to các địa bàn nhỏ"),
        unplaced=gettext("chưa có ranh giới, không có trên bản đồ"),
    )
