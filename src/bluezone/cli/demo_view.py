"""How a demo looks in a terminal: live while the day runs, a table of right and wrong at the end."""

from __future__ import annotations

from collections import Counter
from datetime import date
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from bluezone.replay.day import Day
from bluezone.replay.demo import CheckDone, DemoResult, Phase, Update
from bluezone.replay.fleet import DayProgress

__all__ = ["DemoView", "print_result"]

_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
_HOURS_BETWEEN_LINES = 4


class DemoView:
    """Shows progress on stderr: live on a terminal, a line now and then elsewhere."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
        )
        self._task = self._progress.add_task("", total=None, told="")
        self._where = Text("")
        self._live = Live(
            Group(self._progress, self._where), console=self._console, refresh_per_second=4, transient=True
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the live part away; what was printed stays."""
        self._live.stop()

    def tell(self, update: Update) -> None:
        if isinstance(update, Phase):
            self._console.print(f"• {update.text}", highlight=False)
            self._progress.reset(self._task, total=None, description="", told="")
            self._where.plain = ""
        elif isinstance(update, DayProgress):
            self._tell_day(update)
        elif isinstance(update, CheckDone):
            self._progress.update(
                self._task, total=update.people, completed=update.done, told=f"{update.done}/{update.people}"
            )

    def _tell_day(self, now: DayProgress) -> None:
        local = now.moment.astimezone(_HANOI)
        second = int(now.moment.timestamp())
        told = f"{now.receptions:,} adverts received"
        self._progress.update(
            self._task,
            total=self._day.end - self._day.start,
            completed=second - self._day.start,
            description=f"{local:%d/%m/%Y %H:%M}",
            told=told,
        )
        self._where.plain = _who_is_where(self._day, second)
        whole = local.minute == 0 and local.hour % _HOURS_BETWEEN_LINES == 0
        if whole and not self._console.is_terminal:
            self._console.print(f"  {local:%d/%m/%Y %H:%M}  {told}", highlight=False)


def _who_is_where(day: Day, second: int) -> str:
    """How many are at each kind of place; for a contact list, how many pairs are together."""
    if not day.stays:
        together = sum(contact.start <= second < contact.end for contact in day.contacts)
        return f"  {together} pairs within reach"
    kinds = {place.id: place.kind for place in day.places}
    counts = Counter(kinds[stay.place] for stay in day.stays if stay.start <= second < stay.end)
    on_the_way = len(day.people) - counts.total()
    places = [f"{kind} {counts[kind]}" for kind in ("home", "bus", "school", "office", "cafe")]
    return "  " + "   ".join([*places, f"on the way {on_the_way}"])


def print_result(result: DemoResult) -> None:
    """The table on stdout: who was truly near and how long, who was warned and why, was that right."""
    console = Console(highlight=False)
    outcome, people = result.outcome, {person.id: person for person in result.day.people}
    table = Table(title=f"{result.day.title} – F0: {people[result.day.f0].name}")
    for heading in ("who", "truly near", "warned for", "measured", "nearest", "how sure", "verdict"):
        table.add_column(heading, justify="left" if heading in ("who", "how sure", "verdict") else "right")
    for person in result.day.people:
        near = result.seconds_near.get(person.id, 0)
        alerts = [alert for alert in result.alerts if alert.person == person.id]
        if person.id == result.day.f0 or not (near or alerts):
            continue
        table.add_row(
            person.name if person.id in person.name else f"{person.name} ({person.id})",
            f"{near / 60:.0f} min" if near else "–",
            "\n".join(f"{date.fromisoformat(alert.day):%d/%m}" for alert in alerts) or "–",
            "\n".join(f"{alert.minutes} min" for alert in alerts) or "–",
            "\n".join(f"{alert.closest_db:.0f} dB" for alert in alerts) or "–",
            "\n".join(alert.certainty for alert in alerts) or "–",
            _verdict(result, person.id),
        )
    console.print(table)
    console.print(
        f"{len(people)} people, {len(outcome.near)} truly near (15 min within 2 m), "
        f"{len(outcome.warned)} warned, {len(outcome.missed)} missed, {len(outcome.false)} in vain; "
        f"{result.receptions:,} adverts received, {result.keys_published} keys published, "
        f"preset {result.preset}, {result.seconds:.0f} s"
    )


def _verdict(result: DemoResult, person: str) -> str:
    if person in result.outcome.missed:
        return "missed"
    if person in result.outcome.false:
        return "in vain"
    return "right" if person in result.outcome.warned else "rightly not"
