"""The parts of an area on a map by their rate: the table's twin, for those who know the place by sight."""

from __future__ import annotations

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.queries import Overview
from bluezone.authority.adoption.rules import written_percent
from bluezone.authority.areas.queries import any_boundary, boundaries_of
from bluezone.charts.choropleth import Region, draw_choropleth

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
        text = "chưa có số liệu" if percent is None else written_percent(percent)
        regions.append(Region(part.area.name, known.get(part.area.pk, ()), share, text))
    notes = [
        "Cài đặt trên điện thoại thông minh. Số trên bản đồ là số trong danh sách; “?”: chưa có số liệu."
    ]
    return draw_choropleth(f"Tỷ lệ cài đặt: {shown.area.name}, {shown.day:%d/%m/%Y}", notes, regions)
