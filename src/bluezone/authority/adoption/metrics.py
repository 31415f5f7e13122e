"""What is counted, where figures come from, and what each means: kinds that are never mixed."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext_lazy

__all__ = [
    "BASES",
    "DEFINITIONS",
    "INSTALLS",
    "METRIC_NAMES",
    "SOURCE_NAMES",
    "TRUST",
    "UNAUTHENTICATED",
    "WITHDRAWN_SINGLY",
    "Definition",
    "Metric",
    "Source",
    "definition_of",
]


class Metric(StrEnum):
    """What a figure counts; the value is what is stored, typed and sent."""

    POPULATION = "population"
    SMARTPHONES = "smartphones"
    DOWNLOADS = "downloads"
    PHONE_LINKED = "phone-linked"
    """Installs that were registered with a phone number: only these can be told by place."""

    ACTIVE_24H = "active-24h"
    TRACING_ON = "tracing-on"


INSTALLS = (Metric.PHONE_LINKED, Metric.ACTIVE_24H, Metric.TRACING_ON, Metric.DOWNLOADS)
"""What a rate is of, the letter's own first."""

BASES = (Metric.SMARTPHONES, Metric.POPULATION)
"""What a rate is over. They are never reconciled: there may be more smartphones than people."""


class Source(StrEnum):
    """Where a figure comes from."""

    TYPED = "typed"
    CITY_SHEET = "city-sheet"
    RETURN = "return"
    CAMPAIGN = "campaign"
    HEARTBEAT = "heartbeat"
    """From apps, unauthenticated: what a client makes up cannot be told."""


TRUST = (Source.CITY_SHEET, Source.TYPED, Source.RETURN, Source.CAMPAIGN)
"""Of several sources on the same day, the earlier in this order is shown."""

UNAUTHENTICATED = frozenset({Source.HEARTBEAT})
"""Sources whose figures anybody could make up: labelled wherever they are told, in the place of no other."""

WITHDRAWN_SINGLY = frozenset({Source.TYPED, Source.HEARTBEAT})
"""Sources of which staff take a single figure back: a mistake in typing, or what somebody has made up."""

METRIC_NAMES = {
    Metric.POPULATION: gettext_lazy("Dân số"),
    Metric.SMARTPHONES: gettext_lazy("Điện thoại thông minh"),
    Metric.DOWNLOADS: gettext_lazy("Lượt tải"),
    Metric.PHONE_LINKED: gettext_lazy("Đã đăng ký Bluezone"),
    Metric.ACTIVE_24H: gettext_lazy("Hoạt động trong 24 giờ"),
    Metric.TRACING_ON: gettext_lazy("Đang bật truy vết"),
}
SOURCE_NAMES = {
    Source.TYPED: gettext_lazy("nhập tay"),
    Source.CITY_SHEET: gettext_lazy("bảng của thành phố"),
    Source.RETURN: gettext_lazy("báo cáo của đơn vị"),
    Source.CAMPAIGN: gettext_lazy("chiến dịch"),
    Source.HEARTBEAT: gettext_lazy("ứng dụng tự báo, không kiểm chứng"),
}
"""As staff call them."""


class Definition(NamedTuple):
    """What a metric means from a day on. Figures of two definitions are not compared."""

    code: str
    metric: Metric
    valid_from: date
    vi: str
    en: str
    source: Source | None = None
    """Where only this source counts so."""


_ALWAYS = date(2020, 4, 18)
"""The day Bluezone came out: there is nothing earlier to define."""

_DEFINITIONS = (
    Definition(
        "population",
        Metric.POPULATION,
        _ALWAYS,
        "Dân số của địa bàn theo nguồn số liệu",
        "population of the area, as the source has it",
    ),
    Definition(
        "smartphones",
        Metric.SMARTPHONES,
        _ALWAYS,
        "Số điện thoại thông minh của địa bàn theo bảng của thành phố",
        "smartphones of the area, as in the city's sheet",
    ),
    Definition(
        "smartphones-active",
        Metric.SMARTPHONES,
        date(2021, 6, 29),
        "Số thuê bao điện thoại thông minh có lưu lượng 3G/4G và có di chuyển (cách tính từ 29/06/2021)",
        "smartphone subscriptions with mobile data and movement (as counted from 29 June 2021)",
    ),
    Definition(
        "downloads", Metric.DOWNLOADS, _ALWAYS, "Số lượt tải ứng dụng", "downloads of the app from the stores"
    ),
    Definition(
        "phone-linked",
        Metric.PHONE_LINKED,
        _ALWAYS,
        "Số điện thoại đã đăng ký Bluezone, tính theo địa bàn",
        "phone numbers registered with Bluezone, by area",
    ),
    Definition(
        "active-24h",
        Metric.ACTIVE_24H,
        _ALWAYS,
        "Số máy có ứng dụng hoạt động trong 24 giờ",
        "devices on which the app ran within 24 hours",
    ),
    Definition(
        "tracing-on",
        Metric.TRACING_ON,
        _ALWAYS,
        "Số máy đang bật truy vết tiếp xúc",
        "devices on which contact tracing is on",
    ),
    Definition(
        "active-24h-heartbeat",
        Metric.ACTIVE_24H,
        _ALWAYS,
        "Số ứng dụng tự báo trong ngày (kể cả ứng dụng web), chỉ khi chủ máy đồng ý; không kiểm chứng được",
        "apps, web app included, that said so within the day, with their owners' consent; unauthenticated",
        Source.HEARTBEAT,
    ),
    Definition(
        "tracing-on-heartbeat",
        Metric.TRACING_ON,
        _ALWAYS,
        "Số ứng dụng tự báo có truy vết trong 24 giờ, chỉ khi chủ máy đồng ý; không kiểm chứng được",
        "apps that said that tracing ran within 24 hours, with their owners' consent; unauthenticated",
        Source.HEARTBEAT,
    ),
)


DEFINITIONS = {one.code: one for one in _DEFINITIONS}
"""By code."""


def definition_of(metric: Metric, day: date, source: Source | None = None) -> Definition:
    """What a metric means on a day, and in a source that counts in its own way.

    Source of the change of base on 29 June 2021: the national statistics published from that day on.
    """
    of_metric = [one for one in _DEFINITIONS if one.metric is metric]
    own = [one for one in of_metric if one.source is not None and one.source is source]
    fitting = own or [one for one in of_metric if one.source is None]
    valid = [one for one in fitting if one.valid_from <= day]
    return max(valid or fitting[:1], key=lambda one: one.valid_from)
