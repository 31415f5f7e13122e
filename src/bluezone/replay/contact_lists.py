"""Real contact lists as days: Haslemere (distance every five minutes) and SocioPatterns (20-second contacts).

Both are moved to one fixed local date, keeping the time of day, so that every replay looks alike. The lists
are read, never shipped: their licences forbid derivatives or commercial use.
"""

from __future__ import annotations

import gzip
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bluezone.errors import Refused
from bluezone.replay.day import NEAR_METRES, Contact, Day, Person, near_seconds

__all__ = ["LOCAL_MIDNIGHT", "ContactListError", "busiest_day", "read_contact_list"]

_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
LOCAL_MIDNIGHT = int(datetime(2021, 3, 10, tzinfo=_HANOI).timestamp())
"""Start of the replayed day: Wednesday 10 March 2021 in Hanoi, the week of the district's letter."""

DAY_SECONDS = 86_400
_HASLEMERE_HEADER = "time_step,user1_id,user2_id,distance_m"
_HASLEMERE_STEP = 300
_HASLEMERE_STEPS_A_DAY = 192
_HASLEMERE_FIRST_HOUR = 7
"""The study recorded from 07:00 to 23:00: 192 five-minute steps a day (Kissler et al. 2018)."""

_SOCIOPATTERNS_STEP = 20
_SOCIOPATTERNS_METRES = 1.25
"""Badges met face to face within 1 to 1.5 m (Mastrandrea, Fournet, Barrat 2015); no distance is recorded."""
_SOCIOPATTERNS_ZONE = ZoneInfo("Europe/Paris")

_MAX_LINE = 200


class ContactListError(Refused):
    """The file is not a contact list we know, or a row of it is wrong; says which line and why."""


class Row(NamedTuple):
    """One recorded contact: recorded day (0, 1, …), seconds after local midnight, two people, metres."""

    day: int
    second: int
    a: str
    b: str
    metres: float


class ContactList(NamedTuple):
    kind: str
    name: str
    step: int
    rows: list[Row]
    roles: dict[str, str]


def read_contact_list(path: Path) -> ContactList:
    """Read a Haslemere CSV or a SocioPatterns list, plain or gzipped, told apart by the first line.

    :raises ContactListError: naming the file, the line and what is wrong with it.
    """
    try:
        with _open_text(path) as lines:
            first = lines.readline(_MAX_LINE).strip()
            if first.replace(" ", "") == _HASLEMERE_HEADER:
                return _read_haslemere(path, lines)
            if len(first.split()) in (3, 5):
                return _read_sociopatterns(path, _prepend(first, lines))
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ContactListError(f"{path}: cannot be read as text ({error})") from error
    raise ContactListError(
        f"{path}, line 1: neither the Haslemere header ({_HASLEMERE_HEADER}) nor a SocioPatterns row "
        "(time, person, person, optionally two classes)"
    )


def busiest_day(contact_list: ContactList, *, people: int = 24, day: int | None = None) -> Day:
    """The ``people`` with the most recorded time near others on one day, and what was between them.

    ``day``: which recorded day, from 1; by default the one with most rows. The F0 is whoever was truly
    near most of the others.

    :raises ContactListError: if the list has no such day or too few people that met on it.
    """
    per_day: dict[int, list[Row]] = defaultdict(list)
    for row in contact_list.rows:
        per_day[row.day].append(row)
    if not per_day:
        raise ContactListError(f"{contact_list.name}: no contacts in it")
    chosen = max(per_day, key=lambda d: len(per_day[d])) if day is None else day - 1
    if chosen not in per_day:
        raise ContactListError(f"{contact_list.name}: has no day {day}; it has {_numbers(per_day)}")
    rows = per_day[chosen]
    busy: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.metres <= NEAR_METRES:
            busy[row.a] += 1
            busy[row.b] += 1
    if len(busy) < 2:
        raise ContactListError(
            f"{contact_list.name}: nobody was within {NEAR_METRES:g} m on day {chosen + 1}"
        )
    ids = sorted(busy, key=lambda person: (-busy[person], person))[:people]
    contacts = tuple(_merged(rows, set(ids), contact_list.step))
    persons = tuple(
        Person(id=one, name=f"#{one}", role=contact_list.roles.get(one, ""))
        for one in sorted(ids, key=_natural)
    )
    return Day(
        title=f"{contact_list.name}, ngày {chosen + 1}",
        source_kind=contact_list.kind,
        source_name=contact_list.name,
        start=LOCAL_MIDNIGHT,
        end=LOCAL_MIDNIGHT + DAY_SECONDS,
        people=persons,
        contacts=contacts,
        f0=max(ids, key=lambda one: (_near_people(contacts, one), one)),
    )


