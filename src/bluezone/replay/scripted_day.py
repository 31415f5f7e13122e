"""A made-up working day of 26 residents of Thanh Xuân: home, bus, school, ward office, café."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise
from random import Random

from bluezone.replay.contact_trace import DAY_SECONDS, LOCAL_MIDNIGHT
from bluezone.replay.day import Contact, Day, Person, Place, Stay
from bluezone.replay.radio_model import REACH_DB, median_attenuation

__all__ = ["WALL_LOSS_DB", "meetings", "scripted_day"]

WALL_LOSS_DB = 12.0
"""One brick wall at 2.4 GHz; published figures for brick run from about 5 to 15 dB (ITU-R P.2040)."""

_F0 = "d01"

_PLACES = (
    *(Place(f"home{n}", f"Nhà số {n}, ngõ 72", "home", "alley72") for n in range(1, 5)),
    *(Place(f"home{n}", f"Nhà số {n}, ngõ 110", "home", "alley110") for n in range(5, 9)),
    Place("bus", "Xe buýt 29", "bus", "bus"),
    Place("office1", "UBND phường, phòng 1", "office", "office"),
    Place("office2", "UBND phường, phòng 2", "office", "office"),
    Place("class4a", "Trường tiểu học, lớp 4A", "school", "school"),
    Place("class5b", "Trường tiểu học, lớp 5B", "school", "school"),
    Place("canteen", "Trường tiểu học, nhà ăn", "school", "school"),
    Place("cafe", "Cà phê đầu ngõ", "cafe", "cafe"),
)

# id, name, role, home, kind of day
_RESIDENTS = (
    ("d01", "Hà", "cán bộ phường", 1, "clerk"),
    ("d02", "Minh", "giáo viên", 1, "teacher"),
    ("d03", "An", "học sinh", 1, "pupil4"),
    ("d04", "Tâm", "hưu trí", 1, "retired"),
    ("d05", "Lan", "cán bộ phường", 2, "clerk"),
    ("d06", "Sơn", "lái xe buýt", 2, "driver"),
    ("d07", "Bình", "học sinh", 2, "pupil4"),
    ("d08", "Dũng", "cán bộ phường", 3, "clerk"),
    ("d09", "Hoa", "chủ quán cà phê", 3, "cafe"),
    ("d10", "Chi", "học sinh", 3, "pupil5"),
    ("d11", "Phúc", "hưu trí", 4, "retired"),
    ("d12", "Mai", "hưu trí", 4, "retired"),
    ("d13", "Nga", "cán bộ phường", 5, "clerk"),
    ("d14", "Tuấn", "giáo viên", 5, "teacher"),
    ("d15", "Đức", "học sinh", 5, "pupil5"),
    ("d16", "Quỳnh", "cán bộ phường", 6, "clerk"),
    ("d17", "Khánh", "học sinh", 6, "pupil4"),
    ("d18", "Thảo", "làm việc ở nhà", 6, "at home"),
    ("d19", "Vinh", "làm việc ở nhà", 7, "at home"),
    ("d20", "Yến", "khách quán cà phê", 7, "regular"),
    ("d21", "Long", "học sinh", 7, "pupil5"),
    ("d22", "Ngọc", "khách quán cà phê", 8, "regular"),
    ("d23", "Thịnh", "hành khách xe buýt", 8, "passenger"),
    ("d24", "Uyên", "học sinh", 8, "pupil4"),
    ("d25", "Giang", "hành khách xe buýt", 4, "passenger"),
    ("d26", "Oanh", "hưu trí", 2, "retired"),
)

_BUS_SEATS = {"d01": (4.0, 0.4), "d23": (4.0, 1.2), "d05": (2.5, 0.4), "d25": (5.8, 0.9), "d02": (9.5, 1.9)}
_OFFICE_SEATS = {
    "d01": ("office1", (1.0, 1.0)),
    "d05": ("office1", (2.4, 1.0)),
    "d08": ("office1", (5.5, 4.5)),
    "d13": ("office2", (10.0, 1.0)),
    "d16": ("office2", (10.0, 2.6)),
}
_LUNCH_SEATS = {
    "d01": (2.0, 2.0),
    "d13": (2.9, 2.0),
    "d05": (2.0, 2.9),
    "d20": (6.5, 2.0),
    "d22": (7.4, 2.0),
    "d23": (6.5, 5.0),
}
_CLASS_SEATS = {
    "d03": ("class4a", (31.0, 1.0)),
    "d07": ("class4a", (31.7, 1.0)),
    "d17": ("class4a", (31.0, 2.4)),
    "d24": ("class4a", (33.6, 2.4)),
    "d02": ("class4a", (32.0, 4.5)),
    "d10": ("class5b", (45.0, 1.0)),
    "d15": ("class5b", (45.7, 1.0)),
    "d21": ("class5b", (47.0, 2.4)),
    "d14": ("class5b", (46.0, 4.5)),
}

_Part = tuple[str, str, str, tuple[float, float]]  # from, to (local HH:MM), place, seat


def scripted_day(seed: int = 1) -> Day:
    """The day, with departures and arrivals a few minutes early or late by ``seed``."""
    rng = Random(seed)  # noqa: S311 - a made-up day, not a secret
    stays = tuple(stay for resident in _RESIDENTS for stay in _stays_of(resident, rng))
    return Day(
        title="Một ngày làm việc ở Thanh Xuân",
        source_kind="script",
        source_name="Một ngày làm việc ở Thanh Xuân",
        start=LOCAL_MIDNIGHT,
        end=LOCAL_MIDNIGHT + DAY_SECONDS,
        people=tuple(Person(id=one, name=name, role=role) for one, name, role, _, _ in _RESIDENTS),
        contacts=tuple(meetings(stays, _PLACES)),
        f0=_F0,
        places=_PLACES,
        stays=stays,
    )


def meetings(stays: tuple[Stay, ...], places: tuple[Place, ...]) -> Iterator[Contact]:
    """Every pair of stays in one building at one time, within reach, in order of time."""
    building = {place.id: place.building for place in places}
    together: dict[str, list[Stay]] = defaultdict(list)
    for stay in stays:
        together[building[stay.place]].append(stay)
    found = []
    for group in together.values():
        for one, other in combinations(group, 2):
            start, end = max(one.start, other.start), min(one.end, other.end)
            metres = math.dist(one.seat, other.seat)
            wall = WALL_LOSS_DB if one.place != other.place else 0.0
            if one.person == other.person or start >= end or median_attenuation(metres, wall) > REACH_DB:
                continue
            a, b = sorted((one.person, other.person))
            found.append(Contact(a, b, start, end, round(metres, 2), wall))
    yield from sorted(found, key=lambda c: (c.start, c.a, c.b))


def _stays_of(resident: tuple[str, str, str, int, str], rng: Random) -> Iterator[Stay]:
    person, _, _, home, _ = resident
    parts = _parts_of(resident)
    borders = [_seconds(parts[0][0])]
    for before, after in pairwise(parts):
        # One shift for leaving and arriving, so that nobody is in two places at once.
        shift = rng.randint(-150, 150)
        borders += [_seconds(before[1]) + shift, _seconds(after[0]) + shift]
    borders.append(_seconds(parts[-1][1]))
    for at, (_, _, place, seat) in enumerate(parts):
        start, end = LOCAL_MIDNIGHT + borders[2 * at], LOCAL_MIDNIGHT + borders[2 * at + 1]
        whole = Stay(person, place, start, end, seat)
        if place == f"home{home}" and at == len(parts) - 1:
            # In the evening the family sits together until half past nine, then goes to bed.
            bed = LOCAL_MIDNIGHT + _seconds("21:30")
            yield replace(whole, end=bed, seat=_table_seat(person, home))
            yield replace(whole, start=bed)
        else:
            yield whole


def _parts_of(resident: tuple[str, str, str, int, str]) -> list[_Part]:
    person, _, _, number, kind = resident
    home, bed = f"home{number}", _bed(person, number)

    def by_bus(work: list[_Part], out: str, back: str) -> list[_Part]:
        seat = _BUS_SEATS[person]
        return [
            ("00:00", "06:50", home, bed),
            ("07:00", "07:24", "bus", seat),
            (out, work[0][1], work[0][2], work[0][3]),
            *work[1:],
            ("17:20", "17:44", "bus", seat),
            (back, "24:00", home, bed),
        ]

    def on_foot(*work: _Part, back: str) -> list[_Part]:
        leave = _clock(_seconds(work[0][0]) - 600)
        return [("00:00", leave, home, bed), *work, (back, "24:00", home, bed)]

    if kind == "clerk":
        room, seat = _OFFICE_SEATS[person]
        lunch = _LUNCH_SEATS.get(person)
        middle: list[_Part] = (
            [
                ("07:35", "11:40", room, seat),
                ("11:50", "12:40", "cafe", lunch),
                ("12:50", "17:10", room, seat),
            ]
            if lunch
            else [("07:35", "17:10", room, seat)]
        )
        return by_bus(middle, "07:35", "17:55") if person in _BUS_SEATS else on_foot(*middle, back="17:30")
    if kind == "teacher":
        room, seat = _CLASS_SEATS[person]
        work: list[_Part] = [
            ("07:40", "11:20", room, seat),
            ("11:30", "12:30", "canteen", (60.0 + _offset(person), 9.0)),
            ("12:40", "17:05", room, seat),
        ]
        return by_bus(work, "07:40", "18:00") if person in _BUS_SEATS else on_foot(*work, back="17:30")
    if kind.startswith("pupil"):
        room, seat = _CLASS_SEATS[person]
        return on_foot(
            ("07:30", "11:20", room, seat),
            ("11:30", "12:30", "canteen", (60.0 + _offset(person), 1.0)),
            ("12:40", "16:30", room, seat),
            back="16:50",
        )
    if kind == "driver":
        return on_foot(("06:55", "18:00", "bus", (0.5, 0.4)), back="18:20")
    if kind == "cafe":
        return on_foot(("06:30", "19:00", "cafe", (0.5, 6.5)), back="19:10")
    if kind == "regular":
        return on_foot(("11:40", "13:00", "cafe", _LUNCH_SEATS[person]), back="13:15")
    if kind == "passenger":
        lunch = _LUNCH_SEATS.get(person)
        between: list[_Part] = [("12:00", "12:45", "cafe", lunch)] if lunch else []
        return [
            ("00:00", "06:50", home, bed),
            ("07:00", "07:24", "bus", _BUS_SEATS[person]),
            *between,
            ("17:20", "17:44", "bus", _BUS_SEATS[person]),
            ("17:55", "24:00", home, bed),
        ]
    if kind == "retired" and person in ("d11", "d12"):
        return on_foot(("08:00", "09:00", "cafe", (4.0 + _offset(person) / 2, 6.0)), back="09:15")
    return [("00:00", "18:55", home, bed), ("19:00", "24:00", home, bed)]


def _bed(person: str, home: int) -> tuple[float, float]:
    members = [one for one, _, _, number, _ in _RESIDENTS if number == home]
    return ((home - 1) % 4 * 7.0 + members.index(person) * 1.6, 4.0)


def _table_seat(person: str, home: int) -> tuple[float, float]:
    members = [one for one, _, _, number, _ in _RESIDENTS if number == home]
    at = members.index(person)
    return ((home - 1) % 4 * 7.0 + at % 2 * 0.9, 1.0 + at // 2 * 0.9)


def _offset(person: str) -> float:
    """A place of one's own along a long table."""
    return int(person[1:]) % 16 * 0.8


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
