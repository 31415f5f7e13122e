"""Commands of the adoption ledger: sheets in and back out, targets, the rates of an area."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bluezone.cli.authority import parse_day, prepare_authority
from bluezone.cli.output import JsonFlag, print_json, say
from bluezone.cli.sheets import import_id, read_file, tell_import, tell_undone
from bluezone.errors import Refused

if TYPE_CHECKING:
    import datetime

    from bluezone.authority.adoption.carried import Carried
    from bluezone.authority.adoption.queries import Figure
    from bluezone.authority.adoption.target_queries import Progress
    from bluezone.authority.areas.models import Area

__all__ = ["adoption_app"]

adoption_app = typer.Typer(help="Who has the app: the ledger of figures by area.", no_args_is_help=True)


@adoption_app.command("import")
def import_sheet(
    file: Annotated[Path, typer.Argument(help="The city's sheet: CSV or XLSX.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what is in it.")] = False,
    good_rows: Annotated[
        bool, typer.Option("--good-rows", help="Import the rows without errors, though others have some.")
    ] = False,
    sheet: Annotated[str, typer.Option(help="Which sheet of a workbook that has several.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Bring a sheet into the ledger: all of it, or with --good-rows what can be.

    Columns: Địa bàn or Mã, Ngày, and Số cài đặt, Số điện thoại thông minh, Tỷ lệ or other figures, in any
    order. A rate that disagrees with its counts is told with both values; the counts come in.
    """
    data = read_file(file)
    prepare_authority()
    from django.utils import timezone

    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.adoption.services import import_city_sheet
    from bluezone.authority.adoption.sheet import read_city_sheet
    from bluezone.authority.adoption.sheet_corrections import with_corrections
    from bluezone.authority.areas.names import AreasInScope

    now = runtime.now()
    everything = Scope.everything()
    found = read_city_sheet(data, AreasInScope(everything), timezone.localtime(now).date(), sheet)
    found = with_corrections(found, everything)
    outcome = None
    if not dry_run and found.rows and (good_rows or not found.errors):
        outcome = import_city_sheet(found.rows, file_name=file.name, data=data, by=Actor("cli"), now=now)
    added, corrected, unchanged = (
        (outcome.added, outcome.corrected, outcome.unchanged) if outcome else (0, 0, 0)
    )
    disagreeing = [one.row for one in found.rows if one.disagrees]
    tell_import(
        file,
        found,
        outcome.run if outcome else None,
        {"disagreeing": disagreeing, "added": added, "corrected": corrected, "unchanged": unchanged},
        f"{added} figures new, {corrected} corrected, {unchanged} as they were",
        dry_run=dry_run,
        as_json=as_json,
    )


@adoption_app.command("undo")
def undo_import(
    run: Annotated[str, typer.Argument(help="The import, as `bluezone adoption import` named it.")],
    as_json: JsonFlag = False,
) -> None:
    """Take an import back: what it corrected counts again."""
    run_id = import_id(run)
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.adoption.services import undo_city_sheet

    undone = undo_city_sheet(run_id, by=Actor("cli"), now=runtime.now())
    tell_undone(undone, as_json=as_json)


@adoption_app.command("target")
def target(
    area: Annotated[str, typer.Argument(help="The area's code, as 009, or path, as 01/009.")],
    date: Annotated[str, typer.Option(help="The day by which it is to be reached, YYYY-MM-DD.")],
    percent: Annotated[str, typer.Option(help="Of smartphones that are to have the app, as 60 or 62.5.")],
    as_json: JsonFlag = False,
) -> None:
    """Set what share of its smartphones an area is to reach by a day; another for that day is replaced."""
    due = parse_day(date, "--date")
    if due is None:
        raise typer.BadParameter("is needed", param_hint="--date")
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.adoption.services import set_targets
    from bluezone.authority.adoption.target_text import read_target
    from bluezone.authority.tabular.faults import CellRefused

    try:
        wanted = read_target(percent)
    except CellRefused as refusal:
        raise typer.BadParameter(refusal.said.en, param_hint="--percent") from None
    found = _area(area, due)
    changed = set_targets([found], due, wanted, scope=Scope.everything(), by=Actor("cli"), now=runtime.now())
    if as_json:
        print_json(
            {"area": found.code, "due": due.isoformat(), "percent": float(wanted), "changed": bool(changed)}
        )
    else:
        say(f"{found.name}: {wanted:f} % by {due:%d/%m/%Y}" + ("" if changed else ", as it was"))


