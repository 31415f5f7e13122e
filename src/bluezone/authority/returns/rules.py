"""Pure decisions on returns: arithmetic that cannot be, rounds and their cut-off, who is late and missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bluezone.authority.returns.metrics import COUNTS, Form
from bluezone.authority.tabular.faults import Said

__all__ = [
    "CADENCES",
    "GREATEST",
    "Cadence",
    "Impossible",
    "State",
    "end_of_rounds",
    "impossible",
    "missing_since",
    "state_of",
]

_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")

GREATEST = 1_000_000
"""No organisation has more people."""

CADENCES = (1, 7, 14, 28)
"""Days from one round to the next."""

_PARENTS = 2


@dataclass(frozen=True, slots=True)
class Impossible:
    """A count that contradicts another; ``count`` is the one to look at first."""

    count: str
    said: Said


def impossible(form: Form, counts: Mapping[str, int]) -> Sequence[Impossible]:
    """What in a return cannot be, each with the count that it is about; nothing where it all can."""
    found = [Impossible(name, said) for name in COUNTS[form] if (said := _no_count(counts.get(name)))]
    wrong = {one.count for one in found}
    known = {name: counts[name] for name in COUNTS[form] if name not in wrong}
    return [*found, *(_of_staff(known) if form is Form.STAFF else _of_pupils(known))]


def _no_count(value: int | None) -> Said | None:
    if value is None:
        return Said("đang trống; không có ai thì ghi 0", "is empty; write 0 for nobody")
    if not 0 <= value <= GREATEST:
        return Said(f"{value} là số âm hoặc quá lớn", f"{value} is negative or too large")
    return None


def _exceeds(count: int | None, most: int | None) -> bool:
    return count is not None and most is not None and count > most


def _of_staff(counts: Mapping[str, int]) -> Sequence[Impossible]:
    """What contradicts itself among the counts that are known."""
    staff, phones = counts.get("staff"), counts.get("with_smartphone")
    installed, running = counts.get("installed"), counts.get("running")
    found = []
    if _exceeds(phones, staff):
        found.append(
            Impossible(
                "with_smartphone",
                Said(f"{phones} lớn hơn số cán bộ {staff}", f"{phones} is more than the staff of {staff}"),
            )
        )
    if _exceeds(installed, phones):
        found.append(
            Impossible(
                "installed",
                Said(
                    f"{installed} lớn hơn số người có điện thoại thông minh {phones}",
                    f"{installed} is more than the {phones} with a smartphone",
                ),
            )
        )
    if _exceeds(running, installed):
        found.append(
            Impossible(
                "running",
                Said(
                    f"{running} lớn hơn số đã cài {installed}",
                    f"{running} is more than the {installed} who installed",
                ),
            )
        )
    return found


def _of_pupils(counts: Mapping[str, int]) -> Sequence[Impossible]:
    """What contradicts itself among the counts that are known."""
    roll, installed, parents = counts.get("roll"), counts.get("installed"), counts.get("parents_installed")
    kinds = [counts[name] for name in ("own_phone", "shared_phone", "no_phone") if name in counts]
    found = []
    if len(kinds) == 3 and roll is not None and sum(kinds) != roll:
        text = " + ".join(map(str, kinds))
        found.append(
            Impossible(
                "roll",
                Said(
                    f"điện thoại riêng, dùng chung và không có: {text} = {sum(kinds)}, "
                    f"không bằng sĩ số {roll}",
                    f"own, shared and no phone: {text} = {sum(kinds)}, not the roll of {roll}",
                ),
            )
        )
    with_phone = [counts[name] for name in ("own_phone", "shared_phone") if name in counts]
    phones = sum(with_phone) if len(with_phone) == 2 else None
    if _exceeds(installed, phones):
        found.append(
            Impossible(
                "installed",
                Said(
                    f"{installed} lớn hơn số học sinh có điện thoại riêng hoặc dùng chung {phones}",
                    f"{installed} is more than the {phones} pupils with an own or shared phone",
                ),
            )
        )
    most_parents = None if roll is None else _PARENTS * roll
    if _exceeds(parents, most_parents):
        found.append(
            Impossible(
                "parents_installed",
                Said(
                    f"{parents} lớn hơn hai phụ huynh cho mỗi học sinh ({most_parents})",
                    f"{parents} is more than two parents for each pupil ({most_parents})",
                ),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Cadence:
    """When rounds are: from a first day every so many days, until the hour of the cut-off in Hà Nội."""

    first_day: date
    every_days: int
    cutoff: time
    ended_on: date | None = None
    """No round on this day or later."""

    def has(self, day: date) -> bool:
        """Whether there is a round of this day."""
        begun = day >= self.first_day and (self.ended_on is None or day < self.ended_on)
        return begun and (day - self.first_day).days % self.every_days == 0

    def cutoff_of(self, day: date) -> datetime:
        """The moment after which a return of this round is late."""
        return datetime.combine(day, self.cutoff, _HANOI)

    def days(self, until: date, most: int) -> Sequence[date]:
        """The last rounds up to a day, the newest first."""
        if self.ended_on is not None:
            until = min(until, self.ended_on - timedelta(1))
        since = (until - self.first_day).days
        if since < 0:
            return []
        newest = until - timedelta(since % self.every_days)
        count = min(most, since // self.every_days + 1)
        return [newest - timedelta(at * self.every_days) for at in range(count)]

    def next_after(self, day: date) -> date | None:
        """The first round after a day."""
        if day < self.first_day:
            coming = self.first_day
        else:
            coming = day + timedelta(self.every_days - (day - self.first_day).days % self.every_days)
        return coming if self.has(coming) else None


def end_of_rounds(first_day: date, today: date) -> date:
    """From which day a schedule that is ended today has no rounds: today's round stays, it was announced."""
    return max(first_day, today + timedelta(1))


class State(StrEnum):
    """How an organisation stands to a round."""

    ON_TIME = "on-time"
    LATE = "late"
    """All is in, some of it after the cut-off."""

    INCOMPLETE = "incomplete"
    """Past the cut-off, classes are missing."""

    MISSING = "missing"
    """Past the cut-off, nothing is in."""

    AWAITED = "awaited"
    """Not all is in, and there is still time."""


def state_of(owed: int, returned: int, last: datetime | None, cutoff: datetime, now: datetime) -> State:
    """:param owed: how many classes, or 1; ``last``: when the last of those returned first came in."""
    if owed and returned >= owed:
        return State.LATE if last is not None and last > cutoff else State.ON_TIME
    if now <= cutoff:
        return State.AWAITED
    return State.INCOMPLETE if returned else State.MISSING


def missing_since(rounds: Sequence[date], last_return: date | None) -> date | None:
    """The first of the rounds that were missed without a break up to the newest.

    :param rounds: whose cut-off has passed, the newest first; ``last_return``: the day of the last one in.
    """
    missed = [day for day in rounds if last_return is None or day > last_return]
    return missed[-1] if missed else None
