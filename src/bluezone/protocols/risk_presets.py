"""Risk presets: the thresholds and weights of a score, read from TOML and checked key by key.

A preset is data with a version, so that an authority can change it without changing the program. The ones
that come with the program are in ``presets/``; each names its sources.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Literal, NoReturn, TypeVar

from bluezone.errors import Refused
from bluezone.protocols.gaen import ReportType

__all__ = [
    "DEFAULT_PRESET",
    "Adjustment",
    "BadPreset",
    "Infectiousness",
    "RiskPreset",
    "ScanAttenuation",
    "UnknownPreset",
    "load_preset",
    "parse_preset",
    "preset_names",
]

_T = TypeVar("_T")

DEFAULT_PRESET = "bluezone"
MAX_ONSET_DAYS = 14
"""Days before and after onset that the export format can express with meaning."""

ScanAttenuation = Literal["typical", "minimum", "adjusted"]
"""Which attenuation of a scan instance is looked up in the buckets."""

_OF_SCAN: dict[str, ScanAttenuation] = {
    "typical": "typical",
    "minimum": "minimum",
    "adjusted": "adjusted",
}
_REPORT_TYPES = {
    "confirmed-test": ReportType.CONFIRMED_TEST,
    "clinical-diagnosis": ReportType.CONFIRMED_CLINICAL_DIAGNOSIS,
    "self-report": ReportType.SELF_REPORT,
    "recursive": ReportType.RECURSIVE,
}


class BadPreset(Refused):
    """A preset that cannot be used; the message names the file, the key and the reason."""


class UnknownPreset(Refused):
    """No preset of that name comes with the program."""


class Infectiousness(IntEnum):
    """How infectious somebody is taken to be on a day; the numbers are those of Exposure Notifications v2."""

    NONE = 0
    STANDARD = 1
    HIGH = 2


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Attenuation in dB made comparable between moments and between phones that lie in a bag or a hand.

    ``typical`` and ``minimum_around`` weigh the typical attenuation of a scan, and the least of the same
    key's scans that begin at most ``around_seconds`` before or after it. From that is taken ``surroundings``
    times what everything else heard is weaker than ``surroundings_db``, at most ``most_db`` either way.
    """

    typical: float
    minimum_around: float
    around_seconds: float
    surroundings: float
    surroundings_db: float
    most_db: float

    def of(self, typical: float, minimum_around: float, surroundings: float | None) -> float:
        """The adjusted attenuation of a scan; without known surroundings nothing is taken off."""
        own = self.typical * typical + self.minimum_around * minimum_around
        if surroundings is None:
            return own
        weaker = max(-self.most_db, min(self.most_db, surroundings - self.surroundings_db))
        return own - self.surroundings * weaker


@dataclass(frozen=True, slots=True)
class RiskPreset:
    """How a score is made of scan instances.

    ``below_db`` (n, ascending) and ``weights`` (n + 1): a scan attenuated by less than ``below_db[i]`` and no
    less than the one before counts ``weights[i]`` times its seconds. ``transmission``: for each report type
    the factor by :class:`Infectiousness`; 0 drops the window. ``infectiousness_by_day``: days since onset
    -14…14 at index 0…28. ``low_minutes`` and ``high_minutes``: what a window, or the sum of a day's windows,
    must reach. ``adjustment``: with ``of_scan`` "adjusted", and only then.
    """

    name: str
    version: int
    title: str
    sources: tuple[str, ...]
    max_age_days: int
    of_scan: ScanAttenuation
    below_db: tuple[float, ...]
    weights: tuple[float, ...]
    drop_below_minutes: float
    counting_below_db: float
    transmission: Mapping[ReportType, tuple[float, float, float]]
    infectiousness_by_day: tuple[Infectiousness, ...]
    unknown_onset: Infectiousness
    report_type_when_missing: ReportType
    low_minutes: float
    high_minutes: float
    adjustment: Adjustment | None = None

    def weight(self, attenuation: float) -> float:
        """What a second at an attenuation in dB counts."""
        for limit, weight in zip(self.below_db, self.weights, strict=False):
            if attenuation < limit:
                return weight
        return self.weights[-1]

    def infectiousness(self, days_since_onset: int | None) -> Infectiousness:
        """By days since onset; beyond 14 days it is taken as unknown, as the reference does."""
        if days_since_onset is None or abs(days_since_onset) > MAX_ONSET_DAYS:
            return self.unknown_onset
        return self.infectiousness_by_day[days_since_onset + MAX_ONSET_DAYS]

    def transmission_factor(self, report_type: ReportType, infectiousness: Infectiousness) -> float:
        """The factor of a report type and an infectiousness; 0 for revoked keys."""
        if report_type is ReportType.REVOKED:
            return 0.0
        known = self.report_type_when_missing if report_type is ReportType.UNKNOWN else report_type
        return self.transmission[known][infectiousness]

    @property
    def near_db(self) -> float:
        """Upper edge in dB of the buckets that count at least half; infinite where strength plays no role."""
        half = max(self.weights) / 2
        last = max(at for at, weight in enumerate(self.weights) if weight >= half)
        return self.below_db[last] if last < len(self.below_db) else math.inf