@adoption_app.command("report")
def report(
    area: Annotated[str, typer.Option(help="The area's code, as 009, or path, as 01/009.")],
    date: Annotated[str, typer.Option(help="The day, YYYY-MM-DD.")],
    areas_of: Annotated[
        str, typer.Option(help="Also in the areas of this day, YYYY-MM-DD: exact, or why it cannot be told.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Tell an area's rates as of a day, each with its counts, dates and source."""
    other = parse_day(areas_of, "--areas-of")
    day = parse_day(date, "--date")
    if day is None:
        raise typer.BadParameter("is needed", param_hint="--date")
    prepare_authority()
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.adoption.carried import carried_rates
    from bluezone.authority.adoption.queries import figures_alone, rates_on
    from bluezone.authority.adoption.rate_json import (
        carried_document,
        figure_document,
        progress_document,
        rate_document,
    )
    from bluezone.authority.adoption.target_queries import progress_of

    found = _area(area, day)
    progress = next(iter(progress_of([found], day, Scope.everything())), None)
    rates = rates_on([found], day, Scope.everything())[found.pk]
    alone = figures_alone(found, rates, day, Scope.everything())
    carried = None if other is None else carried_rates(found, day, other, Scope.everything())
    if as_json:
        document: dict[str, object] = {
            "area": found.code,
            "name": found.name,
            "as_of": day.isoformat(),
            "rates": [rate_document(one) for one in rates],
            "figures": [figure_document(one) for one in alone],
            "target": None if progress is None else progress_document(progress),
        }
        print_json(document if carried is None else document | carried_document(carried))
        return
    typer.echo(f"{found.name}, {day:%d/%m/%Y}")
    if found.valid_until is not None and found.valid_until <= day:
        say(f"{found.name} ended on {found.valid_until:%d/%m/%Y}: these are its last figures")
    for one in rates:
        numerator, denominator = one.numerator, one.denominator
        typer.echo(f"  {numerator.metric} / {denominator.metric}: {one.text}")
        for figure in (numerator, denominator):
            typer.echo(f"    {_told(figure)}")
    for figure in alone:
        typer.echo(f"  in no rate: {_told(figure)}")
    if not rates and not alone:
        say("no figures up to that day")
    if progress is not None:
        _tell_progress(progress)
    if carried is not None:
        _tell_carried(carried)


def _told(figure: Figure) -> str:
    from bluezone.authority.adoption.metrics import DEFINITIONS

    told = f"{figure.value}: {figure.metric}, {figure.source}, {figure.as_of:%d/%m/%Y}"
    return f"{told} ({DEFINITIONS[figure.definition].en})"


def _area(written: str, day: datetime.date) -> Area:
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.areas.queries import area_on

    found = area_on(written.rsplit("/", 1)[-1], day, Scope.everything())
    if found is None or ("/" in written and found.path != written):
        raise Refused(f"there is no area {written!r} on {day:%d/%m/%Y}")
    return found


def _tell_progress(progress: Progress) -> None:
    from bluezone.authority.adoption.rules import Forecast

    missing = "" if not progress.phones_missing else f", {progress.phones_missing} phones to go"
    typer.echo(f"Target: {progress.percent:f} % by {progress.due:%d/%m/%Y}: {progress.standing}{missing}")
    ahead = progress.ahead
    if isinstance(ahead, Forecast):
        typer.echo(f"  the trend leads to {ahead.percent:.1f} % ({ahead.low:.1f} to {ahead.high:.1f})")
    elif ahead is not None:
        typer.echo(f"  no forecast: {ahead}")


def _tell_carried(carried: Carried) -> None:
    typer.echo(f"In the areas of {carried.areas_of:%d/%m/%Y}:")
    for row in carried.rows:
        told = row.rate.text if row.rate is not None else f"cannot be told: {row.reason.en}"
        typer.echo(f"  {row.area.path} {row.area.name}: {told}")
    if not carried.rows:
        say("there is no such area on that day, and what became of it is not known")
    if carried.unexplained:
        names = ", ".join(f"{one.name} ({one.path})" for one in carried.unexplained[:10])
        more = len(carried.unexplained) - 10
        say(
            "areas that ended or began in between, nobody knows in favour of which; areas beside them may "
            f"have their ground: {names}" + (f" and {more} more" if more > 0 else "")
        )