def _near_people(contacts: tuple[Contact, ...], person: str) -> int:
    return sum(seconds >= 900 for seconds in near_seconds(contacts, person).values())


def _merged(rows: Iterable[Row], ids: set[str], step: int) -> Iterator[Contact]:
    """Adjacent rows of a pair at one distance as one contact, in order of time."""
    wanted = sorted({(r.a, r.b, r.metres, r.second) for r in rows if r.a in ids and r.b in ids})
    merged: list[Contact] = []
    for a, b, metres, second in wanted:
        start = LOCAL_MIDNIGHT + second
        last = merged[-1] if merged else None
        if last and (last.a, last.b, last.distance, last.end) == (a, b, metres, start):
            merged[-1] = Contact(a, b, last.start, start + step, metres)
        else:
            merged.append(Contact(a, b, start, start + step, metres))
    yield from sorted(merged, key=lambda c: (c.start, c.a, c.b))


def _read_haslemere(path: Path, lines: Iterable[str]) -> ContactList:
    rows = []
    for number, line in enumerate(lines, start=2):
        fields = line.strip().split(",")
        if len(fields) != 4:
            raise ContactListError(f"{path}, line {number}: has {len(fields)} fields, needs 4")
        step = _integer(path, number, "time_step", fields[0], least=1)
        a, b = (
            str(_integer(path, number, name, text, least=0))
            for name, text in zip(("user1_id", "user2_id"), fields[1:3], strict=True)
        )
        metres = _integer(path, number, "distance_m", fields[3], least=0)
        day, step_of_day = divmod(step - 1, _HASLEMERE_STEPS_A_DAY)
        second = _HASLEMERE_FIRST_HOUR * 3600 + step_of_day * _HASLEMERE_STEP
        rows.append(Row(day, second, *_pair(path, number, a, b), float(metres)))
    return ContactList("haslemere", path.name, _HASLEMERE_STEP, rows, {})


def _read_sociopatterns(path: Path, lines: Iterable[str]) -> ContactList:
    rows: list[Row] = []
    roles: dict[str, str] = {}
    days: dict[int, int] = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if len(fields) not in (3, 5):
            raise ContactListError(f"{path}, line {number}: has {len(fields)} fields, needs 3 or 5")
        moment = datetime.fromtimestamp(
            _integer(path, number, "time", fields[0], least=0, most=2**32), tz=_SOCIOPATTERNS_ZONE
        )
        second = moment.hour * 3600 + moment.minute * 60 + moment.second
        # A row's time is the end of the 20 seconds it stands for.
        second = max(0, second - _SOCIOPATTERNS_STEP)
        day = days.setdefault(moment.toordinal(), len(days))
        rows.append(Row(day, second, *_pair(path, number, fields[1], fields[2]), _SOCIOPATTERNS_METRES))
        if len(fields) == 5:
            roles[fields[1]], roles[fields[2]] = fields[3], fields[4]
    return ContactList("sociopatterns", path.name, _SOCIOPATTERNS_STEP, rows, roles)


def _pair(path: Path, number: int, a: str, b: str) -> tuple[str, str]:
    if a == b:
        raise ContactListError(f"{path}, line {number}: person {a} in contact with themselves")
    return (a, b) if a < b else (b, a)


def _integer(path: Path, number: int, name: str, text: str, *, least: int, most: int = 10**9) -> int:
    try:
        value = int(text)
    except ValueError:
        raise ContactListError(f"{path}, line {number}: {name} {text!r} is not a whole number") from None
    if not least <= value <= most:
        raise ContactListError(f"{path}, line {number}: {name} {value} is outside {least}-{most}")
    return value


def _open_text(path: Path) -> io.TextIOBase:
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rt", encoding="utf-8") if zipped else path.open(encoding="utf-8")


def _prepend(first: str, lines: Iterable[str]) -> Iterator[str]:
    yield first
    yield from lines


def _natural(text: str) -> tuple[int, str]:
    return (int(text), "") if text.isdecimal() else (2**62, text)


def _numbers(days: Iterable[int]) -> str:
    return ", ".join(str(day + 1) for day in sorted(days))
