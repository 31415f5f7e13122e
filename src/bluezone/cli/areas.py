"""Commands of the registry of areas: tell those of a day, bring in the national list, take it back."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bluezone.cli.area_show import show_area
from bluezone.cli.area_succession import succession_app
from bluezone.cli.authority import parse_day, prepare_authority
from bluezone.cli.output import JsonFlag, print_json, say
from bluezone.cli.sheets import fault_document, import_id, read_file, tell_faults, tell_undone
from bluezone.errors import Refused

if TYPE_CHECKING:
    from bluezone.authority.areas.list_rules import Plan

__all__ = ["area_app"]

area_app = typer.Typer(help="Administrative areas, each with its times.", no_args_is_help=True)
area_app.add_typer(succession_app, name="succession")
area_app.command("show")(show_area)

_SHOWN = 20


@area_app.command("list")
def list_areas(
    day: Annotated[str, typer.Option("--date", help="The day, YYYY-MM-DD; by default today.")] = "",
    under: Annotated[str, typer.Option(help="Only this area and all below it: code or path.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Tell the areas that exist on a day."""
    wanted = parse_day(day, "--date")
    prepare_authority()
    from django.utils import timezone

    from bluezone.authority import runtime
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.areas.queries import areas_on

    on = wanted or timezone.localtime(runtime.now()).date()
    areas = areas_on(on, Scope.everything())
    if under:
        top = areas.filter(**({"path": under} if "/" in under else {"code": under})).first()
        if top is None:
            raise Refused(f"there is no area {under!r} on {on:%d/%m/%Y}")
        areas = areas_on(on, Scope.of([top.path]))
    if as_json:
        print_json(
            {
                "date": on.isoformat(),
                "areas": [
                    {
                        "code": one.code,
                        "path": one.path,
                        "level": one.level,
                        "name": one.name,
                        "valid_from": one.valid_from.isoformat(),
                        "valid_until": None if one.valid_until is None else one.valid_until.isoformat(),
                    }
                    for one in areas.iterator()
                ],
            }
        )
        return
    for one in areas.iterator():
        until = "" if one.valid_until is None else f" to {one.valid_until:%d/%m/%Y}"
        indent = "  " * one.path.count("/")
        typer.echo(f"{indent}{one.code}  {one.name}  ({one.level}, from {one.valid_from:%d/%m/%Y}{until})")


