"""Commands of returns: who is asked when, sheets in and back out, a round with its totals and gaps."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bluezone.cli.authority import parse_day, prepare_authority
from bluezone.cli.output import JsonFlag, print_json, say
from bluezone.cli.sheets import import_id, read_file, tell_import, tell_undone
from bluezone.errors import Refused

if TYPE_CHECKING:
    import datetime

    from bluezone.authority.areas.models import Area
    from bluezone.authority.returns.metrics import Survey

__all__ = ["returns_app"]

returns_app = typer.Typer(help="Agencies' and schools' own returns, round by round.", no_args_is_help=True)

_AreaOption = Annotated[str, typer.Option(help="The area's code, as 009, or path, as 01/009.")]
_KindOption = Annotated[
    str, typer.Option(help="agency, enterprise, mass-organisation, school (its pupils) or school-staff.")
]


@returns_app.command("schedule")
def set_schedule(
    area: _AreaOption,
    first_day: Annotated[str, typer.Option(help="The first round, YYYY-MM-DD.")],
    cutoff: Annotated[str, typer.Option(help="Until when on that day, HH:MM in Hà Nội.")] = "16:00",
    every_days: Annotated[int, typer.Option(help="Days to the next round: 1, 7, 14 or 28.")] = 7,
    kind: _KindOption = "agency",
    as_json: JsonFlag = False,
) -> None:
    """Ask the organisations of a kind in an area for returns, from a first day on."""
    day = parse_day(first_day, "--first-day")
    if day is None:
        raise typer.BadParameter("is needed", param_hint="--first-day")
    try:
        until = time.fromisoformat(cutoff)
    except ValueError:
        raise typer.BadParameter(f"{cutoff!r} is no time like 16:00", param_hint="--cutoff") from None
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.returns import services

    survey = _survey(kind)
    made = services.set_schedule(
        _area(area, day),
        survey.kind,
        day,
        every_days,
        until.replace(tzinfo=None),
        form=survey.form,
        scope=Scope.everything(),
        by=Actor("cli"),
        now=runtime.now(),
    )
    if as_json:
        print_json(
            {
                "schedule": made.pk,
                "area": made.area.code,
                "kind": made.kind,
                "form": made.form,
                "first_day": first_day,
            }
        )
    else:
        say(
            f"{made.area.name}: {made.kind}, {made.form}, every {every_days} days from {day:%d/%m/%Y}, "
            f"until {until:%H:%M}"
        )


@returns_app.command("import")
def import_sheet(
    file: Annotated[Path, typer.Argument(help="A sheet of returns: CSV or XLSX.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what is in it.")] = False,
    good_rows: Annotated[
        bool, typer.Option("--good-rows", help="Import the rows without errors, though others have some.")
    ] = False,
    sheet: Annotated[str, typer.Option(help="Which sheet of a workbook that has several.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Enter the returns of a sheet: all of them, or with --good-rows what can be.

    Columns: Mã đơn vị or Tên đơn vị, Ngày, and the counts of staff, or those of pupils, with Lớp for a
    class; in any order. A return whose counts contradict each other is an error that names the count.
    """
    data = read_file(file)
    prepare_authority()
    from django.utils import timezone

    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.organisations.directory import Directory
    from bluezone.authority.returns.services import import_returns
    from bluezone.authority.returns.sheet import read_returns_sheet

    now = runtime.now()
    today = timezone.localtime(now).date()
    found = read_returns_sheet(data, Directory(Scope.everything()), today, sheet)
    outcome = None
    if not dry_run and found.rows and (good_rows or not found.errors):
        outcome = import_returns(found.rows, file_name=file.name, data=data, by=Actor("cli"), now=now)
    new, corrected, unchanged = (outcome.new, outcome.corrected, outcome.unchanged) if outcome else (0, 0, 0)
    tell_import(
        file,
        found,
        outcome.run if outcome else None,
        {"new": new, "corrected": corrected, "unchanged": unchanged},
        f"{new} returns new, {corrected} corrected, {unchanged} as they were",
        dry_run=dry_run,
        as_json=as_json,
    )


@returns_app.command("undo")
def undo_import(
    run: Annotated[str, typer.Argument(help="The import, as `bluezone returns import` named it.")],
    as_json: JsonFlag = False,
) -> None:
    """Take an import back: what it corrected counts again."""
    run_id = import_id(run)
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.returns.services import undo_returns

    undone = undo_returns(run_id, by=Actor("cli"), now=runtime.now())
    tell_undone(undone, as_json=as_json)


@returns_app.command("report")
def report(
    area: _AreaOption,
    round_day: Annotated[str, typer.Option("--round", help="The day of the round, YYYY-MM-DD.")],
    kind: _KindOption = "agency",
    as_json: JsonFlag = False,
) -> None:
    """Tell a round: totals, how many organisations they rest on, who is late, who is missing since when."""
    day = parse_day(round_day, "--round")
    if day is None:
        raise typer.BadParameter("is needed", param_hint="--round")
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.adoption.rules import rate_text
    from bluezone.authority.returns.metrics import Form, rate_of
    from bluezone.authority.returns.round_json import round_document
    from bluezone.authority.returns.round_queries import gaps, round_on

    now, wanted = runtime.now(), _survey(kind)
    shown = round_on(day, wanted, _area(area, day), Scope.everything(), now)
    since = gaps(shown.asked, wanted, day, now)
    if as_json:
        print_json(round_document(shown, since))
        return
    if not shown.asked:
        say(f"no round of {wanted.code} there on {day:%d/%m/%Y}")
        return
    counted_at = "work" if wanted.form is Form.STAFF else "school"
    total = shown.total
    rate = rate_text(*rate_of(wanted.form, total.counts)) if total.resting_on else "nothing is in"
    typer.echo(f"{rate}, counted at {counted_at}; rests on {total.resting_on} of {total.asked}")
    for one in shown.asked:
        gap = since.get(one.pk)
        missing = "" if gap is None or gap.since is None else f" since {gap.since:%d/%m/%Y}"
        told = "" if one.own.counts is None else f": {rate_text(*rate_of(wanted.form, one.own.counts))}"
        typer.echo(f"  {one.own.state.value}{missing}  {one.name}{told}")


def _survey(written: str) -> Survey:
    from bluezone.authority.returns.metrics import SURVEYS

    if written not in SURVEYS:
        raise typer.BadParameter(f"{written!r} is none of {', '.join(SURVEYS)}", param_hint="--kind")
    return SURVEYS[written]


def _area(written: str, day: datetime.date) -> Area:
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.areas.queries import area_on

    found = area_on(written.rsplit("/", 1)[-1], day, Scope.everything())
    if found is None or ("/" in written and found.path != written):
        raise Refused(f"there is no area {written!r} on {day:%d/%m/%Y}")
    return found
