"""What is in the made-up province: areas with a reform, a ledger of years, a sheet of organisations.

Everything follows from the sizes alone: two runs of the same sizes hold the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from bluezone.authority.adoption.metrics import Metric, Source, definition_of

__all__ = ["CITY", "LAST_DAY", "WHOLE_FACTS", "MadeArea", "MadeFact", "Province", "province_of"]

CITY = "99"
LAST_DAY = date(2024, 3, 7)
WHOLE_FACTS = 10_000_000
_WARDS, _ORGANISATIONS = 600, 20_000
_OF_A_DISTRICT = 20
_WARD_FACTS = 15
"""Of a ward and day: the city's sheet with six figures and two of them corrected, and three other sources."""

_LEAST_DAYS = 12
_LATE_EACH, _LATE_DAYS = 10, 30
"""One ward in ten has reported nothing for some days, up to a month."""

_NAMES = ("An Bình", "Hòa Lạc", "Nhân Chính", "Phú Thượng", "Tân Mai", "Thịnh Liệt", "Vĩnh Phúc", "Yên Sở")
_NOISE, _STEP, _MODULUS = 1_103_515_245, 12_345, 2**31
"""A linear congruential generator (that of ISO C's example): quick, and the same everywhere."""


class MadeArea(NamedTuple):
    """A version of an area; ``above`` is the path of the version it belongs to."""

    code: str
    name: str
    level: str
    path: str
    above: str
    valid_from: date
    valid_until: date | None
    number: int
    """Of a ward or district among its like, from 0: where it lies."""


class MadeFact(NamedTuple):
    """A figure of the ledger; ``area`` is a place in :attr:`Province.areas`."""

    area: int
    metric: Metric
    value: int
    definition: str
    source: Source
    as_of: date
    corrected: bool
    """Superseded by the fact just before it."""


@dataclass(frozen=True)
class Province:
    """Sizes, and what follows from them. Districts end on ``reform``; wards then lie in the city itself."""

    wards: int
    organisations: int
    days: int

    @property
    def first_day(self) -> date:
        """The first of the ledger."""
        return LAST_DAY - timedelta(self.days - 1)

    @property
    def reform(self) -> date:
        """Two thirds of the days are of districts."""
        return self.first_day + timedelta(2 * self.days // 3)

    @property
    def districts(self) -> int:
        """Of up to 20 wards."""
        return -(-self.wards // _OF_A_DISTRICT)

    @cached_property
    def areas(self) -> tuple[MadeArea, ...]:
        """Those above come first."""
        began = self.first_day - timedelta(365)
        city = MadeArea(CITY, "Thành phố Mẫu", "city", CITY, "", began, None, 0)
        districts = [
            MadeArea(
                f"9{at:02}", f"Quận {_name(at)}", "district", f"{CITY}/9{at:02}", CITY, began, self.reform, at
            )
            for at in range(self.districts)
        ]  # fmt: skip
        wards = [
            MadeArea(
                f"9{at:04}", f"Phường {_name(at)}", "ward", f"{above.path}/9{at:04}", above.path, began,
                self.reform, at,
            )
            for at in range(self.wards)
            for above in [districts[at // _OF_A_DISTRICT]]
        ]  # fmt: skip
        after = [
            one._replace(path=f"{CITY}/{one.code}", above=CITY, valid_from=self.reform, valid_until=None)
            for one in wards
        ]
        return (city, *districts, *wards, *after)

    def areas_on(self, day: date) -> list[tuple[int, MadeArea]]:
        """Those that exist on a day, with their places."""
        return [
            (at, one)
            for at, one in enumerate(self.areas)
            if one.valid_from <= day and (one.valid_until is None or day < one.valid_until)
        ]

    def facts_on(self, day: date) -> Iterator[MadeFact]:
        """What came in on a day. Shares rise from about a fifth to about a half over the years."""
        since = (day - self.first_day).days
        state = (since + 1) * 7_919 % _MODULUS
        codes = {
            (metric, source): definition_of(metric, day, source).code
            for metric in Metric
            for source in Source
        }
        for at, area in self.areas_on(day):
            if area.level == "ward" and self._is_late(area.number, day):
                continue
            state = (state * _NOISE + _STEP) % _MODULUS
            phones = _smartphones(area, self.wards)
            share = 0.2 + 0.3 * since / self.days + area.number % 7 / 50 + state % 1_000 / 100_000
            installs = int(phones * share)
            counts = {
                Metric.PHONE_LINKED: installs,
                Metric.SMARTPHONES: phones,
                Metric.POPULATION: phones * 5 // 4,
                Metric.DOWNLOADS: installs * 3 // 2,
                Metric.ACTIVE_24H: installs // 2,
                Metric.TRACING_ON: installs // 3,
            }
            for metric, value in counts.items():
                code = codes[metric, Source.CITY_SHEET]
                yield MadeFact(at, metric, value, code, Source.CITY_SHEET, day, False)
                if area.level == "ward" and metric in _CORRECTED:
                    yield MadeFact(at, metric, value + 3, code, Source.CITY_SHEET, day, True)
            if area.level == "ward":
                for source, metrics in _OTHERS:
                    for metric in metrics:
                        value = counts[metric] * 9 // 10
                        yield MadeFact(at, metric, value, codes[metric, source], source, day, False)

    def _is_late(self, ward: int, day: date) -> bool:
        if ward % _LATE_EACH:
            return False
        return (LAST_DAY - day).days < min(1 + ward // _LATE_EACH % _LATE_DAYS, self.days // 4)


_CORRECTED = (Metric.PHONE_LINKED, Metric.SMARTPHONES)
_OTHERS = (
    (Source.RETURN, (Metric.PHONE_LINKED, Metric.SMARTPHONES, Metric.ACTIVE_24H)),
    (Source.CAMPAIGN, (Metric.PHONE_LINKED, Metric.SMARTPHONES)),
    (Source.HEARTBEAT, (Metric.ACTIVE_24H, Metric.TRACING_ON)),
)


def province_of(facts: int, *, quick: bool = False) -> Province:
    """The province whose ledger has about so many facts: fewer are fewer days, of as many wards.

    :param quick: a tenth of its wards, a fortieth of its organisations.
    """
    wards, organisations = (_WARDS // 10, _ORGANISATIONS // 40) if quick else (_WARDS, _ORGANISATIONS)
    return Province(wards, organisations, max(_LEAST_DAYS, round(facts / (wards * _WARD_FACTS))))


def _name(number: int) -> str:
    return f"{_NAMES[number % len(_NAMES)]} {number // len(_NAMES) + 1}"


def _smartphones(area: MadeArea, wards: int) -> int:
    if area.level == "ward":
        return 4_000 + area.number * 37 % 9_000
    return 8_500 * (wards if area.level == "city" else _OF_A_DISTRICT)
