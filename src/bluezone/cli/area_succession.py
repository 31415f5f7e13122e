"""Commands on what became of areas: enter what a decree says, list it, take it back."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bluezone.cli.authority import parse_day, prepare_authority
from bluezone.cli.output import JsonFlag, print_json, say
from bluezone.cli.sheets import import_id, read_file
from bluezone.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bluezone.authority.areas.succession_rules import Change

__all__ = ["succession_app"]

succession_app = typer.Typer(
    help="What became of areas: merged, split in part, renamed, codes used again.", no_args_is_help=True
)

_MAX_BYTES = 2_000_000
Codes = Annotated[list[str] | None, typer.Option(help="The code of an area all of which went to it.")]
Parts = Annotated[list[str] | None, typer.Option(help="The code of an area a part of which went to it.")]


@succession_app.command("add")
def add(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="TOML or JSON: [[change]] with day, in each [[change.area]] with code, whole, parts."
        ),
    ] = None,
    day: Annotated[
        str, typer.Option("--date", help="Without a file: the day of the change, YYYY-MM-DD.")
    ] = "",
    to: Annotated[str, typer.Option(help="Without a file: the code of the area that came to be.")] = "",
    whole: Codes = None,
    part: Parts = None,
    elsewhere: Annotated[
        bool, typer.Option("--elsewhere", help="Ground that the registry does not have came to it, too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check it.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Say what became of areas that ended on a day; the registry has to have them and their successors.

    All of it is entered, or nothing. Figures are carried by it at once.
    """
    on = parse_day(day, "--date")
    if (file is None) == (on is None or not to):
        raise typer.BadParameter("give either a file, or --date and --to", param_hint="FILE")
    if file is not None and (to or whole or part or elsewhere or on):
        raise typer.BadParameter("a file says all of it: give no other options", param_hint="FILE")
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.areas.succession_rules import Change, Emerged
    from bluezone.authority.areas.succession_services import add_successions, check_successions

    changes: Sequence[Change] = ()
    if file is not None:
        changes = _read(file)
    elif on is not None:
        changes = [Change(on, (Emerged(to, "", tuple(whole or ()), tuple(part or ()), elsewhere),))]
    run = None
    if dry_run:
        check_successions(changes)
    else:
        name = to if file is None else file.name
        run = add_successions(changes, file_name=name, by=Actor("cli"), now=runtime.now())
    links = sum(len(area.whole) + len(area.parts) for change in changes for area in change.areas)
    if as_json:
        print_json({"links": links, "dry_run": dry_run, "entry": None if run is None else str(run.id)})
    else:
        say(f"{links} links can be entered" if run is None else f"{links} links entered as {run.id}")


@succession_app.command("list")
def list_successions(
    under: Annotated[
        str, typer.Option(help="Only of this area and all below it, at any time: code or path.")
    ] = "",
    day: Annotated[str, typer.Option("--date", help="Only of this day, YYYY-MM-DD.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Tell what became of which area, in the order of days."""
    on = parse_day(day, "--date")
    prepare_authority()
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.areas.queries import known_path, paths_of_code
    from bluezone.authority.areas.succession_services import told_successions

    everything = Scope.everything()
    scope = everything
    if under:
        paths = [under] if known_path(under, everything) else paths_of_code(under, everything)
        if not paths:
            raise Refused(f"there is no area {under!r}, nor was there before")
        scope = Scope.of(paths)
    links = told_successions(scope, on)
    if as_json:
        print_json(
            {
                "links": [
                    {
                        "day": one.successor.valid_from.isoformat(),
                        "from": {"code": one.predecessor.code, "name": one.predecessor.name,
                                 "valid_from": one.predecessor.valid_from.isoformat()},
                        "to": {"code": one.successor.code, "name": one.successor.name},
                        "whole": one.whole,
                        "entry": None if one.entered_in_id is None else str(one.entered_in_id),
                    }
                    for one in links
                ]
            }
        )  # fmt: skip
        return
    for one in links:
        share = "" if one.whole else "part of "
        entry = "" if one.entered_in_id is None else f"  [{one.entered_in_id}]"
        typer.echo(
            f"{one.successor.valid_from:%d/%m/%Y}  {share}{one.predecessor.code} {one.predecessor.name} → "
            f"{one.successor.code} {one.successor.name}{entry}"
        )
    say(f"{len(links)} links")


@succession_app.command("undo")
def undo(
    entry: Annotated[str, typer.Argument(help="The entry, as `area succession add` named it.")],
    as_json: JsonFlag = False,
) -> None:
    """Take back what was entered together."""
    run_id = import_id(entry)
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.areas.succession_services import undo_successions

    undone = undo_successions(run_id, by=Actor("cli"), now=runtime.now())
    if as_json:
        print_json({"entry": str(undone.id), "links": undone.rows})
    else:
        say(f"taken back: {undone.rows} links")


def _read(file: Path) -> Sequence[Change]:
    from bluezone.authority.areas.succession_rules import read_changes

    data = read_file(file, _MAX_BYTES)
    if len(data) > _MAX_BYTES:
        raise Refused(f"{file} is larger than {_MAX_BYTES // 1_000_000} MB")
    try:
        text = data.decode()
        document = json.loads(text) if file.suffix.lower() == ".json" else tomllib.loads(text)
        return read_changes(document)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{file}: {error}") from None