@area_app.command("import")
def import_areas(
    file: Annotated[Path, typer.Argument(help="The national list as it is published: CSV or XLSX.")],
    valid_from: Annotated[str, typer.Option(help="The day from which it holds, YYYY-MM-DD.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what it would change.")] = False,
    whole_country: Annotated[
        bool, typer.Option("--whole-country", help="Cities and provinces that it lacks end, with all below.")
    ] = False,
    renames_keep_ground: Annotated[
        bool,
        typer.Option(
            "--renames-keep-ground",
            help="Areas whose name alone changed are the same ground: figures carry over.",
        ),
    ] = False,
    sheet: Annotated[str, typer.Option(help="Which sheet of a workbook that has several.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Bring in the national list, of three levels or (since July 2025) of two: all of it or nothing.

    Areas as the list has them stay; those named or placed otherwise end, and a new version begins; those that
    it lacks within its cities and provinces end. What became of which, the list does not tell.
    """
    day = _needed_day(valid_from, "--valid-from")
    data = read_file(file)
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.areas.list_services import contradiction_said, import_list, plan_import
    from bluezone.authority.areas.national_list import read_national_list

    found = read_national_list(data, sheet)
    # With rows that cannot be read, what the list lacks would be told wrongly.
    plan = None if found.errors else plan_import(found, day, whole_country=whole_country)
    contradictions = [
        (None if one.listed is None else one.listed.row, contradiction_said(one))
        for one in (() if plan is None else plan.contradictions)
    ]
    run = None
    if not (dry_run or found.errors or contradictions):
        with _Bar() as bar:
            run = import_list(
                found,
                day,
                file_name=file.name,
                data=data,
                by=Actor("cli"),
                now=runtime.now(),
                whole_country=whole_country,
                renames_keep_ground=renames_keep_ground,
                progress=bar.show,
            ).run
    if as_json:
        print_json(
            {
                "file": file.name,
                "valid_from": day.isoformat(),
                "dry_run": dry_run,
                "levels": found.levels,
                "import": None if run is None else str(run),
                "faults": [fault_document(one) for one in found.faults],
                "contradictions": [
                    {"row": row, "reason": said.en, "reason_vi": said.vi} for row, said in contradictions
                ],
                "plan": None if plan is None else _plan_document(plan),
            }
        )
    else:
        tell_faults(found.faults)
        for row, said in contradictions[:_SHOWN]:
            say(f"contradiction: {'' if row is None else f'row {row}: '}{said.en}")
        if plan is not None:
            _tell_plan(plan, day)
        if run is not None:
            say(f"imported as {run}")
    if run is None and not dry_run:
        say(
            f"nothing was imported: {len(found.errors)} errors, {len(contradictions)} contradictions with "
            "what is known; an area left out would look as if ended"
        )
    if found.errors or contradictions:
        raise typer.Exit(1)


@area_app.command("boundaries")
def import_outlines(
    file: Annotated[Path, typer.Argument(help="GeoJSON, WGS 84: features name their area by `code`.")],
    day: Annotated[
        str, typer.Option("--date", help="The areas are those of this day, YYYY-MM-DD; by default today.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what is in it.")] = False,
    good_features: Annotated[
        bool, typer.Option("--good-features", help="Import those without errors, though others have some.")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Repair outlines that cross themselves; each is told.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Bring in where areas lie, for maps, as finely as a screen shows it; neighbours stay neighbours."""
    on = parse_day(day, "--date")
    prepare_authority()
    from django.utils import timezone

    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.areas.boundaries import MAX_BYTES, read_boundaries
    from bluezone.authority.areas.boundary_services import import_boundaries
    from bluezone.authority.areas.names import AreasInScope
    from bluezone.authority.areas.queries import areas_on

    data = read_file(file, MAX_BYTES)
    now = runtime.now()
    on = on or timezone.localtime(now).date()
    everything = Scope.everything()
    levels = dict(areas_on(on, everything).values_list("pk", "level"))
    found = read_boundaries(data, AreasInScope(everything), on, levels, repair=repair)
    outcome = None
    if not dry_run and found.outlines and (good_features or not found.errors):
        outcome = import_boundaries(found.outlines, file_name=file.name, data=data, by=Actor("cli"), now=now)
    if as_json:
        print_json(
            {
                "file": file.name,
                "date": on.isoformat(),
                "dry_run": dry_run,
                "areas": len(found.outlines),
                "points": found.points_read,
                "points_kept": found.points_kept,
                "faults": [
                    {"feature": document.pop("row"), **document}
                    for document in map(fault_document, found.faults)
                ],
                "import": None if outcome is None else str(outcome.run),
                "added": 0 if outcome is None else outcome.added,
                "replaced": 0 if outcome is None else outcome.replaced,
            }
        )
    else:
        tell_faults(found.faults, "feature")
        say(f"{len(found.outlines)} areas, {found.points_kept} of {found.points_read} points kept")
        if outcome is not None:
            say(f"imported as {outcome.run}: {outcome.added} new, {outcome.replaced} in the place of others")
    if outcome is None and not dry_run:
        say("nothing was imported: mend these features, or import the others with --good-features")
        raise typer.Exit(1)


@area_app.command("undo")
def undo_areas(
    run: Annotated[str, typer.Argument(help="The import, as `area import` or `area boundaries` named it.")],
    as_json: JsonFlag = False,
) -> None:
    """Take a list back: its areas go, those that it ended go on. Or boundaries: earlier ones are back."""
    run_id = import_id(run)
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.areas.boundary_services import BOUNDARIES, undo_boundaries
    from bluezone.authority.areas.list_services import undo_list
    from bluezone.authority.tabular.models import ImportRun

    undo = undo_boundaries if ImportRun.objects.filter(id=run_id, kind=BOUNDARIES).exists() else undo_list
    undone = undo(run_id, by=Actor("cli"), now=runtime.now())
    tell_undone(undone, as_json=as_json)


class _Bar:
    """How far it is, on a terminal's last line."""

    def __enter__(self) -> _Bar:
        return self

    def show(self, done: int, total: int) -> None:
        """Called after each batch."""
        if sys.stderr.isatty():
            typer.echo(f"\r{done}/{total} areas", err=True, nl=False)

    def __exit__(self, *_: object) -> None:
        if sys.stderr.isatty():
            typer.echo("\r\033[K", err=True, nl=False)


def _needed_day(text: str, option: str) -> date:
    day = parse_day(text, option)
    if day is None:
        raise typer.BadParameter("is needed", param_hint=option)
    return day


def _plan_document(plan: Plan) -> dict[str, object]:
    return {
        "kept": len(plan.keep),
        "added": [{"path": one.path, "name": one.name} for one in plan.add],
        "changed": [
            {"code": one.code, "path": one.path, "name": one.name, "was_path": old.path, "was_name": old.name}
            for old, one in plan.change
        ],
        "ended": [{"path": one.path, "name": one.name} for one in plan.end],
        "kept_though_spelled_otherwise": [
            {"path": old.path, "name": old.name, "list_has": one.name} for old, one in plan.respelled
        ],
        "not_listed": [{"path": one.path, "name": one.name} for one in plan.not_listed],
    }


def _tell_plan(plan: Plan, day: date) -> None:
    """How many of each, and the first of them."""
    for title, lines in (
        ("as they were", [f"{one.path} {one.name}" for one in plan.keep][:0]),
        ("new", [f"{one.path} {one.name}" for one in plan.add]),
        (
            "named or placed otherwise",
            [f"{old.path} {old.name} → {one.path} {one.name}" for old, one in plan.change],
        ),
        ("ended", [f"{one.path} {one.name}" for one in plan.end]),
        (
            "kept, though the list spells them otherwise",
            [f"{old.path} {old.name}, there {one.name}" for old, one in plan.respelled],
        ),
        (
            "cities and provinces not in the list, left as they are",
            [f"{one.path} {one.name}" for one in plan.not_listed],
        ),
    ):
        count = len(plan.keep) if title == "as they were" else len(lines)
        if count:
            say(f"{count} {title}")
        for line in lines[:_SHOWN]:
            say(f"  {line}")
        if len(lines) > _SHOWN:
            say(f"  … and {len(lines) - _SHOWN} more; --json tells all")
    if plan.change or plan.end:
        say(f"what became of areas that ended or changed on {day:%d/%m/%Y}, the list does not tell")