def preset_names() -> list[str]:
    """The presets that come with the program, in alphabetical order."""
    folder = files("bluezone.protocols") / "presets"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


@cache
def load_preset(name: str) -> RiskPreset:
    """A preset that comes with the program.

    :raises UnknownPreset: naming the ones there are.
    """
    names = preset_names()
    if name not in names:
        raise UnknownPreset(f"no risk preset {name!r}; there are {', '.join(names)}")
    resource = files("bluezone.protocols") / "presets" / f"{name}.toml"
    return parse_preset(resource.read_text(encoding="utf-8"), source=f"{name}.toml")


def parse_preset(text: str, *, source: str) -> RiskPreset:
    """Read a preset; ``source`` is the name of the file in messages.

    :raises BadPreset: for the first thing that is wrong.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPreset(f"{source}: not TOML: {error}") from None
    root = _Table(document, source, "")
    attenuation = root.table("attenuation")
    window = root.table("window")
    transmission = root.table("transmission")
    days = root.table("infectiousness")
    minutes = root.table("minutes")

    below = attenuation.numbers("below_db", low=0, high=1000)
    if any(b <= a for a, b in pairwise(below)):
        attenuation.refuse("below_db", "must ascend")
    weights = attenuation.numbers("weights", low=0, high=100)
    if len(weights) != len(below) + 1:
        attenuation.refuse("weights", f"needs {len(below) + 1} numbers for {len(below)} limits")
    if not any(weights):
        attenuation.refuse("weights", "at least one must be above 0")
    low, high = minutes.number("low", low=0), minutes.number("high", low=0)
    if low > high:
        minutes.refuse("low", "must not be above high")
    of_scan = attenuation.choice("of_scan", _OF_SCAN)
    adjusting = root.table("adjustment") if of_scan == "adjusted" else None
    preset = RiskPreset(
        name=root.text("name"),
        version=root.integer("version", low=1, high=10**6),
        title=root.text("title"),
        sources=root.texts("sources"),
        max_age_days=root.integer("max_age_days", low=1, high=MAX_ONSET_DAYS),
        of_scan=of_scan,
        below_db=below,
        weights=weights,
        drop_below_minutes=window.number("drop_below_minutes", low=0, high=30),
        counting_below_db=window.number("counting_below_db", low=0, high=1000),
        transmission={kind: transmission.factors(name) for name, kind in _REPORT_TYPES.items()},
        infectiousness_by_day=_infectiousness_by_day(days),
        unknown_onset=days.choice("unknown_onset", {i.name.lower(): i for i in Infectiousness}),
        report_type_when_missing=days.choice("report_type_when_missing", _REPORT_TYPES),
        low_minutes=low,
        high_minutes=high,
        adjustment=None if adjusting is None else _adjustment(adjusting),
    )
    for table in (root, attenuation, window, transmission, days, minutes, adjusting):
        if table is not None:
            table.refuse_unread()
    return preset


def _adjustment(table: _Table) -> Adjustment:
    return Adjustment(
        typical=table.number("typical", low=0, high=10),
        minimum_around=table.number("minimum_around", low=0, high=10),
        around_seconds=table.number("around_seconds", low=0, high=3600),
        surroundings=table.number("surroundings", low=0, high=10),
        surroundings_db=table.number("surroundings_db", low=0, high=1000),
        most_db=table.number("most_db", low=0, high=1000),
    )


def _infectiousness_by_day(days: _Table) -> tuple[Infectiousness, ...]:
    """Standard on the days of one range, high on those of another, none on the others."""
    standard, high = days.day_range("standard_days"), days.day_range("high_days")
    return tuple(
        Infectiousness.HIGH
        if day in high
        else Infectiousness.STANDARD
        if day in standard
        else Infectiousness.NONE
        for day in range(-MAX_ONSET_DAYS, MAX_ONSET_DAYS + 1)
    )


class _Table:
    """A TOML table whose every value is asked for once; what nobody asked for is a spelling mistake."""

    def __init__(self, values: dict[str, Any], source: str, path: str) -> None:
        self._values = values
        self._source = source
        self._path = path
        self._read: set[str] = set()

    def refuse(self, key: str, reason: str) -> NoReturn:
        raise BadPreset(f"{self._source}: {self._path}{key}: {reason}")

    def refuse_unread(self) -> None:
        for key in self._values:
            if key not in self._read:
                self.refuse(key, "is not a key of a preset")

    def _get(self, key: str) -> Any:
        self._read.add(key)
        if key not in self._values:
            self.refuse(key, "is missing")
        return self._values[key]

    def table(self, key: str) -> _Table:
        value = self._get(key)
        if not isinstance(value, dict):
            self.refuse(key, "must be a table")
        return _Table(value, self._source, f"{self._path}{key}.")

    def text(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, "must be a text that is not empty")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._get(key)
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(v, str) and v.strip() for v in value)
        ):
            self.refuse(key, "must be a list of at least one text")
        return tuple(value)

    def choice(self, key: str, choices: Mapping[str, _T]) -> _T:
        value = self._get(key)
        if not isinstance(value, str) or value not in choices:
            self.refuse(key, f"must be one of {', '.join(choices)}, not {value!r}")
        return choices[value]

    def integer(self, key: str, *, low: int, high: int) -> int:
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.refuse(key, f"must be a whole number from {low} to {high}, not {value!r}")
        return value

    def number(self, key: str, *, low: float, high: float = 10**6) -> float:
        return self._checked(key, self._get(key), low, high)

    def numbers(self, key: str, *, low: float, high: float) -> tuple[float, ...]:
        value = self._get(key)
        if not isinstance(value, list):
            self.refuse(key, "must be a list of numbers")
        return tuple(self._checked(key, item, low, high) for item in value)

    def factors(self, key: str) -> tuple[float, float, float]:
        values = self.numbers(key, low=0, high=100)
        if len(values) != len(Infectiousness):
            self.refuse(key, "needs three numbers: for no, standard and high infectiousness")
        return values[0], values[1], values[2]

    def day_range(self, key: str) -> range:
        """``[first, last]`` in days since onset, or ``[]``."""
        value = self._get(key)
        if value == []:
            return range(0)
        whole = isinstance(value, list) and all(isinstance(v, int) and not isinstance(v, bool) for v in value)
        if not whole or len(value) != 2 or not -MAX_ONSET_DAYS <= value[0] <= value[1] <= MAX_ONSET_DAYS:
            self.refuse(key, f"must be [first, last] from -{MAX_ONSET_DAYS} to {MAX_ONSET_DAYS}, or []")
        return range(value[0], value[1] + 1)

    def _checked(self, key: str, value: Any, low: float, high: float) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            self.refuse(key, f"must be a number from {low:g} to {high:g}, not {value!r}")
        return float(value)
