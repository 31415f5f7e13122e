"""A demo report made by hand, so that what the page must show is known without running the demo.

Lan (d01), a teacher, is the F0 of Wednesday 10 March 2021 in Hanoi. Within two metres of her were:

    d02 Minh    home 18:00-22:00 at 1,0 m                240 min   warned
    d03 Hoa     home 18:00-20:00 at 1,4 m                120 min   warned
    d04 Tuấn    café 11:30-12:00 at 0,9 m                 30 min   warned
    d05 An      class 08:00-08:40 at 1,2 m                40 min   warned
    d06 Bình    class 09:00-09:20 at 1,8 m                20 min   missed: the phone lay in a schoolbag
    d13 Quang   bus 06:45-07:15 at 0,8 m                  30 min   warned
    d20 Yến     café 11:30-11:40 at 1,6 m                 10 min   warned although under 15 min: false

So 24 people, 1 F0, 6 near, 6 warned, 1 missed (d06), 1 false (d20).
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

__all__ = ["MIDNIGHT", "at", "contact_list_report", "scripted_report", "write_report"]

MIDNIGHT = 1_615_309_200
"""2021-03-10 00:00 in Hanoi = 2021-03-09 17:00 UTC."""

SCAN_SECONDS = 240

_NAMES = [
    "Lan", "Minh", "Hoa", "Tuấn", "An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Khánh", "Linh",
    "Quang", "Mai", "Nam", "Oanh", "Phúc", "Sơn", "Thảo", "Yến", "Uyên", "Vân", "Xuân", "Ý",
]  # fmt: skip
_ROLES = (
    ["giáo viên", "cán bộ phường", "nghỉ hưu", "giáo viên"]
    + ["học sinh"] * 8
    + ["cán bộ phường"] * 7
    + ["chủ quán", "nghỉ hưu", "nội trợ", "sinh viên", "sinh viên"]
)
_NEAR_SECONDS = {"d02": 240, "d03": 120, "d04": 30, "d05": 40, "d06": 20, "d13": 30, "d20": 10}
_WARNED = ("d02", "d03", "d04", "d05", "d13", "d20")
_WITH_LAN = (
    ("d13", 6.75, 7.25, 0.8, 0.0),
    ("d14", 6.75, 7.25, 3.4, 0.0),
    ("d05", 8.0, 8 + 2 / 3, 1.2, 0.0),
    ("d06", 9.0, 9 + 1 / 3, 1.8, 9.0),
    *((f"d{n:02}", 7.5, 11.0, 2.4 + 0.7 * (n - 5), 0.0) for n in range(5, 13)),
    ("d04", 11.5, 12.0, 0.9, 0.0),
    ("d20", 11.5, 11 + 2 / 3, 1.6, 0.0),
    ("d20", 11 + 2 / 3, 12.0, 4.2, 0.0),
    ("d02", 18.0, 22.0, 1.0, 0.0),
    ("d03", 18.0, 20.0, 1.4, 0.0),
    ("d02", 0.0, 6.5, 4.8, 0.0),
    ("d03", 0.0, 6.5, 6.5, 0.0),
)
"""Person, from hour, to hour, metres, and what a schoolbag takes from the radio in dB."""


def at(hour: float) -> int:
    """Unix seconds of an hour of the day in Hanoi."""
    return MIDNIGHT + round(hour * 3600)


def _person(n: int) -> str:
    return f"d{n:02}"


def _people(names: list[str], roles: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "id": _person(n),
            "name": name,
            "role": role,
            "f0": n == 1,
            "near": _NEAR_SECONDS.get(_person(n), 0) >= 15,
            "near_seconds": _NEAR_SECONDS.get(_person(n), 0) * 60,
            "warned": _person(n) in _WARNED,
        }
        for n, (name, role) in enumerate(zip(names, roles, strict=True), start=1)
    ]


def _places() -> list[dict[str, str]]:
    return [
        *({"id": f"home{n}", "name": f"Nhà số {n}, ngõ 72", "kind": "home"} for n in range(1, 9)),
        {"id": "bus", "name": "Xe buýt 29", "kind": "bus"},
        {"id": "school", "name": "Trường tiểu học, lớp 4A", "kind": "school"},
        {"id": "office", "name": "UBND phường", "kind": "office"},
        {"id": "cafe", "name": "Cà phê đầu ngõ", "kind": "cafe"},
    ]


def _stays() -> list[dict[str, Any]]:
    stays: list[dict[str, Any]] = []
    for n in range(1, 25):
        home = f"home{(n - 1) // 3 + 1}"
        if n in (1, 4) or 5 <= n <= 12:
            day = [("school", 7.5, 11.0), ("school", 13.0, 16.5)]
        elif n == 2 or 13 <= n <= 19:
            day = [("office", 8.0, 11.5), ("office", 13.5, 17.0)]
        elif n == 20:
            day = [("cafe", 6.5, 21.0)]
        else:
            day = [("cafe", 15.0, 16.0 + n % 2)]
        if n in (1, 4, 16):
            day.append(("cafe", 11.5, 12.0))
        if n in (1, 13, 14):
            day.append(("bus", 6.75, 7.25))
        day.sort(key=lambda stay: stay[1])
        out = min(stay[1] for stay in day) - 0.25
        back = max(stay[2] for stay in day) + 0.5
        spans = [(home, 0.0, out), *day, (home, back, 24.0)]
        stays += [
            {"person": _person(n), "place": place, "from": at(start), "to": at(end)}
            for place, start, end in spans
        ]
    return stays


def _contact(a: int | str, b: int | str, start: float, end: float, metres: float) -> dict[str, Any]:
    one, other = sorted(n if isinstance(n, str) else _person(n) for n in (a, b))
    return {"a": one, "b": other, "from": at(start), "to": at(end), "distance_m": metres}


def _others() -> list[dict[str, Any]]:
    """What everyone but Lan did with each other: classmates, colleagues, households, the bus."""
    rows = [_contact(a, b, 8.0, 8.0 + 0.25 * ((a * b) % 11 + 1), 0.8 + 0.9 * (b - a)) for a in range(5, 13)
            for b in range(a + 1, 13)]  # fmt: skip
    rows += [_contact(a, b, 13.5, 13.75 + 0.2 * ((a + b) % 9), 1.1 + 1.3 * (b - a - 1)) for a in range(13, 20)
             for b in range(a + 1, 20)]  # fmt: skip
    for first in range(4, 25, 3):
        rows += [_contact(first + i, first + j, 18.5, 20.0 + 0.5 * (i + j), 1.3 + 0.4 * (i + j))
                 for i in range(3) for j in range(i + 1, 3)]  # fmt: skip
    rows += [
        _contact(13, 14, 6.75, 7.25, 1.5),
        _contact(2, 3, 18.0, 22.0, 1.2),
        _contact(20, 21, 15.0, 17.0, 1.9),
    ]
    wall = _contact(1, 7, 18.0, 23.0, 1.9)
    wall["wall_db"] = 12.0
    return [*rows, wall]


def _attenuation(metres: float, loss: float, step: int) -> float:
    return round(46 + 20 * math.log10(max(metres, 0.3)) + loss + 4 * math.sin(1.7 * step), 1)


def _weight(attenuation: float) -> float:
    return 1.0 if attenuation <= 55 else 0.5 if attenuation <= 63 else 0.0


def _sightings() -> list[dict[str, Any]]:
    rows = []
    for person, start, end, metres, loss in _WITH_LAN:
        if person not in _WARNED:
            continue
        for step, time in enumerate(range(at(start), at(end), SCAN_SECONDS)):
            attenuation = _attenuation(metres, loss, step)
            if attenuation <= 75:
                rows.append({"by": person, "of": "d01", "time": time, "attenuation_db": attenuation,
                             "seconds": SCAN_SECONDS, "weight": _weight(attenuation)})  # fmt: skip
    return sorted(rows, key=lambda row: (row["time"], row["by"]))


def _alerts(sightings: list[dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    alerts = []
    for person in _WARNED:
        own = [row for row in sightings if row["by"] == person]
        seconds = sum(row["seconds"] * row["weight"] for row in own)
        closest = min(row["attenuation_db"] for row in own)
        minutes = sum(row["seconds"] for row in own) // 60
        alerts.append({
            "person": person,
            "day": "2021-03-10",
            "minutes": minutes,
            "score": seconds / 60,
            "closest_db": closest,
            "certainty": "likely" if closest < 50 else "possible",
            "text": f"Ngày 10/03/2021, {names[person]} đã ở gần một người dương tính khoảng {minutes} phút.\n"
            "Hãy ở nhà, theo dõi sức khỏe và gọi trạm y tế phường.",
        })  # fmt: skip
    return alerts


def scripted_report() -> dict[str, Any]:
    """The day of the module's docstring."""
    people = _people(_NAMES, _ROLES)
    sightings = _sightings()
    near = [person["id"] for person in people if person["near"]]
    contacts = [_contact("d01", person, start, end, metres) for person, start, end, metres, _ in _WITH_LAN]
    return {
        "title": "Một ngày ở phường Thanh Xuân Bắc",
        "source": {"kind": "script", "name": "Một ngày làm việc ở Thanh Xuân"},
        "timezone": "Asia/Ho_Chi_Minh",
        "start": at(0),
        "end": at(24),
        "people": people,
        "places": _places(),
        "stays": _stays(),
        "contacts": sorted([*contacts, *_others()], key=lambda row: (row["from"], row["a"], row["b"])),
        "sightings": sightings,
        "alerts": _alerts(sightings, {person["id"]: person["name"] for person in people}),
        "events": [
            {"time": at(24 + 9), "text": "Lan được xác nhận dương tính"},
            {"time": at(24 + 9.25), "text": "Trạm y tế cấp mã một lần cho Lan"},
            {"time": at(24 + 9.4), "text": "Lan đồng ý và công bố 1 khóa"},
            {"time": at(24 + 33), "text": "Máy chủ dựng tệp khóa số 1"},
            {"time": at(24 + 33.1), "text": "23 thiết bị tải tệp và tự so khớp"},
        ],
        "outcome": {
            "people": 24,
            "f0": ["d01"],
            "near": near,
            "warned": list(_WARNED),
            "missed": sorted(set(near) - set(_WARNED)),
            "false": sorted(set(_WARNED) - set(near)),
            "seconds": 41.27,
            "receptions": 204_518,
            "preset": "bluezone-1",
        },
    }


def contact_list_report(rows: int = 20_000) -> dict[str, Any]:
    """The same people known only by number, with no places and ``rows`` rows of 20 seconds each.

    Every row of a pair touches the next, so that they join into one long contact per pair.
    """
    report = scripted_report()
    for person in report["people"]:
        person |= {"name": f"#{int(person['id'][1:]) + 100}", "role": ""}
    pairs = [(a, b) for a in range(1, 25) for b in range(a + 1, 25)]
    small = []
    for index in range(rows):
        a, b = pairs[index % len(pairs)]
        start = at(8 + (a * b) % 7) + 20 * (index // len(pairs))
        small.append({"a": _person(a), "b": _person(b), "from": start, "to": start + 20,
                      "distance_m": 1.25 if (a + b) % 3 else 4.0})  # fmt: skip
    report |= {
        "title": "High-School_data_2013.csv, ngày 2",
        "source": {"kind": "sociopatterns", "name": "High-School_data_2013.csv"},
        "places": [],
        "stays": [],
        "contacts": small,
    }
    return report


def write_report(data: Path, report: dict[str, Any]) -> Path:
    """Put ``report`` where the page looks for it in the data folder ``data``."""
    path = data / "demo" / "report.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")
    return path
